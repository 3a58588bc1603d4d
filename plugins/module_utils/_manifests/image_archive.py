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
import http.client
import io
import json
import lzma
import os
import posixpath
import re
import signal
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.error import HTTPError, URLError

from ansible.module_utils.urls import open_url

MAX_DOWNLOAD = 4 << 30  # bytes
MAX_UNPACKED = 16 << 30  # bytes, of everything together
MAX_SECONDS = 3600  # for the download, and for unpacking
_MAX_MEMBERS = 1000
_MAX_MANIFEST = 4 << 20  # bytes
# Bytes of one read. The libraries read the headers of a tar and the directory of a ZIP whole, which may say any size.
_MAX_READ = 4 << 20
_MAX_DICTIONARY = 256 << 20  # bytes, four times those of xz -9
_BLOCK = 1 << 20
_CHECKSUMS = ("sha256", "sha384", "sha512")
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
    with _time_limit("download", (limits or Limits()).seconds):
        return _download(url, path, checksum, limits or Limits())


def _download(url: str, path: str, checksum: str, limits: Limits) -> int:
    algorithm, _colon, digest = (checksum or "sha256:").partition(":")
    if algorithm not in _CHECKSUMS:
        raise ArchiveError("checksum", f"the checksum must begin with one of {', '.join(_CHECKSUMS)} and a colon")
    hashed, size = hashlib.new(algorithm), 0
    try:
        request = {"timeout": 60, "follow_redirects": "none", "use_netrc": False, "decompress": False}
        with open_url(url, **request) as response, open(path, "xb") as file:
            while block := response.read(_BLOCK):
                size += len(block)
                if size > limits.download:
                    raise ArchiveError("download", f"it is larger than {_size(limits.download)}")
                hashed.update(block)
                file.write(block)
            announced = response.headers.get("Content-Length") or ""
            if announced.isdecimal() and len(announced) < 19 and size < int(announced):
                raise ArchiveError("download", "the connection was closed before its end")
    except HTTPError as exc:
        exc.close()
        if 300 <= exc.code < 400:
            raise ArchiveError("download", "it redirects to another address, which is not followed") from None
        raise ArchiveError("download", f"HTTP Error {exc.code}: {exc.reason}") from None
    except URLError as exc:
        raise ArchiveError("download", str(exc.reason)) from None
    except http.client.HTTPException as exc:
        raise ArchiveError("download", f"the server did not answer in HTTP ({type(exc).__name__})") from None
    except (OSError, ValueError) as exc:
        raise ArchiveError("download", str(exc)) from None
    if digest and hashed.hexdigest() != digest.strip().lower():
        raise ArchiveError("checksum", f"it has {algorithm}:{hashed.hexdigest()}")
    return size


def unpack(path: str, folder: str, limits: Limits | None = None) -> list[ImageArchive]:
    """Returns the image archives in a file, each as a file of its own in a folder.

    :raises ArchiveError: if there is none, or if they are too large.
    """
    limits = limits or Limits()
    unpacking = _Unpacking(folder, limits.unpacked)
    try:
        with _time_limit("archive", limits.seconds):
            archives = list(unpacking.archives(path, nested=False))
    except _BROKEN as exc:
        raise ArchiveError("archive", f"it is damaged: {exc}") from None
    except MemoryError:
        raise ArchiveError("archive", "unpacking it needs too much memory") from None
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
                with opened(path) as file:
                    path = self._written(file)
                break
        if not _is_tar(path):
            return
        names = _names(path)
        if names is not None:
            yield ImageArchive(path, names)
        elif not nested:
            yield from self._in_tar(path)

    def _in_zip(self, path: str) -> Iterator[ImageArchive]:
        with _ArchiveFile(io.FileIO(path)) as whole, zipfile.ZipFile(whole) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MAX_MEMBERS:
                raise ArchiveError("archive", f"it has {len(entries)} files; {_MAX_MEMBERS} are the limit")
            for entry in entries:
                with archive.open(entry) as file:
                    inside = self._written(file)
                yield from self._kept(inside)

    def _in_tar(self, path: str) -> Iterator[ImageArchive]:
        with _ArchiveFile(io.FileIO(path)) as whole, tarfile.open(fileobj=whole, mode="r:") as archive:
            for number, entry in enumerate(_entries(archive)):
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


class _ArchiveFile(io.BufferedReader):
    """A file of which little is read at a time."""

    def read(self, size: int | None = -1) -> bytes:
        """Returns at most that many bytes, or all that are left.

        :raises ArchiveError: if they are too many for one part of an archive.
        """
        data = super().read(_MAX_READ + 1 if size is None or size < 0 else min(size, _MAX_READ + 1))
        if len(data) > _MAX_READ:
            raise ArchiveError("archive", f"it has a header of more than {_MAX_READ >> 20} MiB")
        return data


class _XzFile:
    """A file that xz compressed. Unlike L(lzma.LZMAFile), it limits the memory that the file may ask for."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - closed by close()
        self._stream = lzma.LZMADecompressor(memlimit=_MAX_DICTIONARY)

    def __enter__(self) -> _XzFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Returns at most that many bytes; none at the end."""
        while True:
            if not self._stream.eof:
                rest = b"" if not self._stream.needs_input else self._file.read(_BLOCK)
                if self._stream.needs_input and not rest:
                    raise EOFError("it ends too early")
            else:
                # Another stream may follow, after padding.
                rest = (self._stream.unused_data or self._file.read(_BLOCK)).lstrip(b"\0")
                if not rest:
                    return b""
                self._stream = lzma.LZMADecompressor(memlimit=_MAX_DICTIONARY)
            if data := self._stream.decompress(rest, size):
                return data


_COMPRESSED: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", _XzFile),
)


@contextmanager
def _time_limit(kind: str, seconds: int) -> Iterator[None]:
    """Ends the block after a number of seconds, wherever it waits.

    A server may send one byte at a time, in a header too, and no limit of a single read covers that.
    """

    def interrupt(_signal: int, _frame: Any) -> None:
        raise ArchiveError(kind, f"it took longer than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    # Again each second, in case something swallows the exception.
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def _start(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(8)


def _is_tar(path: str) -> bool:
    try:
        with _ArchiveFile(io.FileIO(path)) as whole, tarfile.open(fileobj=whole, mode="r:"):
            return True
    except tarfile.TarError:
        return False


def _entries(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yields the entries without keeping them: each has a copy of the headers that hold for all of them."""
    while (entry := archive.next()) is not None:
        if len(archive.pax_headers) > _MAX_MEMBERS:
            raise ArchiveError("archive", f"it has more than {_MAX_MEMBERS} global headers")
        yield entry
        archive.members = []  # type: ignore[attr-defined]  # typeshed does not know it


def _names(path: str) -> list[str] | None:
    """The names of the images in an image archive; None for another kind of archive.

    :raises ArchiveError: if programs could disagree about which of its files has the names.
    """
    found = None
    with _ArchiveFile(io.FileIO(path)) as whole, tarfile.open(fileobj=whole, mode="r:") as archive:
        for number, entry in enumerate(_entries(archive)):
            if number >= 100 * _MAX_MEMBERS:
                raise ArchiveError("archive", f"it has more than {100 * _MAX_MEMBERS} files")
            if posixpath.normpath(f"/{entry.name}") != "/manifest.json":
                continue
            if found is not None or not entry.isreg():
                raise ArchiveError("archive", "its manifest.json is not a single file")
            file = archive.extractfile(entry) if entry.size <= _MAX_MANIFEST else None
            found = _tags(json.loads(file.read(_MAX_MANIFEST)) if file else None)
    return found


def _tags(manifest: Any) -> list[str]:
    rows = [row["RepoTags"] for row in _list(manifest) if isinstance(row, dict) and "RepoTags" in row]
    tags = [tag for row in rows for tag in _list(row) if isinstance(tag, str)]
    # Names are arguments of programs later, and the beginning of an option is none.
    return [tag for tag in dict.fromkeys(tags) if _NAME.fullmatch(tag)][:_MAX_MEMBERS]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count} bytes"
