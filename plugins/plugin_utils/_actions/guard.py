# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: reports unexpected exceptions of action plugins without their text."""

from __future__ import annotations

import functools
from typing import Any, Callable

from ansible.errors import AnsibleError

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import unexpected_error_message

Run = Callable[..., dict[str, Any]]


def guarded(run: Run) -> Run:
    """Decorate the method run() of an action plugin, so that an unexpected exception is reported by its location only.

    Ansible would print the text of the exception, which can contain the data that was read or sent. Errors of Ansible
    itself are not changed, such as an unreachable host or a missing option.
    """

    @functools.wraps(run)
    def guarded_run(self: Any, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            return run(self, tmp, task_vars)
        except AnsibleError:
            raise
        except Exception as exc:
            return {"failed": True, "msg": unexpected_error_message(exc)}

    return guarded_run
