# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of addresses on a host: the shell code is run with only one of the programs that it can use."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import KubectlError
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.connectivity import (
    Address,
    Connectivity,
    agent_addresses,
    connectivity_script,
    parse_addresses,
    parse_connectivity,
)

MARK = "hss-mark"
REPORT = f"""report() {{ printf '\\n{MARK} %s\\n' "$*"; }}\n"""
TOOLS = [tools for tools in ("timeout bash", "curl", "nc") if all(map(shutil.which, tools.split()))]


@pytest.fixture
def ports():
    """An open port and a closed port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1], closed.getsockname()[1]


@pytest.fixture
def check(tmp_path):
    """Check addresses on a host with these programs. Further programs are given as shell scripts."""

    def run(texts, tools="", **scripts):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in tools.split():
            (folder / name).symlink_to(shutil.which(name))
        for name, text in scripts.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        addresses = parse_addresses(texts)
        executed = subprocess.run(
            ["/bin/sh", "-c", REPORT + connectivity_script(addresses, 2)],
            env={"PATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert executed.returncode == 0 and not executed.stderr
        return parse_connectivity(addresses, executed.stdout, MARK)

    return run


@pytest.mark.parametrize("tools", TOOLS)
def test_each_program_distinguishes_open_and_closed_ports(check, ports, tools):
    opened, closed = (f"127.0.0.1:{port}" for port in ports)
    found = check([opened, closed, "no-such-host.invalid:1", f"localhost:{ports[0]}"], tools)
    assert found.unreachable == [closed, "no-such-host.invalid:1"] and found.warnings == []
    (problem,) = found.problems
    assert closed in problem and opened not in problem and "Allow the connection in firewalls" in problem
    assert f"{closed} (connection refused)" in problem
    assert "no-such-host.invalid:1 (unknown host name)" in problem


def test_at_least_one_program_is_tested():
    assert TOOLS


@pytest.mark.parametrize("tools", ["timeout bash", "curl"])
def test_an_ipv6_address(check, tools):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        # Without IPv6, the address must be reported as unreachable.
        assert check(["[::1]:1"], tools).unreachable == ["[::1]:1"]
        return
    with listener:
        assert check([f"[::1]:{listener.getsockname()[1]}"], tools) == Connectivity()


def test_a_host_without_any_program_gives_a_warning(check):
    found = check(["192.0.2.1:1"])
    assert (found.unreachable, found.problems) == ([], [])
    assert "Whether this host can reach 192.0.2.1:1 could not be checked" in found.warnings[0]


@pytest.mark.parametrize(
    "scripts",
    [
        {"bash": "#!/bin/sh\necho 'bash: /dev/tcp/x/1: No such file or directory' >&2; exit 1\n"},
        {"nc": "#!/bin/sh\necho \"nc: invalid option -- 'z'\" >&2; exit 1\n"},
        {"nc": "#!/bin/sh\necho 'usage: nc [-46]' >&2; exit 1\n"},
    ],
    ids=["bash", "nc", "nc-usage"],
)
def test_the_next_program_is_tried_if_one_cannot_connect(check, ports, scripts):
    scripts = {**scripts, "timeout": '#!/bin/sh\nshift; exec "$@"\n'}
    address = f"127.0.0.1:{ports[0]}"
    assert "could not be checked" in check([address], **scripts).warnings[0]
    assert check([address], **scripts, curl="#!/bin/sh\nprintf 0.000012; exit 52\n") == Connectivity()
    assert check([address], **scripts, curl="#!/bin/sh\nprintf 0.000000; exit 7\n").unreachable == [address]


def test_nc_without_the_option_z_is_used_with_the_option_e(check, ports):
    """Such as the nc of busybox."""
    nc = """#!/bin/sh
case $1 in -z) echo "nc: invalid option -- 'z'" >&2; exit 1 ;; esac
[ "$5 $6" = "-e true" ] || exit 9
[ $4 = OPEN ] || { echo "nc: can't connect to remote host ($3): Connection refused" >&2; exit 1; }
"""
    opened, closed = (f"127.0.0.1:{port}" for port in ports)
    found = check([opened, closed], nc=nc.replace("OPEN", str(ports[0])))
    assert (found.unreachable, found.warnings) == ([closed], []) and "connection refused" in found.problems[0]


def test_a_timeout_is_reported(check):
    timeout = "#!/bin/sh\nexit 124\n"
    found = check(["192.0.2.1:1"], timeout=timeout, bash="#!/bin/sh\n")
    assert found.unreachable == ["192.0.2.1:1"] and "192.0.2.1:1 (no response)" in found.problems[0]


@pytest.mark.parametrize(
    "text", ["a", "a:", ":1", "a:0", "a:65536", "http://a:1", "a b:1", "-a:1", "$(x):1", "[a]:1", "a:1/x"]
)
def test_an_invalid_address_is_refused(text):
    with pytest.raises(KubectlError, match="is not host:port"):
        Address.parse(text)


def test_duplicate_addresses_are_removed():
    assert list(map(str, parse_addresses(["a:1", "b.example.com:443", " a:1", "[::1]:7"]))) == [
        "a:1",
        "b.example.com:443",
        "[::1]:7",
    ]
    assert connectivity_script([], 1) == "" and parse_connectivity([], "", MARK) == Connectivity()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.10", "192.0.2.10:{port}"),  # as in the vendor's example
        (" hss-proxy.example.com ", "hss-proxy.example.com:{port}"),
        ("192.0.2.10:8443", "192.0.2.10:8443"),
        ("2001:db8::1", "[2001:db8::1]:{port}"),
        ("[2001:db8::1]", "[2001:db8::1]:{port}"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
        ("https://hss.example.com", None),
        ("192.0.2.10,192.0.2.11", None),
        ("a:0", None),
        ("a:b:1", None),
        ("\x1b[31m$(x)", None),
        ("", None),
        (None, None),
        (7, "7:{port}"),
    ],
)
def test_addresses_of_hss_without_a_port_have_a_default_and_other_forms_are_warnings(text, expected):
    for name, port in (("anp_address", 8091), ("agent_address", 10180)):
        other = {"anp_address": "a:1", "agent_address": "b:2"}
        found = agent_addresses({**other, name: text})
        assert (expected.format(port=port) if expected else None) in [*found.addresses, None]
        assert len(found.warnings) == (expected is None) and len(found.addresses) == 1 + (expected is not None)
        assert all(name in warning and "\x1b" not in warning for warning in found.warnings)
        parse_addresses(found.addresses)
    network = {"anp_address": "a", "agent_address": "b"}
    assert agent_addresses(network, agent_port=1, tunnel_port=2).addresses == ["a:2", "b:1"]
