# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of a release: its version is the same everywhere, its changelog shows the fragments as they are meant, and the
base image of the execution environment has a digest, and not only a tag.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEFINITION = Path("extensions", "ee", "execution-environment.yml")
IMAGE = f"quay.io/centos/centos@sha256:{'0a' * 32}"
SHOWN = re.compile(r"huaweicloud[.-]hss[ :-]\d+\.\d+\.\d+|/v\d+\.\d+\.\d+")


@pytest.fixture
def release(monkeypatch):
    """The module of ./dev release."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "steps"))
    names = ("release", "internal", "work", "display")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    import release as module  # type: ignore[import-not-found]

    yield module
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_the_version_is_the_same_wherever_it_stands(release):
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    for name in release.PLACES:
        found = release.find_version(name).findall((ROOT / name).read_text())
        assert {value for _before, value in found} == {version}, name
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.rst"), *(ROOT / "roles").rglob("*.md")]
    texts += [*(ROOT / "extensions").rglob("*.yml")]
    assert {str(path.relative_to(ROOT)) for path in texts if SHOWN.search(path.read_text())} <= set(release.PLACES)


def test_a_release_writes_its_version_wherever_it_stands(release, tmp_path):
    for name in release.PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for version in ("97.0.1-rc.1", "97.0.2"):
        release.set_version(tmp_path, version)
        for name in release.PLACES:
            text = (tmp_path / name).read_text()
            assert {value for _before, value in release.find_version(name).findall(text)} == {version}, name
            assert text == (ROOT / name).read_text().replace(galaxy_version(), version)
    (tmp_path / "README.md").write_text("")
    with pytest.raises(release.Failed, match="not found in README.md"):
        release.set_version(tmp_path, "97.0.3")


def galaxy_version():
    return yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]


def test_the_fragments_are_restructured_text_and_name_what_exists():
    """Unlike the documentation of plugins, the changelog has no markup such as C(...)."""
    names = {path.stem for path in (ROOT / "plugins").rglob("*.py")} | {
        path.stem for path in (ROOT / "playbooks").iterdir()
    }
    names |= {path.name for path in (ROOT / "roles").iterdir()} | {"hidden_module", "All modules"}
    names |= {f"extensions/{path.name}" for path in (ROOT / "extensions").iterdir()}
    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        for section, items in yaml.safe_load(path.read_text()).items():
            if section == "add object.playbook":
                assert {playbook["name"] for playbook in items} <= names
                continue
            for item in [items] if isinstance(items, str) else items:
                assert not re.search(r"\b[A-Z]\(", item), (path.name, item)
                subjects, dash, _text = item.partition(" - ")
                if dash and section != "release_summary":
                    assert set(subjects.split(", ")) <= names, (path.name, subjects)


@pytest.fixture
def checkout(tmp_path):
    """A checkout with a version, and with the definition of this one."""
    (tmp_path / DEFINITION).parent.mkdir(parents=True)
    (tmp_path / DEFINITION).write_text((ROOT / DEFINITION).read_text())
    (tmp_path / "galaxy.yml").write_text("version: 0.0.1\n")
    return tmp_path


def base_image(checkout):
    return yaml.safe_load((checkout / DEFINITION).read_text())["images"]["base_image"]["name"]


@pytest.mark.parametrize(
    "image", [IMAGE, IMAGE.replace("@", ":stream10@"), IMAGE.replace("quay.io", "r.example.com:5")]
)
def test_the_base_image_is_pinned_in_one_place(release, checkout, image):
    before = (checkout / DEFINITION).read_text()
    release.pin_base_image(checkout, image)
    assert base_image(checkout) == image
    assert (checkout / DEFINITION).read_text() == before.replace("quay.io/centos/centos:stream10\n", f"{image}\n")
    # The next release may keep it.
    release.pin_base_image(checkout, None)


@pytest.mark.parametrize(
    "image",
    [
        "quay.io/centos/centos:stream10",
        "quay.io/centos/centos",
        IMAGE[:-1],
        f"{IMAGE}\n# more",
        IMAGE.replace("sha256", "md5"),
        f"-o {IMAGE}",
        "",
    ],
)
def test_a_base_image_without_a_digest_is_refused_before_anything_is_changed(release, checkout, image):
    before = (checkout / DEFINITION).read_text()
    with pytest.raises(release.Failed, match="is not pinned; run ./dev release --prepare VERSION --base-image"):
        release.prepare(None, checkout, "0.2.0", image)
    assert (checkout / DEFINITION).read_text() == before
    assert (checkout / "galaxy.yml").read_text() == "version: 0.0.1\n"


def test_a_release_is_not_built_with_the_tag_that_the_checkout_has(release, checkout, monkeypatch):
    (checkout / DEFINITION).write_text(f"images:\n  base_image:\n    name: {IMAGE.partition('@')[0]}:stream10\n")
    (checkout / "changelogs" / "fragments").mkdir(parents=True)
    (checkout / "changelogs" / "changelog.yaml").write_text("releases: {0.2.0: {}}\n")
    monkeypatch.setattr(release, "ROOT", checkout)
    monkeypatch.setattr(release, "_git", lambda *_arguments: "")
    with pytest.raises(release.Failed, match="is not pinned"):
        release._ready("0.2.0")
    release.pin_base_image(checkout, IMAGE)
    release._ready("0.2.0")
