# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: loads HSS's images into a private registry, with a tool on the host that has it.

The registry's certificate is verified. A private CA belongs, on that host, into the system's store or into
/etc/containers/certs.d/REGISTRY/ca.crt; a registry without TLS into /etc/containers/registries.conf. The archive needs
space in the host's folder for temporary files, which TMPDIR chooses.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Callable

# Runs a shell command with data on its standard input, and a time limit in seconds, and returns C(rc), C(stdout) and
# C(stderr).
Run = Callable[[str, str, int], dict[str, Any]]
# Runs a module with options that are shown nowhere, and returns its result.
RunModule = Callable[[str, dict[str, Any]], dict[str, Any]]

_SHORT, _LONG = 120, 3600  # seconds


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
        self._folder = str(made["stdout"]).strip()
        steps["folder"] = {**made, "path": self._folder if not made["rc"] else ""}
        if made["rc"]:
            return steps
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
        steps["archive"] = self._run_module("huaweicloud.hss.hss_onboard_image_archive", options)
        if steps["archive"].get("size") is None:
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
        mine: list[str] = []
        earlier: dict[str, str] = {}
        try:
            for path in dict.fromkeys(sources.values()) if self._tool == "podman" else ():
                names = next(entry["names"] for entry in steps["archive"]["archives"] if entry["path"] == path)
                # An image that was there before is somebody's: it remains, and gets its name back.
                for name in names:
                    found = self._run(["podman", "image", "inspect", "--format={{.Id}}", name], _SHORT)
                    if found["rc"]:
                        mine.append(name)
                    elif image := str(found["stdout"]).strip():
                        earlier.setdefault(name, image)
                steps["unpacked"] = self._run(["podman", "load", f"--input={path}"], _LONG)
                if steps["unpacked"]["rc"]:
                    return
            pushed = [
                {**self._run(self._push(image, sources[image["source"]]), _LONG), "item": image} for image in missing
            ]
            steps["pushed"] = {"results": pushed}
        finally:
            for name, image in earlier.items():
                self._run(["podman", "tag", image, name], _SHORT)
            if mine:
                # Something may run them, so a failure is none.
                self._run(["podman", "rmi", *mine], 600)

    def _look(self, image: Mapping[str, str]) -> list[str]:
        if self._tool == "skopeo":
            return ["skopeo", "inspect", "--raw", f"--authfile={self._authfile}", f"docker://{image['target']}"]
        return ["podman", "manifest", "inspect", image["target"]]

    def _push(self, image: Mapping[str, str], archive: str) -> list[str]:
        target = f"docker://{image['target']}"
        if self._tool == "podman":
            return ["podman", "push", f"--authfile={self._authfile}", image["source"], target]
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
