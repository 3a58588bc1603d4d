# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX does around a job: it renders the credential, lays out the job's folder, sends it away to be run by
ansible-runner, and keeps events, environment and command line of what comes back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from jinja2 import StrictUndefined, sandbox

ROOT = Path(__file__).resolve().parent.parent
AWX = ROOT / "extensions" / "awx"
HIDDEN = "**********"
# Variables whose names say that they are secret are hidden whoever sets them.
TELLING = re.compile(r"API|TOKEN|KEY|SECRET|PASS", re.IGNORECASE)


class CredentialType:
    """A credential type as its file describes it."""

    def __init__(self, path: Path = AWX / "credential_type.yml") -> None:
        self.described = yaml.safe_load(path.read_text())
        self.fields = {field["id"]: field for field in self.described["inputs"]["fields"]}
        self.injectors = self.described["injectors"]

    @property
    def secret(self) -> set[str]:
        """The inputs that AWX encrypts and hides."""
        return {name for name, field in self.fields.items() if field.get("secret")}

    def inject(self, inputs: dict[str, str], folder: Path, seen_as: Path) -> tuple[dict[str, str], dict[str, str]]:
        """The variables that a job gets from these inputs, and the same as AWX keeps them.

        :arg folder: of the job; an injected file goes there.
        :arg seen_as: the same folder where the job runs.
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
        """Every template uses inputs that there are; AWX renders them strictly when the type is saved."""
        values = {**dict.fromkeys(self.fields, "EXAMPLE"), "tower": {"filename": "EXAMPLE"}}
        strict = sandbox.ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        for templates in self.injectors.values():
            for template in templates.values():
                strict.from_string(template).render(**values)


class _Unsafe(yaml.SafeDumper):
    """Answers of a survey are data: AWX marks every string so that Ansible does not template it."""

    def represent_data(self, data: Any) -> Any:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


@dataclass
class Job:
    """A job as it ended, with all that AWX keeps of it, and what ansible-runner left on the way."""

    status: str
    folder: Path
    worker: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """What the job's page shows."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(event["stdout"] for event in self.events))

    @property
    def kept(self) -> str:
        """The job's rows in AWX's database."""
        return json.dumps({"events": self.events, "env": self.env, "args": self.args})

    @property
    def artifacts(self) -> Path:
        """What ansible-runner brought back."""
        return self.folder / "artifacts" / "1"

    def hosts_with(self, count: str) -> set[str]:
        """The hosts whose count, such as C(changed), is not 0."""
        (stats,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return set(stats[count])


def run(
    playbook: str,
    inventory: dict[str, Any],
    folder: Path,
    inputs: dict[str, str],
    *,
    answers: dict[str, Any] | None = None,
    check: bool = False,
    verbosity: int = 0,
    slice_of: tuple[int, int] = (1, 1),
) -> Job:
    """Launches a job of a template for a playbook of our project, and waits for its end.

    :arg inventory: host to variables.
    :arg folder: to be made; everything of the job is in it.
    :arg inputs: of the credential.
    :arg answers: of the survey.
    :arg slice_of: number and count of the slice.
    """
    private, worker = folder / "controller", folder / "worker"
    (private / "env").mkdir(parents=True)
    shutil.copytree(AWX / "project", private / "project")
    variables = {"awx_job_id": 1, "awx_user_name": "operator", **(answers or {})}
    (private / "env" / "extravars").write_text(yaml.dump(variables, Dumper=_Unsafe))
    # suppress_output_file is what AWX sets; that file would be one more place to look into.
    (private / "env" / "settings").write_text(json.dumps({"suppress_ansible_output": True}))
    words = ["--check"] if check else []
    words += ["-u", "root", "--diff"] + (["-" + "v" * verbosity] if verbosity else [])
    (private / "env" / "cmdline").write_text(" ".join(words))
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
        return True  # AWX has no use for the file; here it is one more place to look into

    def note_status(status: dict[str, Any], runner_config: Any) -> None:
        if status["status"] == "starting":
            job.args = runner_config.command
            hidden = {name: HIDDEN for name in runner_config.env if TELLING.search(name)}
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
    """The other node: gets the job as a stream, runs it in a folder that it then deletes, and answers with a stream."""
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
            check=False,  # it ends as the playbook does
        )
