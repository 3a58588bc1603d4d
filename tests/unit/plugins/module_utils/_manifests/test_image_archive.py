# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive with HSS's images: what is unpacked, what is refused, and where files may be."""

from __future__ import annotations

import bz2
import gzip
import http.server
import io
import lzma
import os
import socket
import struct
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests.image_archive import (
    ArchiveError,
    Limits,
    download,
    unpack,
)
from simulator import images

ONE = images.archive({"hostguard:latest": b"layer"})
TWO = images.archive({"proxy-agent:1": b"layer", "proxy-agent:2": b"layer"})
PAGE = b"<html>Please sign in</html>"


def zipped(**files):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return written.getvalue()


@pytest.fixture
def unpacked(tmp_path):
    """Unpacks data, and returns the names of the images and the files in the folder."""
    folder = tmp_path / "folder"
    folder.mkdir()

    def run(data, **limits):
        (folder / "archive").write_bytes(data)
        archives = unpack(str(folder / "archive"), str(folder), Limits(**limits))
        assert all(os.path.dirname(archive.path) == str(folder) for archive in archives)
        return [archive.names for archive in archives]

    yield run
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    "data, names",
    [
        (ONE, [["hostguard:latest"]]),
        (gzip.compress(ONE), [["hostguard:latest"]]),
        (bz2.compress(TWO), [["proxy-agent:1", "proxy-agent:2"]]),
        (lzma.compress(ONE), [["hostguard:latest"]]),
        (
            zipped(**{"a.tar": ONE, "b.tar.gz": gzip.compress(TWO)}),
            [["hostguard:latest"], ["proxy-agent:1", "proxy-agent:2"]],
        ),
        (zipped(**{"x__..__..__..__..__evil": ONE, "README": b"text"}), [["hostguard:latest"]]),
        (
            images.tar({"a.tar": ONE, "README": b"text", "../../evil": TWO}),
            [["hostguard:latest"], ["proxy-agent:1", "proxy-agent:2"]],
        ),
        (gzip.compress(images.tar({"images/a.tar.gz": gzip.compress(ONE)})), [["hostguard:latest"]]),
    ],
)
def test_image_archives_are_found_by_their_content(unpacked, data, names):
    assert unpacked(data) == names


def test_a_name_that_a_program_takes_for_an_option_is_none(unpacked):
    """Or one that a terminal interprets. podman rmi --all would remove everything."""
    names = ["--all", "-f", "hostguard:latest", "a\x1b[31m", "a b", "a" * 600]
    assert unpacked(images.archive(dict.fromkeys(names, b"layer"))) == [["hostguard:latest"]]


@pytest.mark.parametrize(
    "data, limits, why",
    [
        (PAGE, {}, "neither"),
        (b"", {}, "neither"),
        (zipped(page=PAGE), {}, "neither"),
        # Archives in archives are unpacked once.
        (zipped(inner=zipped(a=ONE)), {}, "neither"),
        (images.tar({"outer.tar": images.tar({"a.tar": ONE})}), {}, "neither"),
        (zipped(a=ONE)[:-30], {}, "damaged"),
        (gzip.compress(ONE)[:-20], {}, "damaged"),
        (zipped(**{f"n{number}": b"" for number in range(1001)}), {}, "1001 files"),
        (images.tar({f"n{number}": b"" for number in range(1001)}), {}, "more than 1000 files"),
        (zipped(a=ONE, b=bytes(100_000)), {"unpacked": 50_000}, "more than 50000 bytes"),
        (gzip.compress(ONE + bytes(100_000)), {"unpacked": 50_000}, "more than 50000 bytes"),
        (images.tar({"manifest.json": b"{not json"}), {}, "could not be unpacked"),
        (images.tar({"manifest.json": b"[" * 100_000}), {}, "damaged"),
        # Programs disagree about which of these has the names.
        (images.tar({"manifest.json": b"[]", "./manifest.json": b"[]"}), {}, "not a single file"),
        (images.tar({"a/../manifest.json": b"[]", "manifest.json": b"[]"}), {}, "not a single file"),
    ],
)
def test_what_is_no_image_archive_is_refused(unpacked, data, limits, why):
    with pytest.raises(ArchiveError, match=why) as refused:
        unpacked(data, **limits)
    assert refused.value.kind == "archive"


def entry(kind, size, name="manifest.json"):
    """The header of a file in a tar, whatever follows it."""
    header = tarfile.TarInfo(name)
    header.type, header.size, header.linkname = kind, size, "other"
    return header.tobuf()


def test_a_manifest_that_is_a_link_is_refused(unpacked):
    with pytest.raises(ArchiveError, match="not a single file"):
        unpacked(entry(tarfile.SYMTYPE, 0) + bytes(10240))


@pytest.mark.parametrize(
    "manifest, names",
    [
        (b"[]", []),
        (b"5", []),
        (b'{"RepoTags": 5}', []),
        (b'[5, {"RepoTags": 5}, {"RepoTags": "a:1"}, {"RepoTags": {"a:1": 1}}, {"RepoTags": null}]', []),
        (b'[{}, {"RepoTags": [1, ["a:1"], "a:1"]}]', ["a:1"]),
    ],
)
def test_a_manifest_of_another_form_has_no_names(unpacked, manifest, names):
    assert unpacked(images.tar({"manifest.json": manifest})) == [names]


def xz_with_dictionary(data, bits):
    """Data that xz compressed, with a header that asks for a dictionary of another size."""
    compressed = lzma.compress(data)
    header = bytearray(compressed[12 : 12 + 4 * (compressed[12] + 1) - 4])
    header[header.index(b"\x21\x01") + 2] = bits
    return compressed[:12] + header + struct.pack("<L", zlib.crc32(header)) + compressed[16 + len(header) :]


def test_xz_files_in_several_streams_are_read(unpacked):
    middle = len(ONE) // 2
    assert unpacked(lzma.compress(ONE[:middle]) + lzma.compress(ONE[middle:]) + bytes(4)) == [["hostguard:latest"]]


def test_an_xz_file_with_a_dictionary_of_4_gib_is_refused(unpacked):
    with pytest.raises(ArchiveError, match="Memory usage limit"):
        unpacked(xz_with_dictionary(ONE, 40))


def directory(count):
    """A ZIP of nothing but a directory with many entries."""
    row = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    start, rows = b"PK\x03\x04" + bytes(26), row * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(rows), len(start), 0)
    return start + rows + end


def global_header(keys):
    """A tar with a header of many keys, which hold for each of its files."""
    line = b"13 k00000=v\n "
    rows = b"".join(b"%d k%05d=v\n" % (len(line) - 1, number) for number in range(keys))
    head = entry(tarfile.XGLTYPE, len(rows)) + rows + bytes(-len(rows) % 512)
    return head + entry(tarfile.REGTYPE, 0, "x") * 1000 + bytes(10240)


@pytest.mark.parametrize(
    "data, length, why",
    [
        (lambda: entry(tarfile.XHDTYPE, 1 << 30), 1 << 30, "a header of more than 4 MiB"),
        (lambda: entry(tarfile.GNUTYPE_LONGNAME, 1 << 30), 1 << 30, "a header of more than 4 MiB"),
        (lambda: directory(200_000), 0, "a header of more than 4 MiB"),
        (lambda: global_header(20_000), 0, "1000 global headers"),
    ],
)
def test_the_headers_of_an_archive_are_not_read_into_memory(tmp_path, data, length, why):
    path = tmp_path / "archive"
    with path.open("wb") as file:
        file.write(data())
        file.truncate(max(length, file.tell()))
    script = textwrap.dedent("""
        import resource, sys
        from ansible_collections.huaweicloud.hss.plugins.module_utils._manifests import image_archive
        resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[2]), -1))
        try:
            image_archive.unpack(sys.argv[1], sys.argv[3])
        except image_archive.ArchiveError as error:
            print(error)
    """)
    limit = 300 << 20
    collections = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"])
    command = [sys.executable, "-c", script, str(path), str(limit), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(collections)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert why in run.stdout, run.stderr


@pytest.fixture
def speaker():
    """A server on loopback that sends bytes, whatever it is asked, and then the same byte slowly."""
    ended, threads = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(start, then):
            connection, _address = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(start.encode())
                while then and not ended.wait(0.05):
                    connection.sendall(then)

        def speak(start, then=b""):
            threads.append(threading.Thread(target=serve, args=(start, then)))
            threads[-1].start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield speak
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("start", ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", ""])
def test_a_server_that_sends_one_byte_at_a_time_is_given_up(speaker, tmp_path, start):
    began = time.monotonic()
    with pytest.raises(ArchiveError, match="longer than 1 seconds"):
        download(speaker(start, b"x"), str(tmp_path / "archive"), "", Limits(seconds=1))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "answer, why",
    [
        ("nonsense\r\n\r\n", "did not answer in HTTP"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "did not answer in HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nzz\r\n", "closed before its end"),
    ],
)
def test_an_answer_that_is_none_is_reported(speaker, tmp_path, answer, why):
    with pytest.raises(ArchiveError, match=why):
        download(speaker(answer), str(tmp_path / "archive"))


def test_a_compressed_answer_is_not_decompressed(speaker, tmp_path):
    path = tmp_path / "archive"
    assert download(speaker("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nzz"), str(path)) == 2
    assert path.read_bytes() == b"zz"


@pytest.fixture
def site():
    """A web server on loopback that redirects, or has an archive."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            redirects = self.path == "/moved"
            self.send_response(302 if redirects else 404 if self.path == "/gone" else 200)
            if redirects:
                self.send_header("Location", "/archive")
            self.end_headers()
            self.wfile.write(ONE)

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_archive_is_downloaded_once_and_whole(site, tmp_path):
    path = tmp_path / "archive"
    assert download(f"{site}/archive", str(path), images.digest(ONE)) == len(ONE)
    assert path.read_bytes() == ONE
    with pytest.raises(ArchiveError, match="File exists"):
        download(f"{site}/archive", str(path))


@pytest.mark.parametrize(
    "path, checksum, limits, kind, why",
    [
        ("moved", "", {}, "download", "redirects"),
        ("gone", "", {}, "download", "404"),
        ("archive", "", {"download": len(ONE) - 1}, "download", "larger than"),
        ("archive", f"sha256:{'0' * 64}", {}, "checksum", "it has sha256:"),
        ("archive", "md5:0", {}, "checksum", "sha512"),
    ],
)
def test_what_is_not_the_archive_is_refused(site, tmp_path, path, checksum, limits, kind, why):
    with pytest.raises(ArchiveError, match=why) as refused:
        download(f"{site}/{path}", str(tmp_path / "archive"), checksum, Limits(**limits))
    assert refused.value.kind == kind
