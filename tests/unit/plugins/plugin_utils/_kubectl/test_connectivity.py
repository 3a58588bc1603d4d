# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host reaches addresses: the shell code, run with only one of the programs it may use."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.connectivity import (
    Address,
    addresses_of,
    judge_reach,
    reach_script,
)

MARK = "hss-mark"
SAY = f"""say() {{ printf '\\n{MARK} %s\\n' "$*"; }}\n"""
TOOLS = [tools for tools in ("timeout bash", "curl", "nc") if all(map(shutil.which, tools.split()))]


@pytest.fixture
def ports():
    """One that is listened on, and one that is not."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1], closed.getsockname()[1]


@pytest.fixture
def reach(tmp_path):
    """Tries addresses on a host with these programs; others are given as shell scripts."""

    def run(texts, tools="", **scripts):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in tools.split():
            (folder / name).symlink_to(shutil.which(name))
        for name, text in scripts.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        addresses = addresses_of(texts)
        done = subprocess.run(
            ["/bin/sh", "-c", SAY + reach_script(addresses, 2)],
            env={"PATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 and not done.stderr
        return judge_reach(addresses, done.stdout, MARK)

    return run


@pytest.mark.parametrize("tools", TOOLS)
def test_each_program_tells_open_from_closed(reach, ports, tools):
    opened, closed = (f"127.0.0.1:{port}" for port in ports)
    unreachable, problems, warnings = reach([opened, closed, "no-such-host.invalid:1", f"localhost:{ports[0]}"], tools)
    assert unreachable == [closed, "no-such-host.invalid:1"] and warnings == []
    (problem,) = problems
    assert closed in problem and opened not in problem and "Open the way in firewalls" in problem
    assert f"{closed} (the connection is refused)" in problem
    assert "no-such-host.invalid:1 (the name is unknown)" in problem


def test_there_is_at_least_one_program_to_test():
    assert TOOLS


@pytest.mark.parametrize("tools", ["timeout bash", "curl"])
def test_an_ipv6_address(reach, tools):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        # Without IPv6 it cannot be reached, which is to be said as well.
        assert reach(["[::1]:1"], tools)[0] == ["[::1]:1"]
        return
    with listener:
        assert reach([f"[::1]:{listener.getsockname()[1]}"], tools) == ([], [], [])


def test_a_host_with_nothing_to_try_it_with(reach):
    unreachable, problems, warnings = reach(["192.0.2.1:1"])
    assert (unreachable, problems) == ([], [])
    assert "Whether this host reaches 192.0.2.1:1 could not be checked" in warnings[0]


@pytest.mark.parametrize(
    "scripts",
    [
        {"bash": "#!/bin/sh\necho 'bash: /dev/tcp/x/1: No such file or directory' >&2; exit 1\n"},
        {"nc": "#!/bin/sh\necho \"nc: invalid option -- 'z'\" >&2; exit 1\n"},
        {"nc": "#!/bin/sh\necho 'usage: nc [-46]' >&2; exit 1\n"},
    ],
    ids=["bash", "nc", "nc-usage"],
)
def test_a_program_that_cannot_do_it_gives_way_to_the_next(reach, ports, scripts):
    scripts = {**scripts, "timeout": '#!/bin/sh\nshift; exec "$@"\n'}
    address = f"127.0.0.1:{ports[0]}"
    assert "could not be checked" in reach([address], **scripts)[2][0]
    assert reach([address], **scripts, curl="#!/bin/sh\nprintf 0.000012; exit 52\n") == ([], [], [])
    assert reach([address], **scripts, curl="#!/bin/sh\nprintf 0.000000; exit 7\n")[0] == [address]


def test_an_nc_that_can_only_run_something(reach, ports):
    """As busybox's."""
    nc = """#!/bin/sh
case $1 in -z) echo "nc: invalid option -- 'z'" >&2; exit 1 ;; esac
[ "$5 $6" = "-e true" ] || exit 9
[ $4 = OPEN ] || { echo "nc: can't connect to remote host ($3): Connection refused" >&2; exit 1; }
"""
    opened, closed = (f"127.0.0.1:{port}" for port in ports)
    unreachable, problems, warnings = reach([opened, closed], nc=nc.replace("OPEN", str(ports[0])))
    assert (unreachable, warnings) == ([closed], []) and "the connection is refused" in problems[0]


def test_an_answer_that_does_not_come(reach):
    timeout = "#!/bin/sh\nexit 124\n"
    unreachable, problems, _warnings = reach(["192.0.2.1:1"], timeout=timeout, bash="#!/bin/sh\n")
    assert unreachable == ["192.0.2.1:1"] and "192.0.2.1:1 (there is no answer)" in problems[0]


@pytest.mark.parametrize(
    "text", ["a", "a:", ":1", "a:0", "a:65536", "http://a:1", "a b:1", "-a:1", "$(x):1", "[a]:1", "a:1/x"]
)
def test_what_is_no_address(text):
    with pytest.raises(KubectlError, match="is not host:port"):
        Address.parse(text)


def test_addresses_are_tried_once():
    assert list(map(str, addresses_of(["a:1", "b.example.com:443", " a:1", "[::1]:7"]))) == [
        "a:1",
        "b.example.com:443",
        "[::1]:7",
    ]
    assert reach_script([], 1) == "" and judge_reach([], "", MARK) == ([], [], [])
