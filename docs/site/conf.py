# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration of the documentation site, which `./dev docs` builds."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

project = "huaweicloud.hss"
author = "the huaweicloud.hss collection authors"
copyright = f"2026, {author}"
title = "Ansible collection huaweicloud.hss"
html_short_title = title
html_title = title

extensions = ["sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "../",
    "topbar_links": {},
    "navigation_depth": 3,
    "vcs_pageview_mode": "",
}
html_context = {"display_github": False}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_sphinx = False
html_use_smartypants = True

# Every reference must exist. Those to the documentation of Ansible are resolved here, because its index is not read
# during the build.
nitpicky = True
nitpick_ignore_regex = [("std:envvar", ".*")]

ANSIBLE = "https://docs.ansible.com/ansible/latest/"
LABELS = {
    "ansible_configuration_settings": "reference_appendices/config.html",
    "action_plugins": "plugins/action.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "inventory_plugins": "plugins/inventory.html",
}
# Those of plugins are ansible_collections.NAMESPACE.NAME.PLUGIN_TYPE.
PLUGIN = re.compile(r"ansible_collections\.(ansible|community|kubernetes)\.(\w+)\.(\w+)")


def resolve(app: Sphinx, _env: object, node: nodes.Element, content: nodes.Element) -> nodes.reference | None:
    """Returns a link to the documentation of Ansible; None if the reference is not one to it."""
    target = str(node.get("reftarget"))
    page = LABELS.get(target)
    if match := PLUGIN.match(target):
        page = f"collections/{match[1]}/{match[2]}/{match[3]}.html"
    if page is None:
        return None
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + page)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", resolve)
