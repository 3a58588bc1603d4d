# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private roots: the / of a host, made of the machine's programs and of the host's own folders.

Each root is a tmpfs in a mount namespace of the process that starts the sshd. No other process sees it, and it ends
with that process: nothing is mounted or changed on the machine itself. The host's own folders are in
DIR/hosts/NAME/root, where tests write and read its files. /usr consists of links into a read-only mount of the
machine's /usr, so that single programs can be left out.

This needs root, or a kernel that allows user namespaces.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .packages import HostsError, unpacked
from .sshd import PRIVSEP, free_id
from .traits import Traits

# The host's own folders. Besides them it has a temporary /run, and the machine's /dev, /proc and /sys.
PRIVATE = ("etc", "home", "opt", "root", "srv", "tmp", "var")
# The files in /etc that programs need; users and everything else are the host's own.
COPIED = (
    "crypto-policies ld.so.cache ld.so.conf ld.so.conf.d localtime login.defs os-release pam.d "
    "protocols services shells ssl/openssl.cnf"
).split()
MACHINE, OWN = "machine", "hosts"  # folders in /: the machine's files, and those of sshd

PYTHONS = r"(python|pypy|platform-python)[\d.w]*"
NOISE = """\
#!/bin/sh
# A login shell like on some hosts: its start-up files print text before every command, its logout files after it.
printf '%s\\n' '*******************************' '* Authorized use only, {name} *' '*******************************'
echo 'stty: standard input: Inappropriate ioctl for device' >&2
{shell} "$@"
code=$?
echo 'logout' >&2
printf 'Connection to {name} closed. '
exit $code
"""
SUDOERS = """\
Defaults env_reset, lecture=never, !syslog, timestamp_timeout=0
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
{user} ALL=(ALL:ALL) {tag}ALL
"""


@dataclass(frozen=True)
class Root:
    """The root of a host: its own folders exist, the process that starts the sshd mounts the rest."""

    folder: str
    user: str
    uid: int
    home: str
    password: str | None
    hidden: str | None
    busybox: str | None
    sudo: str | None
    python: str | None

    def plan(self) -> dict[str, Any]:
        """The values for the process that starts the sshd, without the password, which only the inventory has."""
        return {**asdict(self), "password": None}


def prepare(folder: Path, name: str, traits: Traits) -> Root:
    """Make the own folders of a host."""
    before = os.umask(0o022)
    try:
        return _prepare(folder, name, traits)
    finally:
        os.umask(before)


def _prepare(folder: Path, name: str, traits: Traits) -> Root:
    for part in PRIVATE:
        (folder / part).mkdir(parents=True)
    (folder / "root").chmod(0o700)
    (folder / "tmp").chmod(0o1777)
    for part in ("empty", "lib", "log", "tmp"):
        (folder / "var" / part).mkdir()
    etc = folder / "etc"
    for part in COPIED:
        _copy(Path("/etc") / part, etc / part)
    shell = "/bin/bash" if os.path.exists("/bin/bash") and not traits.busybox else "/bin/sh"
    if traits.noisy:
        _write(etc / "noisy-shell", NOISE.format(name=name, shell=shell), 0o755)
        _write(etc / "issue.net", f"\n  Welcome to {name}.\n  *** This system is monitored ***\n\n")
        shell = "/etc/noisy-shell"
    user, uid = _user(traits)
    home = "/root" if uid == 0 else f"/home/{user}"
    password = secrets.token_urlsafe(12) if traits.sudo == "password" else None
    _write_accounts(etc, user, uid, home, shell, password)
    if uid and os.getuid() == 0:
        (folder / home[1:]).mkdir(mode=0o700)
        os.chown(folder / home[1:], uid, uid)
    else:
        (folder / home[1:]).mkdir(mode=0o700, exist_ok=True)
    if traits.sudo:
        _write(etc / "sudoers", SUDOERS.format(user=user, tag="NOPASSWD: " if traits.sudo == "free" else ""), 0o440)
        _write(etc / "pam.d" / "sudo", "auth required pam_unix.so\naccount required pam_unix.so\n")
    hidden = [PYTHONS] * (traits.busybox or not traits.python) + ["base64"] * (not traits.base64)
    return Root(
        str(folder),
        user,
        uid,
        home,
        password,
        "|".join(hidden) or None,
        str(_busybox(folder.parent, traits)) if traits.busybox else None,
        str(unpacked("sudo", "usr/bin/sudo")) if traits.sudo else None,
        _python_folder() if traits.python and not traits.busybox else None,
    )


def _user(traits: Traits) -> tuple[str, int]:
    if traits.user:
        # An id that no user of the machine has, so that this user has no rights on it.
        return traits.user, free_id()
    return pwd.getpwuid(os.getuid()).pw_name, os.getuid()


def _write_accounts(etc: Path, user: str, uid: int, home: str, shell: str, password: str | None) -> None:
    gid = uid if os.getuid() == 0 else os.getgid()
    users = [("root", 0, 0, "/root", shell if uid == 0 else "/bin/sh"), ("nobody", 65534, 65534, "/", "/bin/false")]
    # sshd needs this user for its privilege separation if it runs as root.
    users.append(("sshd", 74, 74, PRIVSEP, "/bin/false"))
    if uid:
        users = [entry for entry in users if entry[0] != user] + [(user, uid, gid, home, shell)]
    _write(etc / "passwd", "".join(f"{n}:x:{u}:{g}:{n}:{h}:{s}\n" for n, u, g, h, s in users))
    groups = {"root": 0, "nogroup": 65534, "sshd": 74, user: gid}
    # sshd gives terminals to this group if it exists, which an ordinary user may not do.
    if os.getuid() == 0:
        groups["tty"] = 5
    _write(etc / "group", "".join(f"{name}:x:{number}:\n" for name, number in groups.items()))
    hashed = {user: _hashed(password)} if password else {}
    _write(etc / "shadow", "".join(f"{n}:{hashed.get(n, '*')}:20000:0:99999:7:::\n" for n, *_ in users), 0o600)
    _write(etc / "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    own = socket.gethostname()
    _write(etc / "hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {own}\n")


def _hashed(password: str) -> str:
    name = ctypes.util.find_library("crypt")
    if not name:
        raise HostsError("sudo with a password needs libcrypt")
    crypt = ctypes.CDLL(name).crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), f"$6${secrets.token_hex(8)}$".encode()).decode()


def _busybox(folder: Path, traits: Traits) -> Path:
    """A busybox for this host; for a host without base64, that applet is renamed."""
    program = next(unpacked("busybox-static", "**/busybox", "busybox").glob("**/bin/busybox"))
    content = program.read_bytes()
    if not traits.base64:
        # Its shell finds applets in a sorted table of names. The new name has the same place in it.
        content = content.replace(b"\0base64\0", b"\0base6-\0")
    copy = folder / "busybox"
    copy.write_bytes(content)
    copy.chmod(0o755)
    return copy


def _python_folder() -> str | None:
    """The folder of the Python in the inventory, or None if it is in /usr, which a root has anyway."""
    return None if Path(sys.base_prefix).is_relative_to("/usr") else sys.base_prefix


def _copy(source: Path, target: Path) -> None:
    try:
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_dir():
            target.mkdir()
            for entry in source.iterdir():
                _copy(entry, target / entry.name)
        elif source.is_file():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
    except PermissionError:  # an ordinary user's host does not have the files that this user may not read
        pass


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


# --- In the process that starts the sshd ------------------------------------------------------------------------------

_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_RDONLY, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_DETACH = 2


def unshare() -> Path:
    """Move this process into a new mount namespace; returns a folder for the roots, which is visible only there."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _CLONE_NEWNS | (_CLONE_NEWUSER if uid else 0))
    if uid:
        # Map the user to itself. This process may mount then; programs that it starts do not inherit that.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount(None, "/", None, _REC | _PRIVATE)
    # A folder that this program does not use. Never the hosts' folder: removing that would reach the machine's files.
    needed = [Path(__file__), Path(sys.base_prefix), Path(sys.prefix), Path.cwd()]
    top = next(
        top
        for top in map(Path, ("/mnt", "/media", "/srv", "/run"))
        if top.is_dir() and not any(path.is_relative_to(top) for path in needed)
    )
    _mount("hosts", top, "tmpfs", 0, "mode=755")
    return top


def dismantle(top: Path) -> None:
    """Unmount the roots: a folder with mounts cannot be removed."""
    _call("umount2", os.fsencode(top), _DETACH)


def assemble(top: Path, name: str, plan: dict[str, Any], sshd: Path | None, files: dict[str, str]) -> Path:
    """Mount the root of a host.

    :arg sshd: the folder of an unpacked sshd.
    :arg files: the files that sshd needs in /hosts: content by name.
    """
    root, folder = top / name, Path(plan["folder"])
    root.mkdir()
    for part in PRIVATE:
        _bind(folder / part, root / part)
    # sshd writes its records of logins here, which must not count as changes of the host.
    _mount("log", root / "var" / "log", "tmpfs", 0, "mode=755")
    (root / "var" / "log" / "lastlog").touch()
    for part in ("dev", "proc", "sys"):
        _bind(Path("/") / part, root / part)
    if os.path.isdir("/etc/alternatives"):  # hundreds of links, which would take long to copy
        _bind(Path("/etc/alternatives"), root / "etc" / "alternatives", readonly=True)
    (root / PRIVSEP[1:]).mkdir(parents=True, mode=0o755)
    for number, (file, content) in enumerate(files.items()):
        _write(root / OWN / file, content, 0o600 if number == 0 else 0o644)
    if sshd:
        _bind(sshd, root / OWN / "sshd", readonly=True)
    _programs(root, plan)
    if plan["python"]:
        _bind(Path(plan["python"]), root / plan["python"][1:], readonly=True)
    return root


def _programs(root: Path, plan: dict[str, Any]) -> None:
    _bind(Path("/usr"), root / MACHINE / "usr", readonly=True)
    hidden = re.compile(plan["hidden"] or "(?!)")
    programs = {"bin", "sbin", "games"} if plan["busybox"] else set()
    _links(Path("/usr"), root, hidden, {"bin", "sbin", "lib", "libexec", "local"} | programs, programs)
    for part in ("lib", "libexec"):
        _links(Path("/usr") / part, root, hidden)
    if not plan["busybox"]:
        for part in ("bin", "sbin"):
            _links(Path("/usr") / part, root, hidden)
        _links(Path("/usr/local"), root, hidden, {"bin", "sbin"})
        for part in ("bin", "sbin"):
            _links(Path("/usr/local") / part, root, hidden)
    for part in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        source = Path("/") / part
        if plan["busybox"] and part in ("bin", "sbin"):
            continue
        if source.is_symlink():
            (root / part).symlink_to(source.readlink())
        elif source.is_dir():
            _bind(source, root / MACHINE / part, readonly=True)
            _links(source, root, hidden)
    if plan["busybox"]:
        _install_busybox(root, Path(plan["busybox"]))
    if plan["sudo"]:
        _install_sudo(root, Path(plan["sudo"]))


def _links(
    source: Path, root: Path, hidden: re.Pattern[str], apart: set[str] = frozenset(), without: set[str] = frozenset()
) -> None:
    """A folder of links to the entries of a machine's folder; `apart` become empty folders, `without` are left out."""
    if not source.is_dir() or source.is_symlink():
        return
    target = root / source.relative_to("/")
    target.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(source):
        if entry.name in without or hidden.fullmatch(entry.name):
            continue
        if entry.name in apart and not entry.is_symlink():
            (target / entry.name).mkdir()
        else:
            (target / entry.name).symlink_to(Path("/") / MACHINE / source.relative_to("/") / entry.name)


def _install_busybox(root: Path, program: Path) -> None:
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    folder = root / "bin"
    folder.mkdir()
    shutil.copy(program, folder / "busybox")
    for applet in listed.split():
        if applet != "busybox":
            (folder / applet).symlink_to("busybox")
    for part in ("sbin", "usr/bin", "usr/sbin"):
        (root / part).symlink_to("/bin")


def _install_sudo(root: Path, package: Path) -> None:
    # Copies that belong to root, setuid, on a file system that only this process sees.
    program = root / "usr/bin/sudo"
    program.unlink(missing_ok=True)
    shutil.copyfile(package / "usr/bin/sudo", program)
    program.chmod(0o4755)
    for plugins in package.glob("usr/lib*/sudo"):
        target = root / plugins.relative_to(package)
        if target.is_symlink():
            target.unlink()
        target.mkdir()
        for library in plugins.glob("*.so*"):
            shutil.copyfile(library, target / library.name)


def _bind(source: Path, target: Path, readonly: bool = False) -> None:
    target.mkdir(parents=True, exist_ok=True)
    _mount(source, target, None, _BIND | _REC)
    # An ordinary user may not remount, but cannot write to the machine's files anyway.
    if readonly and os.getuid() == 0:
        flags = os.statvfs(source).f_flag & (os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC)
        _mount(None, target, None, _BIND | _REMOUNT | _RDONLY | flags)


def _mount(source: str | Path | None, target: str | Path, kind: str | None, flags: int, data: str = "") -> None:
    places = [os.fsencode(place) if place is not None else None for place in (source, target, kind)]
    _call("mount", *places, ctypes.c_ulong(flags), data.encode() or None)


def _call(name: str, *arguments: Any) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}", str(arguments[:2]))
