# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that prints files, run by real shells, and the parser of its output."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import (
    HostFileError,
    files_command,
    parse_files,
    resolve_path,
)

LIMIT = 1000


def read(paths, *, first_only=False, noise="", environment=None, limit=LIMIT):
    command, mark = files_command([str(path) for path in paths], first_only, limit)
    result = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env=environment,
        check=False,
    )
    return parse_files(
        noise + result.stdout, mark, [str(path) for path in paths], result.returncode, result.stderr, limit
    )


@pytest.fixture
def without_base64(tmp_path):
    """An environment whose PATH has only the programs that the command needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("head", "stat", "dirname", "readlink", "tr"):
        (folder / name).symlink_to(shutil.which(name))
    return {"PATH": str(folder), "HOME": str(tmp_path)}


CONTENTS = [
    b"one line\n",
    b"no end of line",
    b"\n\nblank lines\n\n",
    b"'quotes' \"and\" $HOME `date` \\ \n",
    "ümläut\n".encode(),
]


@pytest.mark.parametrize("content", CONTENTS)
def test_content_is_unchanged(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    assert read([tmp_path / "f"])[0].content == content


@pytest.mark.parametrize("content", [*CONTENTS, b"\xff\xfe latin \xfc"])
def test_content_is_unchanged_without_base64(tmp_path, without_base64, content):
    (tmp_path / "f").write_bytes(content)
    assert read([tmp_path / "f"], environment=without_base64)[0].content == content


def test_binary_content_is_passed_in_base64(tmp_path):
    content = bytes(range(256))
    (tmp_path / "f").write_bytes(content)
    assert read([tmp_path / "f"])[0].content == content


@pytest.mark.parametrize("name", ["with space", "quote's", "$HOME", "-n", "a;b", "ü"])
def test_names_are_quoted(tmp_path, name):
    (tmp_path / name).write_bytes(b"content")
    assert read([tmp_path / name])[0].content == b"content"


def test_a_tilde_is_the_home_directory_of_the_user(tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    assert read(["~/f"], environment={**os.environ, "HOME": str(tmp_path)})[0].content == b"content"


def test_each_problem_has_its_message(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * (LIMIT + 1))
    (tmp_path / "largest").write_bytes(b"x" * LIMIT)
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("largest")
    os.mkfifo(tmp_path / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    names = ["missing", "empty", "large", "largest", "dangling", "link", "fifo", "socket", "."]
    files = read([tmp_path / name for name in names])
    server.close()
    assert [file.problem for file in files] == [
        "does not exist",
        "is empty",
        "is larger than 4 MiB",
        "",
        "does not exist",
        "",
        "is not a regular file",
        "is not a regular file",
        "is a directory",
    ]


def test_only_the_first_readable_file_is_read(tmp_path):
    for name in ("b", "c"):
        (tmp_path / name).write_text(name)
    files = read([tmp_path / name for name in "abc"], first_only=True)
    assert [(file.path[-1], file.content) for file in files] == [("a", None), ("b", b"b")]


def test_banners_and_line_ends_of_a_terminal_are_ignored(tmp_path, without_base64):
    (tmp_path / "f").write_bytes(b"a: 1\nb: 2\n")
    path = str(tmp_path / "f")
    for environment in (None, without_base64):
        command, mark = files_command([path], False, LIMIT)
        result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, env=environment, check=True)
        terminal = ("Welcome!\n" + result.stdout + "bye\n").replace("\n", "\r\n")
        assert parse_files(terminal, mark, [path], 0, "", LIMIT)[0].content == b"a: 1\nb: 2\n"


def test_truncated_output_gives_no_content(tmp_path):
    (tmp_path / "f").write_text("content")
    command, mark = files_command([str(tmp_path / "f")], False, LIMIT)
    output = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout
    cut = output[: output.index(f"{mark} end")]
    assert parse_files(cut, mark, [str(tmp_path / "f")], 0, "", LIMIT)[0].problem == "could not be read completely"


def test_a_command_that_was_not_run_is_an_error_with_the_reason():
    with pytest.raises(HostFileError) as caught:
        parse_files("", "mark", ["/f"], 1, "sudo: a password is required\n", LIMIT)
    assert "exit code 1, sudo: a password is required" in str(caught.value) and "become" in str(caught.value)


@pytest.mark.parametrize(
    "kubeconfig, name, expected",
    [
        ("/etc/k/admin.conf", "pki/ca.crt", "/etc/k/pki/ca.crt"),
        ("/etc/k/admin.conf", "../ca.crt", "/etc/ca.crt"),
        ("/etc/k/admin.conf", "/var/ca.crt", "/var/ca.crt"),
        ("~/.kube/config", "ca.crt", "~/.kube/ca.crt"),
        ("~/.kube/config", "../ca.crt", "~/ca.crt"),
        ("~/.kube/config", "../../etc/ca.crt", "~/../etc/ca.crt"),
    ],
)
def test_paths_are_relative_to_the_kubeconfig(kubeconfig, name, expected):
    assert resolve_path(kubeconfig, name) == expected


def test_debug_messages_of_ssh_do_not_hide_the_message_of_the_host():
    stderr = (
        "OpenSSH_9.2p1\r\ndebug1: channel 1\r\nsudo: a password is required\r\n"
        + "debug2: channel 1: is dead\r\n" * 20
        + "debug1: The following connections are open:\r\n  #2 client-session (t4 [session] fd 5/5/-1)\r\n"
    )
    with pytest.raises(HostFileError, match="exit code 1, sudo: a password is required"):
        parse_files("", "hss-mark", ["/a"], 1, stderr, LIMIT)


SWAPPING = """#!/bin/sh
case $* in {when}) mv -f {other} {path} ;; esac
exec {program} "$@"
"""


@pytest.mark.parametrize(
    "spelling", ["{0}/config", "{0}//config", "{0}/./config", "{0}/../folder/config", "/{0}/config"]
)
@pytest.mark.parametrize("when", ["*-L*", "*d:%u:%a*' /'"])
def test_a_link_that_is_replaced_while_it_is_read_is_refused(tmp_path, when, spelling):
    """Its owner makes it a file again, after it was opened, or while the way to it is looked at."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_text("of root")
    (tmp_path / "own").write_text("of the user")
    path = folder / "config"
    path.symlink_to(tmp_path / "secret")
    (tmp_path / "bin").mkdir()
    stat = tmp_path / "bin" / "stat"
    stat.write_text(SWAPPING.format(when=when, other=tmp_path / "own", path=path, program=shutil.which("stat")))
    stat.chmod(0o755)
    environment = {**os.environ, "PATH": f"{stat.parent}:{os.environ['PATH']}"}
    (found,) = read([spelling.format(folder)], environment=environment)
    assert path.read_text() == "of the user"
    assert found.content is None and found.problem.startswith("was replaced while it was read")
    # Without a link, each spelling is the same file.
    assert read([spelling.format(folder)])[0].content == b"of the user"
