# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation that no tool generates: each playbook has one, and each quoted message exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "docsite" / "rst"


def listed_pages():
    """Returns the names of the pages in the index of the collection."""
    sections = yaml.safe_load((PAGES.parent / "extra-docs.yml").read_text())["sections"]
    return [page for section in sections for page in section["toctree"]]


def messages():
    """Yields the texts that the page about messages quotes, except those of Ansible itself."""
    page = (PAGES / "troubleshooting.rst").read_text().split("\nAnsible itself\n")[0].split("\nThe kubeconfig\n")[1]
    yield from re.findall(r"^   \* - ``(.+)``$", page, re.MULTILINE)


def source():
    """Returns the code of the plugins, in which the parts of each text are joined."""
    texts = [path.read_text() for path in sorted((ROOT / "plugins").rglob("*.py"))]
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts))


def test_every_page_is_in_the_index():
    assert sorted(listed_pages()) == sorted(path.stem for path in PAGES.glob("*.rst"))


def test_every_playbook_has_a_page():
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert {f"playbook_{name}" for name in playbooks} <= set(listed_pages())


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh-CN.md", "docs/site/zh.rst", "docs/docsite/rst/getting_started.rst"]
)
def test_start_pages_name_only_commands_and_playbooks_that_exist(page):
    text = (ROOT / page).read_text()
    commands = set(re.findall(r"\./dev ([a-z-]+)", text))
    playbooks = set(re.findall(r"ansible-playbook huaweicloud\.hss\.(\w+)", text))
    assert commands and playbooks
    assert commands <= set(re.findall(r"^\./dev ([a-z-]+)", (ROOT / "dev").read_text(), re.MULTILINE))
    assert playbooks <= {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def test_every_quoted_message_exists():
    known = source()
    quoted = list(messages())
    assert len(quoted) > 20
    assert [text for text in quoted if text not in known] == []
