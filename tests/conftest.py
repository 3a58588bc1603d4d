# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that pytest needs before the collection is imported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# pytest-ansible (with --ansible-unit-inject-only) and every ansible-playbook that a test starts use this path. It must
# be absolute, which pyproject.toml cannot express.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".collections")

# The modules would read the bundle of certificates for each run, which is slower than everything else that they do. And
# the tests must not depend on it.
for _name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(_name, None)

# ./dev sets this as well. With it, pytest does not write to the user's ~/.ansible.
os.environ.setdefault("ANSIBLE_HOME", str(ROOT / ".cache" / "home" / ".ansible"))
# Must be set before hypothesis is imported, or else hypothesis creates a folder in the root.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".cache" / "hypothesis"))
from hypothesis import settings  # noqa: E402

# The duration of an example depends on the load of the machine. The time-out of pytest stops tests that hang.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


def pytest_configure(config: pytest.Config) -> None:
    """Counts the tests for `./dev test`, in the process that sees all of them."""
    path = os.environ.pop("HSS_PROGRESS", None)  # what a test starts must not count
    if path and "PYTEST_XDIST_WORKER" not in os.environ:
        from progress import Progress

        config.pluginmanager.register(Progress(Path(path)))
