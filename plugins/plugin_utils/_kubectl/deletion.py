# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: deletes exactly the objects that were looked at. Pure functions.

C(kubectl delete) knows objects by name only. The API server is therefore asked directly, with the uid: if an object was
deleted and created again in the meantime, perhaps by somebody else, the new one remains.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.command import Call, CallResult
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.objects import KubeObject
from ansible_collections.huaweicloud.hss.plugins.plugin_utils._kubectl.rest_mapping import Resource

# Calls in one command on the host, so that its time limits stay reasonable.
DELETIONS_AT_ONCE = 20
# The API server says so if it finds the other object before it deletes it, and its storage if it finds it meanwhile.
_UID_CONFLICT = re.compile(r"Precondition failed: UID|the UID in the precondition")


def delete_call(item: KubeObject, resource: Resource) -> Call:
    """Return the call that deletes a live object."""
    version = str(item.content["apiVersion"])
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = f"/namespaces/{quote(item.namespace, safe='')}" if item.namespace and resource.namespaced else ""
    path = f"{root}{namespace}/{resource.name}/{quote(item.name, safe=':')}"
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": item.uid},
        # As kubectl does. The default of some kinds is to leave the pods.
        "propagationPolicy": "Background",
    }
    return Call(["delete", "--raw", path, "-f", "-"], text=json.dumps(options))


def is_gone(result: CallResult) -> bool:
    """Return whether a deletion failed because the object is gone, or because another one has its name now."""
    return "(NotFound)" in result.stderr or bool(_UID_CONFLICT.search(result.stderr))
