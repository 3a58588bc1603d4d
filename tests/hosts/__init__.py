# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed hosts for tests and the demo: real OpenSSH servers on loopback, each with its own home directory.

    with SshHosts(count=3) as hosts:
        run("ansible", "--inventory", hosts.inventory_path, "all", "--module-name", "ansible.builtin.ping")

As a command: `python tests/hosts start --dir DIR --count 3` and `python tests/hosts stop --dir DIR`.

A host with traits has its own root directory and differs in other ways: it has sudo, no Python, or another shell, for
example. `traits.py` has the list.

    with SshHosts(traits={"kubeadm": {"user": "ops", "sudo": "password"}, "k3s": {"python": False}}) as hosts:
        hosts.put("k3s", "/etc/rancher/k3s/k3s.yaml", text)

As a command: `--traits FILE.yml`, or `--trait kubeadm:user=ops,sudo=password --trait k3s:python=false`.

One process listens for all hosts and starts `sshd -i` for each connection, so that forty hosts start at once and keep
their ports all the time. It ends when it is stopped, when its creator ends, or after its lifetime.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .packages import HostsError
from .roots import MACHINE, OWN, Root, prepare
from .sshd import Sshd, find_sshd
from .traits import Traits

__all__ = ["HostsError", "SshHosts", "Traits", "stop"]

LIFETIME = 3600

# Nothing of the machine's own configuration is read: no PAM, no passwords, one key. Each host has its own HOME, apart
# from the other hosts and from the user's own files.
CONFIG = """\
HostKey "{key}"
AuthorizedKeysFile "{authorized}"
# With this level sshd logs the start of each command.
LogLevel VERBOSE
Subsystem sftp internal-sftp
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
# The folders above a checkout or in /tmp may be writable for others, which does not matter in a test.
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
PidFile none
{more}
"""


class SshHosts:
    """Hosts that run from start() to stop(), or inside `with`."""

    def __init__(
        self,
        count: int | None = None,
        names: Sequence[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        group: str = "ssh_hosts",
        lifetime: float = LIFETIME,
        traits: Mapping[str, Mapping[str, Any] | Traits | None] | None = None,
    ) -> None:
        self.traits = {name: Traits.of(given) for name, given in (traits or {}).items()}
        self.names = list(names or self.traits or (f"host{number}" for number in range(1, (count or 3) + 1)))
        if count not in (None, len(self.names)):
            raise HostsError(f"{count} hosts, but {len(self.names)} names")
        if strangers := self.traits.keys() - set(self.names):
            raise HostsError(f"traits of hosts that are not requested: {', '.join(sorted(strangers))}")
        # Hosts that this machine cannot run are left out, of the inventory as well.
        self.left_out = {name: found.trouble for name, found in self.traits.items() if found.trouble}
        self.names = [name for name in self.names if name not in self.left_out]
        self._roots: dict[str, Root] = {}
        self.group = group
        self.lifetime = lifetime
        self._temporary = directory is None
        self.directory = Path(directory or tempfile.mkdtemp(prefix="hss-hosts-")).absolute()
        self.inventory_path = self.directory / "inventory.json"
        self._supervisor: subprocess.Popen[bytes] | None = None

    def home(self, name: str) -> Path:
        """The HOME of a host (`host_home` in the inventory), which no other host has.

        In shells on the host it is ~. Ansible however looks up the user's home, which is the real one: use host_home
        in options such as `dest`.
        """
        if root := self._roots.get(name):
            return self.root(name) / root.home[1:]
        return self.directory / "hosts" / name

    def root(self, name: str) -> Path:
        """The root directory of a host with a private root (`host_root` in the inventory), as this machine sees it."""
        if name not in self._roots:
            raise HostsError(f"{name} has no private root")
        return self.directory / "hosts" / name / "root"

    def put(self, name: str, path: str, content: str | bytes, mode: int = 0o600, user: bool = False) -> Path:
        """Write a file on a host with a private root; it belongs to root, or to the user who logs in."""
        place = self.root(name) / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)
        if user and os.getuid() == 0:
            os.chown(place, self._roots[name].uid, self._roots[name].uid)
        return place

    def commands(self, name: str) -> int:
        """The number of commands that a host has run so far, in all connections."""
        log = self.directory / "private" / f"{name}.log"
        return len(re.findall(r"Starting session: command", log.read_text(errors="replace"))) if log.exists() else 0

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
        """Start the hosts, empty; they accept connections when this returns. Detached hosts outlive this process."""
        sshd = find_sshd()
        stop(self.directory)  # hosts that a crash has left
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
                key = _new_key(private / f"{name}_key")
                listeners[name] = socket.create_server(("127.0.0.1", 0), backlog=64)
                port = listeners[name].getsockname()[1]
                known_hosts.append(f"[127.0.0.1]:{port} {key.with_suffix('.pub').read_text()}")
                log_path = str(private / f"{name}.log")
                servers.append(
                    {"name": name, "fd": listeners[name].fileno(), "log": log_path}
                    | self._server(name, sshd, key, authorized)
                )
            (private / "known_hosts").write_text("".join(known_hosts))
            # For ssh's control sockets: a socket's path may have about 100 characters, and a checkout's can be longer.
            control = tempfile.mkdtemp(prefix="hss-ssh-")
            plan = {
                "servers": servers,
                "lifetime": self.lifetime,
                "control": control,
                "detached": detached,
                "temporary": self._temporary,
            }
            (private / "plan.json").write_text(json.dumps(plan))
            wrapper = sshd.wrapper(private) if len(self._roots) < len(self.names) else []
            command = [*wrapper, sys.executable, str(Path(__file__).parent), "supervise"]
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
            self._check(listeners)
        finally:
            for listener in listeners.values():
                listener.close()

    def stop(self) -> None:
        """Stop the hosts and every session on them, and remove the folder if it is a temporary one."""
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
        # The base Python: modules must not depend on packages in the virtual environment.
        python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        known_hosts = self.directory / "private" / "known_hosts"
        variables = {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_user": pwd.getpwuid(os.getuid()).pw_name,
            "ansible_ssh_private_key_file": str(key),
            "ansible_host_key_checking": True,
            # On some machines the sshd of an ordinary user may not allocate a terminal.
            "ansible_ssh_use_tty": False,
            "ansible_ssh_common_args": " ".join(
                ["-F /dev/null", "-o IdentitiesOnly=yes", "-o GlobalKnownHostsFile=/dev/null"]
                + [f"-o 'UserKnownHostsFile=\"{known_hosts}\"'"]
            ),
            "ansible_control_path_dir": control,
            "ansible_remote_tmp": "{{ host_home }}/.ansible/tmp",
            "ansible_python_interpreter": str(python if python.exists() else sys.executable),
        }
        hosts = {}
        for name, listener in listeners.items():
            hosts[name] = {"ansible_port": listener.getsockname()[1], "host_home": str(self.home(name))}
            hosts[name] |= self._variables(name)
        return {"all": {"children": {self.group: {"hosts": hosts, "vars": variables}}}}

    def _variables(self, name: str) -> dict[str, object]:
        traits, root = self.traits.get(name, Traits()), self._roots.get(name)
        variables: dict[str, object] = {"ansible_ssh_use_tty": True} if traits.tty else {}
        if root:
            variables |= {"host_home": root.home, "host_root": str(self.root(name)), "ansible_user": root.user}
            if root.python is None or traits.user:
                # A Python that is not the system's may be in a home that the host's user cannot read.
                variables["ansible_python_interpreter"] = "auto_silent"
            if root.password:
                variables["ansible_become_password"] = root.password
        return variables

    def _server(self, name: str, sshd: Sshd, key: Path, authorized: Path) -> dict[str, object]:
        """What the supervisor needs to start the sshd of a host."""
        folder = self.directory / "hosts" / name
        folder.mkdir(mode=0o700, parents=True)
        traits = self.traits.get(name, Traits())
        if not traits.private_root:
            config = key.with_name(f"{name}_config")
            more = f'SetEnv HOME="{folder}"\n{sshd.configuration}'
            config.write_text(CONFIG.format(key=key, authorized=authorized, more=more))
            return {"command": [str(sshd.binary), "-i", "-e", "-f", str(config)], "environment": sshd.environment}
        self._roots[name] = root = prepare(folder / "root", name, traits)
        own = Path("/") / OWN
        inside = sshd.moved(Path("/") / MACHINE, own / "sshd")
        more = inside.configuration + ("Banner /etc/issue.net\n" if traits.noisy else "")
        config_text = CONFIG.format(key=own / "key", authorized=own / "authorized_keys", more=more)
        files = {"key": key.read_text(), "authorized_keys": authorized.read_text(), "config": config_text}
        return {
            "command": [str(inside.binary), "-i", "-e", "-f", str(own / "config")],
            "environment": inside.environment,
            "root": root.plan(),
            "files": files,
            "unpacked": str(sshd.unpacked) if sshd.unpacked else None,
        }

    def _check(self, listeners: dict[str, socket.socket]) -> None:
        """Check that the sshd of each host starts with its configuration and sends its greeting."""
        assert self._supervisor
        waiting = selectors.DefaultSelector()
        silent = set(listeners)
        until = time.monotonic() + 20
        try:
            # All hosts without a private root have the same configuration.
            for name in sorted(self._roots) or self.names[:1]:
                connection = socket.create_connection(listeners[name].getsockname())
                waiting.register(connection, selectors.EVENT_READ, name)
            silent = {key.data for key in waiting.get_map().values()}
            while silent and self._supervisor.poll() is None and time.monotonic() < until:
                for key, _ in waiting.select(0.1):
                    waiting.unregister(key.fileobj)
                    with key.fileobj as connection:  # type: ignore[union-attr]
                        if connection.recv(64).startswith(b"SSH-2.0"):
                            silent.discard(key.data)
        finally:
            for key in list(waiting.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
            waiting.close()
        if silent:
            logs = sorted((self.directory / "private").glob("*.log"))
            logged = "\n".join(text for log in logs if (text := log.read_text(errors="replace")[-2000:].strip()))
            raise HostsError(f"sshd does not answer on {', '.join(sorted(silent))}. Its log:\n{logged}")


def stop(directory: str | os.PathLike[str], patience: float = 20) -> bool:
    """Stop the hosts of a folder, whichever process started them; False if none were running."""
    lock = Path(directory) / "private" / "supervisor.lock"
    # The lock shows whether they run. A process id alone could belong to another process by now.
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
