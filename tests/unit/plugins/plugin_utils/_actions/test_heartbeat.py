# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the lines that show that something is still going on."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._actions.heartbeat import heartbeat, show_progress


def test_a_line_is_shown_until_the_block_ends():
    lines, enough, threads = [], threading.Event(), threading.active_count()

    def display(text):
        lines.append(text)
        if len(lines) == 3:
            enough.set()

    with pytest.raises(ValueError), heartbeat("cp-1: loading images", display, 0.01):
        assert enough.wait(20)
        raise ValueError
    assert lines[0] == "cp-1: loading images, 0 s"
    assert threading.active_count() == threads


def test_what_ends_soon_shows_nothing():
    lines = []
    with heartbeat("cp-1: loading images", lines.append, 20):
        pass
    assert lines == []


def test_progress_is_not_among_the_data_of_callback_plugins(capsys):
    show_progress("2 of 3 connected, 15 s")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "2 of 3 connected, 15 s\n")
