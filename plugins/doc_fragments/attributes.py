# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes that the modules support."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what would change, without changing anything.
    support: full
  diff_mode:
    description: Returns the difference between the state before and after.
    support: full
  idempotent:
    description: Running it again with the same options changes nothing.
    support: full
  platform:
    description: The operating systems on which it runs.
    support: full
    platforms: posix
  action_group:
    description: Use C(group/huaweicloud.hss.hss) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - huaweicloud.hss.hss
"""

    # For modules that only read. List it before the fragment C(attributes), which it restricts.
    READ_ONLY = r"""
options: {}
attributes:
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
"""
