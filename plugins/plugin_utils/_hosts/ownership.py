# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: decides by owners and modes whether a file may be read for a kubeconfig. No I/O.

Files are often read as root. A user who can change a kubeconfig, or a link on the way to it, must not be able to make
root read a file that the user cannot read: its content would be sent to HSS, or to a server that the user names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_ROOT = 0
_WRITABLE_BY_OTHERS = 0o022
_STICKY = 0o1000


@dataclass(frozen=True)
class Step:
    """A folder, a link or the file itself, on the way from the root directory to a file.

    :arg uid: the owner.
    :arg mode: the permission bits.
    """

    link: bool
    uid: int
    mode: int

    @property
    def root_only(self) -> bool:
        """Whether root alone can change it. The mode of a link means nothing."""
        return self.uid == _ROOT and (self.link or not self.mode & _WRITABLE_BY_OTHERS)

    @property
    def keeps_entries(self) -> bool:
        """Whether others cannot replace what root has in this folder, as in C(/tmp)."""
        return self.root_only or (self.uid == _ROOT and not self.link and bool(self.mode & _STICKY))


def parse_way(text: str) -> tuple[Step, ...]:
    """Return the steps in C(l:UID:MODE,d:UID:MODE,), with octal modes. What is not understood counts as another's."""
    steps = []
    for item in text.strip(",").split(","):
        kind, _colon, numbers = item.partition(":")
        uid, _colon, mode = numbers.partition(":")
        known = kind in ("l", "d") and uid.isascii() and uid.isdecimal() and mode != "" and not mode.strip("01234567")
        steps.append(Step(kind == "l", int(uid), int(mode, 8)) if known else Step(kind == "l", -1, 0o777))
    return tuple(steps)


def is_root_only(way: Iterable[Step]) -> bool:
    """Return whether root alone can change a file and everything on the way to it."""
    steps = list(way)
    return bool(steps) and steps[-1].root_only and all(step.keeps_entries for step in steps[:-1])


def link_problem(way: Iterable[Step], owner: int | None) -> str:
    """Return why a path with links must not be followed; empty if it may.

    A link may be followed if the owner of the file made it, or if root made it where root alone can make one.

    :arg owner: of the file at the end.
    """
    trusted = True
    for step in way:
        if step.link and not (trusted and step.uid == _ROOT) and (owner is None or step.uid != owner):
            return f"is reached through a link of another user (uid {step.uid}) than the file's owner (uid {owner})"
        trusted = trusted and step.root_only
    return ""


def reference_problem(
    kubeconfig_owner: int | None, kubeconfig_way: Iterable[Step], reader: int | None, owner: int | None
) -> str:
    """Return why a file must not be read for a kubeconfig that refers to it; empty if it may.

    :arg reader: the user who reads.
    :arg owner: of the file.
    """
    if reader is not None and reader != _ROOT and reader == kubeconfig_owner:
        return ""  # Nothing is read that this user could not read.
    # A kubeconfig of root that others can change, such as one with mode 666, does not speak for root.
    own = owner is not None and owner == kubeconfig_owner != _ROOT
    if own or is_root_only(kubeconfig_way):
        return ""
    whose = "root" if owner == kubeconfig_owner else f"another user (uid {owner}) than the kubeconfig"
    return (
        f"belongs to {whose}, and the kubeconfig (uid {kubeconfig_owner}), or a folder above it, can be changed by "
        "others than root. Root alone must be able to, before such files are read for it. Put the content into the "
        "kubeconfig with kubectl config view --raw --flatten"
    )
