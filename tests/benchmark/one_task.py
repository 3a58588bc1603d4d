# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the CPU time of one task that finds a registered cluster unchanged, compared with alternatives."""

from __future__ import annotations

import importlib.util
import resource
import statistics
import sys
import tempfile
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import kubeconfigs  # noqa: E402

from playbooks import play  # noqa: E402
from simulator import Simulator  # noqa: E402

# A module that lists clusters with the vendor's SDK, written as the vendor's documentation describes.
SDK_MODULE = """\
import os

from ansible.module_utils.basic import AnsibleModule
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkhss.v5 import HssClient, ListMultiCloudClustersRequest


def main():
    module = AnsibleModule({"name": {"type": "str"}})
    key = [os.environ[name] for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_PROJECT_ID")]
    credentials = BasicCredentials(*key)
    config = HttpConfig.get_default_config()
    config.ssl_ca_cert = os.environ["HW_CA_PATH"]
    client = HssClient.new_builder().with_credentials(credentials).with_http_config(config)
    client = client.with_endpoints([os.environ["HW_HSS_ENDPOINT"]]).build()
    rows = client.list_multi_cloud_clusters(ListMultiCloudClustersRequest(offset=0, limit=200)).data_list
    module.exit_json(changed=False, found=module.params["name"] in [row.cluster_name for row in rows])


main()
"""


def main(runs: int = 10) -> None:
    """Prints the CPU time of each way and its ratio to the task of ansible.builtin.uri."""
    with tempfile.TemporaryDirectory(prefix="hss-benchmark-") as name, Simulator() as simulator:
        folder = Path(name)
        interpreter = f"ansible_python_interpreter={sys.executable}"
        (folder / "inventory").write_text(f"localhost ansible_connection=local {interpreter}\n")
        (folder / "kubeconfig").write_text(kubeconfigs.kubeadm("https://192.0.2.1:6443"))
        (folder / "library").mkdir()
        (folder / "library" / "listed_with_sdk.py").write_text(SDK_MODULE)
        listing = f"{simulator.endpoint}/v5/{simulator.project_id}/container/kubernetes/multi-cloud/clusters"
        ways = {
            "an empty play": [],
            "ansible.builtin.uri, the listing": [
                {
                    "ansible.builtin.uri": {
                        "url": f"{listing}?offset=0&limit=200",
                        "headers": {"X-Auth-Token": simulator.issue_token()},
                        "ca_path": simulator.ca_file,
                    }
                }
            ],
            "hss_multicloud_cluster, unchanged": [
                {
                    "huaweicloud.hss.hss_multicloud_cluster": {
                        "name": "shop",
                        "kube_config": f"{{{{ lookup('ansible.builtin.file', '{folder}/kubeconfig') }}}}",
                    }
                }
            ],
            "hss_multicloud_cluster without kube_config, unchanged": [
                {"huaweicloud.hss.hss_multicloud_cluster": {"name": "shop"}}
            ],
            "a module that uses the vendor's SDK, the listing": [{"listed_with_sdk": {"name": "shop"}}],
        }
        if not _has_sdk():
            del ways["a module that uses the vendor's SDK, the listing"]
        for number, tasks in enumerate(ways.values()):
            book = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
            (folder / f"{number}.yml").write_text(yaml.safe_dump(book))
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for run in range(runs + 1):  # the first one registers the cluster and warms caches
            for number, way in enumerate(ways):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                played = play(str(folder / f"{number}.yml"), folder / "inventory", folder, simulator.environment())
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                if played.code:
                    sys.exit(played.output[-3000:])
                if run:
                    seconds[way].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        reference = min(seconds["ansible.builtin.uri, the listing"])
        print(f"CPU time of a whole ansible-playbook with one task, {runs} runs each, taking turns")
        print("minimum  median  ratio of minimums")
        for way, values in seconds.items():
            print(f"{min(values):6.2f} s {statistics.median(values):6.2f} s {min(values) / reference:6.2f}  {way}")


def _has_sdk() -> bool:
    return importlib.util.find_spec("huaweicloudsdkhss") is not None


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
