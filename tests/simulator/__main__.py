# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a stand-alone simulator: `python tests/simulator`, or `python -m simulator` from tests/."""

from __future__ import annotations

import sys
from pathlib import Path


def _start() -> int:
    if not __package__:
        # Started as a folder, which Python puts first on its path. There the package's modules would shadow others; the
        # parent folder is needed instead.
        sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from simulator.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_start())
