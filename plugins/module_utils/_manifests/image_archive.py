# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: downloads the archive with HSS's images, and unpacks the image archives in it.

The archive is a ZIP of image archives, an image archive as C(docker save) writes it, or a compressed one. Its own first
bytes say which, not its name. Nothing in it chooses the name of a file on the host, and everything has a limit.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import os
import re
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.error import HTTPError, URLError

from ansible.module_utils.urls import open_url

MAX_DOWNLOAD = 4 << 30  # bytes
MAX_UNPACKED = 16 << 30  # bytes, of everything together
MAX_SECONDS = 3600
_MAX_MEMBERS = 1000
_MAX_MANIFEST = 4 << 20  # bytes
_BLOCK = 1 << 20
_CHECKSUMS = ("sha256", "sha384", "sha512")
_COMPRESSED: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,511}")
_ZIP = b"PK\x03\x04"
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class ArchiveError(Exception):
    """An archive that cannot be had or used.

    :arg kind: C(download), C(checksum) or C(archive).
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Limits:
    """What an archive may need, in bytes and seconds."""

    download: int = MAX_DOWNLOAD
    unpacked: int = MAX_UNPACKED
    seconds: int = MAX_SECONDS


@dataclass(frozen=True)
class ImageArchive:
    """An image archive on the host, and the names of the images in it."""

    path: str
    names: list[str]


def download(url: str, path: str, checksum: str = "", limits: Limits | None = None) -> int:
    """Writes what an address serves into a new file. Redirects are not followed.

    :arg checksum: such as C(sha256:...); empty for none.
    :returns: the number of bytes.
    :raises ArchiveError: if it cannot be downloaded, is too large, or has another checksum.
    """
    limits = limits or Limits()
    algorithm, _colon, digest = (checksum or "sha256:").partition(":")
    if algorithm not in _CHECKSUMS:
        raise ArchiveError("checksum", f"the checksum must begin with one of {', '.join(_CHECKSUMS)} and a colon")
    hashed, size, end = hashlib.new(algorithm), 0, time.monotonic() + limits.seconds
    try:
        request = {"timeout": 60, "follow_redirects": "none", "use_netrc": False}
        with open_url(url, **request) as response, open(path, "xb") as file:
            while block := response.read(_BLOCK):
                size += len(block)
                if size > limits.download:
                    raise ArchiveError("download", f"it is larger than {_size(limits.download)}")
                if time.monotonic() > end:
                    raise ArchiveError("download", f"it took longer than {limits.seconds} seconds")
                hashed.update(block)
                file.write(block)
    except HTTPError as exc:
        exc.close()
        if 300 <= exc.code < 400:
            raise ArchiveError("download", "it redirects to another address, which is not followed") from None
        raise ArchiveError("download", f"HTTP Error {exc.code}: {exc.reason}") from None
    except URLError as exc:
        raise ArchiveError("download", str(exc.reason)) from None
    except (OSError, ValueError) as exc:
        raise ArchiveError("download", str(exc)) from None
    if digest and hashed.hexdigest() != digest.strip().lower():
        raise ArchiveError("checksum", f"it has {algorithm}:{hashed.hexdigest()}")
    return size


def unpack(path: str, folder: str, limits: Limits | None = None) -> list[ImageArchive]:
    """Returns the image archives in a file, each as a file of its own in a folder.

    :raises ArchiveError: if there is none, or if they are too large.
    """
    unpacking = _Unpacking(folder, (limits or Limits()).unpacked)
    try:
        archives = list(unpacking.archives(path, nested=False))
    except _BROKEN as exc:
        raise ArchiveError("archive", f"it is damaged: {exc}") from None
    except (OSError, ValueError) as exc:
        raise ArchiveError("archive", f"it could not be unpacked: {exc}") from None
    if not archives:
        raise ArchiveError("archive", "it is neither an image archive nor a ZIP of image archives")
    return archives


class _Unpacking:
    """Unpacks into a folder, with one limit for everything."""

    def __init__(self, folder: str, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._left = limit
        self._files = 0

    def archives(self, path: str, nested: bool) -> Iterator[ImageArchive]:
        """Yields the image archives in a file; nothing for a file of another type.

        :arg nested: whether the file is from an archive already.
        """
        start = _start(path)
        if start.startswith(_ZIP):
            if not nested:
                yield from self._in_zip(path)
            return
        for magic, opened in _COMPRESSED:
            if start.startswith(magic):
                with opened(path, "rb") as file:
                    path = self._written(file)
                break
        if not tarfile.is_tarfile(path):
            return
        names = _names(path)
        if names is not None:
            yield ImageArchive(path, names)
        elif not nested:
            yield from self._in_tar(path)

    def _in_zip(self, path: str) -> Iterator[ImageArchive]:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MAX_MEMBERS:
                raise ArchiveError("archive", f"it has {len(entries)} files; {_MAX_MEMBERS} are the limit")
            for entry in entries:
                with archive.open(entry) as file:
                    inside = self._written(file)
                yield from self._kept(inside)

    def _in_tar(self, path: str) -> Iterator[ImageArchive]:
        with tarfile.open(path, "r:") as archive:
            for number, entry in enumerate(archive):
                if number >= _MAX_MEMBERS:
                    raise ArchiveError("archive", f"it has more than {_MAX_MEMBERS} files")
                file = archive.extractfile(entry) if entry.isreg() else None
                if file is not None:
                    yield from self._kept(self._written(file))

    def _kept(self, path: str) -> list[ImageArchive]:
        """The image archives in an unpacked file, which is removed if there are none."""
        found = list(self.archives(path, nested=True))
        if path not in [archive.path for archive in found]:
            os.unlink(path)
        return found

    def _written(self, source: IO[bytes]) -> str:
        """Writes a file whose name nothing in the archive chooses. What an archive says of sizes is not believed."""
        self._files += 1
        path = os.path.join(self._folder, f"unpacked-{self._files}.tar")
        with open(path, "xb") as file:
            while block := source.read(_BLOCK):
                self._left -= len(block)
                if self._left < 0:
                    raise ArchiveError("archive", f"it unpacks to more than {_size(self._limit)}")
                file.write(block)
        return path


def _start(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(8)


def _names(path: str) -> list[str] | None:
    """The names of the images in an image archive; None for another kind of archive."""
    with tarfile.open(path, "r:") as archive:
        for number, entry in enumerate(archive):
            if number >= 100 * _MAX_MEMBERS:
                return None
            if entry.name not in ("manifest.json", "./manifest.json") or not entry.isreg():
                continue
            file = archive.extractfile(entry) if entry.size <= _MAX_MANIFEST else None
            manifest = json.loads(file.read(_MAX_MANIFEST)) if file else None
            rows = [row for row in manifest if isinstance(row, dict)] if isinstance(manifest, list) else []
            tags = [tag for row in rows for tag in row.get("RepoTags") or () if isinstance(tag, str)]
            # Names are arguments of programs later, and the beginning of an option is none.
            return [tag for tag in dict.fromkeys(tags) if _NAME.fullmatch(tag)][:_MAX_MEMBERS]
    return None


def _size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count} bytes"
