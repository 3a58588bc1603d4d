# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints a kubeconfig as a distribution would write it: make_kubeconfig.py kubeadm|k3s SERVER."""

from __future__ import annotations

import sys

import kubeconfigs

distribution, server = sys.argv[1:]
print(kubeconfigs.k3s() if distribution == "k3s" else kubeconfigs.kubeadm(server))
