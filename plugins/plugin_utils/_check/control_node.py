# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: checks of the control node: versions, libraries and proxies. No I/O."""

from __future__ import annotations

import platform
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from urllib.parse import urlsplit

from ansible_collections.huaweicloud.hss.plugins.module_utils._connection.session import VERSION

from .checks import Check

# Package -> the oldest version that works, as meta/ee-requirements.txt has them; empty for any.
REQUIRED = {"requests": "2.28", "PyYAML": "", "cryptography": ""}
MINIMUM_CORE, MINIMUM_PYTHON = "2.18", (3, 11)


def check_control_node(core_version: str, environment: Mapping[str, str]) -> Iterator[Check]:
    """Yields the checks.

    :arg core_version: of ansible-core.
    """
    python_ok = sys.version_info[:2] >= MINIMUM_PYTHON and _number(core_version) >= _number(MINIMUM_CORE)
    yield Check(
        "versions",
        python_ok,
        f"huaweicloud.hss {VERSION}, ansible-core {core_version}, Python {platform.python_version()}, "
        f"{ssl.OPENSSL_VERSION}, {platform.system()} {platform.machine()}",
        "" if python_ok else f"Use ansible-core {MINIMUM_CORE} or newer, with Python 3.11 or newer.",
    )
    found = {name: _installed(name) for name in REQUIRED}
    bad = [
        f"{name}>={oldest}" if oldest else name
        for name, oldest in REQUIRED.items()
        if found[name] is None or _number(str(found[name])) < _number(oldest)
    ]
    yield Check(
        "libraries",
        not bad,
        ", ".join(f"{name} {version or 'is missing'}" for name, version in found.items()),
        f"Run: {sys.executable} -m pip install {' '.join(repr(name) for name in bad)}" if bad else "",
    )
    proxies = {
        name: _address(value)
        for name, value in sorted(environment.items())
        if name.lower() in ("https_proxy", "http_proxy", "all_proxy") and value
    }
    bypass = next((environment[name] for name in ("no_proxy", "NO_PROXY") if environment.get(name)), "")
    shown = [f"{name} is {value}" for name, value in proxies.items()] or ["none is set"]
    yield Check("proxies", True, ", ".join([*shown, *([f"no_proxy is {bypass}"] if bypass else [])]))


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _address(proxy: str) -> str:
    """The host and port of a proxy. User and password are not shown."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return f"{parts.hostname or 'invalid'}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "invalid"
