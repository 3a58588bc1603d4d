# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a run: colours, wrapping, and neither markup nor paths of this machine in it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from demo.picture import COLUMNS, ROOT, spans, svg, without_paths


def test_colours_and_wrapping():
    long = "x" * (COLUMNS + 5)
    assert spans(f"\x1b[0;32mok: [a]\x1b[0m tail\n\n\x1b[1;31m{long}\x1b[0m") == [
        [("ok: [a]", "green"), (" tail", "")],
        [],
        [("x" * COLUMNS, "red")],
        [("x" * 5, "red")],
    ]


def test_texts_are_escaped_and_complete():
    picture = ET.fromstring(svg(spans('\x1b[0;33m<a & "b">\x1b[0m rest'), "a <title>").encode())
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ['<a & "b">', " rest"]
    assert picture.find("{http://www.w3.org/2000/svg}title").text == "a <title>"


def test_paths_of_this_machine_are_removed():
    output = f"Origin: {ROOT}/roles/x.yml\n/tmp/hss-play-1/etc/legacy-1.conf: expired"
    assert without_paths(output, "/tmp/hss-play-1") == "Origin: roles/x.yml\netc/legacy-1.conf: expired"
