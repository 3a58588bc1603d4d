# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev play [COMMAND…]`: a shell, or one command, in a folder that is ready to try the collection."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "play"
sys.path.insert(0, str(TESTS))

import kubeconfigs  # noqa: E402
from kubectl.standin import StandIn  # noqa: E402

from simulator import Simulator  # noqa: E402


def lay_out(folder: Path, simulator: Simulator) -> StandIn:
    """Writes the inventory, the playbooks, the kubeconfigs of five hosts, and that of the cluster in register.yml.

    :returns: the cluster of the host lab-1, into which agents can be installed.
    """
    for source in FILES.iterdir():
        shutil.copy(source, folder / source.name)
    shop = kubeconfigs.Authority()
    texts = {
        "etc/k3s-1.yaml": kubeconfigs.k3s(),
        "etc/shop-cp-1.conf": kubeconfigs.kubeadm("https://shop.example.com:6443", days=20, ca=shop),
        "etc/shop-cp-2.conf": kubeconfigs.kubeadm("https://shop.example.com:6443", days=20, ca=shop),
        "etc/single.conf": kubeconfigs.kubeadm("https://10.20.0.50:6443"),
        "etc/legacy-1.conf": kubeconfigs.kubeadm("https://10.20.0.99:6443", days=-12),
        "renewed/shop-cp-1.conf": kubeconfigs.kubeadm("https://shop.example.com:6443", ca=shop),
        "renewed/legacy-1.conf": kubeconfigs.kubeadm("https://10.20.0.99:6443"),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
    lab = StandIn(folder / "etc" / "lab-1")
    lab.configure(hss={"endpoint": simulator.endpoint, "ca_file": simulator.ca_file})
    return lab


def environment(folder: Path, simulator: Simulator) -> dict[str, str]:
    """Returns the variables of the shell. The collection needs those that begin with HW_."""
    return {
        **os.environ,
        **simulator.environment(),
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "HSS_PLAY": str(folder),
    }


def shell(folder: Path, arguments: list[str]) -> list[str]:
    """Returns the command to run: the given one, or a shell that greets."""
    if len(arguments) == 1:
        return ["bash", "-c", arguments[0]]
    if arguments:
        return arguments
    if not sys.stdin.isatty():
        return ["bash"]
    greeting = folder / ".greeting"
    greeting.write_text(f"cat {shlex.quote(str(folder / 'README.txt'))}\nPS1='(hss) \\W\\$ '\n")
    return ["bash", "--noprofile", "--rcfile", str(greeting), "-i"]


def main(arguments: list[str]) -> int:
    """Runs the command, and returns its exit code."""
    # The folder is also removed if the window is closed.
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    with tempfile.TemporaryDirectory(prefix="hss-play-") as name, Simulator() as simulator:
        folder = Path(name)
        with lay_out(folder, simulator):
            command = shell(folder, arguments)
            # Ctrl-C is for the command that runs in the shell.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(folder, simulator),
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
