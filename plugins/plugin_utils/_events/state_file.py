# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: the file in which the event source remembers what it has sent."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.hss.plugins.module_utils._core.errors import invalid_option

from .changes import State

_FORMAT = 1
_MAX_BYTES = 64 * 1024 * 1024


class StateFile:
    """A file with the state of one connection. Readers never see a part of it.

    :arg identity: identifies the connection. A file of another one is refused.
    """

    def __init__(self, path: str, identity: str) -> None:
        self._path = Path(path).expanduser()
        self._identity = identity

    def load(self) -> State | None:
        """Returns the state; None if there is no file.

        :raises HssError: if the file cannot be used, or a new one could not be written.
        """
        if not self._path.parent.is_dir() or not os.access(self._path.parent, os.W_OK):
            raise invalid_option("state_file", f"the folder '{self._path.parent}' does not exist or is not writable.")
        try:
            if not self._path.exists():
                return None
            if not self._path.is_file() or self._path.stat().st_size > _MAX_BYTES:
                raise ValueError
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            state = _checked(stored)
        except OSError as exc:
            raise invalid_option("state_file", f"'{self._path}' cannot be read: {exc.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise invalid_option(
                "state_file", f"'{self._path}' is not a state of this event source. Remove it, or name another file."
            ) from None
        if stored["connection"] != self._identity:
            raise invalid_option(
                "state_file",
                f"'{self._path}' is the state of another connection. Use a file for each source, or remove it.",
            )
        return state

    def save(self, state: State) -> None:
        """Replaces the file.

        :raises HssError: if it cannot be written.
        """
        content = json.dumps({"format": _FORMAT, "connection": self._identity, "clusters": state})
        name = None
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except OSError as exc:
            if name:
                with contextlib.suppress(OSError):
                    os.unlink(name)
            raise invalid_option("state_file", f"'{self._path}' cannot be written: {exc.strerror}.") from None


def _checked(stored: Any) -> State:
    """The state in a file's content.

    :raises ValueError: if it is something else; also KeyError and TypeError.
    """
    if stored["format"] != _FORMAT:
        raise ValueError
    return {
        str(cluster_id): {
            "cluster_name": _text(known["cluster_name"]),
            "status": _text(known["status"]),
            "limits": [int(limit) for limit in known["limits"]],
        }
        for cluster_id, known in stored["clusters"].items()
    }


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError
    return value
