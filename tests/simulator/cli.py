# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a stand-alone simulator."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .running import run_daemon, run_here
from .service import Simulator
from .settings import SCRIPT_FORMATS, TEMPERAMENTS, Settings
from .state_dir import AlreadyRunning, StateDir

# A forgotten daemon ends after this time.
_DAEMON_LIFETIME = 4 * 3600.0


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.stop or options.daemon:
        if options.state_dir is None:
            parser.error("--daemon and --stop need --state-dir")
    if options.stop:
        return _stop(options.state_dir)
    try:
        settings = Settings(**_settings(options))
        simulator = Simulator(settings)
    except (ValueError, TypeError) as error:
        parser.error(str(error))
    lifetime = options.max_lifetime
    if lifetime is None:
        lifetime = _DAEMON_LIFETIME if options.daemon else 0.0
    run = run_daemon if options.daemon else run_here
    try:
        return run(simulator, options.state_dir, options.clusters, lifetime, options.parent_pid, _announce)
    except AlreadyRunning as error:
        print(f"simulator: {error}", file=sys.stderr)
    except OSError as error:
        print(f"simulator: cannot start: {error}", file=sys.stderr)
    return 1


def _stop(state_dir: Path) -> int:
    if not StateDir(state_dir).stop():
        print(f"simulator: the simulator in {state_dir} does not end", file=sys.stderr)
        return 1
    return 0


def _announce(facts: dict[str, Any]) -> None:
    """Print how to use the simulator, as text to paste into a shell."""
    exports = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in facts["environment"].items())
    print(
        f"HSS simulator is ready: {facts['endpoint']} (region {facts['region']}, pid {facts['pid']})\n\n"
        f"Paste this where the client runs:\n\n{exports}\n\n"
        f"Control it at {facts['endpoint']}/_simulator/ (see tests/simulator/README.md).",
        flush=True,
    )


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "tls": options.tls,
        "host": options.host,
        "port": options.port,
        "region": options.region,
        "seed": options.seed,
        "temperament": options.temperament,
        "connect_after_syncs": options.connect_after_syncs,
        "agent_auto_applied": not options.agent_by_hand,
        "install_script": options.install_script,
        "max_clusters": options.max_clusters,
        "rate_limit": options.rate_limit,
        "latency": options.latency,
        "state_dir": options.state_dir,
    }
    for text in options.set:
        name, separator, value = text.partition("=")
        if not separator:
            raise ValueError(f"--set {text}: give NAME=VALUE")
        try:
            chosen[name] = json.loads(value)
        except ValueError:
            chosen[name] = value
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python tests/simulator",
        description="A simulator of Huawei Cloud HSS (multi-cloud clusters) and IAM, for this machine alone.",
        epilog="It ends on Ctrl-C, SIGTERM, --stop, or after its lifetime, and removes its files.",
    )
    listening = parser.add_argument_group("address and files")
    listening.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    listening.add_argument("--port", type=int, default=0, help="default: a free one")
    security = listening.add_mutually_exclusive_group()
    security.add_argument("--tls", action="store_true", default=True, help="HTTPS with a CA of its own (default)")
    security.add_argument("--http", dest="tls", action="store_false", help="plain HTTP")
    listening.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="folder for simulator.json and the CA (default: a temporary one)"
    )

    life = parser.add_argument_group("lifetime")
    life.add_argument("--daemon", action="store_true", help="return as soon as the simulator serves; needs --state-dir")
    life.add_argument("--stop", action="store_true", help="stop the simulator that runs in --state-dir, and clean up")
    life.add_argument(
        "--max-lifetime",
        type=float,
        metavar="SECONDS",
        help="end after this time; 0 means never (default: 4 hours for a daemon, otherwise never)",
    )
    life.add_argument("--parent-pid", type=int, metavar="PID", help="end when this process ends")

    behaviour = parser.add_argument_group("behaviour")
    behaviour.add_argument("--clusters", type=int, default=0, metavar="N", help="registered at the start (default: 0)")
    behaviour.add_argument("--region", default="cn-north-4", help="default: %(default)s")
    behaviour.add_argument("--seed", type=int, help="the same number gives the same ids and credentials")
    behaviour.add_argument(
        "--temperament",
        choices=TEMPERAMENTS,
        default="reparse",
        help="how replacing a kubeconfig changes the certificate's date (default: %(default)s)",
    )
    behaviour.add_argument(
        "--connect-after-syncs",
        type=int,
        default=1,
        metavar="N",
        help="synchronisations until a cluster is connected (default: %(default)s)",
    )
    behaviour.add_argument(
        "--agent-by-hand", action="store_true", help="clusters connect only after POST …/clusters/ID/agent-applied"
    )
    behaviour.add_argument("--install-script", choices=SCRIPT_FORMATS, default="json", help="default: %(default)s")
    behaviour.add_argument("--max-clusters", type=int, metavar="N", help="the quota (default: none)")
    behaviour.add_argument("--rate-limit", type=int, metavar="N", help="requests a second (default: no limit)")
    behaviour.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="added to every request")
    behaviour.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="another setting, see settings.py"
    )
    return parser
