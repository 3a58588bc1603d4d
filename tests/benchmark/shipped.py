# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints how much of the collection Ansible ships with each module: number of files, and bytes of source."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

PREFIX = "ansible_collections.huaweicloud.hss.plugins."


def shipped(module: Path, plugins: Path) -> set[Path]:
    """Returns the files of module_utils that Ansible ships with a module."""
    found: set[Path] = set()
    pending = [module]
    while pending:
        path = pending.pop()
        for name in _imported(path, plugins):
            for candidate in (plugins / f"{name}.py", plugins / f"{name.rpartition('/')[0]}.py"):
                if candidate.is_file() and candidate not in found:
                    found.add(candidate)
                    pending.append(candidate)
    return found


def _imported(path: Path, plugins: Path) -> list[str]:
    here = path.relative_to(plugins).with_suffix("").parts
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join((*here[: -node.level], *filter(None, [node.module])))
            elif base.startswith(PREFIX):
                base = base[len(PREFIX) :]
            else:
                continue
            names += [f"{base}.{alias.name}".replace(".", "/") for alias in node.names]
    return names


def main(plugins: Path) -> None:
    """Prints a line for each module."""
    print("files   bytes  module")
    for module in sorted((plugins / "modules").glob("hss_*.py")):
        files = shipped(module, plugins)
        print(f"{len(files):5} {sum(path.stat().st_size for path in files):7}  {module.stem}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "plugins")
