# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: which images HSS wants in a private registry, and what became of them. Pure, no I/O.

What HSS's command really looks like is not documented. It is never run: names are read from it, and where that cannot
be done for certain, it is left to the user.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import MASK, Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_commands import (
    PASSWORD_VARIABLE,
    password_encodings,
)

Plan = Mapping[str, Any]
Answer = Mapping[str, Any]

_PROGRAMS = {"docker", "nerdctl", "podman"}
_GROUPS = {"image", "images"}
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(?:/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")
_SEPARATOR = re.compile(r"[;&|()<>\n]+")
_VARIABLE = re.compile(rf"\$(?:{PASSWORD_VARIABLE}\b|\{{{PASSWORD_VARIABLE}\}})")
_UNCLEAR = "which images it is about cannot be told from HSS's command"


class Unclear(Exception):
    """It cannot be told from the command; the text says what."""


# --- HSS's command ----------------------------------------------------------------------------------------------------


def images_of(command: str, registry: str, organization: str = "") -> list[dict[str, str]]:
    """The images that a command tags and pushes: C(source), as in the archive, and C(target), in the registry.

    :arg registry: the only place that they may go to.
    :arg organization: the only one there; empty if there is none.
    :raises Unclear: if they cannot be told for certain.
    """
    sources: dict[str, str] = {}
    pushed: list[str] = []
    for words in _split(command)[0]:
        verb, names = _call(words)
        if verb == "tag":
            if len(names) != 2:
                raise Unclear(_UNCLEAR)
            sources[names[1]] = names[0]
        elif verb == "push":
            pushed += names
    targets = [name for name in dict.fromkeys(pushed) if name in sources]
    prefix = f"{registry}/".lower()
    strays = [name for name in pushed if name not in sources and name.lower().startswith(prefix)]
    if not targets or strays or set(sources) != set(targets):
        raise Unclear(_UNCLEAR)
    if not all(_REFERENCE.fullmatch(name) for target in targets for name in (target, sources[target])):
        raise Unclear("the images' names in HSS's command are not plain names")
    place = f"{registry}/{organization}/".lower() if organization else prefix
    if not all(target.lower().startswith(place) for target in targets):
        raise Unclear("HSS's command leads to another registry or organization")
    return [{"source": sources[target], "target": target} for target in targets]


def _call(words: Sequence[str]) -> tuple[str, list[str]]:
    """What a container program is told to do, and the words after it that are no options."""
    programs = [at for at, word in enumerate(words) if word.rpartition("/")[2] in _PROGRAMS]
    rest = [word for word in words[programs[0] + 1 :] if not word.startswith("-")] if programs else []
    if rest and rest[0] in _GROUPS:
        rest = rest[1:]
    return (rest[0], rest[1:]) if rest else ("", [])


def _split(command: str) -> tuple[list[list[str]], set[str]]:
    """The commands in a shell's text, word by word, and what stands between them."""
    text = re.sub(r"\\\r?\n", " ", command).replace("\r\n", "\n")
    text = re.sub(r"(?m)(^|\s)#.*$", "", text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    commands: list[list[str]] = [[]]
    between = set()
    try:
        for word in lexer:
            if _SEPARATOR.fullmatch(word):
                between.add(word.replace("\n", ""))
                commands.append([])
            else:
                commands[-1].append(word)
    except ValueError:
        raise Unclear("HSS's command is not one that a shell takes") from None
    return [words for words in commands if words], between


def to_paste(command: str) -> str:
    """A command in one line without double quotes, as far as that can be had: Ansible shows messages as JSON, where
    line ends and double quotes have a backslash that a shell would take for something else."""
    try:
        commands, between = _split(command)
    except Unclear:
        return command.strip()
    literal = re.sub(r"'[^']*'", "", command)
    if not between <= {"", ";", "&&"} or re.search(r"[$`]", _VARIABLE.sub("", literal)):
        return command.strip()
    return " && ".join(" ".join(_quoted(word) for word in words) for words in commands)


def _quoted(word: str) -> str:
    if _VARIABLE.fullmatch(word):
        return f"${PASSWORD_VARIABLE}"
    return f"${{{PASSWORD_VARIABLE}}}".join(shlex.quote(part) if part else "" for part in _VARIABLE.split(word)) or "''"


# --- what is to be done -----------------------------------------------------------------------------------------------


def plan(answer: Answer, cluster: Mapping[str, Any], tool: str, checksum: str, connected: bool) -> dict[str, Any]:
    """What is to be done about the images of a cluster.

    :arg answer: of C(hss_multicloud_image_command_info), with the password's place held in its commands.
    :arg cluster: the options to register it with, C(image_repo) among them.
    :arg tool: what loads the images; none, and it is left to the user.
    :arg connected: then its images are where they belong, and nobody is told to put them there.
    :returns: C(images) to look for with the C(tool), C(login) (where to), C(url) of the archive, C(refused) (why the
        archive must not be loaded), C(failure), and C(todo) for the user.
    """
    registry = re.sub(r"(?i)^https?://", "", str(cluster["image_repo"])).rstrip("/")
    url = str(answer.get("images_download_url") or "")
    found = {"tool": tool, "images": [], "login": registry.partition("/")[0], "url": url}
    found.update(refused=_refused(url, checksum), failure="", todo="")
    if answer.get("image_command") is None:
        why = f"HSS's commands for the registry {registry} could not be had: {answer.get('msg') or 'no answer'}"
        return {**found, "failure" if tool else "todo": why if tool or not connected else ""}
    command, unclear = str(answer["image_command"]), ""
    if tool:
        missing = [name for name in ("username", "password") if not str(cluster.get(f"image_repo_{name}") or "")]
        if missing:
            return {**found, "failure": f"{tool} needs image_repo_{missing[0]} in hss_onboard_cluster"}
        try:
            return {**found, "images": images_of(command, registry, str(cluster.get("organization") or ""))}
        except Unclear as error:
            unclear = f"{tool} was not run, since {error}; "
    return {**found, "todo": "" if connected else unclear + _todo(command, registry, url)}


def _refused(url: str, checksum: str) -> str:
    scheme = urlsplit(url).scheme.lower()
    if scheme == "https" or (scheme == "http" and checksum):
        return ""
    if scheme == "http":
        return (
            "HSS gives an address without TLS for the images' archive; "
            "hss_onboard_image_checksum would make it safe to load"
        )
    return "HSS gives no address that the images' archive can be downloaded from"


def _todo(command: str, registry: str, url: str) -> str:
    archive = f"download {url}" if url else "get the images' archive from HSS's console"
    return (
        f"unless HSS's images are in the registry {registry} already, {archive}, put the registry's password into "
        f"the variable {PASSWORD_VARIABLE}, and run in the archive's folder: {to_paste(command)}"
    )


# --- what became of it ------------------------------------------------------------------------------------------------


def outcome(
    plan: Plan, steps: Mapping[str, Any], cluster: Mapping[str, Any], host: str, mine: bool, check_mode: bool
) -> dict[str, Any]:
    """What became of the images: C(changed), C(failed), C(msg), and the C(images) that were, or would be, loaded.

    :arg steps: the results of the tasks that looked and loaded, by what they did.
    :arg host: where they ran.
    :arg mine: whether they ran for this cluster, and not for another one with the same registry.
    """
    if plan["failure"] or not plan["images"]:
        return _said(plan["failure"], plan["todo"] if mine else "")
    words = _Words(plan, cluster, host)
    missing = [item["item"] for item in _items(steps, "looked") if not _worked(item)]
    trouble = _trouble(plan, steps, words, bool(missing), check_mode)
    loaded = [item["item"] for item in _items(steps, "pushed") if _worked(item)]
    changed = [item["target"] for item in (missing if check_mode and not trouble else loaded)] if mine else []
    return {"changed": bool(changed), "failed": bool(trouble), "msg": trouble, "images": changed}


def _said(failure: str, todo: str) -> dict[str, Any]:
    return {"changed": False, "failed": bool(failure), "msg": failure or todo, "images": []}


def _trouble(plan: Plan, steps: Mapping[str, Any], words: _Words, missing: bool, check_mode: bool) -> str:
    """The first thing that went wrong, in a sentence."""
    if steps.get("error"):
        return words.about("the images could not be loaded", {"msg": steps["error"]})
    found = steps.get("found") or {}
    if "located" in steps and not _worked(steps["located"]):
        return words.tool_missing()
    if found.get("unreachable"):
        return words.about("the host that is to load the images could not be reached", found)
    if not _worked(found):
        return words.about(f"{plan['tool']} could not be run", found)
    if not (steps.get("folder") or {}).get("path"):
        return words.about("no folder could be made for the images", steps.get("folder"))
    if not _worked(steps.get("logged_in")):
        return words.login(steps.get("logged_in"))
    if not missing:
        return ""
    if plan["refused"]:
        return str(plan["refused"])
    if check_mode:
        return ""
    archive = steps.get("archive") or {}
    if archive.get("size") is None:  # of the file
        return words.download(archive)
    if steps.get("absent"):
        return words.absent(steps["absent"])
    if plan["tool"] == "podman" and not _worked(steps.get("unpacked")):
        return words.about("podman could not load the images' archive", steps.get("unpacked"))
    return next((words.push(item) for item in _items(steps, "pushed") if not _worked(item)), "")


class _Words:
    """Failures for people, without the password."""

    def __init__(self, plan: Plan, cluster: Mapping[str, Any], host: str) -> None:
        self._plan, self._host = plan, host
        self._username = str(cluster.get("image_repo_username") or "")
        password = str(cluster.get("image_repo_password") or "")
        # The longest first, since one may hold another.
        self._secret = sorted(password_encodings(self._username, password), key=len, reverse=True) if password else []
        self._pieces = Redactor()
        self._pieces.add(*self._secret)

    def tool_missing(self) -> str:
        tool = self._plan["tool"]
        return (
            f"there is no {tool} on the host {self._host}: install it there, or name a host that has it as "
            "hss_onboard_image_host"
        )

    def login(self, result: Answer | None) -> str:
        return self.about(f"could not log in to the registry {self._plan['login']} as {self._username}", result)

    def download(self, result: Answer) -> str:
        if result.get("kind") == "checksum":
            return self.about("the images' archive is not the one of hss_onboard_image_checksum", result)
        if result.get("kind") == "archive":
            return self.about("the images' archive cannot be used", result)
        # What follows the path may be a signature that lets everybody have it.
        return self.about(f"could not download {self._plan['url'].partition('?')[0]}", result)

    def absent(self, step: Mapping[str, Any]) -> str:
        there = f"there are {', '.join(step['names'][:5])}" if step["names"] else "its images have no names"
        return self.about("the images' archive cannot be used", {"msg": f"it has no {step['images'][0]}; {there}"})

    def push(self, result: Answer) -> str:
        return self.about(f"could not push {result['item']['target']}", result)

    def about(self, what: str, result: Answer | None) -> str:
        """What went wrong, where, and the last word on it."""
        return f"{what}, on the host {self._host}: {self._scrubbed(_last_word(result or {}))}"

    def _scrubbed(self, text: str) -> str:
        for secret in self._secret:
            text = text.replace(secret, MASK)
        return self._pieces.redact(text)


def _last_word(result: Answer) -> str:
    """The last line that a tool wrote; skopeo writes C(time="..." level=fatal msg="...")."""
    said = str(result.get("stderr") or result.get("response") or result.get("msg") or "no answer")
    line = ([line for line in said.splitlines() if line.strip()] or ["no answer"])[-1].strip()
    logged = re.search(r'\bmsg="((?:[^"\\]|\\.)*)"', line)
    line = re.sub(r"\\(.)", r"\1", logged[1]) if logged else line
    return re.sub(r"^Error: ", "", line)[:500]


def _worked(result: Answer | None) -> bool:
    return (result or {}).get("rc") == 0


def _items(steps: Mapping[str, Any], name: str) -> list[Answer]:
    return list((steps.get(name) or {}).get("results") or ())
