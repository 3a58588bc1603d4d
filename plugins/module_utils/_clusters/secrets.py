# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the secrets in the options of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._connection.option_values import passwords_in_url
from .._core.errors import missing_packages


def secret_values(options: Mapping[str, Any]) -> list[str]:
    """Every secret in the options of one cluster, those inside its kubeconfig and its proxies' addresses included.

    :raises HssError: if a kubeconfig is given and the packages that read it are not installed.
    """
    secrets = [options.get("image_repo_password")]
    for option in ("anp_proxy", "hostguard_proxy", "kube_config_proxy_url"):
        secrets += passwords_in_url(options.get(option) or "")
    if options.get("kube_config"):
        # Reading a kubeconfig takes cryptography, which takes a while to load.
        from .._kubeconfig import secrets as kubeconfig_secrets

        require_kubeconfig_packages()
        secrets += kubeconfig_secrets.secret_values(options["kube_config"])
    return [secret for secret in secrets if secret]


def require_kubeconfig_packages() -> None:
    """:raises HssError: if the packages that read a kubeconfig are not installed."""
    from .._kubeconfig.canonical import libraries_available

    if not libraries_available():
        raise missing_packages("Reading a kubeconfig", "the Python packages PyYAML and cryptography")
