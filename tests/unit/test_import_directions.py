# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of the plugins import in one direction only, so that each can be read and changed on its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
ROOT = ("ansible_collections", "huaweicloud", "hss", "plugins")

# What each package of module_utils may import from the other packages of this collection.
ALLOWED = {
    "_core": set(),
    "_http": {"_core"},
    "_kubeconfig": {"_core"},
    "_manifests": {"_core"},
    "_api": {"_core", "_http"},
    "_connection": {"_core", "_http", "_api"},
    "_clusters": {"_core", "_api", "_connection", "_kubeconfig"},
    "_node_agents": {"_core", "_api", "_connection"},
    "_protection": {"_core", "_api", "_connection"},
    "_module": {"_core", "_http", "_connection"},
}


def imports(path: Path) -> set[tuple[str, ...]]:
    """The modules of this collection that a file imports, as paths below plugins; also those inside of functions."""
    here = path.relative_to(PLUGINS).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = tuple((node.module or "").split(".")) if node.module else ()
        if node.level:
            parts = here[: -node.level] + parts
        elif parts[:4] == ROOT:
            parts = parts[4:]
        else:
            continue
        found |= {(*parts, alias.name) for alias in node.names}
    return found


def files(folder: str) -> list[Path]:
    return sorted((PLUGINS / folder).rglob("*.py"))


def test_every_package_is_known():
    packages = {path.name for path in (PLUGINS / "module_utils").iterdir() if path.name != "__pycache__"}
    assert packages == set(ALLOWED)


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_is_below_it(package):
    for path in files(f"module_utils/{package}"):
        for folder, other, *_rest in imports(path):
            assert folder == "module_utils", f"{path} imports {folder}"
            assert other == package or other in ALLOWED[package], f"{path} imports {other}"


def test_only_the_frame_imports_ansibles_basic():
    for path in files("module_utils"):
        text = path.read_text()
        assert "ansible.module_utils.basic" not in text or path.parent.name == "_module", path


def test_plugin_utils_import_only_plugin_utils_and_module_utils():
    for path in files("plugin_utils"):
        assert {parts[0] for parts in imports(path)} <= {"module_utils", "plugin_utils"}, path
