# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: loads HSS's images into a private registry, with a tool on the host that has it.

The registry's certificate is verified. A private CA belongs, on that host, into the system's store or into
/etc/containers/certs.d/REGISTRY/ca.crt; a registry without TLS into /etc/containers/registries.conf. The archive needs
space in the host's folder for temporary files, which TMPDIR chooses.

The archive is HSS's, and the host may be anybody's. Neither decides which images of the host are changed or removed,
and what the host says is text of limited length.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_archive import MAX_SECONDS

# Runs a shell command with data on its standard input, and a time limit in seconds, and returns C(rc), C(stdout) and
# C(stderr).
Run = Callable[[str, str, int], dict[str, Any]]
# Runs a module with options that are shown nowhere, and a time limit in seconds, and returns its result.
RunModule = Callable[[str, dict[str, Any], int], dict[str, Any]]

# What the module for the archive returns.
ARCHIVE_VALUES = ("size", "archives", "kind")
_SHORT, _LONG = 120, 3600  # seconds
_ARCHIVE_SECONDS = 2 * MAX_SECONDS + 300  # to download, to unpack, and to start the module
_MAX_NAMES = 10_000
_MAX_NAME, _MAX_MESSAGE = 512, 2000  # characters
_LOADED = re.compile(r"(?m)^Loaded image(?:\(s\)|s)?: (.*)$")


class ImageLoader:
    """Looks for images in a registry, and loads them if one is missing.

    :arg plan: see L(images.plan).
    :arg username: of the registry; C(password) likewise.
    :arg checksum: of the archive, such as C(sha256:...); empty for none.
    """

    def __init__(
        self, run: Run, run_module: RunModule, plan: Mapping[str, Any], username: str, password: str, checksum: str
    ) -> None:
        self._run_command = run
        self._run_module = run_module
        self._plan = plan
        self._tool = str(plan["tool"])
        self._username = username
        self._password = password
        self._checksum = checksum
        self._folder = ""

    def load(self, check_mode: bool) -> dict[str, Any]:
        """Returns the results of the steps for L(images.outcome). In check mode it only looks."""
        steps: dict[str, Any] = {}
        steps["located"] = self._run_command(f"command -v {shlex.quote(self._tool)} >/dev/null", "", _SHORT)
        if steps["located"]["rc"]:
            return steps
        steps["found"] = self._run([self._tool, "--version"], _SHORT)
        if steps["found"]["rc"]:
            return steps
        made = self._run_command("umask 077 && mktemp -d", "", _SHORT)
        folder = str(made["stdout"]).strip()
        # Whatever a profile of the user prints as well is no folder, and is not removed.
        usable = not made["rc"] and re.fullmatch(r"/[^\n\0]+", folder)
        steps["folder"] = {**made, "path": folder if usable else ""}
        if not usable:
            return steps
        self._folder = folder
        try:
            self._load(steps, check_mode)
        finally:
            self._run(["rm", "-rf", "--", self._folder], _SHORT)
        return steps

    def _load(self, steps: dict[str, Any], check_mode: bool) -> None:
        login = [self._tool, "login", f"--authfile={self._authfile}", f"--username={self._username}"]
        steps["logged_in"] = self._run([*login, "--password-stdin", str(self._plan["login"])], _SHORT, self._password)
        if steps["logged_in"]["rc"]:
            return
        images: Sequence[Mapping[str, str]] = self._plan["images"]
        # Registries have many ways to say that there is no such image, so every failure means one to load.
        looked = [{**self._run(self._look(image), _SHORT), "item": dict(image)} for image in images]
        steps["looked"] = {"results": looked}
        missing = [result["item"] for result in looked if result["rc"]]
        if not missing or check_mode or self._plan["refused"]:
            return
        options = {"url": self._plan["url"], "folder": self._folder, "checksum": self._checksum}
        answer = self._run_module("huaweicloud.hss.hss_onboard_image_archive", options, _ARCHIVE_SECONDS)
        steps["archive"] = checked_archive(answer)
        if steps["archive"]["size"] is None:
            return
        archives = {name: entry["path"] for entry in steps["archive"]["archives"] for name in entry["names"]}
        sources = {image["source"]: path for image in missing if (path := _archive_of(image["source"], archives))}
        absent = [image["source"] for image in missing if image["source"] not in sources]
        if absent:
            steps["absent"] = {"images": absent, "names": list(archives)}
            return
        self._push_all(steps, missing, sources)

    def _push_all(
        self, steps: dict[str, Any], missing: Sequence[Mapping[str, str]], sources: Mapping[str, str]
    ) -> None:
        """Pushes images, each from its archive."""
        if self._tool == "skopeo":
            steps["pushed"] = self._push_each(missing, sources)
            return
        before, listed = self._images()
        steps["unpacked"] = listed
        if listed["rc"]:
            return
        # podman may take other names from an archive than those that were read from it.
        loaded: list[str] = []
        try:
            for path in dict.fromkeys(sources.values()):
                names = next(entry["names"] for entry in steps["archive"]["archives"] if entry["path"] == path)
                steps["unpacked"] = self._run(["podman", "load", f"--input={path}"], _LONG)
                # If loading fails, some of the images may be there.
                said = {name for line in _LOADED.findall(steps["unpacked"]["stdout"]) for name in line.split(",")}
                wanted = {_full_name(name) for name in names}
                present, _listed = self._images()
                loaded += [name for name in present if before.get(name) != present[name] and _full_name(name) in wanted]
                loaded += [name for name in present if name in said]
                if steps["unpacked"]["rc"]:
                    return
            steps["pushed"] = self._push_each(missing, sources, {_full_name(name): name for name in loaded})
        finally:
            self._restore(before, set(loaded))

    def _push_each(
        self, missing: Sequence[Mapping[str, str]], sources: Mapping[str, str], loaded: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return {
            "results": [
                {**self._run(self._push(image, sources[image["source"]], loaded or {}), _LONG), "item": image}
                for image in missing
            ]
        }

    def _images(self) -> tuple[dict[str, str], dict[str, Any]]:
        """The ids of podman's images by name, and the result of the command."""
        template = "--format={{.ID}} {{.Repository}}:{{.Tag}}"
        listed = self._run(["podman", "images", "--no-trunc", template], _SHORT)
        rows = (line.split() for line in str(listed["stdout"]).splitlines()[:_MAX_NAMES])
        return {row[1]: row[0] for row in rows if len(row) == 2 and "<none>" not in row[1]}, listed

    def _restore(self, before: Mapping[str, str], loaded: set[str]) -> None:
        """Removes the images that were loaded. One that was there before is somebody's: it gets its name back."""
        for name in sorted(loaded & set(before)):
            self._run(["podman", "tag", before[name], name], _SHORT)
        mine = sorted(loaded - set(before))
        if mine:
            # Something may run them, so a failure is none.
            self._run(["podman", "rmi", *mine], 600)

    def _look(self, image: Mapping[str, str]) -> list[str]:
        if self._tool == "skopeo":
            return ["skopeo", "inspect", "--raw", f"--authfile={self._authfile}", f"docker://{image['target']}"]
        return ["podman", "manifest", "inspect", image["target"]]

    def _push(self, image: Mapping[str, str], archive: str, loaded: Mapping[str, str]) -> list[str]:
        target = f"docker://{image['target']}"
        if self._tool == "podman":
            # A short name could be that of another image of the host.
            source = loaded.get(_full_name(image["source"]), image["source"])
            return ["podman", "push", f"--authfile={self._authfile}", source, target]
        source = f"docker-archive:{archive}:{image['source']}"
        return ["skopeo", "copy", "--retry-times=2", f"--authfile={self._authfile}", source, target]

    @property
    def _authfile(self) -> str:
        return f"{self._folder}/config.json"

    def _run(self, argv: Sequence[str], seconds: int, stdin: str = "") -> dict[str, Any]:
        """Runs a program with a time limit, if the host has the means for one."""
        # Not every podman has the option --authfile everywhere, nor heeds the first of the variables.
        variables = [f"REGISTRY_AUTH_FILE={self._authfile}", f"DOCKER_CONFIG={self._folder}"] if self._folder else []
        words = " ".join(shlex.quote(word) for word in ["env", *variables, *argv])
        limited = f"if command -v timeout >/dev/null 2>&1; then timeout {seconds} {words}; else {words}; fi"
        return self._run_command(limited, stdin, seconds + 30)


def checked_archive(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a host says of the archive: C(size), None after a failure; C(archives); and C(kind) and C(msg).

    Nothing else of its answer is kept, such as facts, which would be variables of the host whose task this is.
    """
    size, archives = answer.get("size"), answer.get("archives")
    rows = archives if isinstance(archives, list) else []
    usable = isinstance(size, int) and not answer.get("failed")
    return {
        "size": size if usable else None,
        "archives": [
            {"path": row["path"], "names": [name for name in row["names"][:_MAX_NAMES] if _is_name(name)]}
            for row in rows[:_MAX_NAMES]
            if isinstance(row, Mapping) and _is_name(row.get("path")) and isinstance(row.get("names"), list)
        ],
        "kind": str(answer.get("kind") or "")[:_MAX_NAME],
        "msg": str(answer.get("msg") or ("" if usable else "its host did not say what became of it"))[:_MAX_MESSAGE],
    }


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME and not value.startswith("-")


def _archive_of(source: str, archives: Mapping[str, str]) -> str | None:
    """The image archive with an image, whose name may be short in HSS's command and long in the archive."""
    wanted = _full_name(source)
    return next((path for name, path in archives.items() if _full_name(name) == wanted), None)


def _full_name(name: str) -> str:
    host, slash, rest = name.partition("/")
    if not slash or not (re.search(r"[.:]", host) or host == "localhost"):
        # Tools have different registries for short names.
        host, rest = "", name
    elif host in ("docker.io", "index.docker.io", "localhost"):
        host, rest = "", rest.removeprefix("library/")
    last = rest.rpartition("/")[2]
    return f"{host}/{rest}" if ":" in last or "@" in last else f"{host}/{rest}:latest"
