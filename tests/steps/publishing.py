# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the outside world requires: the steps that import the artefact as Galaxy does, check licences, and release."""

from __future__ import annotations

import shutil

from release import build, prepare
from work import CACHE, Failed, Work

# A release that is never published, only to prove that one can be made at any time.
REHEARSAL = "99.0.0"
# No such image is needed: nothing is built from it.
BASE_IMAGE = f"quay.io/centos/centos@sha256:{'0' * 64}"


def galaxy(work: Work) -> None:
    """galaxy-importer, which Galaxy and the certification run on the artefact"""
    place = CACHE / "galaxy"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    artefact = work.build_collection(place)
    # It writes its result into the current directory.
    work.run("python", "-m", "galaxy_importer.main", artefact, cwd=place)
    # It reports most findings without failing, including those of ansible-lint.
    findings = [line for line in work.last_lines(10_000) if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    if findings:
        work.failure_pattern = "^(WARNING|ERROR|CRITICAL)"
        raise Failed(f"galaxy-importer reported {len(findings)} problems")


def reuse(work: Work) -> None:
    """reuse lint: every file names its copyright holder and its licence, in a form that tools read"""
    work.run("reuse", "lint")


def release(work: Work) -> None:
    """a rehearsal of ./dev release with a copy of the checkout; two builds must give the same files"""
    place = CACHE / "release-rehearsal"
    shutil.rmtree(place, ignore_errors=True)
    copy = place / "checkout"
    work.copy_checkout(copy, lambda name: not name.startswith("tests/"))
    prepare(work, copy, REHEARSAL, BASE_IMAGE)
    sums = [build(work, copy, place / attempt, timestamp=1_700_000_000).read_text() for attempt in ("first", "second")]
    if sums[0] != sums[1]:
        work.say("".join(sums))
        raise Failed("two builds of the same release differ")
