# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: composes the nodes of untrusted YAML, with limits on time and memory.

PyYAML has no limits: a few hundred bytes of nested aliases or merges expand to gigabytes. Here an alias counts as all
the entries that it refers to, also in a merge, and the text is refused before nodes are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

try:
    import yaml
except ImportError:  # reported where it is needed, with installation instructions
    yaml = None  # type: ignore[assignment]

SELF_REFERENCE = "has an alias to what it is in itself"


class YamlLimits(NamedTuple):
    """The maximum numbers of entries (keys, values and items), of words and lines, and of levels.

    PyYAML without libyaml takes 20 microseconds for an entry, and 2 for a word or an empty line.
    """

    entries: int
    words: int
    depth: int


class YamlLimitError(Exception):
    """A text that exceeds a limit.

    :ivar reason: follows the name of the text in a message.
    :ivar mark: PyYAML's position of an alias, or None.
    """

    def __init__(self, reason: str, mark: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mark = mark


def compose_nodes(text: str, limits: YamlLimits, resolver: Any = None) -> Iterator[Any]:
    """Yields the root node of every document.

    :arg resolver: a class in place of PyYAML's own resolver of plain words.
    :raises YamlLimitError: before nodes are made for what exceeds a limit.
    :raises yaml.YAMLError: if the text is not YAML.
    """
    if text.count("\n") > limits.words or len(text.split(None, limits.words)) > limits.words:
        raise YamlLimitError("has too many lines or words")
    resolver = resolver or yaml.resolver.Resolver

    class Composer(yaml.composer.Composer, resolver):
        """PyYAML's composer with the counted events as its input."""

        def __init__(self) -> None:
            yaml.composer.Composer.__init__(self)
            resolver.__init__(self)
            self.events = _counted_events(text, limits)
            self.event = next(self.events)

        def check_event(self, *kinds: Any) -> bool:
            return isinstance(self.event, kinds)

        def peek_event(self) -> Any:
            return self.event

        def get_event(self) -> Any:
            event, self.event = self.event, next(self.events, None)
            return event

    composer = Composer()
    while composer.check_node():
        yield composer.get_node()


def _counted_events(text: str, limits: YamlLimits) -> Iterator[Any]:
    total = 0
    # The open collections, each with its anchor and the count at its start; and the number of entries of each anchor.
    opened: list[tuple[str | None, int]] = []
    sizes: dict[str | None, int] = {}
    # libyaml refuses subclasses of str. In ansible-core 2.18, the texts of variables are of such a class.
    for event in yaml.parse(str.__str__(text), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == name for name, _start in opened):
                raise YamlLimitError(SELF_REFERENCE, event.start_mark)
            total += sizes.get(anchor, 1)
        else:
            total += 1
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((anchor, total))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, start = opened.pop()
            sizes[anchor] = total - start + 1
        elif isinstance(event, yaml.ScalarEvent) and anchor:
            sizes[anchor] = 1
        if total > limits.entries or len(opened) > limits.depth:
            raise YamlLimitError("has too many entries, levels or aliases")
        yield event
