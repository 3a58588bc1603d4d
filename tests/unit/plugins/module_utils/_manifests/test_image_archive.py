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
import threading
import zipfile

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
    ],
)
def test_what_is_no_image_archive_is_refused(unpacked, data, limits, why):
    with pytest.raises(ArchiveError, match=why) as refused:
        unpacked(data, **limits)
    assert refused.value.kind == "archive"


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
        ("archive", "", {"seconds": -1}, "download", "longer than"),
        ("archive", f"sha256:{'0' * 64}", {}, "checksum", "it has sha256:"),
        ("archive", "md5:0", {}, "checksum", "sha512"),
    ],
)
def test_what_is_not_the_archive_is_refused(site, tmp_path, path, checksum, limits, kind, why):
    with pytest.raises(ArchiveError, match=why) as refused:
        download(f"{site}/{path}", str(tmp_path / "archive"), checksum, Limits(**limits))
    assert refused.value.kind == kind
