# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs jobs as AWX does: renders the credential, creates the job's folder, streams it to an ansible-runner worker, and
stores the events, the environment and the command line that come back.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from jinja2 import StrictUndefined, sandbox

ROOT = Path(__file__).resolve().parent.parent
AWX = ROOT / "extensions" / "awx"
HIDDEN = "**********"
# AWX hides variables with such names, whoever sets them.
SECRET_NAME = re.compile(r"API|TOKEN|KEY|SECRET|PASS", re.IGNORECASE)


class CredentialType:
    """A credential type, read from its file."""

    def __init__(self, path: Path = AWX / "credential_type.yml") -> None:
        self.described = yaml.safe_load(path.read_text())
        self.fields = {field["id"]: field for field in self.described["inputs"]["fields"]}
        self.injectors = self.described["injectors"]

    @property
    def secret(self) -> set[str]:
        """The inputs that AWX encrypts and hides."""
        return {name for name, field in self.fields.items() if field.get("secret")}

    def inject(self, inputs: dict[str, str], folder: Path, seen_as: Path) -> tuple[dict[str, str], dict[str, str]]:
        """Returns the variables that a job gets from these inputs, and the same variables as AWX stores them.

        :arg folder: the folder of the job, in which an injected file is created.
        :arg seen_as: the path of this folder on the node that runs the job.
        """
        given = {name: value for name, value in inputs.items() if value}
        shown = {name: HIDDEN if name in self.secret else value for name, value in given.items()}
        tower: dict[str, Any] = {}
        if template := self.injectors.get("file", {}).get("template"):
            path = folder / "env" / "injected"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._render(template, given))
            path.chmod(0o600)
            tower = {"filename": str(seen_as / "env" / "injected")}
        env = self.injectors["env"]
        return (
            {name: self._render(template, {**given, "tower": tower}) for name, template in env.items()},
            {name: self._render(template, {**shown, "tower": tower}) for name, template in env.items()},
        )

    @staticmethod
    def _render(template: str, values: dict[str, Any]) -> str:
        return sandbox.ImmutableSandboxedEnvironment().from_string(template).render(**values)

    def validate(self) -> None:
        """Checks that the templates use existing inputs only, as AWX does when the type is saved."""
        values = {**dict.fromkeys(self.fields, "EXAMPLE"), "tower": {"filename": "EXAMPLE"}}
        strict = sandbox.ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        for templates in self.injectors.values():
            for template in templates.values():
                strict.from_string(template).render(**values)


class _Unsafe(yaml.SafeDumper):
    """Marks every string as unsafe, as AWX does with answers of a survey, so that Ansible does not template it."""

    def represent_data(self, data: Any) -> Any:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


@dataclass
class Job:
    """A finished job: everything that AWX stores, and the folders in which ansible-runner may have left files."""

    status: str
    folder: Path
    worker: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """The output that the job's page shows."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(event["stdout"] for event in self.events))

    @property
    def kept(self) -> str:
        """The job's data in AWX's database."""
        return json.dumps({"events": self.events, "env": self.env, "args": self.args})

    @property
    def artifacts(self) -> Path:
        """The artifacts that ansible-runner returned."""
        return self.folder / "artifacts" / "1"

    def hosts_with(self, count: str) -> set[str]:
        """The hosts whose count, such as C(changed), is not 0."""
        (stats,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return set(stats[count])

    @property
    def hosts(self) -> set[str]:
        """All hosts in the job's summary."""
        return self.hosts_with("processed")

    @property
    def failed_hosts(self) -> set[str]:
        """The hosts to which *Relaunch on failed hosts* limits the next job: those that failed or were unreachable."""
        return self.hosts_with("failures") | self.hosts_with("dark")

    @property
    def report(self) -> list[str]:
        """The lines of the role's last report."""
        found = [
            event["event_data"]["res"]["msg"]
            for event in self.events
            if event["event"] == "runner_on_ok" and isinstance(event["event_data"]["res"].get("msg"), list)
        ]
        return [str(line) for line in found[-1]] if found else []

    @property
    def facts(self) -> dict[str, str]:
        """The files in the fact cache after the job, which AWX stores if they changed."""
        return {path.name: path.read_text() for path in (self.artifacts / "fact_cache").glob("*")}


def fact_files(facts: dict[str, Any]) -> dict[str, str]:
    """Returns the files of a fact cache with these facts of each host.

    AWX writes files with the names of the hosts. Since 2.19, ansible-core reads others, of another form.
    """
    texts = {host: json.dumps(known) for host, known in facts.items()}
    return texts | {f"s1_{host}": json.dumps({"__payload__": text}) for host, text in texts.items()}


def run(
    playbook: str,
    inventory: dict[str, Any],
    folder: Path,
    inputs: dict[str, str],
    *,
    answers: dict[str, Any] | None = None,
    check: bool = False,
    verbosity: int = 0,
    limit: Iterable[str] = (),
    facts: dict[str, Any] | None = None,
    slice_of: tuple[int, int] = (1, 1),
) -> Job:
    """Launches a job for a playbook of extensions/awx/project, and waits until it ends.

    :arg inventory: the variables of each host.
    :arg folder: is created, and contains all files of the job.
    :arg inputs: the inputs of the credential.
    :arg answers: the answers of the survey.
    :arg limit: the hosts to which the job is limited.
    :arg facts: the stored facts of each host, for a template with *Enable Fact Storage*.
    :arg slice_of: the number of the slice, and the count of slices.
    """
    private, worker = folder / "controller", folder / "worker"
    (private / "env").mkdir(parents=True)
    shutil.copytree(AWX / "project", private / "project")
    variables = {"awx_job_id": 1, "awx_user_name": "operator", **(answers or {})}
    (private / "env" / "extravars").write_text(yaml.dump(variables, Dumper=_Unsafe))
    # AWX also sets suppress_output_file. Without it, there is one more file to search for secrets.
    (private / "env" / "settings").write_text(json.dumps({"suppress_ansible_output": True}))
    arguments = ["--check"] if check else []
    arguments += ["-u", "root", "--diff"] + (["-" + "v" * verbosity] if verbosity else [])
    arguments += ["-l", ",".join(limit)] if limit else []
    (private / "env" / "cmdline").write_text(shlex.join(arguments))
    if facts:
        (private / "artifacts" / "1" / "fact_cache").mkdir(parents=True)
        for name, text in fact_files(facts).items():
            (private / "artifacts" / "1" / "fact_cache" / name).write_text(text)
    number, count = slice_of
    hosts = {name: inventory[name] for name in sorted(inventory)[number - 1 :: count]}
    script = private / "inventory" / "hosts"
    script.parent.mkdir()
    listing = {"all": {"hosts": list(hosts)}, "_meta": {"hostvars": hosts}}
    script.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(listing)!r})\n")
    script.chmod(0o700)

    injected, shown = CredentialType().inject(inputs, private, worker)
    env = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_FORCE_COLOR": "true",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "INVENTORY_ID": "1",
        "JOB_ID": "1",
        "MAX_EVENT_RES": "700000",
        **injected,
    }
    with (folder / "sent").open("wb") as sent:
        ansible_runner.interface.run(
            streamer="transmit",
            _output=sent,
            private_data_dir=str(private),
            ident="1",
            playbook=playbook,
            suppress_env_files=True,
            fact_cache_type="jsonfile",
            envvars=env,
        )
    _work(folder, worker)

    job = Job("unstarted", private, worker)

    def note_event(event: dict[str, Any]) -> bool:
        if event.get("event") != "keepalive":
            job.events.append(event)
        return True  # AWX does not need the file of the event; here it is one more file to search for secrets

    def note_status(status: dict[str, Any], runner_config: Any) -> None:
        if status["status"] == "starting":
            job.args = runner_config.command
            hidden = {name: HIDDEN for name in runner_config.env if SECRET_NAME.search(name)}
            job.env = {**runner_config.env, **{name: hidden[name] for name in hidden if name in env}, **shown}

    with (folder / "answered").open("rb") as answered:
        done = ansible_runner.interface.run(
            streamer="process",
            quiet=True,
            _input=answered,
            private_data_dir=str(private),
            ident="1",
            event_handler=note_event,
            status_handler=note_status,
        )
    job.status = done.status
    assert job.events, (folder / "answered").read_bytes()[-2000:]
    return job


def _work(folder: Path, worker: Path) -> None:
    """Runs the job as the worker node does, from a stream, in a folder that it deletes afterwards, to a stream."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HW_", "ANSIBLE_"))}
    home = folder / "home"
    home.mkdir()
    with (folder / "sent").open("rb") as sent, (folder / "answered").open("wb") as answered:
        subprocess.run(
            [sys.executable, "-m", "ansible_runner", "worker", "--private-data-dir", str(worker), "--delete"],
            stdin=sent,
            stdout=answered,
            env={**clean, "HOME": str(home)},
            cwd=folder,
            timeout=240,
            check=False,  # its exit code is that of the playbook
        )
