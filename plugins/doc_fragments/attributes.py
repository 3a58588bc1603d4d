# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what every module supports."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would change, without changing anything.
    support: full
  diff_mode:
    description: Returns the difference between the state before and after.
    support: full
  idempotent:
    description: When run again with the same options, it changes nothing.
    support: full
  platform:
    description: The operating systems that it runs on.
    support: full
    platforms: posix
  action_group:
    description: Use C(group/huaweicloud.hss.hss) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - huaweicloud.hss.hss
"""
