# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event source for Event-Driven Ansible: changes of the clusters that are registered with HSS."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
short_description: Changes of the Kubernetes clusters registered with Huawei Cloud HSS
description:
  - Lists the registered clusters regularly, and sends an event if the status of the connection between HSS and a
    cluster changes, or the days until its credential expires fall below a limit.
  - Each event is sent once. With O(state_file), this also holds after a restart. If ansible-rulebook is killed, the
    events of the last moment may be sent again.
  - At the first start, only clusters whose credential expires soon are reported.
  - If HSS cannot be asked, or returns no complete list, an event of the type V(poll_failed) is sent once, and the
    source tries again. If HSS refuses the credential, the source ends, because further attempts would lock the access
    key.
  - Braces of templates in text from HSS are separated by a space, because playbooks evaluate the templates in events.
options:
  interval:
    description: Seconds between two lists, from 1 to 86400.
    type: int
    default: 300
  expires_within_days:
    description:
      - Number of days, or a list of them. An event is sent when the days left fall below it, and again after a renewal.
    type: list
    elements: int
    default: [30]
  name:
    description: Only clusters with these names.
    type: list
    elements: str
  provider:
    description: Only clusters of these providers.
    type: list
    elements: str
  state_file:
    description:
      - File in which the source remembers what it has sent. Each source needs a file of its own.
    type: path
  region:
    description:
      - Region of HSS. This and all other connection options, such as O(access_key) or O(enterprise_project_id), have
        the names, the defaults and the environment variables of the modules.
    type: str
"""

EXAMPLES = r"""
- name: Watch the clusters in one region
  hosts: localhost
  sources:
    - huaweicloud.hss.hss_multicloud:
        region: eu-west-101
        interval: 300
        expires_within_days: [30, 7]
        state_file: /var/lib/hss/eu-west-101.json
  rules:
    - name: HSS has lost a connection
      condition: event.hss.type == "status_changed" and event.hss.cluster.status == "connect_disruption"
      action:
        debug:
          msg: "HSS has lost the connection to {{ event.hss.cluster.cluster_name }}"
"""

try:
    import ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.watch as _watch
except ImportError:
    # ansible-rulebook starts this file by its path, without making the collection importable. The path is not resolved,
    # because the collection may be a symbolic link.
    sys.path.append(str(Path(__file__).absolute().parents[7]))
    import ansible_collections.huaweicloud.hss.plugins.plugin_utils._events.watch as _watch

logger = logging.getLogger("huaweicloud.hss.hss_multicloud")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event into the queue for each change.

    :arg args: the arguments in the rulebook.
    """
    watch = _watch.Watch(args, os.environ, logger.warning)
    try:
        while True:
            # The requests block, so they run in a thread.
            for event in await asyncio.to_thread(watch.poll):
                await queue.put({"hss": event})
            await asyncio.to_thread(watch.commit)
            await asyncio.sleep(watch.options.interval)
    finally:
        watch.stop()
