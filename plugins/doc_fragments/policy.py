# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how clusters are treated, and of waiting for them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kube_config_allow_insecure:
    description: Accept a kubeconfig with C(insecure-skip-tls-verify). HSS then hands the credential to whoever answers.
    type: bool
    default: false
  expiry_warning_days:
    description: Warn if the credential ends in fewer days.
    type: int
    default: 30
  update_kube_config:
    description:
      - When the kubeconfig of a registered cluster is sent again. HSS never gives a kubeconfig back, so a
        renewed one shows by the end of its certificate alone.
      - V(on_change) sends it if neither date that HSS reports is the end of its credential, in whole seconds.
      - V(always) sends it at every run, which is then always changed. V(on_create) never does.
      - With V(on_change), a token that does not say when it ends is not sent again.
    type: str
    choices: [on_change, always, on_create]
    default: on_change
  on_drift:
    description:
      - What to do about a registered cluster whose provider, server, image repository, or with its id given whose name,
        is not as wanted. HSS cannot change these.
      - V(fail) names the differences and changes nothing. V(warn) goes on and leaves them.
      - V(recreate) removes the registration, proves that it is gone, and registers the cluster anew, with a new id.
        What HSS does not give back, such as the registry's password, is then what the options say.
    type: str
    choices: [fail, warn, recreate]
    default: fail
  upgrade:
    description: Have HSS upgrade the connection agent. This is changed at every run.
    type: bool
    default: false
  wait:
    description:
      - Wait until HSS is connected to the cluster, with C(state=present) and not in check mode.
      - The connection agent must be installed in the cluster for that.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 300
  wait_sleep:
    description: Seconds between two looks. The pauses grow gently, up to three times as long.
    type: int
    default: 10
"""
