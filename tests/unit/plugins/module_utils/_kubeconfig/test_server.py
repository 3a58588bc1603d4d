# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the address of an API server: its format, whether it can be reached, and its replacement."""

from __future__ import annotations

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._kubeconfig.server import Server, ServerError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443"),
        ("https://10.0.0.1:6443/", "https://10.0.0.1:6443"),
        ("HTTPS://API.Example.com", "https://api.example.com"),
        ("https://rancher.example.com/k8s/clusters/c-1", "https://rancher.example.com/k8s/clusters/c-1"),
        ("https://[2001:DB8::1]:6443", "https://[2001:db8::1]:6443"),
        ("https://api_1.example.com.:6443", "https://api_1.example.com.:6443"),
        ("https://10.0.0.1:", "https://10.0.0.1"),
    ],
)
def test_an_address_keeps_its_port_and_path(text, url):
    assert Server.parse(text).url == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must begin with https://"),
        ("10.0.0.1:6443", "must begin with https://"),
        ("/apis", "must begin with https://"),
        ("http://10.0.0.1:6443", "not http://"),
        ("ftp://10.0.0.1", "not ftp://"),
        ("https://", "no valid host"),
        ("https://:6443", "no valid host"),
        ("https:///path", "no valid host"),
        ("https://10.0.0.1:0", "no valid host"),
        ("https://a..b:6443", "no valid host"),
        ("https://-a:6443", "no valid host"),
        ("https://a{b}", "no valid host"),
        ("https://%31%32%37.0.0.1", "no valid host"),
        ("https://10.0.0.1:65536", "not a valid address"),
        ("https://10.0.0.1:port", "not a valid address"),
        ("https://[2001:db8::1:6443", "not a valid address"),
        ("https://2001:db8::1", "not a valid address"),
        ("https://user:word@10.0.0.1", "holds a user or a password"),
        ("https://user@10.0.0.1", "holds a user or a password"),
        ("https://10.0.0.1/?a=b", "query or a fragment"),
        ("https://10.0.0.1/#a", "query or a fragment"),
        ("https://10.0.0.1:6443\n", "white space"),
        (" https://10.0.0.1", "must begin with https://"),
        ("https://10.0\t.0.1", "white space"),
        ("https://１２７.0.0.1", "non-ASCII"),  # full-width digits, which name resolution folds to 127
        ("https://bücher.example", "xn--"),
    ],
)
def test_an_address_without_https_is_refused(text, reason):
    with pytest.raises(ServerError, match=reason):
        Server.parse(text)


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(ServerError) as error:
        Server.parse("https://admin:opensesame@10.0.0.1")
    assert "opensesame" not in str(error.value)


@pytest.mark.parametrize(
    "host",
    """127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 127.0.0.1.
    [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
    localhost LocalHost localhost. api.localhost localhost.localdomain ip6-localhost ip6-loopback localhost4 localhost6
    """.split(),
)
def test_loopback_in_any_notation_is_unreachable(host):
    assert "loopback" in Server.parse(f"https://{host}:6443").unreachable_reason


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("0.0.0.0", "all interfaces"),
        ("0", "all interfaces"),
        ("[::]", "all interfaces"),
        ("169.254.1.1", "link-local"),
        ("[fe80::1]", "link-local"),
        ("[fe80::1%25eth0]", "link-local"),
        ("224.0.0.1", "multicast"),
        ("[ff02::1]", "multicast"),
        ("kubernetes.default", "inside the cluster"),
        ("kubernetes.default.svc", "inside the cluster"),
        ("kubernetes.default.svc.cluster.local", "inside the cluster"),
        ("kubernetes.default.svc.cluster.local.", "inside the cluster"),
        ("KUBERNETES.default.svc.corp.example", "inside the cluster"),
        ("api.team.svc", "inside the cluster"),
    ],
)
def test_a_local_address_is_unreachable(host, reason):
    server = Server.parse(f"https://{host}")
    assert reason in server.unreachable_reason
    with pytest.raises(ServerError, match="which HSS cannot reach"):
        server.require_reachable()
    assert server.is_in_cluster is (reason == "inside the cluster")
    if server.is_in_cluster:
        server.require_reachable(in_cluster=True)
        assert server.is_local_name is False
    else:
        with pytest.raises(ServerError, match="which HSS cannot reach"):
            server.require_reachable(in_cluster=True)


@pytest.mark.parametrize(
    "host",
    """10.0.0.1 192.168.1.1 100.64.0.1 128.0.0.1 126.255.255.255 8.8.8.8 [2001:db8::1] [fd00::1] [::ffff:10.0.0.1] 10.1
    api.example.com 1and1.example.com localhost.example.com notlocalhost.com svc.example.com api.svc.example.com
    node1.localdomain lb-apiserver.kubernetes.local kubernetes""".split(),
)
def test_any_other_address_may_be_reachable(host):
    server = Server.parse(f"https://{host}:6443")
    assert server.unreachable_reason is None
    server.require_reachable()


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("lb.kubesphere.local", True),
        ("lb.kubesphere.local.", True),
        ("master-1", True),
        ("kubernetes.docker.internal", True),
        ("router.lan", True),
        ("node1.localdomain", True),
        ("api.example.com", False),
        ("local.example.com", False),
        ("10.0.0.1", False),
        ("[2001:db8::1]", False),
    ],
)
def test_a_name_that_may_be_known_on_the_nodes_only_is_recognized(host, local):
    assert Server.parse(f"https://{host}").is_local_name is local


OLD = Server.parse("https://127.0.0.1:6443/k8s")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("10.0.0.1", "https://10.0.0.1:6443/k8s"),
        ("10.0.0.1:8443", "https://10.0.0.1:8443/k8s"),
        ("api.example.com", "https://api.example.com:6443/k8s"),
        ("2001:db8::1", "https://[2001:db8::1]:6443/k8s"),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/k8s"),
        ("api.example.com/other", "https://api.example.com:6443/other"),
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com:8443/", "https://api.example.com:8443"),
    ],
)
def test_a_replacing_host_keeps_port_and_path_and_a_replacing_url_does_not(given, url):
    assert Server.replacement(given, OLD).url == url


def test_a_host_without_an_old_address_is_a_complete_address():
    assert Server.replacement("10.0.0.1:6443", None).url == "https://10.0.0.1:6443"


@pytest.mark.parametrize("given", ["", "http://10.0.0.1", "user@10.0.0.1", "two words", "10.0.0.1:99999"])
def test_an_invalid_host_cannot_replace_another(given):
    with pytest.raises(ServerError):
        Server.replacement(given, OLD)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://API.example.com", "https://api.example.com:443/", True),
        ("https://api.example.com.", "https://api.example.com", True),
        ("https://[2001:db8::1]", "https://[2001:db8:0:0::1]:443", True),
        ("https://[::ffff:10.0.0.1]", "https://10.0.0.1", True),
        ("https://10.0.0.1:6443", "https://10.0.0.1", False),
        ("https://10.0.0.1/a", "https://10.0.0.1/b", False),
        ("https://10.0.0.1", "http://10.0.0.1", False),
        ("https://10.0.0.1", "", False),
        ("https://10.0.0.1", None, False),
    ],
)
def test_equivalent_addresses_are_equal(one, other, same):
    assert Server.parse(one).is_same_as(other) is same


def test_a_proxy_may_have_other_schemes_and_a_user():
    proxy = Server.parse("socks5://user:word@10.0.0.1:1080", ("http", "https", "socks5"), user_info=True)
    assert (proxy.scheme, proxy.host, proxy.port) == ("socks5", "10.0.0.1", 1080)
