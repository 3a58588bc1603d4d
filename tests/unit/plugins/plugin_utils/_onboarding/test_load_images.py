# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is run on the host that loads the images, in which order, and what is removed there afterwards."""

from __future__ import annotations

import shlex

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.load_images import ImageLoader

REGISTRY = "registry.example.com"
PLAN = {
    "url": "https://hss.example.com/images.zip",
    "login": REGISTRY,
    "refused": "",
    "images": [
        {"source": "hostguard:latest", "target": f"{REGISTRY}/sec/hostguard:latest"},
        {"source": "proxy-agent", "target": f"{REGISTRY}/sec/proxy-agent:latest"},
    ],
}
ARCHIVES = [
    {"path": "/tmp/folder/unpacked-1.tar", "names": ["docker.io/library/hostguard:latest", "other:1"]},
    {"path": "/tmp/folder/unpacked-2.tar", "names": ["localhost/proxy-agent:latest"]},
]
PUSHED = f"podman push proxy-agent docker://{REGISTRY}/sec/proxy-agent:latest"


class Host:
    """A host with a tool, on which some commands fail.

    :arg failing: parts of the commands that fail.
    :arg ids: whether it tells the ids of images.
    """

    def __init__(self, failing=(), archives=None, ids=False):
        self.failing, self.ids, self.ran = failing, ids, []
        self.archives = ARCHIVES if archives is None else archives

    def run(self, command, stdin, seconds):
        assert seconds > 0 and "canary" not in command
        if "mktemp" in command:
            return {"rc": 0, "stdout": "/tmp/folder\n"}
        words = shlex.split(command.partition("; else ")[2].partition("; fi")[0] or command)
        words = [word for word in words if word != "env" and "=" not in word]
        self.ran.append(" ".join(words))
        named = self.ids and self.ran[-1].startswith("podman image inspect")
        stdout = f"id-of-{words[-1]}\n" if named else ""
        return {"rc": int(any(part in self.ran[-1] for part in self.failing)), "stdout": stdout}

    def module(self, name, options):
        assert name == "huaweicloud.hss.hss_onboard_image_archive"
        assert options == {"url": PLAN["url"], "folder": "/tmp/folder", "checksum": "sha256:1"}
        self.ran.append("download")
        return {"size": 9, "archives": self.archives}

    def load(self, tool, check_mode=False):
        return ImageLoader(self.run, self.module, {**PLAN, "tool": tool}, "robot", "canary", "sha256:1").load(
            check_mode
        )


def test_each_image_is_pushed_from_its_archive():
    host = Host(["inspect"])
    steps = host.load("skopeo")
    assert [item["rc"] for item in steps["pushed"]["results"]] == [0, 0]
    copies = [words.split()[-2:] for words in host.ran if " copy " in words]
    assert copies == [
        ["docker-archive:/tmp/folder/unpacked-1.tar:hostguard:latest", f"docker://{PLAN['images'][0]['target']}"],
        ["docker-archive:/tmp/folder/unpacked-2.tar:proxy-agent", f"docker://{PLAN['images'][1]['target']}"],
    ]
    assert host.ran[-1] == "rm -rf -- /tmp/folder"


@pytest.mark.parametrize(
    "there, removed",
    [
        ([], "docker.io/library/hostguard:latest other:1 localhost/proxy-agent:latest"),
        (["other:1"], "docker.io/library/hostguard:latest localhost/proxy-agent:latest"),
    ],
)
def test_podman_removes_only_what_was_not_there_before(there, removed):
    names = [name for archive in ARCHIVES for name in archive["names"] if name not in there]
    host = Host(["manifest inspect", *(f"image inspect {name}" for name in names)], ids=True)
    host.load("podman")
    # An archive must not put another image in the place of one that was there.
    assert [words for words in host.ran if " tag " in words] == [f"podman tag id-of-{name} {name}" for name in there]
    assert all(host.ran.index(f"podman tag id-of-{name} {name}") > host.ran.index(PUSHED) for name in there)
    assert [words for words in host.ran if " rmi " in words] == [f"podman rmi {removed}"]


def test_nothing_is_removed_if_everything_was_there():
    host = Host(["manifest inspect"])
    host.load("podman")
    assert not [words for words in host.ran if " rmi " in words]


def test_an_archive_without_the_image_is_not_loaded():
    host = Host(["inspect"], ARCHIVES[:1])
    assert host.load("podman")["absent"]["images"] == ["proxy-agent"]
    assert not [words for words in host.ran if " load" in words or " push" in words]


def test_a_missing_tool_is_found_without_running_it():
    host = Host(["command -v"])
    assert host.load("skopeo") == {"located": {"rc": 1, "stdout": ""}}
    # A program that does not start is another failure.
    assert Host(["--version"]).load("skopeo")["found"]["rc"] == 1


@pytest.mark.parametrize("failing, check_mode", [([], False), (["inspect"], True)])
def test_nothing_is_downloaded_without_need(failing, check_mode):
    host = Host(failing)
    host.load("skopeo", check_mode)
    assert "download" not in host.ran
