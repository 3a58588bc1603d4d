# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrapper of kubectl that records every call: the program itself, and the class that tests use."""

from __future__ import annotations

import fcntl
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any


class Recorder:
    """A program that calls a kubectl and records the calls."""

    def __init__(self, folder: Path, kubectl: Path) -> None:
        self._record = folder / "record"
        self._record.touch(0o600)
        self.program = folder / "kubectl"
        command = [sys.executable, "-I", __file__, str(self._record), str(kubectl)]
        self.program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        self.program.chmod(0o755)

    def calls(self) -> list[dict[str, Any]]:
        """The calls so far: args, stdin, stdout, stderr, rc."""
        return [json.loads(line) for line in self._record.read_text().splitlines()]


def main() -> int:
    """Run kubectl and record the call."""
    record, kubectl, *arguments = sys.argv[1:]
    # Leave standard input to the caller's next command if kubectl does not read it.
    stdin = sys.stdin.buffer.read() if "-" in arguments else None
    given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([kubectl, *arguments], **given, capture_output=True, check=False)  # type: ignore[call-overload]
    call = {"args": arguments, "stdin": (stdin or b"").decode(), "rc": done.returncode}
    call |= {"stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    with open(record, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(call) + "\n")
    sys.stdout.buffer.write(done.stdout)
    sys.stderr.buffer.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
