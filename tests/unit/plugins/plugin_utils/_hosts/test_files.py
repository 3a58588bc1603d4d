# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell command that reads files, run by real shells, and the reading of its output."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import (
    HostFileError,
    parse_answer,
    read_command,
    resolve_path,
)

LIMIT = 1000


def ask(paths, *, first_only=False, noise="", environment=None, limit=LIMIT):
    command, mark = read_command([str(path) for path in paths], first_only, limit)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env=environment,
        check=False,
    )
    return parse_answer(noise + done.stdout, mark, [str(path) for path in paths], done.returncode, done.stderr)


@pytest.fixture
def without_base64(tmp_path):
    """An environment whose PATH has only what the command cannot do without."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("cat", "wc", "dirname"):
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
def test_the_content_comes_as_it_is(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    assert ask([tmp_path / "f"])[0].content == content


@pytest.mark.parametrize("content", [*CONTENTS, b"\xff\xfe latin \xfc"])
def test_without_base64_too(tmp_path, without_base64, content):
    (tmp_path / "f").write_bytes(content)
    assert ask([tmp_path / "f"], environment=without_base64)[0].content == content


def test_binary_content_comes_through_base64(tmp_path):
    content = bytes(range(256))
    (tmp_path / "f").write_bytes(content)
    assert ask([tmp_path / "f"])[0].content == content


@pytest.mark.parametrize("name", ["with space", "quote's", "$HOME", "-n", "a;b", "ü"])
def test_any_name_is_one_word(tmp_path, name):
    (tmp_path / name).write_bytes(b"content")
    assert ask([tmp_path / name])[0].content == b"content"


def test_a_tilde_is_the_home_of_whoever_reads(tmp_path):
    (tmp_path / "f").write_bytes(b"content")
    assert ask(["~/f"], environment={**os.environ, "HOME": str(tmp_path)})[0].content == b"content"


def test_troubles_are_told_apart(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * (LIMIT + 1))
    (tmp_path / "largest").write_bytes(b"x" * LIMIT)
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("largest")
    os.mkfifo(tmp_path / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    names = ["missing", "empty", "large", "largest", "dangling", "link", "fifo", "socket", "."]
    answers = ask([tmp_path / name for name in names])
    server.close()
    assert [answer.trouble for answer in answers] == [
        "does not exist",
        "is empty",
        "is larger than 1 MiB",
        "",
        "does not exist",
        "",
        "is not a regular file",
        "is not a regular file",
        "is a directory",
    ]


def test_the_first_that_can_be_read_ends_the_search(tmp_path):
    for name in ("b", "c"):
        (tmp_path / name).write_text(name)
    answers = ask([tmp_path / name for name in "abc"], first_only=True)
    assert [(answer.path[-1], answer.content) for answer in answers] == [("a", None), ("b", b"b")]


def test_banners_and_a_terminals_line_ends_do_not_matter(tmp_path, without_base64):
    (tmp_path / "f").write_bytes(b"a: 1\nb: 2\n")
    path = str(tmp_path / "f")
    for environment in (None, without_base64):
        command, mark = read_command([path], False, LIMIT)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, env=environment, check=True)
        terminal = ("Welcome!\n" + done.stdout + "bye\n").replace("\n", "\r\n")
        assert parse_answer(terminal, mark, [path], 0, "")[0].content == b"a: 1\nb: 2\n"


def test_an_answer_that_breaks_off_is_no_content(tmp_path):
    (tmp_path / "f").write_text("content")
    command, mark = read_command([str(tmp_path / "f")], False, LIMIT)
    output = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout
    cut = output[: output.index(f"{mark} end")]
    assert parse_answer(cut, mark, [str(tmp_path / "f")], 0, "")[0].trouble == "could not be read completely"


def test_a_host_that_did_not_run_it_says_why():
    with pytest.raises(HostFileError) as caught:
        parse_answer("", "mark", ["/f"], 1, "sudo: a password is required\n")
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


def test_what_ssh_says_of_itself_does_not_hide_the_hosts_words():
    stderr = (
        "OpenSSH_9.2p1\r\ndebug1: channel 1\r\nsudo: a password is required\r\n" + "debug2: channel 1: is dead\r\n" * 20
    )
    with pytest.raises(HostFileError, match="exit code 1, sudo: a password is required"):
        parse_answer("", "hss-mark", ["/a"], 1, stderr)
