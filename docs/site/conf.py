# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration of the documentation site, which `./dev docs` builds."""

from __future__ import annotations

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
html_show_sphinx = False
html_use_smartypants = True

# Every reference must exist, except those to the documentation of Ansible, which is not read during the build.
nitpicky = True
nitpick_ignore_regex = [
    ("std:ref", r"(playbooks|roles|module_defaults|become|ansible)_.*|(yaml|json)_.*"),
    ("std:ref", r"ansible_collections\.(ansible|kubernetes|community)\..*"),
    ("std:envvar", r".*"),
]
