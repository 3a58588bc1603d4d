# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed hosts for tests and the demo: real OpenSSH servers on loopback, each with a home of its own.

    with SshHosts(count=3) as hosts:
        run("ansible", "--inventory", hosts.inventory_path, "all", "--module-name", "ansible.builtin.ping")

As a command: `python tests/hosts start --dir DIR --count 3` and `python tests/hosts stop --dir DIR`.

One process listens for all the hosts and starts `sshd -i` for each connection, so that forty hosts are there at once
and no port is ever free in between. It ends when it is told to, when its creator is gone, or after its lifetime.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .sshd import HostsError, find_sshd

__all__ = ["HostsError", "SshHosts", "stop"]

LIFETIME = 3600

# Nothing of the machine's own configuration is read: no PAM, no passwords, one key. HOME is what keeps the hosts apart
# from each other and from the user's own files.
CONFIG = """\
HostKey "{key}"
AuthorizedKeysFile "{authorized}"
SetEnv HOME="{home}"
Subsystem sftp internal-sftp
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
# The folders above a checkout or /tmp may be writable for others, which is no matter for a test.
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PidFile none
{more}
"""


class SshHosts:
    """Some hosts, from start() to stop() or inside `with`."""

    def __init__(
        self,
        count: int | None = None,
        names: Sequence[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        group: str = "ssh_hosts",
        lifetime: float = LIFETIME,
    ) -> None:
        self.names = list(names or (f"host{number}" for number in range(1, (count or 3) + 1)))
        if count not in (None, len(self.names)):
            raise HostsError(f"{count} hosts, but {len(self.names)} names")
        self.group = group
        self.lifetime = lifetime
        self._temporary = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="hss-hosts-")).absolute()
        self.inventory_path = self.directory / "inventory.json"
        self._supervisor: subprocess.Popen[bytes] | None = None

    def home(self, name: str) -> Path:
        """The HOME of a host (`host_home` in the inventory): what a test puts there is on that host alone.

        Shells on the host know it as ~ too. Ansible does not: it asks for the home of the user by name, which is the
        real one. So say host_home in options like `dest`.
        """
        return self.directory / "hosts" / name

    def __enter__(self) -> SshHosts:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, detached: bool = False) -> None:
        """Start the hosts, empty; they accept connections when this returns. Detached ones outlive this process."""
        sshd = find_sshd()
        stop(self.directory)  # whoever was here before, after a crash perhaps
        private = self.directory / "private"
        for old in (private, self.directory / "hosts"):
            shutil.rmtree(old, ignore_errors=True)
        private.mkdir(mode=0o700, parents=True)
        client_key = _new_key(private / "client_key")
        authorized = private / "authorized_keys"
        authorized.write_text(client_key.with_suffix(".pub").read_text())

        listeners: dict[str, socket.socket] = {}
        servers: list[dict[str, object]] = []
        known_hosts = []
        try:
            for name in self.names:
                self.home(name).mkdir(mode=0o700, parents=True, exist_ok=True)
                key = _new_key(private / f"{name}_key")
                config = private / f"{name}_config"
                config.write_text(
                    CONFIG.format(key=key, authorized=authorized, home=self.home(name), more=sshd.configuration)
                )
                listeners[name] = socket.create_server(("127.0.0.1", 0), backlog=64)
                port = listeners[name].getsockname()[1]
                known_hosts.append(f"[127.0.0.1]:{port} {key.with_suffix('.pub').read_text()}")
                log_path = str(private / f"{name}.log")
                servers.append({"fd": listeners[name].fileno(), "config": str(config), "log": log_path})
            (private / "known_hosts").write_text("".join(known_hosts))
            # ssh's control sockets: their paths may have about 100 characters, and a checkout's alone may be longer.
            control = tempfile.mkdtemp(prefix="hss-ssh-")
            plan = {
                "binary": str(sshd.binary),
                "environment": sshd.environment,
                "servers": servers,
                "lifetime": self.lifetime,
                "control": control,
                "detached": detached,
                "temporary": self._temporary,
            }
            (private / "plan.json").write_text(json.dumps(plan))
            command = [*sshd.wrapper(private), sys.executable, str(Path(__file__).parent), "supervise"]
            with (private / "supervisor.log").open("wb") as log:
                self._supervisor = subprocess.Popen(
                    [*command, "--dir", self.directory],
                    stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=[listener.fileno() for listener in listeners.values()],
                    start_new_session=True,
                )
            self.inventory_path.write_text(json.dumps(self._inventory(listeners, client_key, control), indent=2) + "\n")
            self._check(next(iter(listeners.values())).getsockname())
        finally:
            for listener in listeners.values():
                listener.close()

    def stop(self) -> None:
        """Stop the hosts and every session on them, and remove the folder if it was a temporary one."""
        stop(self.directory)
        if self._supervisor:
            if self._supervisor.stdin:
                self._supervisor.stdin.close()
            self._supervisor.terminate()
            self._supervisor.wait(10)
            self._supervisor = None
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _inventory(self, listeners: dict[str, socket.socket], key: Path, control: str) -> dict[str, object]:
        # The host's Python is the bare one: modules must not depend on what the virtual environment holds.
        python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        known_hosts = self.directory / "private" / "known_hosts"
        variables = {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_user": pwd.getpwuid(os.getuid()).pw_name,
            "ansible_ssh_private_key_file": str(key),
            "ansible_host_key_checking": True,
            # An ordinary user's sshd may not set up a terminal everywhere.
            "ansible_ssh_use_tty": False,
            "ansible_ssh_common_args": " ".join(
                ["-F /dev/null", "-o IdentitiesOnly=yes", "-o GlobalKnownHostsFile=/dev/null"]
                + [f"-o 'UserKnownHostsFile=\"{known_hosts}\"'"]
            ),
            "ansible_control_path_dir": control,
            "ansible_remote_tmp": "{{ host_home }}/.ansible/tmp",
            "ansible_python_interpreter": str(python if python.exists() else sys.executable),
        }
        hosts = {
            name: {"ansible_port": listener.getsockname()[1], "host_home": str(self.home(name))}
            for name, listener in listeners.items()
        }
        return {"all": {"children": {self.group: {"hosts": hosts, "vars": variables}}}}

    def _check(self, address: tuple[str, int]) -> None:
        """One greeting proves that sshd runs here with such a configuration; all the hosts have the same."""
        try:
            with socket.create_connection(address, timeout=20) as connection:
                greeting = connection.recv(64)
        except OSError as error:
            greeting = str(error).encode()
        if not greeting.startswith(b"SSH-2.0"):
            logs = sorted((self.directory / "private").glob("*.log"))
            said = "\n".join(log.read_text(errors="replace")[-2000:] for log in logs)
            raise HostsError(f"sshd does not answer ({greeting!r}). It said:\n{said}")


def stop(directory: str | os.PathLike[str], patience: float = 20) -> bool:
    """Stop the hosts of a folder, whoever started them; false if there are none running."""
    lock = Path(directory) / "private" / "supervisor.lock"
    # A lock, not a process id alone, tells whether they run: the id may long belong to somebody else.
    until = time.monotonic() + patience
    stopped = False
    while (pid := _holder(lock)) is not None:
        try:
            os.kill(pid, signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
        except ProcessLookupError:
            pass
        stopped = True
        time.sleep(0.02)
    return stopped


def _holder(lock: Path) -> int | None:
    try:
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
    except (FileNotFoundError, ValueError):
        pass
    return None


def _new_key(path: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", path]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path
