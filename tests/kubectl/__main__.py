# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in as a program: python tests/kubectl ARGUMENTS."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kubectl.cli import run  # noqa: E402


def _folder(arguments: list[str]) -> Path | None:
    """The cluster's folder, which is beside its kubeconfig."""
    given = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
    for number, argument in enumerate(arguments):
        if argument.startswith("--kubeconfig"):
            given = argument.partition("=")[2] or arguments[number + 1]
    folder = Path(given).parent / "state"
    return folder if Path(given).exists() and folder.is_dir() else None


def main() -> int:
    """Run a command."""
    arguments = sys.argv[1:]
    reads = "-" in arguments
    code, stdout, stderr = run(_folder(arguments), arguments, sys.stdin.read() if reads else "")
    sys.stdout.write(stdout)
    sys.stderr.write(stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
