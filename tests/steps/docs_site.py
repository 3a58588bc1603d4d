# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev docs` and the step of the same name: the documentation site, in which warnings are errors."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from internal import is_internal
from work import CACHE, ROOT, Failed, Work

COLLECTION = "huaweicloud.hss"


def docs(work: Work) -> None:
    """lint of the plugins' documentation, the guides and the changelog, and the documentation site"""
    place = CACHE / "docs"
    # The tools copy the whole folder first, and .cache may contain dangling links of the hosts of molecule, which runs
    # in parallel.
    copy = place / "lint"
    work.copy_checkout(copy, lambda name: not name.startswith("tests/"))
    work.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".", cwd=copy)
    work.run("antsibull-changelog", "lint", cwd=copy)
    build_site(work, place)


def build_site(work: Work, place: Path) -> Path:
    """Builds the site below a folder.

    :returns: its first page.
    """
    collection = place / "collections" / "ansible_collections" / "huaweicloud" / "hss"
    shutil.rmtree(place / "source", ignore_errors=True)
    work.copy_checkout(collection, _documented)
    # antsibull-docs takes the title of a role's page from the entry point main.
    _replace(collection / "roles" / "hss_onboard" / "meta" / "argument_specs.yml", "^  onboard:$", "  main:")
    source = place / "source"
    shutil.copytree(collection / "docs" / "site", source)
    generated = source / "reference"
    generated.mkdir()
    generate = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    generate += ["--no-add-antsibull-docs-version", "--dest-dir", str(generated), COLLECTION]
    work.run(*generate, cwd=place, env={"ANSIBLE_COLLECTIONS_PATH": str(place / "collections")})
    title = "Modules, plugins and roles"
    _replace(generated / "index.rst", r"^Huaweicloud\.Hss\n=+\n", f"{title}\n{'=' * len(title)}\n")
    variables = generated / "environment_variables.rst"
    if "No environment variables have been defined" in variables.read_text():  # modules do not count
        variables.unlink()
        start = source / "index.rst"
        start.write_text(re.sub(r"^.*<reference/environment_variables>\n", "", start.read_text(), flags=re.M))
    # The guides refer to the pictures as in the repository.
    shutil.copytree(collection / "docs" / "docsite" / "images", generated / "images")
    shutil.copy(collection / "CHANGELOG.rst", source / "changelog.rst")
    site = place / "site"
    shutil.rmtree(site, ignore_errors=True)
    # Without an environment of earlier builds, so that all warnings appear each time.
    build = ["sphinx-build", "--builder", "html", "--nitpicky", "--fail-on-warning", "--keep-going", "--fresh-env"]
    work.failure_pattern = "(WARNING|ERROR)"
    work.run(*build, "--doctree-dir", place / "doctrees", source, site)
    return site / "index.html"


def _replace(file: Path, pattern: str, text: str) -> None:
    """Replaces the one place in a copied or generated file that matches a pattern."""
    replaced, count = re.subn(pattern, text, file.read_text(), flags=re.M)
    if count != 1:
        raise Failed(f"{file.name} has {count} places instead of one that match {pattern}")
    file.write_text(replaced)


def _documented(name: str) -> bool:
    """Returns whether a file of the checkout is documented, or needed to document others."""
    path = Path(name)
    if path.parts[0] == "plugins" and is_internal(path.stem):
        return False
    return path.parts[0] in {"docs", "galaxy.yml", "meta", "playbooks", "plugins", "roles", "CHANGELOG.rst"}


def main() -> int:
    with Work("docs", []) as work:
        try:
            page = build_site(work, CACHE / "docs")
        except Failed as failed:
            print("".join(f"{line}\n" for line in work.excerpt(40)), end="", file=sys.stderr)
            print(f"docs: {failed}; see {work.log_path.relative_to(ROOT)}", file=sys.stderr)
            return 1
    print(f"The first page of the site is {os.path.relpath(page, Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
