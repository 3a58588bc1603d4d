# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev test-kube`: runs what is to be tested with a real cluster, which it builds if it is not there yet."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
# Besides those in this folder: the same tests that `./dev test` runs with the stand-in for kubectl and the cluster.
SHARED = (
    "test_kubectl_hosts.py",
    "test_kubectl_objects.py",
    "test_kubectl_preflight.py",
    "test_kubectl_secret_info.py",
    "test_protect.py",
)


def main() -> int:
    # Run as a folder: Python has put the folder itself first on its path; the one above is what it needs.
    sys.path[0] = str(TESTS)
    parser = argparse.ArgumentParser(prog="./dev test-kube", usage="%(prog)s [--record] [-- PYTEST-ARG…]")
    parser.add_argument("--record", action="store_true", help="write down what kubectl says, for the stand-in's tests")
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:at])
    pytest_args = [*(["--record"] if args.record else []), *sys.argv[at + 1 :]]

    import pytest

    from kube import plugin

    os.environ["HSS_KUBE"] = "real"
    chosen = any(Path(argument.partition("::")[0]).exists() for argument in pytest_args)
    shared = [TESTS / "integration" / name for name in SHARED]
    paths = [] if chosen else [str(path) for path in (TESTS / "kube", *shared)]
    # A real cluster takes its time to end a namespace, and the tests are not written for that.
    return int(pytest.main(["--timeout", "900", *paths, *pytest_args], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main())
