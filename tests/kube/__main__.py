# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev test-kube`: runs the tests with a real cluster, and builds its programs first if necessary."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
# Tests of tests/integration that run here too; in `./dev test` they run with the stand-in for kubectl and the cluster.
SHARED = (
    "test_kubectl_hosts.py",
    "test_kubectl_objects.py",
    "test_kubectl_preflight.py",
    "test_kubectl_secret_info.py",
    "test_protect.py",
)


def main() -> int:
    # Started as a folder, which Python puts first on its path; the parent folder is needed instead.
    sys.path[0] = str(TESTS)
    parser = argparse.ArgumentParser(prog="./dev test-kube", usage="%(prog)s [--record] [-- PYTEST-ARG…]")
    parser.add_argument("--record", action="store_true", help="write the transcripts for the stand-in's tests")
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:at])
    pytest_args = [*(["--record"] if args.record else []), *sys.argv[at + 1 :]]

    import pytest

    from kube import plugin

    os.environ["HSS_KUBE"] = "real"
    chosen = any(Path(argument.partition("::")[0]).exists() for argument in pytest_args)
    shared = [TESTS / "integration" / name for name in SHARED]
    paths = [] if chosen else [str(path) for path in (TESTS / "kube", *shared)]
    # A longer time limit than that of the tests: a real cluster needs more time to remove a namespace.
    return int(pytest.main(["--timeout", "900", *paths, *pytest_args], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main())
