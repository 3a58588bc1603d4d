# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive with the images of the agents: a ZIP of image archives, since the vendor's command unzips it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile

NAME = "hss-images.zip"
PATH = f"/hss-images/{NAME}"
IMAGES = {"docker": "hss-docker-plugin", "agent": "hostguard"}  # by plug_type


def archive_of_hss() -> bytes:
    """Returns the archive that the simulator serves. Each image has one layer with one file."""
    return zipped({f"{name}.tar": archive({f"{name}:latest": layer(name.encode())}) for name in IMAGES.values()})


def layer(content: bytes) -> bytes:
    """Returns a layer with one file."""
    return tar({"content": content})


def digest(data: bytes) -> str:
    """Returns the digest of data in the notation of registries."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def archive(images: dict[str, bytes]) -> bytes:
    """Returns an archive as C(docker save) writes it.

    :arg images: the layer of each image by name.
    """
    files, manifest = {}, []
    for name, data in images.items():
        rootfs = {"type": "layers", "diff_ids": [digest(data)]}
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode()
        number = hashlib.sha256(config).hexdigest()
        files.update({f"{number}.json": config, f"{number}/layer.tar": data})
        manifest.append({"Config": f"{number}.json", "RepoTags": [name], "Layers": [f"{number}/layer.tar"]})
    return tar({**files, "manifest.json": json.dumps(manifest).encode()})


def zipped(files: dict[str, bytes]) -> bytes:
    """Returns a ZIP of files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Without the time of day, so that the checksum is always the same.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def tar(files: dict[str, bytes]) -> bytes:
    """Returns a tar archive of files."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archived:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archived.addfile(entry, io.BytesIO(content))
    return written.getvalue()
