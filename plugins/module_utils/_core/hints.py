# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the remedy for each error code of HSS and of its gateway.

The codes are from the vendor's error tables. The gateway uses either of two prefixes, C(APIGW) or C(APIG).
"""

from __future__ import annotations

import re

_HINTS = {
    "HSS.0001": "HSS does not accept one of the values. Compare the options with the module's documentation.",
    "HSS.0002": "HSS cannot parse the kubeconfig or another value. Check it with the kubeconfig_info module.",
    "HSS.0010": "The account may not use HSS in this project: grant the user or agency the HSS FullAccess policy, "
    "and check project_id and enterprise_project_id.",
    "HSS.0011": "HSS does not know this object. It may have been removed meanwhile, or lie in another "
    "enterprise_project_id or region.",
    "HSS.0013": "The user or agency lacks a permission: grant the HSS FullAccess policy in this project.",
    "HSS.0014": "The quota does not allow another cluster: buy container security quota in this region, "
    "or remove clusters that are gone.",
    "HSS.1002": "The HSS quota is used up: buy quota in this region, or remove clusters that are gone.",
    "00000010": "Access denied: check that HSS is subscribed in this region and that the user may use it.",
    "GW.0101": "The API is not published at this address: check region and endpoint. "
    "HSS offers multi-cloud clusters in some regions only.",
    "GW.0201": "The request is too large: reduce the kubeconfig to one context.",
    "GW.0301": "The credentials were refused: check access_key, secret_key and security_token (or auth_token), that "
    "they belong to this region's account, and that this machine's clock is right to within 15 minutes. "
    "Repeated failures lock the access key for some minutes, so it was not tried again.",
    "GW.0306": "The gateway denies access: check project_id and the user's permissions for it.",
    "GW.0307": "The token has expired or belongs to another region: get a new auth_token.",
    "GW.0308": "Too many requests: run again later, or lower the concurrency.",
}

_STATUS_HINTS = {
    401: _HINTS["GW.0301"],
    403: _HINTS["HSS.0013"],
    404: _HINTS["GW.0101"],
    407: "This is a proxy's answer: check the user and the password in HTTP_PROXY.",
    413: _HINTS["GW.0201"],
    429: _HINTS["GW.0308"],
}


def hint_for(error_code: str | None, http_status: int | None) -> str | None:
    """Returns the remedy for an error response; None if neither the code nor the status determines one."""
    if error_code:
        key = re.sub(r"^APIG(W)?\.", "GW.", error_code)
        if key in _HINTS:
            return _HINTS[key]
    return _STATUS_HINTS.get(http_status or 0)
