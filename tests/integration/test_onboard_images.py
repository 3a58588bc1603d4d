# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the onboard role, with a real private registry and the real skopeo and podman.

Each cluster of a run is a separate case, and uses the organization with its name in the registry.
"""

from __future__ import annotations

import gzip
import json
import os
import shlex
import subprocess
import threading
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
import registry as private
from kubectl.standin import StandIn
from registry import PASSWORD, USERNAME

from hosts import SshHosts
from playbooks import play
from simulator import Fault, manifests
from simulator import images as image_archive

ASK = "ShowMultiCloudClusterImageCommand"
WRONG = "canary-not-this-one"
LAYERS = {name: image_archive.layer(name.encode()) for name in ("hostguard", "proxy-agent")}
OF_HSS = "vendor"  # the organization for which HSS names its own archive
NOTHING = {"changed": False, "failed": False, "msg": ""}
LOADED = {**NOTHING, "changed": True}
PLAYBOOK = """
- hosts: clusters
  gather_facts: false
  environment:
    PATH: "{{ tools }}:/usr/bin:/bin"
    SSL_CERT_FILE: "{{ ca }}"
    TOOL_CA: "{{ tool_ca }}"
    TMPDIR: "{{ tmp }}"
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: huaweicloud.hss.hss_onboard
      rescue:
        - ansible.builtin.meta: noop
    - ansible.builtin.copy:
        content: >-
          {{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'hss_onboard_result')))
             | to_json }}
        dest: "{{ results }}"
        mode: "0600"
      run_once: true
      delegate_to: localhost
      check_mode: false
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The certificate of the registry and the web server."""
    return private.Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture
def registry(tmp_path, authority):
    """An empty registry."""
    with private.Registry(tmp_path / "registry", authority) as started:
        yield started


@pytest.fixture
def site(authority):
    """The web server from which the archives of HSS are downloaded."""
    with private.downloads(authority) as started:
        started.files["/hostguard.tar"] = image_archive.archive({"hostguard:latest": LAYERS["hostguard"]})
        yield started


@pytest.fixture
def hss(monkeypatch, site):
    """The responses of HSS for organizations, if they differ from those of the simulator."""
    different = {}
    own = manifests.image_commands

    def answer(repo, organization, *more):
        # The URL contains a signature.
        said = {**own(repo, organization, *more)}
        if organization != OF_HSS:
            said["images_download_url"] = f"{site.url}/hostguard.tar?canary-signature"
        said |= different.get(organization, {})
        return {name: text.replace("@TARGET@", f"{repo}/{organization}") for name, text in said.items()}

    monkeypatch.setattr(manifests, "image_commands", answer)
    return different


class Images:
    """Runs the role for clusters {name: variables}. Variables that the role does not have are cluster options."""

    def __init__(self, folder, simulator, registry, authority):
        self.folder, self._simulator, self._authority = folder, simulator, authority
        self.registry = registry.address
        self.others = {}
        self._standins = {}

    def __call__(self, clusters, *arguments, connected=()):
        """Returns the run, and what became of each cluster's images."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        (self.folder / "play.yml").write_text(PLAYBOOK)
        hosts = {name: self._variables(name, dict(given)) for name, given in clusters.items()}
        inventory = {"all": {"children": {"clusters": {"hosts": hosts}, "others": {"hosts": self.others}}}}
        (self.folder / "hosts.json").write_text(json.dumps(inventory))
        if connected:
            self._play("--limit", ",".join(connected), hss_onboard_install_agent=False)
            for cluster in self._simulator.clusters():
                self._simulator.set_status(cluster.cluster_id, "connect_success")
        (self.folder / "results.json").unlink(missing_ok=True)
        played = self._play(*arguments)
        assert played.code == 0, played.output
        assert played.hosts_with("unreachable") == set()
        results = json.loads((self.folder / "results.json").read_text())
        return played, {name: images_of(name, result) for name, result in results.items()}

    def _play(self, *arguments, **extra):
        return play(
            str(self.folder / "play.yml"),
            self.folder / "hosts.json",
            self.folder,
            {
                **self._simulator.environment(),
                "ANSIBLE_REMOTE_TMP": str(self.folder / "remote-tmp"),
                # Older versions show it with -vvv anyway.
                "ANSIBLE_INJECT_INVOCATION": "1",
            },
            *arguments,
            results=str(self.folder / "results.json"),
            tools=str(self.folder / "tool" / "bin"),
            tmp=str(self.folder / "tmp"),
            **extra,
        )

    def _variables(self, name, given):
        if name not in self._standins:
            self._standins[name] = StandIn(self.folder / "clusters" / name)
        standin = self._standins[name]
        own = {key: given.pop(key) for key in list(given) if key.startswith(("hss_", "ca", "tool_"))}
        cluster = {
            "image_repo": self.registry,
            "organization": name,
            "image_repo_username": USERNAME,
            "image_repo_password": PASSWORD,
            **given,
        }
        ca = str(self._authority.certificate)
        role = {
            "hss_onboard_become": False,
            "hss_onboard_cluster": cluster,
            "hss_onboard_install_agent": True,
            "hss_onboard_kubeconfig_path": standin.kubeconfig,
            "hss_onboard_kubectl": standin.kubectl,
            "hss_onboard_preflight": False,
            "hss_onboard_result": {},  # for hosts that the role does not get to
            "hss_onboard_server": f"10.0.1.{list(self._standins).index(name) + 1}",
            "hss_onboard_wait": False,
        }
        return {"ansible_connection": "local", "ca": ca, "tool_ca": ca, **role, **own}

    def target(self, name, image="hostguard:latest"):
        """Returns the name of an image in the registry."""
        return f"{self.registry}/{name}/{image}"

    def told(self, verb):
        """Returns how often the tools were called with this command."""
        calls = self.folder / "tool" / "calls"
        return sum(verb in line.split() for line in calls.read_text().splitlines()) if calls.exists() else 0

    def left(self):
        """Returns the files that the runs left in the temporary folders and in the storage of podman."""
        folders = [self.folder / "tmp", self.folder / "remote-tmp", self.folder / "tool" / "storage" / "vfs" / "dir"]
        return [path for folder in folders if folder.exists() for path in folder.iterdir()]


@pytest.fixture
def images(tmp_path, simulator, registry, authority, hss):
    """Runs the tasks of the role for images, with skopeo and podman."""
    for name in ("skopeo", "podman"):
        private.install(name, tmp_path / "tool", authority)
    return Images(tmp_path, simulator, registry, authority)


def images_of(name, result):
    """Returns what a host's result says of the images."""
    failed = "failed" in result and result["failed"]
    warnings = [text.removeprefix(f"{name}: ") for text in result.get("warnings", ()) if "images" in text]
    msg = result["msg"].rpartition("; but ")[2] if failed else " ".join(warnings)
    return {"changed": "load_images" in result.get("actions", ()), "failed": failed, "msg": msg}


def skopeo(**more):
    return {"hss_onboard_image_tool": "skopeo", **more}


def podman(**more):
    return {"hss_onboard_image_tool": "podman", **more}


# --- Loading ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_missing_images_are_loaded_once_and_the_password_is_not_leaked(
    images, registry, simulator, authority, site, hss, tmp_path
):
    two = (
        "sudo docker login --username hss --password-stdin @TARGET@\n"
        "docker load --input hostguard.tar;\n"
        "docker image tag hostguard:latest '@TARGET@/hostguard:latest'\n"
        "docker image push '@TARGET@/hostguard:latest'\n"
        'docker tag "proxy-agent:1.2" \\\n  @TARGET@/proxy-agent:1.2 && docker push @TARGET@/proxy-agent:1.2'
    )
    content = {"hostguard:latest": LAYERS["hostguard"], "proxy-agent:1.2": LAYERS["proxy-agent"]}
    # Names say nothing about the contents.
    parts = {
        f"hss-images/{number}": image_archive.archive({name: content[name]}) for number, name in enumerate(content)
    }
    site.files["/two"] = image_archive.zipped(parts)
    site.files["/gz.zip"] = gzip.compress(image_archive.archive(content))
    hss["two"] = {"image_command": two, "images_download_url": f"{site.url}/two"}
    hss["gz"] = {"image_command": two, "images_download_url": f"{site.url}/gz.zip"}
    trusted = tmp_path / "both.pem"
    trusted.write_bytes(authority.certificate.read_bytes() + Path(simulator.ca_file).read_bytes())
    own = podman(hss_onboard_no_log=False, ca=str(trusted))
    clusters = {"one": skopeo(), "two": skopeo(), "gz": skopeo(), OF_HSS: own}
    loaded = dict.fromkeys(clusters, LOADED)

    checked, facts = images(clusters, "--check")
    assert facts == loaded
    assert checked.output.count("1 image would be loaded") >= 2 and "2 images would be loaded" in checked.output
    assert (registry.pushes(), site.asked, images.left()) == (0, [], [])

    (tmp_path / "tool" / "slow").touch()
    with Watch() as watch:
        first, facts = images(clusters, "-vvvv")
    (tmp_path / "tool" / "slow").unlink()
    assert facts == loaded, first.output
    assert (registry.pushes(), len(site.asked), images.left(), first.hosts_with("rescued")) == (6, 3, [], set())
    for name in clusters:
        assert registry.layers(f"{name}/hostguard", "latest") == [image_archive.digest(LAYERS["hostguard"])]
    for name in ("two", "gz"):
        assert registry.layers(f"{name}/proxy-agent", "1.2") == [image_archive.digest(LAYERS["proxy-agent"])]

    # The watch has seen the processes.
    assert {"skopeo", "podman", "login", "copy", "push"} <= watch.seen
    assert watch.leaks == [] and shown(first) == []
    # No file of Ansible contained it during the run.
    task = "TASK [huaweicloud.hss.hss_onboard : Load the agents' images into the private registry]"
    loading = first.output.partition(task)[2].partition("TASK [")[0]
    assert "EXEC" in loading and "login" in loading
    own = {tmp_path / "extra.json", tmp_path / "hosts.json"}
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink() and path not in own]
    assert [path for path in files if any(text.encode() in path.read_bytes() for text in spellings())] == []

    _again, facts = images(clusters)
    assert facts == dict.fromkeys(clusters, NOTHING)
    # Only the missing image is loaded.
    hss["two"]["image_command"] = two.replace("@TARGET@/hostguard:latest", "@TARGET@/hostguard:new")
    checked, facts = images(clusters, "--check")
    assert facts == {**dict.fromkeys(clusters, NOTHING), "two": LOADED} and "1 image would be loaded" in checked.output
    assert (registry.pushes(), len(site.asked), images.told("load")) == (6, 3, 1)


def test_clusters_with_the_same_registry_load_the_images_once(images, registry, site):
    same = skopeo(organization="shared")
    wrong = skopeo(organization="shared", image_repo_password=WRONG)
    _played, facts = images({"shop": same, "bank": same, "mint": skopeo(), "evil-1": wrong, "evil-2": wrong})
    assert [name for name, fact in facts.items() if fact["changed"]] == ["shop", "mint"]
    assert [name for name, fact in facts.items() if fact["failed"]] == ["evil-1", "evil-2"]
    assert facts["bank"] == NOTHING and facts["evil-1"]["msg"] == facts["evil-2"]["msg"] != ""
    assert (len(site.asked), registry.pushes(), images.told("login")) == (2, 2, 3)


def test_another_host_can_load_the_images(images, registry):
    with SshHosts(names=["bastion", "gone"]) as hosts:
        inventory = json.loads(hosts.inventory_path.read_text())["all"]["children"]["ssh_hosts"]
        images.others = {name: {**inventory["vars"], **own} for name, own in inventory["hosts"].items()}
        images.others["gone"]["ansible_port"] = 1
        clusters = {
            "shop": skopeo(hss_onboard_image_host="bastion", hss_onboard_no_log=False),
            "lost": skopeo(hss_onboard_image_host="gone"),
        }
        with Watch() as watch:
            played, facts = images(clusters, "-vvvv")
        assert facts["shop"]["changed"], played.output
        assert hosts.commands("bastion") and registry.tags("shop/hostguard") == ["latest"]
        assert watch.leaks == [] and shown(played) == [] and images.left() == []
        assert not list((hosts.home("bastion") / ".ansible").glob("tmp/*"))
    assert facts["lost"]["failed"] and registry.pushes() == 1
    assert "the host that is to load the images could not be reached, on the host gone: " in facts["lost"]["msg"]


# --- Failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_every_failure_has_its_own_message(images, site, hss, registry, tmp_path):
    hostguard = site.files["/hostguard.tar"]
    site.files["/other.tar"] = image_archive.archive({"somethingelse:1": LAYERS["hostguard"]})
    site.files["/page.tar"] = b"<html>Please sign in</html>"
    for name, file in (("foreign", "other"), ("page", "page")):
        for tool in ("sk", "po"):
            hss[f"{name}-{tool}"] = {"images_download_url": f"{site.url}/{file}.tar"}
    hss["gone"] = {"images_download_url": f"{site.url}/gone.tar?canary-signature"}
    stranger = str(private.Authority(tmp_path / "stranger").certificate)
    clusters = {}
    for tool, of in (("sk", skopeo), ("po", podman)):
        clusters |= {
            f"login-{tool}": of(image_repo_password=WRONG),
            f"registry-{tool}": of(tool_ca=stranger),
            f"foreign-{tool}": of(),
            f"page-{tool}": of(),
        }
    clusters |= {"checksum": podman(hss_onboard_image_checksum=f"sha256:{'0' * 64}"), "gone": skopeo()}
    clusters["web"] = skopeo(ca=stranger)
    with private.downloads(None) as plain:
        plain.files = site.files
        hss["plain"] = hss["checked"] = {"images_download_url": f"{plain.url}/hostguard.tar"}
        clusters["plain"] = skopeo()
        clusters["checked"] = skopeo(hss_onboard_image_checksum=image_archive.digest(hostguard))
        played, facts = images(clusters, "-vvvv")
        assert plain.asked == ["/hostguard.tar"]

    # With a checksum, plain HTTP is accepted.
    assert [name for name, fact in facts.items() if not fact["failed"]] == ["checked"]
    assert [name for name, fact in facts.items() if fact["changed"]] == ["checked"]
    assert (registry.pushes(), images.left()) == (1, [])
    assert "canary" not in json.dumps(facts) and WRONG not in played.output + played.log and shown(played) == []
    assert not [fact for fact in facts.values() if "\n" in fact["msg"]]
    here = "on the host localhost: "
    login = f"could not log in to the registry {images.registry} as {USERNAME}, {here}"
    for tool in ("sk", "po"):
        said = {name.partition("-")[0]: fact["msg"] for name, fact in facts.items() if name.endswith(f"-{tool}")}
        assert said["login"] == f'{login}logging into "{images.registry}": invalid username/password'
        assert said["registry"].startswith(login) and "x509" in said["registry"]
        unusable = f"the images' archive cannot be used, {here}it "
        assert said["foreign"] == f"{unusable}has no hostguard:latest; there are somethingelse:1"
        assert said["page"] == f"{unusable}is neither an image archive nor a ZIP of image archives"
    checksum, gone = facts["checksum"]["msg"], facts["gone"]["msg"]
    assert checksum.startswith(f"the images' archive is not the one of hss_onboard_image_checksum, {here}")
    assert gone.startswith(f"could not download {site.url}/gone.tar, {here}") and "404" in gone
    assert facts["web"]["msg"].startswith("could not download") and "certificate" in facts["web"]["msg"].lower()
    assert facts["plain"]["msg"].startswith("HSS gives an address without TLS for the images' archive; ")


def test_missing_verbose_and_unknown_tools(images, tmp_path, site):
    tools = tmp_path / "tool" / "bin"
    (tools / "podman").unlink()
    (tools / "skopeo").write_text(
        '#!/bin/sh\n[ "$1" = login ] || exit 0\nread -r word\n'
        f'echo "Error: no login for $word, $(printf %s "{USERNAME}:$word" | base64)" >&2\nexit 1\n'
    )
    clusters = {
        "missing": podman(),
        "talkative": skopeo(hss_onboard_no_log=False),
        "unknown": {"hss_onboard_image_tool": "crane"},
    }
    played, facts = images(clusters, "-vvvv")
    assert facts["missing"]["msg"] == (
        "there is no podman on the host localhost: install it there, or name a host that has it as "
        "hss_onboard_image_host"
    )
    assert facts["talkative"]["msg"].endswith("on the host localhost: no login for ********, ********")
    assert "value of hss_onboard_image_tool must be one of: skopeo, podman, got: crane" in played.output
    assert [name for name, fact in facts.items() if fact["failed"]] == ["missing", "talkative", "unknown"]
    assert (shown(played), site.asked, images.left()) == ([], [], [])


# --- Without a tool ---------------------------------------------------------------------------------------------------


def test_without_a_tool_the_report_describes_what_to_do(images, simulator, site, hss, tmp_path):
    shared = {"organization": "shared"}
    loop = "for i in *.tar; do docker load -i $i; docker tag $i @TARGET@/$i; docker push @TARGET@/$i; done"
    hss["loop"] = {"image_command": loop}
    # The registration has sent the password.
    hostile = "docker tag a @TARGET@/a; echo \u202e \x1b[31m \u200b " + PASSWORD
    hss["hostile"] = {"image_command": hostile, "images_download_url": f"https://h.example.com/\u202e{PASSWORD}"}
    for tool in ("none", "tool"):
        simulator.fault(ASK, Fault.status(400, error_code="HSS.0013"), times=9, match=f"refused-{tool}")
    clusters = {
        "bank": shared,
        "shop": shared,
        "mint": shared,
        "loop": skopeo(),
        "hostile": {},
        "refused-none": {},
        "refused-tool": skopeo(),
    }
    played, facts = images(clusters, "-vvvv", connected=["bank"])
    assert shown(played) == [] and not any(fact["changed"] for fact in facts.values())
    assert [name for name, fact in facts.items() if fact["failed"]] == ["refused-tool"]
    assert (site.asked, images.told("login")) == ([], 0)
    # The password is not sent to HSS either.
    assert [entry for entry in simulator.requests(ASK) if PASSWORD in json.dumps(entry.query)] == []
    assert len(simulator.requests(ASK)) >= len(clusters)

    # Once for each registry, and for each cluster that needs the images.
    assert (facts["bank"], facts["mint"]) == (NOTHING, NOTHING)
    said, registry = facts["shop"]["msg"], images.registry
    assert f"in the registry {registry} already, download {site.url}/hostguard.tar?canary-signature, put" in said
    assert facts["hostile"]["msg"].endswith("'********'")
    assert PASSWORD not in played.output + json.dumps(facts) and not set("\u202e\u200b\x1b") & set(played.output)
    assert facts["loop"]["msg"].startswith(
        "skopeo was not run, since the images' names in HSS's command are not plain names; unless HSS's images are"
    )
    assert facts["loop"]["msg"].endswith(loop.replace("@TARGET@", f"{registry}/loop"))
    for tool in ("none", "tool"):
        msg = facts[f"refused-{tool}"]["msg"]
        assert f"HSS's commands for the registry {registry} could not be had: " in msg and "HSS.0013" in msg

    # The command works in a shell as it is printed in JSON.
    assert json.dumps(said) == f'"{said}"' and said in played.output + json.dumps(facts)
    (tmp_path / "stub").mkdir()
    stub = tmp_path / "stub" / "docker"
    stub.write_text('#!/bin/sh\nprintf "<%s>" "$@"; echo\n')
    stub.chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'stub'}:/usr/bin:/bin", "REGISTRY_PASSWORD": "sEcret$1"}
    (tmp_path / "stub" / "unzip").symlink_to(stub)
    command = ["sh", "-c", said.partition("in the archive's folder: ")[2]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "<hss-images.zip>",
        f"<login><-u><hss><-p><sEcret$1><{registry}>",
        "<load><-i><hostguard.tar>",
        f"<tag><hostguard:latest><{registry}/shared/hostguard:latest>",
        f"<push><{registry}/shared/hostguard:latest>",
    ]


# --- The password -----------------------------------------------------------------------------------------------------


def spellings():
    both = f"{USERNAME}:{PASSWORD}"
    return [
        PASSWORD,
        quote(PASSWORD),
        shlex.quote(PASSWORD),
        *(b64encode(t.encode()).decode() for t in (PASSWORD, both)),
    ]


def shown(played):
    """Returns the parts of the output and the log that contain the password or most of it."""
    text = played.output + played.log
    pieces = [spelling[at : at + 12] for spelling in spellings() for at in range(0, len(spelling) - 12, 3)]
    return [piece for piece in pieces if piece in text]


class Watch:
    """Repeatedly records the arguments and the environment of all processes."""

    def __init__(self):
        self.leaks, self.seen = [], set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join(20)

    def _run(self):
        secrets = [spelling.encode() for spelling in spellings()]
        while not self._stop.wait(0.05):
            for folder in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        data = (folder / name).read_bytes()
                    except OSError:
                        continue
                    self.leaks += [(name, data) for secret in secrets if secret in data]
                    if name == "cmdline" and b"/tool/bin/" in data:
                        words = [os.path.basename(word).decode(errors="replace") for word in data.split(b"\0")]
                        self.seen.update(word for word in words if word.isalpha())
