# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin runs for real in Ansible's own inventory, over strict transcripts."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from ansible import template
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from responses import matchers

DAY = 86_400_000
SECRET_KEY = "SKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSKSK"
CONNECTION = {
    "endpoint": "https://hss.example.com",
    "project_id": "project-1",
    "access_key": "AKAKAKAKAKAKAKAKAKAK",
    "secret_key": SECRET_KEY,
    "max_retries": 0,
}


def clusters_url(project="project-1", host="hss.example.com"):
    return f"https://{host}/v5/{project}/container/kubernetes/multi-cloud/clusters"


def row(name="shop", cluster_id=None, days=365, **fields):
    date = int(time.time() * 1000) + days * DAY + DAY // 2
    return {
        "cluster_id": cluster_id or f"id-{name}",
        "cluster_name": name,
        "provider": "aws",
        "server": "https://10.0.0.5:6443",
        "image_repo": None,
        "status": "connect_success",
        "version": "v1.30",
        "current_expiration_date": date,
        "certificate_expiration_date": date + DAY,
        **fields,
    }


def page(*rows, total=None):
    return {"total_num": len(rows) if total is None else total, "data_list": list(rows)}


class Parsed:
    """A parsed inventory."""

    def __init__(self, inventory: InventoryData, loader: DataLoader, output: str) -> None:
        self.inventory, self.output = inventory, output
        self._loader = loader
        inventory.reconcile_inventory()

    @property
    def groups(self):
        """The names of the hosts by group, without Ansible's own groups."""
        own = ("all", "ungrouped")
        return {n: [h.name for h in g.get_hosts()] for n, g in self.inventory.groups.items() if n not in own}

    def variables(self, host):
        """The variables of a host, without Ansible's own."""
        found = self.inventory.hosts[host].vars
        return {name: value for name, value in found.items() if not name.startswith("inventory_")}

    def rendered(self, text, host):
        """A template with the variables of a host, as in a task."""
        text = template.trust_as_template(text) if hasattr(template, "trust_as_template") else text
        return template.Templar(loader=self._loader, variables=self.inventory.hosts[host].vars).template(text)


@pytest.fixture(autouse=True)
def _one_request_at_a_time(monkeypatch):
    """Requests for several sources or clusters have no fixed order otherwise."""
    from ansible_collections.huaweicloud.hss.plugins.inventory import hss_multicloud
    from ansible_collections.huaweicloud.hss.plugins.module_utils._clusters import listing

    for module in (hss_multicloud, listing):
        monkeypatch.setattr(module, "_CONCURRENCY", 1)


@pytest.fixture
def parse(tmp_path, monkeypatch, capsys):
    """Parses a file with these options, with the defaults of CONNECTION."""
    monkeypatch.setenv("HOME", str(tmp_path))
    plugin_of = inventory_loader.get

    def run(options=None, *, cache=True, hosts=(), connection=None):
        path = tmp_path / "fleet.hss_multicloud.yml"
        content = {
            "plugin": "huaweicloud.hss.hss_multicloud",
            **(CONNECTION if connection is None else connection),
            **(options or {}),
        }
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        inventory, loader = InventoryData(), DataLoader()
        for host in hosts:
            inventory.add_host(host)
        plugin = plugin_of("huaweicloud.hss.hss_multicloud")
        assert plugin.verify_file(str(path))
        plugin.parse(inventory, loader, str(path), cache=cache)
        plugin.update_cache_if_changed() if content.get("cache") else None
        output = "".join(capsys.readouterr())
        return Parsed(inventory, loader, output)

    return run


def test_clusters_become_hosts_with_variables_and_groups(transcript, parse):
    shop, old = row(), row("old", days=29, status="connect_fail", provider="self_built_idc", server=None)
    transcript.get(clusters_url(), json=page(shop, old))
    parsed = parse()
    assert parsed.variables("shop") == {
        **shop,
        "days_left": 365,
        "source": {
            "region": None,
            "endpoint": "https://hss.example.com",
            "project_id": "project-1",
            "project_name": None,
            "enterprise_project_id": None,
        },
    }
    assert parsed.groups == {
        "hss_clusters": ["shop", "old"],
        "hss_provider_aws": ["shop"],
        "hss_provider_self_built_idc": ["old"],
        "hss_status_connect_success": ["shop"],
        "hss_status_connect_fail": ["old"],
        "hss_expiring": ["old"],
    }


def test_undocumented_fields_are_no_variables(transcript, parse):
    """HSS must not be able to set ansible_connection, and a secret that it returned would get into the cache."""
    hostile = {"ansible_connection": "local", "kubeconfig": "k", "image_repo_password": "p", "version": {"a": 1}}
    transcript.get(clusters_url(), json=page(row(**hostile)))
    variables = parse().variables("shop")
    assert not {"ansible_connection", "kubeconfig", "image_repo_password"} & set(variables)
    assert variables["version"] is None


def test_text_of_hss_is_not_rendered(transcript, parse):
    attack = "{{ 6 * 7 }}{% for x in [1] %}y{% endfor %}"
    transcript.get(clusters_url(), json=page(row(attack, "c-1", server=attack)))
    parsed = parse(
        {
            "compose": {"copied": "cluster_name", "address": "server ~ '!'"},
            "keyed_groups": [{"key": "server", "prefix": "at"}],
            "strict": True,
        }
    )
    (host,) = parsed.groups["hss_clusters"]
    assert host == "6_7_for_x_in_1_y_endfor"
    variables = parsed.variables(host)
    assert variables["cluster_name"] == variables["copied"] == attack and variables["address"] == f"{attack}!"
    for name in ("cluster_name", "copied", "address", "server"):
        assert attack in parsed.rendered(f"{{{{ {name} }}}}", host)
    if hasattr(template, "trust_as_template"):
        assert not template.is_trusted_as_template(variables["cluster_name"])
    else:
        from ansible.utils.unsafe_proxy import AnsibleUnsafe

        assert isinstance(variables["cluster_name"], AnsibleUnsafe)
        assert isinstance(variables["source"]["endpoint"], AnsibleUnsafe)


def test_groups_and_variables_are_constructed(transcript, parse):
    transcript.get(clusters_url(), json=page(row(), row("old", days=3, version=None)))
    parsed = parse(
        {
            "hostvars_prefix": "hss_",
            "compose": {"short": "hss_server | regex_replace('^https://', '')"},
            "groups": {"soon": "hss_days_left < 10"},
            "keyed_groups": [{"key": "hss_version", "prefix": "kubernetes"}],
            "expiring_days": 3,
        }
    )
    assert parsed.variables("shop")["short"] == "10.0.0.5:6443" and "server" not in parsed.variables("shop")
    assert parsed.groups["soon"] == ["old"] and parsed.groups["kubernetes_v1_30"] == ["shop"]
    assert "hss_expiring" not in parsed.groups


def test_a_strict_construction_fails_and_another_is_passed_over(transcript, parse):
    transcript.get(clusters_url(), json=page(row()))
    assert "bad" not in parse({"compose": {"bad": "nothing.here"}}).variables("shop")
    transcript.get(clusters_url(), json=page(row()))
    with pytest.raises(AnsibleError, match="Could not set bad for host shop"):
        parse({"compose": {"bad": "nothing.here"}, "strict": True})


def test_a_cluster_that_is_called_like_a_group_does_not_set_its_variables(transcript, parse):
    names = ("hss_provider_aws", "soon", "localhost")
    transcript.get(clusters_url(), json=page(*(row(name, f"id{n}") for n, name in enumerate(names))))
    parsed = parse({"groups": {"soon": "true"}}, hosts=["db-1"])
    assert parsed.groups["hss_clusters"] == ["hss_provider_aws_id0", "soon_id1", "localhost_id2"]
    assert not any(group.vars for group in parsed.inventory.groups.values())
    assert parsed.groups["soon"] == parsed.groups["hss_clusters"]


# --- sources ----------------------------------------------------------------------------------------------------------


def test_sources_inherit_and_override(transcript, parse):
    hosts = ["eu-west-101.myhuaweicloud.eu", "cn-north-4.myhuaweicloud.com", "cn-north-1.myhuaweicloud.com"]
    ep = [matchers.query_param_matcher({"enterprise_project_id": ep, "offset": "0", "limit": "200"}) for ep in "ab"]
    for project, host, match in (("p1", hosts[0], ep[0]), ("p2", hosts[1], ep[1]), ("p3", hosts[2], ep[0])):
        transcript.get(clusters_url(project, f"hss.{host}"), json=page(row(project)), match=[match])
    common = {name: CONNECTION[name] for name in ("access_key", "secret_key", "max_retries")}
    parsed = parse(
        {
            "region": "eu-west-101",
            "project_id": "p1",
            "enterprise_project_id": "a",
            "sources": [
                {},
                {"region": "cn-north-4", "project_id": "p2", "enterprise_project_id": "b"},
                {"region": "cn-north-1", "project_id": "p3", "auth_token": "T" * 20},
            ],
        },
        connection=common,
    )
    assert parsed.groups["hss_clusters"] == ["p1", "p2", "p3"]
    source = parsed.variables("p2")["source"]
    assert (source["region"], source["project_id"], source["enterprise_project_id"]) == ("cn-north-4", "p2", "b")
    signed, token = transcript.calls[1].request.headers, transcript.calls[2].request.headers
    assert "Authorization" in signed and token["X-Auth-Token"] == "T" * 20 and "Authorization" not in token


def test_a_project_of_the_file_does_not_belong_to_the_region_of_a_source(parse, transcript):
    projects = {"projects": [{"id": "found", "name": "cn-north-4"}]}
    transcript.get("https://iam.cn-north-4.myhuaweicloud.com/v3/projects", json=projects)
    transcript.get(clusters_url("found", "hss.cn-north-4.myhuaweicloud.com"), json=page(row()))
    connection = {name: value for name, value in CONNECTION.items() if name != "endpoint"}
    assert parse({"sources": [{"region": "cn-north-4"}]}, connection=connection).groups["hss_clusters"] == ["shop"]


def test_a_cluster_that_two_sources_list_is_one_host(transcript, parse):
    transcript.get(clusters_url(), json=page(row()))
    transcript.get(clusters_url(), json=page(row(), row("other")))
    sources = [{"enterprise_project_id": "a"}, {"enterprise_project_id": "all_granted_eps"}]
    parsed = parse({"sources": sources})
    assert parsed.groups["hss_clusters"] == ["shop", "other"]
    assert parsed.variables("shop")["source"]["enterprise_project_id"] == "a"


def test_the_same_name_in_two_sources(transcript, parse):
    transcript.get(clusters_url(), json=page(row(cluster_id="c1")))
    transcript.get(clusters_url("project-2"), json=page(row(cluster_id="c2")))
    parsed = parse({"sources": [{}, {"project_id": "project-2"}]})
    assert parsed.groups["hss_clusters"] == ["shop_c1", "shop_c2"]


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"filter": {}}, "Unsupported options: filter. filter: did you mean filters?"),
        ({"acess_key": "x"}, "acess_key: did you mean access_key?"),
        ({"filters": {"names": ["x"]}}, "filters: unsupported options: names. names: did you mean name?"),
        ({"filters": {"status": ["bad"]}}, "filters: value of status must be one or more of"),
        ({"filters": {"cluster_id": " "}}, "cluster_id: must not be empty"),
        ({"include": ["permissions"]}, "include"),
        ({"hostvars_prefix": "ansible_"}, "hostvars_prefix: must begin a variable's name"),
        ({"hostvars_prefix": "a-b"}, "hostvars_prefix: must begin a variable's name"),
        ({"sources": []}, "sources: must be a list with at least one entry"),
        ({"sources": [{}] * 101}, "sources: has 101 entries"),
        ({"sources": ["x"]}, r"sources\[1\]: must be a mapping"),
        (
            {"sources": [{}, {"regoin": "x"}]},
            r"sources\[2\]: unsupported options: regoin. regoin: did you mean region?",
        ),
        ({"sources": [{"timeout": "soon"}]}, r"sources\[1\]: argument 'timeout'"),
        ({"sources": [{}, {"enterprise_project_id": "0"}]}, r"sources\[1\] .* and sources\[2\] .* lead to the same"),
        ({"sources": [{}, {"auth_token": "a b"}]}, r"sources\[2\] .*auth_token: holds a space"),
        ({"endpoint": "nothing at all"}, "endpoint: not an address"),
    ],
)
def test_options_that_cannot_work_are_refused_before_any_request(transcript, parse, options, reason):
    with pytest.raises(AnsibleError, match=reason) as caught:
        parse(options)
    assert SECRET_KEY not in str(caught.value)


def test_an_incomplete_list_is_an_error(transcript, parse, pauses):
    for _attempt in range(4):
        transcript.get(clusters_url(), json=page(row(), total=2))
        transcript.get(clusters_url(), json=page(total=2))
    with pytest.raises(AnsibleError, match="HSS gave no complete list in 4 attempts"):
        parse()


def test_one_failing_source_fails_the_inventory_and_names_itself(transcript, parse):
    transcript.get(clusters_url(), json=page(row()))
    refused = {"error_code": "HSS.0010", "error_msg": f"denied {SECRET_KEY}\x1b[2J {{{{ 1 }}}}"}
    transcript.get(clusters_url("project-2"), json=refused, status=400)
    with pytest.raises(AnsibleError) as caught:
        parse({"sources": [{}, {"project_id": "project-2"}]})
    text = str(caught.value)
    assert text.startswith("sources[2] (https://hss.example.com, project-2): Could not list the registered clusters")
    assert "HSS.0010" in text and "FullAccess" in text and SECRET_KEY not in text and "\x1b" not in text


def test_a_refused_credential_is_tried_once(transcript, parse):
    transcript.get(clusters_url(), json={"error_code": "APIGW.0301"}, status=401)
    with pytest.raises(AnsibleError, match="APIGW.0301"):
        parse({"sources": [{"enterprise_project_id": name} for name in "abcdef"]})
    assert len(transcript.calls) == 1


def test_an_unexpected_error_shows_no_text(parse, monkeypatch):
    from ansible_collections.huaweicloud.hss.plugins.inventory import hss_multicloud

    monkeypatch.setattr(hss_multicloud, "fingerprint", lambda *_args: 1 / 0)
    with pytest.raises(AnsibleError, match="Unexpected ZeroDivisionError at .*Please report"):
        parse()


# --- options ----------------------------------------------------------------------------------------------------------


def test_options_can_be_templates(transcript, parse, monkeypatch):
    monkeypatch.setenv("FLEET_KEY", SECRET_KEY)
    transcript.get(clusters_url(), json=page(row()))
    lookup = "{{ lookup('ansible.builtin.env', 'FLEET_KEY') }}"
    parse({"sources": [{"secret_key": lookup, "access_key": CONNECTION["access_key"]}], "secret_key": lookup})
    signature = transcript.calls[0].request.headers["Authorization"]
    transcript.get(clusters_url(), json=page(row()))
    parse()
    assert (
        signature.partition("Signature=")[0]
        == transcript.calls[1].request.headers["Authorization"].partition("Signature=")[0]
    )


def test_an_empty_filter_sends_nothing(transcript, parse):
    assert parse({"filters": {"name": []}}).groups == {"hss_clusters": []}


def test_filters(transcript, parse):
    rows = [row(), row("old", days=3), row("far", provider="ali")]
    transcript.get(clusters_url(), json=page(*rows))
    assert parse({"filters": {"provider": ["aws"], "expires_within_days": 30}}).groups["hss_clusters"] == ["old"]
    query = {"cluster_id": "id-old", "offset": "0", "limit": "200"}
    transcript.get(clusters_url(), json=page(rows[1]), match=[matchers.query_param_matcher(query)])
    assert parse({"filters": {"cluster_id": "id-old"}}).groups["hss_clusters"] == ["old"]


def test_the_node_agent_is_included_or_null_with_a_warning(transcript, parse):
    transcript.get(clusters_url(), json=page(row("a"), row("b"), row("c")))
    base = "https://hss.example.com/v5/project-1/container/kubernetes/clusters"
    agent = {
        "installed_status": "install_success",
        "runtime_info": [],
        "yaml_content": "x",
        "ds_info": {"ready_num": 2},
    }
    transcript.get(f"{base}/id-a/daemonsets", json=agent)
    transcript.get(f"{base}/id-b/daemonsets", json={"runtime_info": None, "yaml_content": None})
    transcript.get(f"{base}/id-c/daemonsets", json={"error_code": "HSS.0011", "error_msg": "gone"}, status=400)
    parsed = parse({"include": ["daemonset"], "groups": {"bare": "daemonset is none"}, "strict": True})
    daemonset = parsed.variables("a")["daemonset"]
    assert daemonset["ds_info"] == {"ready_num": 2} and "yaml_content" not in daemonset
    assert parsed.groups["bare"] == ["b", "c"]
    assert "c: Could not read the node agent" in " ".join(parsed.output.split())


HOSTS = "https://hss.example.com/v5/project-1/host-management/hosts"


def host(name, cluster_id):
    return {
        "host_id": f"h-{name}",
        "host_name": name,
        "cluster_id": cluster_id,
        "protect_status": "opened",
        "password": "x",
    }


def test_nodes_are_listed_together(transcript, parse):
    transcript.get(clusters_url(), json=page(row("a"), row("b")))
    transcript.get(HOSTS, json=page(host("n1", "id-a"), host("n2", "id-a"), host("n3", "other")))
    parsed = parse({"include": ["hosts"], "region": "cn-north-4"})
    nodes = parsed.variables("a")["nodes"]
    assert [node["host_name"] for node in nodes] == ["n1", "n2"] and "password" not in nodes[0]
    assert parsed.variables("b")["nodes"] == [] and "hosts" not in parsed.variables("b")


def test_nodes_that_cannot_be_listed_are_null(transcript, parse):
    transcript.get(clusters_url(), json=page(row("a")))
    transcript.get(HOSTS, json={"error_code": "HSS.0013", "error_msg": "no"}, status=400)
    parsed = parse({"include": ["hosts"], "region": "cn-north-4"})
    assert parsed.variables("a")["nodes"] is None and "nodes is null for all clusters" in parsed.output
    transcript.get(clusters_url(), json=page(row("a")))
    with pytest.raises(AnsibleError, match="region: is needed here"):
        parse({"include": ["hosts"]})


# --- cache ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path):
    """Options for a cache in files, and its folder."""
    folder = tmp_path / "cache"
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}, folder


def test_the_cache_saves_requests_and_holds_no_secret(transcript, parse, cached):
    options, folder = cached
    attack = "{{ 6 * 7 }}"
    transcript.get(clusters_url(), json=page(row(kubeconfig="client-key-data"), row("b", server=attack)))
    first = parse(options)
    second = parse(options)
    assert first.groups == second.groups and first.variables("shop") == second.variables("shop")
    assert second.rendered("{{ server }}", "b") == attack
    (file,) = folder.iterdir()
    stored = file.read_text()
    assert "id-shop" in stored and "days_left" not in stored
    for secret in (SECRET_KEY, CONNECTION["access_key"], "client-key-data"):
        assert secret not in stored


def test_the_cache_is_refreshed_on_request_and_if_something_else_is_listed(transcript, parse, cached, monkeypatch):
    options, _folder = cached
    for _number in range(4):
        transcript.get(clusters_url(), json=page(row()))
    parse(options)
    parse(options, cache=False)  # as with --flush-cache, and meta: refresh_inventory
    parse({**options, "filters": {"provider": ["aws"]}})
    monkeypatch.setenv("HW_ENTERPRISE_PROJECT_ID", "ep-2")
    parse({**options, "filters": {"provider": ["aws"]}})
    assert len(transcript.calls) == 4


def test_days_left_are_never_from_the_cache(transcript, parse, cached, monkeypatch):
    options, _folder = cached
    transcript.get(clusters_url(), json=page(row(days=31)))
    assert "hss_expiring" not in parse(options).groups
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86_400)
    later = parse({**options, "cache_timeout": 0})
    assert later.variables("shop")["days_left"] == 29 and later.groups["hss_expiring"] == ["shop"]


@pytest.mark.parametrize("stored", [{}, {"fingerprint": "of an older version", "clusters": [{}]}])
def test_a_cache_with_other_content_is_not_used(transcript, parse, cached, stored):
    options, folder = cached
    transcript.get(clusters_url(), json=page(row()))
    parse(options)
    (file,) = folder.iterdir()
    file.write_text(json.dumps(stored))
    transcript.get(clusters_url(), json=page(row()))
    assert parse(options).groups["hss_clusters"] == ["shop"]
