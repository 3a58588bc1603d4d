# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev picture`: runs the onboard playbook as in `./dev play`, and draws its output as the SVG in README.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
PICTURE = ROOT / "docs" / "docsite" / "images" / "run.svg"
COMMAND = ["ansible-playbook", "huaweicloud.hss.onboard", "-i", "inventory.yml"]

COLUMNS, MARGIN = 120, 16
WIDTH, HEIGHT = 8.0, 17  # of a character, in pixels
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")
COLOURS = {31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan"}

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
Copyright (c) 2026, the huaweicloud.hss collection authors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Made by ./dev picture.
-->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title"
     font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13">
  <title id="title">{title}</title>
  <style>
    rect {{ fill: #16202c }} text {{ fill: #d7dee6; white-space: pre }}
    .red {{ fill: #ff8078 }} .green {{ fill: #7fd88f }} .yellow {{ fill: #f0c674 }}
    .blue {{ fill: #82b1ff }} .magenta {{ fill: #d9a0f0 }} .cyan {{ fill: #70d0dc }} .prompt {{ fill: #ffffff }}
  </style>
  <rect width="100%" height="100%" rx="8"/>
"""

Span = tuple[str, str]  # a text and its class


def spans(output: str) -> list[list[Span]]:
    """Returns the lines of a terminal, wrapped, each as pieces with a colour."""
    lines: list[list[Span]] = []
    colour = ""
    for line in output.expandtabs().splitlines():
        row: list[Span] = []
        used = 0
        for number, piece in enumerate(SEQUENCE.split(line)):
            if number % 2:
                codes = [int(code or 0) for code in piece.split(";")]
                colour = next((COLOURS[code] for code in codes if code in COLOURS), "")
                continue
            while piece:
                fits, piece = piece[: COLUMNS - used], piece[COLUMNS - used :]
                row.append((fits, colour))
                used += len(fits)
                if piece:
                    lines.append(row)
                    row, used = [], 0
        lines.append(row)
    return lines


def svg(lines: list[list[Span]], title: str) -> str:
    """Returns the picture of the lines."""
    height = 2 * MARGIN + HEIGHT * len(lines)
    parts = [HEAD.format(width=2 * MARGIN + WIDTH * COLUMNS, height=height, title=escape(title))]
    for number, row in enumerate(lines, 1):
        x, y = float(MARGIN), MARGIN + HEIGHT * number - 4
        for text, colour in row:
            # The length is given, because browsers have different fonts.
            length = WIDTH * len(text)
            if text.strip():
                name = f' class="{colour}"' if colour else ""
                size = f'textLength="{length:g}" lengthAdjust="spacingAndGlyphs"'
                parts.append(f'  <text{name} x="{x:g}" y="{y:g}" {size} xml:space="preserve">{escape(text)}</text>\n')
            x += length
    return "".join([*parts, "</svg>\n"])


def without_paths(output: str, folder: str) -> str:
    """Returns an output without the folders of this machine."""
    return output.replace(f"{folder}/", "").replace(f"{ROOT}/", "")


def run(command: list[str]) -> str:
    """Runs a command in the folder of `./dev play`, and returns its coloured output without empty lines at its ends."""
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    script = 'echo "$HSS_PLAY"; exec "$@" 2>&1'
    play = [sys.executable, str(TESTS / "demo" / "play.py"), "bash", "-c", script, "bash", *command]
    done = subprocess.run(play, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    folder, _, output = done.stdout.partition("\n")
    if "PLAY RECAP" not in output:
        sys.exit(f"picture: the run failed:\n{output}")
    output = re.sub(r"\n\n(\x1b\[0m)?\n+", "\n\n", output)
    return without_paths(output, folder).strip("\n")


def main() -> None:
    prompt = [[("$ ", "green"), (" ".join(COMMAND), "prompt")], []]
    lines = prompt + spans(run(COMMAND))
    PICTURE.write_text(svg(lines, f"A run of {' '.join(COMMAND)}"))
    print(f"{PICTURE.relative_to(ROOT)} shows {len(lines)} lines")


if __name__ == "__main__":
    main()
