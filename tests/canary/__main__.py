# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev test-canary`: runs the complete suite, with the callbacks of ansible.posix, which it downloads once."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".cache" / "canary"
# PyPI has the package with the community's collections, but not the single collection.
PACKAGE = "ansible==13.8.0"
COLLECTION = "ansible_collections/ansible/posix/"


def fetch() -> Path:
    """Returns the folder of collections that contains ansible.posix, after downloading it if necessary."""
    collections = PLACE / PACKAGE
    if not collections.exists():
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        subprocess.run([*download, "--dest", PLACE, PACKAGE], check=True)
        (wheel,) = PLACE.glob("ansible-*.whl")
        unpacked = PLACE / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked, [name for name in archive.namelist() if name.startswith(COLLECTION)])
        wheel.unlink()
        unpacked.rename(collections)
    return collections


def main() -> int:
    given = sys.argv[1:]
    if given[:1] == ["--"]:
        given = given[1:]
    elif given:
        print("usage: ./dev test-canary [-- PYTEST-ARG…]", file=sys.stderr)
        return 2
    environment = {"HSS_CANARY": "whole", "HSS_CANARY_COLLECTIONS": str(fetch())}
    command = [sys.executable, "-m", "pytest", "-n", "auto", str(ROOT / "tests" / "canary"), *given]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
