# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the main() of a module as Ansible does, in this process or in a separate one, and reads its result."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes


@dataclass(frozen=True)
class Ran:
    """A finished run of a module: its exit code, its result, everything it printed, and its warnings."""

    code: int
    result: dict[str, Any]
    output: str
    warnings: list[str]

    @property
    def failed(self) -> bool:
        """Whether the module failed."""
        return bool(self.result.get("failed"))

    @property
    def msg(self) -> str:
        """The message in the result."""
        return str(self.result.get("msg"))


def run(main: Callable[[], None], args: dict[str, Any], *, check: bool = False) -> Ran:
    """Runs main() with these options, in check mode or not."""
    options = {
        **args,
        "_ansible_check_mode": check,
        "_ansible_diff": True,
        "_ansible_remote_tmp": "/nonexistent",
        "_ansible_keep_remote_files": False,
    }
    stdout, code = io.StringIO(), 0
    warnings: list[str] = []
    with (
        _module_args(options),
        contextlib.redirect_stdout(stdout),
        mock.patch.object(basic.AnsibleModule, "log"),
        # Where warnings are in the result, if at all, depends on the version of ansible-core.
        mock.patch.object(basic.AnsibleModule, "warn", lambda _self, text: warnings.append(text)),
    ):
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
    output = stdout.getvalue()
    return Ran(code, json.loads(output), output, warnings)


@contextlib.contextmanager
def _module_args(options: dict[str, Any]):
    try:
        from ansible.module_utils.testing import patch_module_args  # ansible-core 2.19 and later
    except ImportError:
        payload = to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        with mock.patch.object(basic, "_ANSIBLE_ARGS", payload):
            yield
    else:
        with patch_module_args(options):
            yield


def start(module: str, args: dict[str, Any], speed: float = 1, without: Iterable[str] = ()) -> subprocess.Popen[str]:
    """Starts a module by its name in a separate process, with its pauses divided by C(speed).

    :arg without: Python packages that cannot be imported there.
    """
    path = os.pathsep.join(entry for entry in sys.path if entry)
    process = subprocess.Popen(
        [sys.executable, __file__, module, str(speed), *without],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin
    process.stdin.write(json.dumps(args))
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[str], timeout: float = 120) -> dict[str, Any]:
    """Waits for a started module, and returns its result."""
    assert process.stdout
    with process:
        output = process.stdout.read()
        process.wait(timeout)
    return json.loads(output)


def _main(module: str, speed: str, *without: str) -> None:
    sys.modules.update(dict.fromkeys(without))  # type: ignore[arg-type]
    package = "ansible_collections.huaweicloud.hss.plugins"
    shared = importlib.import_module(f"{package}.module_utils._connection.session")
    shared.Session.sleep = staticmethod(lambda seconds: time.sleep(seconds / float(speed)))
    main = importlib.import_module(f"{package}.modules.{module}").main
    print(run(main, json.loads(sys.stdin.read())).output)


if __name__ == "__main__":
    _main(*sys.argv[1:])
