# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the remedy for each error response, by code and status together.

The codes are from the vendor's error tables, see L(normalized_code) for their spellings. A code of the gateway may
stand for several errors, which only the status tells apart.
"""

from __future__ import annotations

from .errors import normalized_code

_SUPPORT = "Run again later. If the error remains, give the request id to the vendor's support."
_QUOTA = "buy quota in this region, or remove clusters that are gone."
_THROTTLED = "Too many requests: run again later, or lower the concurrency."
_TOO_LARGE = (
    "The request is larger than the gateway accepts, which is 12 MB, or than a proxy in between accepts. Check the "
    "options for very long values."
)
_CREDENTIAL = (
    "The credentials were refused: check access_key, secret_key and security_token (or auth_token), that they belong "
    "to this region's account, and that this machine's clock is right to within 15 minutes. Repeated failures lock the "
    "access key for some minutes, so it was not tried again."
)
_PERMISSION = "The user or agency lacks a permission: grant the HSS FullAccess policy in this project."
_DENIED = "The gateway denies access: check project_id, and that the credential belongs to the account of that project."
_BACKEND_AWAY = "The gateway does not reach HSS at present. " + _SUPPORT
_BACKEND_LATE = "HSS did not answer the gateway in time. " + _SUPPORT
_NOT_PUBLISHED = (
    "The API is not published at this address: check region and endpoint. HSS offers multi-cloud clusters in some "
    "regions only."
)
_BACKEND_CONFIGURATION = f"The gateway's configuration for this API is at fault, not the request. {_SUPPORT}"
_ADDRESS_NOT_ALLOWED = (
    "The address of this machine is not allowed to use the API: check the access control of the IAM user or of the "
    "API, and which address a proxy or NAT gateway gives to the request."
)
_INTERNAL = f"This is an internal error of the gateway. {_SUPPORT}"

_HINTS = {
    "HSS.0001": "HSS does not accept one of the values. Compare the options with the module's documentation.",
    "HSS.0002": "HSS cannot parse the kubeconfig or another value. Check it with the kubeconfig_info module.",
    "HSS.0003": "HSS does not accept the parameters, or the enterprise project: check enterprise_project_id and the "
    "other options.",
    "HSS.0004": f"HSS could not use its database. {_SUPPORT}",
    "HSS.0005": _THROTTLED,
    "HSS.0006": _TOO_LARGE,
    "HSS.0010": "Access denied: check that HSS is subscribed in this region, that the user or agency has the HSS "
    "FullAccess policy in this project, and project_id and enterprise_project_id.",
    "HSS.0011": "HSS does not know this object. It may have been removed meanwhile, or lie in another "
    "enterprise_project_id or region.",
    "HSS.0013": _PERMISSION,
    "HSS.0014": f"The quota does not allow another cluster: container security needs quota; {_QUOTA}",
    "HSS.0041": f"HSS could not read the details of a host. {_SUPPORT}",
    **dict.fromkeys(
        ("HSS.0190", "HSS.0191", "HSS.0192", "HSS.0193"),
        "The state of a host or of its agent does not allow this: check in the console of HSS that the agent is "
        "online.",
    ),
    "HSS.1001": "There is no agent on the server. Install it, and run again when it is online.",
    "HSS.1002": f"The HSS quota is used up: {_QUOTA}",
    **dict.fromkeys(
        ("HSS.1003", "HSS.1004", "HSS.1005"), "HSS could not use a policy. Check the policies in the console of HSS."
    ),
    "HSS.1006": "HSS could not send a command to the agent. Check that it is online, and run again.",
    "HSS.1007": "The agent is offline. Check the connection of its host to HSS, and run again when it is online.",
    "HSS.1008": f"HSS could not query the host. {_SUPPORT}",
    "GW.0101": _NOT_PUBLISHED,
    **dict.fromkeys(("GW.0103", "GW.0104", "GW.0105"), _BACKEND_CONFIGURATION),
    "GW.0201": "The gateway cannot handle the request. Check endpoint, project_id and the other options.",
    "GW.0202": _BACKEND_AWAY,
    "GW.0203": _BACKEND_LATE,
    "GW.0301": _CREDENTIAL,
    "GW.0302": "The gateway has this IAM user on a list of users that may not use the API. Use another user, or ask "
    "the administrator of the account.",
    "GW.0303": "The signature was refused: check secret_key, and that this machine's clock is right to within 15 "
    "minutes.",
    **dict.fromkeys(("GW.0304", "GW.0305", "GW.0306"), _DENIED),
    "GW.0307": "The token has expired or belongs to another region: get a new auth_token in this region.",
    "GW.0308": _THROTTLED,
    "GW.0310": "The project is not available: use another project_id, or ask the administrator of the account whether "
    "it was suspended or is being deleted.",
    **dict.fromkeys(("GW.0401", "GW.0402", "GW.0403", "GW.0404"), _ADDRESS_NOT_ALLOWED),
    "GW.0501": "The quota of requests is used up: run again later, or raise the quota of the app.",
    "GW.0502": "The account is frozen: check in the billing center whether payments are overdue.",
    **dict.fromkeys(
        ("GW.0601", "GW.0605", "GW.0606", "GW.0608", "GW.0609", "GW.0611", "GW.0612", "GW.0705"), _INTERNAL
    ),
    "GW.0610": _BACKEND_AWAY,
    "GW.0613": f"The gateway does not reach IAM at present. {_SUPPORT}",
    "GW.0801": "HSS is not available in this region: use another region.",
    "GW.0802": "This user may not use the region: ask the administrator of the account to permit it in IAM, or use "
    "another region.",
}

_HINTS_BY_STATUS = {
    ("GW.0201", 413): _TOO_LARGE,
    **dict.fromkeys(
        (("GW.0201", 414), ("GW.0201", 494)),
        "The address or the headers of the request are too long: check security_token, auth_token and the options for "
        "very long values.",
    ),
    ("GW.0201", 502): _BACKEND_AWAY,
    ("GW.0201", 504): _BACKEND_LATE,
}

_NO_REASON = "Check the options, endpoint and project_id, and that nothing between this machine and HSS answers."
_STATUS_HINTS = {
    400: f"HSS does not accept the request, and does not say why. {_NO_REASON}",
    401: _CREDENTIAL,
    403: _PERMISSION,
    404: _NOT_PUBLISHED,
    405: "The address does not accept this request. Check endpoint, and that nothing in between answers.",
    407: "This response is a proxy's: check the user and the password in HTTP_PROXY.",
    408: f"The request did not arrive in time. {_SUPPORT}",
    413: _TOO_LARGE,
    429: _THROTTLED,
    502: _BACKEND_AWAY,
    503: f"HSS is not available at present. {_SUPPORT}",
    504: _BACKEND_LATE,
}


def hint_for(error_code: str | None, http_status: int | None) -> str | None:
    """Returns the remedy for an error response; None without a status, if the code determines none either."""
    code, status = normalized_code(error_code or ""), http_status or 0
    for hint in (_HINTS_BY_STATUS.get((code, status)), _HINTS.get(code), _STATUS_HINTS.get(status)):
        if hint:
            return hint
    if status >= 500:
        return f"The error is on the side of HSS. {_SUPPORT}"
    return f"The response gives no known reason. {_NO_REASON}" if status else None
