# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: writes the files of a report, each as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import HssError, invalid_option


def check_paths(files: Mapping[str, str]) -> None:
    """Checks that the files can be written, before anything is read.

    :arg files: paths by the name of the variable.
    :raises HssError: with the name of the variable.
    """
    for variable, name in files.items():
        path = Path(name)
        if path.is_dir():
            raise invalid_option(variable, f"'{name}' is a folder. Give the path of a file.")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise invalid_option(variable, f"the folder '{path.parent}' does not exist or is not writable.")


def write_file(variable: str, name: str, content: str) -> None:
    """Replaces a file with one rename, so that no reader sees a part of it.

    :raises HssError: if it cannot be written; there is then no part of it.
    """
    path = Path(name)
    temporary = None
    try:
        # The name begins with a dot and has no suffix, so that no collector of textfiles reads it.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A new file would otherwise be readable by its owner only, and not by the collector.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as exc:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise HssError(f"{variable}: '{name}' could not be written: {exc.strerror}", hint="") from None


def _umask() -> int:
    """The umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
