# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images are read from HSS's command, what is left to the user, and the words for what went wrong."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    PLACEHOLDER,
    with_variable,
)
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._onboarding.images import (
    Unclear,
    images_of,
    outcome,
    plan,
    to_paste,
)

REGISTRY = "reg.example.com:5000"
TARGET = f"{REGISTRY}/sec/agent:1.2"
ONE = [{"source": "agent:1.2", "target": TARGET}]
PASSWORD = "canary-Pa$$w0rd"
CLUSTER = {"image_repo": REGISTRY, "image_repo_username": "robot$hss", "image_repo_password": PASSWORD}
URL = "https://obs.example.com/agent.tar?Signature=canary-signature"
PLAIN = f"docker load -i agent.tar && docker tag agent:1.2 {TARGET} && docker push {TARGET}"


@pytest.mark.parametrize(
    "command",
    [
        PLAIN,
        f'docker login -u "robot" -p "$REGISTRY_PASSWORD" {REGISTRY} && {PLAIN}',
        f"sudo -E /usr/bin/docker tag 'agent:1.2' \"{TARGET}\" ; sudo docker push --quiet {TARGET};",
        f"# load\r\ndocker load < agent.tar.gz\r\ndocker tag agent:1.2 {TARGET} # there\r\ndocker push {TARGET}\r\n",
        f"docker tag \\\n  agent:1.2 \\\n  {TARGET}\ndocker push {TARGET} | tail -n 1",
        f"podman image tag agent:1.2 {TARGET}&&podman image push {TARGET}",
        f"(nerdctl load -i a.tar; nerdctl tag agent:1.2 {TARGET}; nerdctl push {TARGET} --platform linux/amd64)",
        f"docker tag agent:1.2 {TARGET.replace('reg', 'REG')} && docker push {TARGET.replace('reg', 'REG')}",
    ],
)
def test_images_are_read_from_what_is_tagged_and_pushed(command):
    (image,) = images_of(command, REGISTRY)
    assert {**image, "target": image["target"].replace("REG", "reg")} == ONE[0]


def test_several_images_are_read_in_their_order_and_each_once():
    pairs = [("swr.example.com/hss/b:1", f"{REGISTRY}/sec/b:1"), ("a@sha256:12", f"{REGISTRY}/sec/a")]
    tags = " && ".join(f"docker tag {source} {target}" for source, target in pairs)
    pushes = "; ".join(f"docker push {target}" for _source, target in [*pairs, pairs[0]])
    expected = [{"source": source, "target": target} for source, target in pairs]
    assert images_of(f"{tags}; {pushes}", REGISTRY) == expected


UNCLEAR = "cannot be told"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("", UNCLEAR),
        ("./load-images.sh", UNCLEAR),
        ("Please don't run this", "a shell takes"),
        ("docker load -i agent.tar", UNCLEAR),
        (f"docker push {TARGET}", UNCLEAR),
        (f"docker tag agent:1.2 {TARGET}", UNCLEAR),
        (f"{PLAIN} && docker tag more:1 {REGISTRY}/sec/more:1", UNCLEAR),
        (f"{PLAIN} && docker push {REGISTRY}/sec/more:1", UNCLEAR),
        (f"docker tag agent:1.2 {TARGET} more && docker push {TARGET}", UNCLEAR),
        (f"docker --config x tag agent:1.2 {TARGET} && docker push {TARGET}", UNCLEAR),
        ("for i in a b; do docker tag $i R/$i; docker push R/$i; done".replace("R", REGISTRY), "not plain names"),
        (f"docker tag `docker images -q` {TARGET} && docker push {TARGET}", UNCLEAR),
        (f"docker tag $(cat name) {TARGET} && docker push {TARGET}", UNCLEAR),
        (f"docker tag 'agent 1' {TARGET} && docker push {TARGET}", "not plain names"),
        (PLAIN.replace(REGISTRY, "evil.example.com"), "another registry"),
        (PLAIN.replace(REGISTRY, f"{REGISTRY}.evil.com"), "another registry"),
        (PLAIN.replace(f"{REGISTRY}/sec/", ""), "another registry"),
        (PLAIN.replace("/sec/", "/other/"), "another registry or organization"),
        (PLAIN.replace("/sec/", "/section/"), "another registry or organization"),
        (PLAIN.replace("/sec/", "/sec/../other/"), "not plain names"),
    ],
)
def test_what_is_not_certain_is_left_to_the_user(command, why):
    with pytest.raises(Unclear, match=why):
        images_of(command, REGISTRY, "sec")


# --- for a shell ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        PLAIN,
        f"docker login -u 'robot$hss' -p {PLACEHOLDER} {REGISTRY} && {PLAIN}",
        f'docker login -u "robot" -p "{PLACEHOLDER}" {REGISTRY}\n# then\ndocker push "a b"',
        f"docker login -u robot --password='{PLACEHOLDER}' {REGISTRY};docker push '' a",
        f'docker login -p "x{PLACEHOLDER}y" reg',
    ],
)
def test_what_is_to_be_pasted_says_the_same_without_what_json_would_escape(command):
    said = to_paste(with_variable(command))
    assert not set(said) & {'"', "\n", "\\"}
    script = 'docker() { printf "<%s>" "$@"; echo; }\n'
    environment = {"REGISTRY_PASSWORD": "sEcret$HOME", "PATH": "/usr/bin:/bin"}

    def run(text):
        done = subprocess.run(["sh", "-c", script + text], env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    assert run(said) == run(with_variable(command)) != ""


def test_the_password_is_the_variable_that_the_user_is_told_to_set():
    assert to_paste(with_variable(f"docker login -p {PLACEHOLDER} reg")) == "docker login -p $REGISTRY_PASSWORD reg"


@pytest.mark.parametrize(
    "command",
    [
        "docker load -i a.tar | tail -n 1",
        "docker load -i $HOME/a.tar && docker push $TARGET",
        "docker push `cat name`",
        "docker load < a.tar",
        "Please don't",
        "docker push a || docker push b",
    ],
)
def test_what_would_mean_something_else_is_left_as_it_is(command):
    assert to_paste(f"{command}\n") == command


# --- the plan ---------------------------------------------------------------------------------------------------------


def planned(tool="skopeo", checksum="", connected=False, command=PLAIN, url=URL, **cluster):
    return plan(
        {"image_command": command, "images_download_url": url}, {**CLUSTER, **cluster}, tool, checksum, connected
    )


def test_with_a_tool_there_is_nothing_for_the_user_to_do():
    assert planned(image_repo=f"https://{REGISTRY}/") == {
        "tool": "skopeo",
        "images": ONE,
        "login": REGISTRY,
        "url": URL,
        "refused": "",
        "failure": "",
        "todo": "",
    }
    assert planned(connected=True)["images"] == ONE
    assert planned(image_repo=f"{REGISTRY}/sec")["login"] == REGISTRY
    assert "another registry" in planned(image_repo=f"{REGISTRY}/other")["todo"]
    assert planned(organization="sec")["images"] == ONE
    assert "another registry or organization" in planned(organization="other")["todo"]


@pytest.mark.parametrize(
    ("url", "checksum", "refused"),
    [
        ("https://obs.example.com/a", "", ""),
        ("HTTPS://obs.example.com/a", "", ""),
        ("http://obs.example.com/a", "sha256:1", ""),
        ("http://obs.example.com/a", "", "without TLS"),
        ("file:///etc/passwd", "sha256:1", "no address"),
        ("ftp://obs.example.com/a", "sha256:1", "no address"),
        (None, "", "no address"),
    ],
)
def test_an_archive_comes_by_tls_or_with_a_checksum(url, checksum, refused):
    said = planned(url=url, checksum=checksum)["refused"]
    assert refused in said and bool(refused) == bool(said)


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_tool_needs_a_login(name):
    found = planned(**{f"image_repo_{name}": ""})
    assert found["failure"] == f"skopeo needs image_repo_{name} in hss_onboard_cluster" and found["images"] == []
    assert planned(tool="", **{f"image_repo_{name}": ""})["failure"] == ""


def test_without_a_tool_the_user_is_told_until_the_cluster_is_connected():
    said = planned(tool="")
    assert (said["images"], said["failure"]) == ([], "")
    assert said["todo"].startswith(f"unless HSS's images are in the registry {REGISTRY} already, download {URL}, ")
    assert said["todo"].endswith(f"in the archive's folder: {PLAIN}")
    assert planned(tool="", connected=True)["todo"] == ""
    assert "get the images' archive from HSS's console" in planned(tool="", url=None)["todo"]
    assert planned(command="./load.sh")["todo"].startswith("skopeo was not run, since which images")
    assert planned(command="./load.sh", connected=True)["todo"] == ""


@pytest.mark.parametrize("answer", [{"msg": "HSS.0013: denied"}, {}])
def test_hss_not_answering_is_a_failure_only_with_a_tool(answer):
    why = f"HSS's commands for the registry {REGISTRY} could not be had: {answer.get('msg', 'no answer')}"
    for tool, connected, failure, todo in (("podman", True, why, ""), ("", False, "", why), ("", True, "", "")):
        found = plan(answer, CLUSTER, tool, "", connected)
        assert (found["failure"], found["todo"]) == (failure, todo)


# --- the outcome ------------------------------------------------------------------------------------------------------

DONE = {"rc": 0}
IMAGES = [*ONE, {"source": "proxy:1", "target": f"{REGISTRY}/sec/proxy:1"}]
TARGETS = [image["target"] for image in IMAGES]


def each(*codes, **more):
    return {"results": [{"item": image, "rc": code, **more} for image, code in zip(IMAGES, codes, strict=False)]}


LOADED = {
    "located": DONE,
    "found": DONE,
    "folder": {"path": "/tmp/x"},
    "logged_in": DONE,
    "looked": each(1, 125),
    "archive": {"size": 9},
    "unpacked": DONE,
    "pushed": each(0, 0),
}


def became(steps=None, tool="skopeo", mine=True, check_mode=False, cluster=None, **more):
    wanted = {**planned(tool=tool), "images": IMAGES, **more}
    return outcome(wanted, {**LOADED, **(steps or {})}, cluster or CLUSTER, "bastion", mine, check_mode)


def test_what_was_loaded_and_what_would_be():
    assert became() == {"changed": True, "failed": False, "msg": "", "images": TARGETS}
    there = {"looked": each(0, 0), "archive": {}, "pushed": {}}
    nothing = {"changed": False, "failed": False, "msg": "", "images": []}
    assert became(there) == became(there, check_mode=True) == became(mine=False) == nothing
    assert became(there, refused="no") == nothing
    one = {"looked": each(0, 1), "pushed": {"results": [{"item": IMAGES[1], "rc": 0}]}}
    assert became(one)["images"] == TARGETS[1:]
    would = {"looked": each(0, 1), "archive": {}, "pushed": {}}
    assert became(would, check_mode=True) == {**nothing, "changed": True, "images": TARGETS[1:]}
    assert became(would, check_mode=True, refused="no TLS") == {**nothing, "failed": True, "msg": "no TLS"}
    assert became({"looked": each(1)}, check_mode=True, mine=False) == nothing


def test_what_there_is_to_do_is_said_for_one_cluster():
    said = {"changed": False, "failed": False, "msg": "do it", "images": []}
    assert became(images=[], todo="do it") == said
    assert became(images=[], todo="do it", mine=False) == {**said, "msg": ""}
    assert became(failure="no", mine=False) == {**said, "failed": True, "msg": "no"}


SKOPEO = 'time="2026-01-01T00:00:00Z" level=fatal msg="logging into \\"reg\\": denied"\n'
UNREACHABLE = {"unreachable": True, "msg": "Failed to connect to the host via ssh: \nport 22: refused"}


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ({"found": UNREACHABLE}, "the host that is to load the images could not be reached, {}port 22: refused"),
        ({"located": {"rc": 127}, "found": {}}, "there is no skopeo on the host bastion: install it there, or "),
        ({"found": {"rc": 127, "stderr": "x: libgpgme"}}, "skopeo could not be run, {}x: libgpgme"),
        ({"found": {"rc": 13, "msg": "Permission denied"}}, "skopeo could not be run, {}Permission denied"),
        ({"found": {"msg": "No Python"}}, "skopeo could not be run, {}No Python"),
        ({"folder": {"msg": "No space"}}, "no folder could be made for the images, {}No space"),
        (
            {"logged_in": {"rc": 1, "stderr": SKOPEO}},
            f'could not log in to the registry {REGISTRY} as robot$hss, {{}}logging into "reg": denied',
        ),
        (
            {"archive": {"msg": "it has sha256:0", "kind": "checksum"}},
            "the images' archive is not the one of hss_onboard_image_checksum, {}it has sha256:0",
        ),
        (
            {"archive": {"msg": "HTTP Error 403: Forbidden", "kind": "download"}},
            "could not download https://obs.example.com/agent.tar, {}HTTP Error 403: Forbidden",
        ),
        (
            {"archive": {"msg": "it is damaged", "kind": "archive"}},
            "the images' archive cannot be used, {}it is damaged",
        ),
        (
            {"absent": {"images": ["a:1"], "names": ["b:1", "c:1"]}},
            "the images' archive cannot be used, {}it has no a:1; there are b:1, c:1",
        ),
        (
            {"pushed": each(0, 125, stderr="Copying blob\nError: denied: quota\n\n")},
            f"could not push {TARGETS[1]}, {{}}denied: quota",
        ),
        ({"error": "took\ntoo long"}, "the images could not be loaded, {}too long"),
        ({"error": "too long", "found": {}}, "the images could not be loaded, {}too long"),
    ],
)
def test_a_failure_is_one_sentence_with_the_last_word_on_it(steps, words):
    found = became(steps)
    assert found["failed"] and found["msg"].startswith(words.format("on the host bastion: "))
    assert "\n" not in found["msg"] and "canary" not in found["msg"]


def test_podman_unpacks_the_archive_first():
    broken = {"unpacked": {"rc": 125, "stderr": "Error: payload does not match"}, "pushed": {}}
    said = became(broken, tool="podman")
    assert said["msg"] == "podman could not load the images' archive, on the host bastion: payload does not match"
    assert not became({"unpacked": {}})["failed"]


def test_what_was_pushed_before_a_failure_is_a_change():
    found = became({"pushed": each(0, 1, msg="broken pipe")})
    assert (found["changed"], found["failed"], found["images"]) == (True, True, TARGETS[:1])


@pytest.mark.parametrize("password", [PASSWORD, "abc", "it's"])
def test_the_password_is_in_no_words(password):
    cluster = {**CLUSTER, "image_repo_password": password}
    said = f"Error: no login with {password} or {shlex.quote(password)}; half of it is {password[:9]}"
    for step in ("found", "logged_in", "unpacked"):
        found = became({step: {"rc": 1, "stderr": said}}, tool="podman", cluster=cluster)
        assert found["failed"] and password not in found["msg"] and "********" in found["msg"]
    assert password not in became({"error": said}, cluster=cluster)["msg"]


def test_a_tool_that_talks_on_is_cut_short():
    assert len(became({"logged_in": {"rc": 1, "stderr": "x" * 9000}})["msg"]) < 700
