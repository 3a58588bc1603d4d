# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces the get-pip.py that ansible-test downloads, so that it needs only the package index."""

from __future__ import annotations

import subprocess
import sys

# ansible-test passes --no-setuptools and --no-wheel, which pip does not know. ensurepip installs neither of them.
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--no-")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
