# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is run on the host that loads the images, in which order, and what is removed there afterwards."""

from __future__ import annotations

import shlex

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.load_images import (
    ImageLoader,
    checked_archive,
)

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
# What podman makes of the names in these archives.
NAMES = {
    "/tmp/folder/unpacked-1.tar": ["docker.io/library/hostguard:latest", "docker.io/library/other:1"],
    "/tmp/folder/unpacked-2.tar": ["localhost/proxy-agent:latest"],
}
PUSHED = f"podman push localhost/proxy-agent:latest docker://{REGISTRY}/sec/proxy-agent:latest"


class Host:
    """A host with a tool, on which some commands fail.

    :arg failing: parts of the commands that fail.
    :arg images: the ids of its images by name.
    :arg names: what podman takes from each archive.
    :arg quiet: whether podman does not tell what it loaded.
    """

    def __init__(self, failing=(), archives=None, images=(), names=None, folder="/tmp/folder\n", quiet=False):
        self.failing, self.ran, self.folder, self.quiet = failing, [], folder, quiet
        self.images, self.names = dict(images), NAMES if names is None else names
        self.archives = ARCHIVES if archives is None else archives

    def run(self, command, stdin, seconds):
        assert seconds > 0 and "canary" not in command
        if "mktemp" in command:
            return {"rc": 0, "stdout": self.folder}
        words = shlex.split(command.partition("; else ")[2].partition("; fi")[0] or command)
        words = [word for word in words if word != "env" and ("=" not in word or word.startswith("--input="))]
        self.ran.append(" ".join(words))
        failed = any(part in self.ran[-1] for part in self.failing)
        return {"rc": int(failed), "stdout": self._stdout(words, failed)}

    def _stdout(self, words, failed):
        if words[:2] == ["podman", "images"]:
            rows = [f"{number} {name}" for name, number in self.images.items()]
            return "\n".join([*rows, "sha256:0 <none>:<none>", "what a profile prints"])
        if words[:2] == ["podman", "load"]:
            names = self.names[words[-1].removeprefix("--input=")]
            self.images.update(dict.fromkeys(names, f"loaded-from-{words[-1]}"))
            return "" if failed or self.quiet else "".join(f"Loaded image: {name}\n" for name in names)
        if words[:2] == ["podman", "tag"]:
            self.images[words[3]] = words[2]
        if words[:2] == ["podman", "rmi"]:
            for name in words[2:]:
                del self.images[name]
        return ""

    def module(self, name, options, seconds):
        assert seconds > 7200 and name == "huaweicloud.hss.hss_onboard_image_archive"
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


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize(
    "there",
    [{}, {"docker.io/library/other:1": "before"}, dict.fromkeys(name for names in NAMES.values() for name in names)],
)
def test_podman_leaves_the_images_of_the_host_as_they_were(there, quiet):
    there = {"docker.io/library/mine:1": "mine", **{name: f"id-of-{name}" for name in there}}
    host = Host(["manifest inspect"], images=there, quiet=quiet)
    host.load("podman")
    assert host.images == there
    assert host.ran.index(PUSHED) < min([at for at, words in enumerate(host.ran) if " tag " in words] or [99])


@pytest.mark.parametrize("failing", ["podman push", "podman load --input=/tmp/folder/unpacked-2.tar"])
def test_podman_leaves_them_so_after_a_failure_too(failing):
    there = {"localhost/proxy-agent:latest": "id"}
    host = Host(["manifest inspect", failing], images=there)
    host.load("podman")
    assert host.images == there


def test_names_that_podman_alone_takes_from_an_archive_are_given_back():
    """An archive may have an OCI layout as well, whose names podman prefers to those in manifest.json."""
    there = {"localhost/prod:1": "id"}
    host = Host(["manifest inspect"], images=there, names=dict.fromkeys(NAMES, ["localhost/prod:1", "localhost/new:1"]))
    host.load("podman")
    assert host.images == there


def test_an_image_of_the_host_with_the_same_short_name_is_not_pushed():
    there = {"localhost/hostguard:latest": "secret"}
    host = Host(["manifest inspect"], images=there)
    host.load("podman")
    assert f"podman push docker.io/library/hostguard:latest docker://{PLAN['images'][0]['target']}" in host.ran
    assert host.images == there


def test_nothing_is_loaded_if_podman_does_not_tell_its_images():
    host = Host(["manifest inspect", "podman images"])
    assert host.load("podman")["unpacked"]["rc"] == 1
    assert not [words for words in host.ran if " load " in words]


@pytest.mark.parametrize("folder", ["", "Welcome!\n/tmp/folder\n", "tmp/folder", "-rf"])
def test_what_is_no_folder_is_not_removed(folder):
    host = Host(folder=folder)
    assert host.load("skopeo")["folder"]["path"] == ""
    assert not [words for words in host.ran if words.startswith("rm ")]


def test_of_the_answer_of_a_host_only_what_is_known_is_kept():
    facts = {"ansible_facts": {"hss_onboard_kubectl": "/tmp/evil"}, "_ansible_no_log": False}
    given = {"size": 9, "archives": [*ARCHIVES, 5, {"path": 5, "names": []}, {"path": "/x", "names": {"a": 1}}]}
    assert checked_archive({**given, **facts}) == {"size": 9, "archives": ARCHIVES, "kind": "", "msg": ""}
    strange = {"path": "/x", "names": ["a:1", 5, "--all", "x" * 513]}
    assert checked_archive({"size": 1, "archives": [strange]})["archives"] == [{"path": "/x", "names": ["a:1"]}]
    for answer in ({}, {"size": "9"}, {"size": 9, "failed": True}, {"archives": "x", "msg": "m" * 9999}):
        checked = checked_archive(answer)
        assert checked["size"] is None and 0 < len(checked["msg"]) <= 2000


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
