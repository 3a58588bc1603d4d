# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of waiting for node agents, and of what is peculiar about them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - With C(state=present), wait until the agent runs on every node that it is wanted on. With C(state=absent), wait
        until HSS shows it no longer. Not in check mode.
      - By default V(true) with C(state=absent) alone. A registration that is removed before its agents are leaves them
        behind.
    type: bool
  wait_timeout:
    description: Seconds to wait, for all together.
    type: int
    default: 600
  wait_sleep:
    description: Seconds between two looks. The pauses grow gently, up to three times as long.
    type: int
    default: 10
notes:
  - HSS answers that all is well to nearly anything, so whatever is done is read back. What cannot be seen there is an
    error. The version alone shows only once the agents are replaced, so it is checked if that is waited for.
  - HSS has to be connected to a cluster to do anything in it. Without a connection nothing is sent, and a removal can
    only be asked for; a warning says so.
  - HSS does not show the name and C(auto_upgrade) that it was given. They are sent whenever something else is, and are
    no reason to send anything.
  - HSS wants the region in a header of its calls, so O(region) is needed beside O(endpoint), too.
"""
