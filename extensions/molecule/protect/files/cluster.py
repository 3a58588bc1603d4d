# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster behind the hosts' kubectl: cluster.py FOLDER make SIMULATOR.json | refuse [RIGHT…] | left."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kubectl.standin import StandIn
from kubectl.store import Store


def keys(store: Store) -> list[str]:
    """All that is in the cluster."""
    with store.opened():
        return sorted(f"{one['kind']} {one['metadata']['name']}" for one in store.objects)


def main() -> None:
    """Runs the command."""
    folder, command, *arguments = Path(sys.argv[1]), *sys.argv[2:]
    own = folder / "own.json"
    if command == "make":
        facts = json.loads(Path(arguments[0]).read_text())
        StandIn(folder).configure(hss={"endpoint": facts["endpoint"], "ca_file": facts["ca_file"]})
        own.write_text(json.dumps(keys(Store(folder / "state"))))
    elif command == "refuse":
        Store(folder / "state").configure(denied=arguments)
    else:
        print("\n".join(sorted(set(keys(Store(folder / "state"))) - set(json.loads(own.read_text())))))


if __name__ == "__main__":
    main()
