# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: hands what became of the clusters from one stage of the role to the next.

It is files in the folder for temporary files that Ansible makes for each run and removes at its end. A variable would
not do: what a task with run_once registers reaches every host of the play, also those that take no part in this use of
the role, and stays there.

What is known of a host itself, with its kubeconfig, is a variable of that host, which stays there if the host is lost
before it reports. So it is encrypted, and the ledger has the key until all clusters are done. Nothing else in the
ledger is secret.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible import constants

from .clusters import OnboardedCluster
from .encryption import decrypt, encrypt
from .reading import HostReading

# The fields of a cluster that hold readings.
_READINGS = ("members", "speakers")


class Ledger:
    """The ledger of one use of the role.

    :arg use: tells one use of the role from another in the same run.
    """

    def __init__(self, use: str) -> None:
        name = hashlib.sha256(use.encode()).hexdigest()[:16]
        self._folder = Path(constants.DEFAULT_LOCAL_TMP) / f"hss_onboard-{name}"

    def write(self, name: str, data: Any) -> None:
        """Writes an entry in place of an earlier one."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._folder)  # readable by its owner only
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(temporary, self._path(name))

    def read(self, name: str) -> Any:
        """An entry; None if there is none."""
        try:
            return json.loads(self._path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    @contextmanager
    def one_at_a_time(self, name: str) -> Iterator[None]:
        """Lets the processes of the hosts into the block one after the other."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with open(self._path(f"lock {name}"), "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def seal(self, host: str, data: Any) -> str:
        """Encrypts what is known of a host, with a key of its own."""
        sealed, key = encrypt(data)
        self.write(f"key {host}", key)
        return sealed

    def unseal(self, host: str, sealed: str) -> Any:
        """What L(seal) encrypted; None after L(forget_keys), or if the host was read again since."""
        key = self.read(f"key {host}")
        return decrypt(sealed, key) if key else None

    def forget_keys(self, hosts: Iterable[str]) -> None:
        """Makes unreadable what was encrypted of the hosts."""
        for host in hosts:
            self._path(f"key {host}").unlink(missing_ok=True)

    def write_clusters(self, clusters: Iterable[OnboardedCluster]) -> None:
        """Writes what is known of the clusters, without their hosts' readings."""
        hosts = []
        for number, cluster in enumerate(clusters):
            self.write(f"cluster {number}", _without_readings(cluster))
            hosts.append([member.host for member in cluster.members])
        self.write("clusters", hosts)

    def read_clusters(
        self, reading_of: Callable[[str], HostReading | None], host: str | None = None
    ) -> list[OnboardedCluster]:
        """The clusters that L(write_clusters) wrote.

        :arg reading_of: returns the reading of a host; None if it has reported already.
        :arg host: leaves out the clusters of other hosts, whose readings are then not looked at.
        """
        clusters = []
        for number, members in enumerate(self.read("clusters") or ()):
            if host is not None and host not in members:
                continue
            entry = self.read(f"cluster {number}")
            hosts = {key: list(filter(None, map(reading_of, entry[key]))) for key in _READINGS}
            if hosts["members"]:
                clusters.append(OnboardedCluster(**{**entry, **hosts}))
        return clusters

    def _path(self, name: str) -> Path:
        # A host's name may have any character.
        return self._folder / hashlib.sha256(name.encode()).hexdigest()


def _without_readings(cluster: OnboardedCluster) -> dict[str, Any]:
    hosts = {key: [host.host for host in getattr(cluster, key)] for key in _READINGS}
    return {**asdict(OnboardedCluster(**{**vars(cluster), "members": [], "speakers": []})), **hosts}
