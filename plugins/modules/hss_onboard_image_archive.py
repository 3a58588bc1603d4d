#!/usr/bin/python
# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads the archive with HSS's images, and unpacks it, where the role hss_onboard loads them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hss_onboard_image_archive
short_description: Download and unpack the archive with the images of HSS
version_added: 0.2.0
author:
  - huaweicloud.hss authors (@huaweicloud)
description:
  - This is a part of the role P(huaweicloud.hss.hss_onboard#role) and of no use outside of it.
  - It does not follow redirects, and it limits the size of the download and of what is unpacked.
options:
  url:
    description: Address of the archive.
    type: str
    required: true
  folder:
    description: Existing folder for the files, which only the user may read. Whoever runs the module removes it.
    type: path
    required: true
  checksum:
    description: Checksum of the archive, such as C(sha256:...).
    type: str
"""

EXAMPLES = r"""
- name: Use the role instead
  ansible.builtin.import_role:
    name: huaweicloud.hss.hss_onboard
"""

RETURN = r"""
size:
  description: Size of the archive in bytes.
  returned: success
  type: int
archives:
  description: The image archives, each with its path and the names of its images.
  returned: success
  type: list
  elements: dict
kind:
  description: What failed, V(download), V(checksum) or V(archive).
  returned: failure
  type: str
"""

import os

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.redaction import Redactor
from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_archive import (
    ArchiveError,
    download,
    unpack,
)
from ansible_collections.huaweicloud.hss.plugins.module_utils._module.redacting import RedactingModule


def main() -> None:
    """Run the module."""
    module = RedactingModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "folder": {"type": "path", "required": True},
            "checksum": {"type": "str"},
        }
    )
    module.redactor = Redactor()
    url, folder = module.params["url"], module.params["folder"]
    # What follows the path may be a signature that lets everybody have the archive.
    module.redactor.add(url.partition("?")[2] or None)
    path = os.path.join(folder, "archive")
    failure = None
    try:
        size = download(url, path, module.params["checksum"] or "")
        archives = unpack(path, folder)
    except ArchiveError as exc:
        failure = exc
    if failure:
        module.fail_json(msg=str(failure), kind=failure.kind)
    module.exit_json(
        changed=True, size=size, archives=[{"path": archive.path, "names": archive.names} for archive in archives]
    )


if __name__ == "__main__":
    main()
