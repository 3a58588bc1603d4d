# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pytest needs before anything of the collection is imported."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# pytest-ansible (with --ansible-unit-inject-only) and every ansible-playbook that a test starts look here. It has to
# be absolute, which pytest.ini cannot express.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".collections")

# ./dev sets this too; pytest by hand is to leave nothing in the user's own ~/.ansible either.
os.environ.setdefault("ANSIBLE_HOME", str(ROOT / ".cache" / "home" / ".ansible"))
# Before hypothesis is imported; otherwise it makes a folder of its own in the root.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".cache" / "hypothesis"))
from hypothesis import settings  # noqa: E402

# How long an example takes depends on what else the machine does; pytest's own time-out is there for tests that hang.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
