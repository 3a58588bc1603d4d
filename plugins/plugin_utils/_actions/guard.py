# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: what an action plugin says of a bug of its own, or of Ansible's."""

from __future__ import annotations

import functools
from typing import Any, Callable

from ansible.errors import AnsibleError

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import unexpected_error_message

Run = Callable[..., dict[str, Any]]


def guarded(run: Run) -> Run:
    """For an action plugin's run(): an exception that nobody expects is told by its place alone.

    Ansible would print its text, which may hold what was being read or sent. Ansible's own errors pass: that a host
    does not answer, or that an option is missing.
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
