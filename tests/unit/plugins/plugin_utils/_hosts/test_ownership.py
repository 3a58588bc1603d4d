# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are read for a kubeconfig, by who owns and can change it: as tables, and with a user who attacks root."""

from __future__ import annotations

import os
import subprocess

import kubeconfigs
import pytest
import yaml

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.canonical import KubeconfigPolicy
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.files import (
    HostFileError,
    files_command,
    parse_files,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.kubeconfig import KubeconfigReader
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._hosts.ownership import (
    link_problem,
    parse_way,
    reference_problem,
)

ROOT_WAY = "d:0:755,d:0:755,d:0:700,d:0:600"


@pytest.mark.parametrize(
    "way, owner, followed",
    [
        (ROOT_WAY, 0, True),
        ("d:0:755,l:0:777,d:0:600", 0, True),
        ("d:0:755,d:1000:755,l:1000:777,d:1000:600", 1000, True),
        # A user's link to a file of root.
        ("d:0:755,d:1000:755,l:1000:777,d:0:755,d:0:600", 0, False),
        # A link of root in a folder of the user, who could have moved it there.
        ("d:0:755,d:1000:755,l:0:777,d:0:600", 1000, False),
        ("d:0:755,d:0:1777,l:0:777,d:1000:600", 1000, False),
        # A link of root to a link of a user.
        ("d:0:755,l:0:777,d:1000:755,l:1000:777,d:0:600", 0, False),
        ("d:0:755,l:1000:777,d:0:600", None, False),
        ("d:0:755,l:x:777,d:0:600", 0, False),
    ],
)
def test_links_are_followed_if_the_owner_of_the_file_or_root_alone_made_them(way, owner, followed):
    assert bool(link_problem(parse_way(way), owner)) is not followed


@pytest.mark.parametrize(
    "kubeconfig_owner, way, reader, owner, read",
    [
        (0, ROOT_WAY, 0, 0, True),
        (0, ROOT_WAY, 0, 1000, True),
        (1000, "d:0:755,d:1000:755,d:1000:600", 0, 1000, True),
        (1000, "d:0:755,d:1000:755,d:1000:600", 0, 0, False),
        # The user reads, with no rights but the user's own.
        (1000, "d:0:755,d:1000:755,d:1000:600", 1000, 0, True),
        (1000, "d:0:755,d:1000:755,d:1000:600", 1001, 0, False),
        # A file of root in a folder of a user, or one that others can write.
        (0, "d:0:755,d:1000:755,d:0:600", 0, 1000, False),
        (0, "d:0:755,d:0:775,d:0:600", 0, 1000, False),
        (0, "d:0:755,d:0:755,d:0:666", 0, 1000, False),
        (0, "", 0, 1000, False),
        # Whoever may write it must not make root read root's files.
        (0, "d:0:755,d:0:755,d:0:666", 0, 0, False),
        # In a folder such as /tmp, others cannot replace what belongs to root.
        (0, "d:0:755,d:0:1777,d:0:700,d:0:600", 0, 0, True),
        (0, "d:0:755,d:0:777,d:0:700,d:0:600", 0, 0, False),
        (0, "d:0:755,d:0:1777,d:1000:700,d:0:600", 0, 0, False),
        (0, "d:0:755,d:1000:755,d:0:600", 0, 0, False),
        (None, "d:0:755", 0, None, True),
        (None, "d:1000:755", None, None, False),
    ],
)
def test_references_are_read_if_they_belong_to_the_owner_or_root_alone_decides(
    kubeconfig_owner, way, reader, owner, read
):
    steps = parse_way(way) if way else ()
    assert bool(reference_problem(kubeconfig_owner, steps, reader, owner)) is not read


# --- A host whose user attacks root -----------------------------------------------------------------------------------

# Everything in the folder "home" belongs to a user, everything else to root, whoever runs the tests.
STAT = """#!/bin/sh
for file; do :; done
[ "$file" = /dev/fd/3 ] && file=$(readlink /proc/self/fd/3)
case $file in */home | */home/*) uid=1000 ;; *) uid=0 ;; esac
case $* in *%a*) printf '%s:%s:755\\n' "$(printf %s "$*" | cut -c4)" "$uid" ;; *) echo "$uid 100" ;; esac
"""


@pytest.fixture
def host(tmp_path):
    """Two folders, and a function that reads kubeconfigs there as root, with the programs of the host."""
    programs, root, home = (tmp_path / name for name in ("programs", "root", "home"))
    for folder in (programs, root, home):
        folder.mkdir()
    for name, text in (("stat", STAT), ("id", "#!/bin/sh\necho 0\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(root)}

    def execute(command):
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60, env=environment
        )
        return {"rc": done.returncode, "stdout": done.stdout, "stderr": done.stderr}

    def read(path, **policy):
        return KubeconfigReader(execute).read(str(path), KubeconfigPolicy(**policy))

    (root / "token").write_text("the-token-of-root")
    (home / "token").write_text("the-token-of-the-user")
    return root, home, read


def with_token_file(path):
    document = yaml.safe_load(kubeconfigs.kubeadm("https://10.0.0.1:6443"))
    document["users"][0]["user"] = {"tokenFile": str(path)}
    return yaml.safe_dump(document)


def test_a_user_cannot_make_root_read_a_file_for_a_kubeconfig(host):
    root, home, read = host
    (home / "config").write_text(with_token_file(root / "token"))
    with pytest.raises(HostFileError, match="belongs to another user") as caught:
        read(home / "config")
    assert str(root / "token") in str(caught.value) and "the-token" not in str(caught.value)

    (home / "link").symlink_to(root / "token")
    (home / "config").write_text(with_token_file("link"))
    with pytest.raises(HostFileError, match="link of another user"):
        read(home / "config")

    (home / "config").write_text(with_token_file("token"))
    found = read(home / "config")
    assert "the-token-of-the-user" in found.config.text and found.inlined == (str(home / "token"),)


def test_a_user_cannot_make_root_take_another_kubeconfig(host):
    root, home, read = host
    (root / "admin.conf").write_text(kubeconfigs.kubeadm("https://10.0.0.1:6443"))
    (home / "config").symlink_to(root / "admin.conf")
    with pytest.raises(HostFileError, match="link of another user"):
        read(home / "config")
    (home / "folder").symlink_to(root)
    with pytest.raises(HostFileError, match="link of another user"):
        read(home / "folder" / "admin.conf")
    (root / "link").symlink_to(root / "admin.conf")
    assert read(root / "link").config.server == "https://10.0.0.1:6443"


def test_a_link_that_is_gone_after_the_file_was_opened_is_not_followed_either(host):
    root, home, read = host
    (root / "admin.conf").write_text(kubeconfigs.kubeadm("https://10.0.0.1:6443"))
    (home / "mine").write_text(kubeconfigs.kubeadm("https://10.0.0.2:6443"))
    (home / "config").symlink_to(root / "admin.conf")
    # The first program that is run after the file was opened lets the user win the race.
    stat = home.parent / "programs" / "stat"
    stat.write_text(STAT.replace("\n", f"\n[ -L {home}/config ] && mv {home}/mine {home}/config\n", 1))
    with pytest.raises(HostFileError, match="was replaced while it was read"):
        read(home / "config")
    assert not (home / "config").is_symlink() and read(home / "config").config.server == "https://10.0.0.2:6443"


def test_root_may_refer_to_files_of_others_in_folders_that_root_alone_can_change(host):
    root, home, read = host
    (root / "config").write_text(with_token_file(home / "token"))
    assert "the-token-of-the-user" in read(root / "config").config.text


def test_kubectl_gets_the_address_of_the_file_and_hss_the_one_that_replaces_it(host):
    root, _home, read = host
    (root / "config").write_text(kubeconfigs.k3s())
    found = read(root / "config", server="10.0.0.2", tls_server_name="k3s.example.com")
    assert yaml.safe_load(found.config.text)["clusters"][0]["cluster"]["server"] == "https://10.0.0.2:6443"
    local = yaml.safe_load(found.local_text)["clusters"][0]["cluster"]
    assert local["server"] == "https://127.0.0.1:6443" and "tls-server-name" not in local


def test_a_file_that_never_ends_or_does_not_answer_ends_the_command(tmp_path):
    """What is read is bounded, even if the file is another one by the time it is opened."""
    os.mkfifo(tmp_path / "fifo")
    command, mark = files_command([str(tmp_path / "fifo"), "/dev/zero"], False, 1000)
    # As if the file had been a regular one when it was examined.
    forced = (
        command.replace('[ ! -f "$f" ]', "false")
        .replace("[ ! -f /dev/fd/3 ]", "false")
        .replace('[ ! -s "$f" ]', "false")
    )
    forced = forced.replace("timeout 60", "timeout 1")
    assert forced != command
    done = subprocess.run(["/bin/sh", "-c", forced], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 124 and len(done.stdout) < 5000
    zeros = forced.replace(str(tmp_path / "fifo"), "/dev/zero")
    done = subprocess.run(["/bin/sh", "-c", zeros], capture_output=True, text=True, check=False, timeout=30)
    files = parse_files(done.stdout, mark, ["/dev/zero", "/dev/zero"], 0, "", 1000)
    assert [file.problem for file in files] == ["is larger than 4 MiB"] * 2
