# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the effective configuration of pip, from all files and variables, as one pip.conf for another HOME."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys


def main() -> None:
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    # pip uses RawConfigParser as well, which does not interpolate a percent sign in a password.
    config = configparser.RawConfigParser()
    config.add_section("global")
    # A line is SECTION.KEY='VALUE'. Variables have the section ":env:", and override files as they do for pip.
    for line in sorted(listed.stdout.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        section = "global" if section == ":env:" else section
        if key == "config-file":  # its contents are listed separately
            continue
        if not config.has_section(section):
            config.add_section(section)
        config.set(section, key, ast.literal_eval(value))
    config.write(sys.stdout)


if __name__ == "__main__":
    main()
