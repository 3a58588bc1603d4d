# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev release`: prepares a release, and builds its files. RELEASING.md describes the whole procedure."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from internal import is_internal
from work import CACHE, ROOT, Failed, Work

VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
# Every file with the version, and what precedes it there.
PLACES = {
    "galaxy.yml": "^version: ",
    "plugins/module_utils/_connection/session.py": '^VERSION = "',
    "README.md": "/v|huaweicloud-hss-",
    "RELEASING.md": r"(?<![\d.])",
    "docs/docsite/rst/playbook_check.rst": r"huaweicloud\.hss ",
}
# The only place of the base image, and an image whose digest says which one it is.
DEFINITION = Path("extensions", "ee", "execution-environment.yml")
PINNED = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+(?::[\w.-]{1,128})?@sha256:[0-9a-f]{64}", re.ASCII)


def pin_base_image(checkout: Path, image: str | None) -> None:
    """Writes the base image into the definition of the execution environment.

    :param image: with its digest; None if it is there already.
    """
    definition = checkout / DEFINITION
    text = definition.read_text()
    if image is not None:
        text = re.sub(r"(?m)^(  base_image:\n    name:) .*$", lambda found: f"{found[1]} {image}", text)
    name = str(yaml.safe_load(text)["images"]["base_image"]["name"])
    if not PINNED.fullmatch(name) or (image is not None and name != image):
        raise Failed(
            f"the base image {image or name} is not pinned; run ./dev release --prepare VERSION --base-image "
            "IMAGE@sha256:DIGEST, with a digest as RELEASING.md describes"
        )
    definition.write_text(text)


def prepare(work: Work, checkout: Path, version: str, base_image: str | None = None) -> None:
    """Sets the version and the base image, and turns the fragments of the changelog into its entry.

    Plugins that are internal are not in the entry. Without a base image, the one that is there stays.
    """
    if not VERSION.fullmatch(version):
        raise Failed(f"{version!r} is not a version such as 0.2.0")
    if base_image is not None:
        pin_base_image(checkout, base_image)
    set_version(checkout, version)
    work.run("antsibull-changelog", "release", "--reload-plugins", cwd=checkout)
    changelog = checkout / "changelogs" / "changelog.yaml"
    content = yaml.safe_load(changelog.read_text())
    entry = content["releases"].get(version)
    if not entry:
        raise Failed(f"antsibull-changelog wrote no entry for {version}")
    for kind in ("modules", "plugins"):
        _drop_internal(entry, kind)
    head = changelog.read_text().split("ancestor:", 1)[0]
    changelog.write_text(head + yaml.safe_dump(content, sort_keys=True, allow_unicode=True))
    work.run("antsibull-changelog", "generate", cwd=checkout)


def find_version(name: str) -> re.Pattern[str]:
    """Returns what finds the version in a file of PLACES, as the second group."""
    return re.compile(rf"({PLACES[name]})(\d+\.\d+\.\d+(?:-[a-z]+\.?\d*)?)", re.MULTILINE)


def set_version(checkout: Path, version: str) -> None:
    """Writes the version into every file that has it."""
    for name in PLACES:
        path = checkout / name
        text, count = find_version(name).subn(rf"\g<1>{version}", path.read_text())
        if not count:
            raise Failed(f"the version was not found in {name}; see PLACES in tests/steps/release.py")
        path.write_text(text)


def _drop_internal(entry: dict[str, Any], kind: str) -> None:
    listed = entry.get(kind)
    if kind == "plugins":
        for plugin_kind in listed or {}:
            listed[plugin_kind] = [plugin for plugin in listed[plugin_kind] if not is_internal(plugin["name"])]
        kept: Any = {name: plugins for name, plugins in (listed or {}).items() if plugins}
    else:
        kept = [module for module in listed or [] if not is_internal(module["name"])]
    if kept:
        entry[kind] = kept
    else:
        entry.pop(kind, None)


def build(work: Work, checkout: Path, target: Path, timestamp: int) -> Path:
    """Builds the artefact, its bill of materials, the release notes and the checksums of all three.

    :param timestamp: the time in the artefact, so that everybody who builds this commit gets the same file.
    :returns: the file with the checksums.
    """
    target.mkdir(parents=True)
    work.run("ansible-galaxy", "collection", "build", "--output-path", target, cwd=checkout)
    (artefact,) = target.glob("*.tar.gz")
    _normalize(artefact, timestamp)
    metadata = yaml.safe_load((checkout / "galaxy.yml").read_text())
    requirements = (checkout / "meta" / "ee-requirements.txt").read_text()
    core = yaml.safe_load((checkout / "meta" / "runtime.yml").read_text())["requires_ansible"]
    bill = target / artefact.name.replace(".tar.gz", ".cdx.json")
    bill.write_text(bill_of_materials(metadata, requirements, core, artefact, timestamp))
    notes = target / "RELEASE_NOTES.md"
    only_latest = ["--only-latest", "--output-format", "md", "--output", notes]
    work.run("antsibull-changelog", "generate", *only_latest, cwd=checkout)
    sums = target / "SHA256SUMS"
    sums.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in (artefact, bill, notes)))
    return sums


def _normalize(artefact: Path, timestamp: int) -> None:
    """Rewrites the archive without owners and times of this checkout."""
    packed = io.BytesIO()
    with tarfile.open(artefact) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            content = old.extractfile(member) if member.isreg() else None
            member.mtime, member.uid, member.gid, member.uname, member.gname = timestamp, 0, 0, "", ""
            member.pax_headers = {}
            new.addfile(member, content)
    with artefact.open("wb") as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=timestamp) as zipped:
        zipped.write(packed.getvalue())


def bill_of_materials(
    metadata: dict[str, Any], requirements: str, requires_ansible: str, artefact: Path, timestamp: int
) -> str:
    """Returns what the collection consists of and depends on, as CycloneDX JSON."""
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense
    from cyclonedx.output.json import JsonV1Dot6
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from packageurl import PackageURL

    digest = _sha256(artefact)
    name = f"{metadata['namespace']}.{metadata['name']}"
    collection = Component(
        name=name,
        version=metadata["version"],
        type=ComponentType.LIBRARY,
        bom_ref=name,
        purl=PackageURL("generic", metadata["namespace"], metadata["name"], metadata["version"]),
        description=metadata["description"],
        licenses=[DisjunctiveLicense(id=licence) for licence in metadata["license"]],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(metadata["repository"]))],
    )
    needed = [("ansible-core", requires_ansible)]
    for line in requirements.splitlines():
        if match := re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", line.strip()):
            needed.append((match[1], match[2]))
    dependencies = [
        Component(
            name=package,
            type=ComponentType.LIBRARY,
            bom_ref=package,
            purl=PackageURL("pypi", name=package.lower()),
            properties=[Property(name="huaweicloud.hss:accepted-versions", value=versions)],
        )
        for package, versions in needed
    ]
    bom = Bom(components=dependencies, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, digest))
    bom.metadata.component = collection
    bom.metadata.timestamp = datetime.fromtimestamp(timestamp, UTC)
    bom.register_dependency(collection, dependencies)
    text = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise Failed(f"the bill of materials is not valid: {error}")
    return text


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git(*arguments: str) -> str:
    command = ["git", "-c", f"safe.directory={ROOT}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip()


def _ready(version: str) -> None:
    """Refuses to build a release from anything but a commit that contains its changelog."""
    if _git("status", "--porcelain"):
        raise Failed("the checkout has changes that are not committed")
    if list((ROOT / "changelogs" / "fragments").glob("*.yml")):
        raise Failed("changelogs/fragments is not empty; run ./dev release --prepare VERSION first, and commit")
    if version not in yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())["releases"]:
        raise Failed(f"changelogs/changelog.yaml has no entry for {version}; run ./dev release --prepare {version}")
    pin_base_image(ROOT, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev release", description="Builds the files of a release.")
    parser.add_argument("--prepare", metavar="VERSION", help="write VERSION and its changelog into the checkout")
    parser.add_argument("--base-image", metavar="IMAGE", help="with --prepare: the base of the execution environment")
    arguments = parser.parse_args()
    version = arguments.prepare
    if arguments.base_image and not version:
        parser.error("--base-image goes with --prepare")
    with Work("release", []) as work:
        try:
            if version:
                prepare(work, ROOT, version, arguments.base_image)
                print(
                    f"The checkout and its changelog have the version {version} now. Check CHANGELOG.rst, and commit."
                )
                return 0
            version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
            _ready(version)
            target = CACHE / "release" / version
            if target.exists():
                raise Failed(f"{target.relative_to(ROOT)} exists already; remove it first")
            sums = build(work, ROOT, target, timestamp=int(_git("log", "-1", "--format=%ct")))
        except Failed as failed:
            print(f"release: {failed}", file=sys.stderr)
            print("".join(f"  | {line}\n" for line in work.last_lines(10)), end="", file=sys.stderr)
            return 1
    print(f"The files of {version} are in {target.relative_to(ROOT)}:\n{sums.read_text()}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
