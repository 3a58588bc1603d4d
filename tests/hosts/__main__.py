# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `python tests/hosts start|stop`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from hosts import LIFETIME, HostsError, SshHosts, stop
    from hosts.supervise import supervise
    from hosts.traits import parse_traits, read_traits

    parser = argparse.ArgumentParser(prog="python tests/hosts", description="Real sshd on loopback as managed hosts.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start hosts and write DIR/inventory.json")
    start.add_argument("--count", type=int, help="the number of hosts (default: 3)")
    start.add_argument("--names", type=lambda text: text.split(","), help="their names, separated by commas")
    start.add_argument("--traits", type=Path, metavar="FILE", help="hosts and their traits: YAML or JSON")
    start.add_argument("--trait", action="append", default=[], metavar="NAME:TRAIT=VALUE,…", help="traits of one host")
    start.add_argument("--group", default="ssh_hosts", help="their inventory group (default: %(default)s)")
    start.add_argument("--lifetime", type=float, default=LIFETIME, help="seconds after which they end")
    for command in (start, commands.add_parser("stop", help="stop the hosts of DIR"), commands.add_parser("supervise")):
        command.add_argument("--dir", type=Path, required=True)
    args = parser.parse_args()

    if args.command == "supervise":
        supervise(args.dir)
    elif args.command == "stop":
        stop(args.dir)
    else:
        hosts = None
        try:
            traits = (read_traits(args.traits) if args.traits else {}) | parse_traits(args.trait)
            hosts = SshHosts(args.count, args.names, args.dir, args.group, args.lifetime, traits)
            hosts.start(detached=True)
        except HostsError as error:
            if hosts:
                hosts.stop()
            print(error, file=sys.stderr)
            return 1
        for reason in sorted(set(hosts.left_out.values())):
            names = ", ".join(name for name, why in hosts.left_out.items() if why == reason)
            print(f"Left out: {names}, because {reason}.", file=sys.stderr)
        print(hosts.inventory_path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
