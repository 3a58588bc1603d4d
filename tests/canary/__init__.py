# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts unique secrets (canaries) in every place that can hold a secret, and searches all output for them.

README.md describes what is run and where is searched.
"""
