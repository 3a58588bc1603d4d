# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE to the collection: a kubeconfig's text to plain values and back, within bounds of time and memory.

PyYAML is used up to its nodes only. From there on the reading is our own: a key given twice is refused (kubectl takes
the last, others the first), dates stay text, and numbers, of which a kubeconfig has none, are never computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

try:
    import yaml
except ImportError:  # reported by _module, which can say how to install it
    yaml = None  # type: ignore[assignment]

MAX_BYTES = 1024 * 1024
# Room for some 450 merged clusters; aliases count as what they stand for. PyYAML without libyaml needs 20 microseconds
# for an entry, and 2 for a word or an empty line.
_MAX_ENTRIES = 20_000
_MAX_WORDS = 100_000
_MAX_DEPTH = 20

_NOT_TEXT = object()  # a number or something stranger
_TAG = "tag:yaml.org,2002:"


class KubeconfigError(Exception):
    """A kubeconfig that cannot be used: the field, C(users[2].user.client-key-data), and the reason with its remedy."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where = where
        self.reason = reason


def _refusal(reason: str) -> KubeconfigError:
    return KubeconfigError("kubeconfig", reason)


# --- text to document -------------------------------------------------------------------------------------------------


def parse(content: bytes | str) -> dict[str, Any]:
    """The one document that the content holds.

    :raises KubeconfigError: if there is none, several, or another kind of document.
    """
    text = decode(content)
    try:
        nodes = list(compose(text))
        if len(nodes) > 1:
            raise _refusal("holds several YAML documents; give one")
        document = _value(nodes[0]) if nodes else None
    except yaml.MarkedYAMLError as exc:
        hint = ". YAML is indented with spaces, not with tabs" if "\n\t" in text else ""
        raise _refusal(f"is not a YAML or JSON document{_place(exc.problem_mark)}{hint}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _refusal("is not a YAML or JSON document") from None
    if document is None:
        raise _refusal("is empty")
    if not isinstance(document, dict):
        raise _refusal("is not a mapping with clusters, contexts and users")
    for name, expected in (("kind", "Config"), ("apiVersion", "v1")):
        if document.get(name) not in (None, "", expected):
            raise KubeconfigError(name, f"must be {expected}: this is another kind of file, not a kubeconfig")
    return document


def decode(content: bytes | str, errors: str = "strict") -> str:
    """UTF-8, or UTF-16 that says so.

    :arg errors: C(replace) reads whatever it is.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if errors == "strict" and len(raw) > MAX_BYTES:
        raise _refusal(f"is larger than {MAX_BYTES // 1024} KiB")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw[:MAX_BYTES].decode(encoding, errors)
    except UnicodeDecodeError:
        raise _refusal("is not UTF-8 text; convert it to UTF-8") from None
    if errors == "strict" and "\0" in text:
        raise _refusal("is binary, not text")
    return text


def compose(text: str) -> Iterator[Any]:
    """The root node of every document.

    :raises KubeconfigError: for alias bombs, deep nesting and endless lists, before they are built.
    """
    if text.count("\n") > _MAX_WORDS or len(text.split(None, _MAX_WORDS)) > _MAX_WORDS:
        raise _refusal("has too many lines or words to be a kubeconfig")
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, which PyYAML takes with libyaml only

    class Composer(yaml.composer.Composer, yaml.resolver.Resolver):
        """PyYAML's own, fed with events that have been counted."""

        def __init__(self) -> None:
            yaml.composer.Composer.__init__(self)
            yaml.resolver.Resolver.__init__(self)
            self.events = _counted_events(text)
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


def _counted_events(text: str) -> Iterator[Any]:
    total = 0
    # Open collections, each with its anchor and the count at its start; and how many entries an anchor stands for.
    opened: list[tuple[str | None, int]] = []
    sizes: dict[str | None, int] = {}
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == name for name, _start in opened):
                raise _refusal(f"has an alias to what it is in itself{_place(event.start_mark)}")
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
        if total > _MAX_ENTRIES or len(opened) > _MAX_DEPTH:
            raise _refusal("has too many entries, levels or aliases to be a kubeconfig")
        yield event


def _value(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    kind = node.tag[len(_TAG) :] if node.tag.startswith(_TAG) else ""
    if kind in ("str", "timestamp"):
        node.value.encode("utf-8")  # without libyaml an escape may stand for half a character; that is a ValueError
        return node.value
    if kind == "null":
        return None
    return node.value.lower() in ("yes", "true", "on") if kind == "bool" else _NOT_TEXT


def _mapping(node: Any) -> dict[str, Any]:
    own: dict[str, Any] = {}
    before_merge: list[str] | None = None
    for key_node, value_node in node.value:
        place = _place(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise _refusal(f"has a key that is not text{place}")
        key = key_node.value
        if key in own:
            raise _refusal(f"gives one key twice in the same mapping{place}; kubectl would take the last")
        if key_node.tag == f"{_TAG}merge":
            before_merge = list(own)
        own[key] = _value(value_node)
    if before_merge is None:
        return own
    given = own.pop("<<")
    inherited: dict[str, Any] = {}
    for base in reversed(given if isinstance(given, list) else [given]):
        if not isinstance(base, dict):
            raise _refusal(f"merges what is no mapping{_place(node.start_mark)}")
        inherited.update(base)
    if any(key in inherited for key in before_merge):
        # By the standard the mapping's own wins wherever it stands; to kubectl the later one does.
        raise _refusal(f"merges over a key that stands before the merge{_place(node.start_mark)}; put << first")
    return {**inherited, **own}


def _place(mark: Any) -> str:
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


# --- fields of a document ---------------------------------------------------------------------------------------------


def text_field(record: dict[str, Any], key: str, at: str) -> str | None:
    """None for a field that is absent or empty, as kubectl has it."""
    value = record.get(key)
    where = f"{at}.{key}" if at else key
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise KubeconfigError(where, "must be text; put it in quotes")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        raise KubeconfigError(where, "holds control characters")
    return value


def flag_field(record: dict[str, Any], key: str, at: str) -> bool:
    """False for a field that is absent."""
    value = record.get(key)
    if value is not None and not isinstance(value, bool):
        raise KubeconfigError(f"{at}.{key}", "must be true or false, without quotes")
    return bool(value)


def shown(name: str) -> str:
    """A name out of the file, fit for a message."""
    text = "".join(letter if letter.isprintable() else " " for letter in name)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


# --- document to text -------------------------------------------------------------------------------------------------


def dump(document: dict[str, Any]) -> str:
    """Canonical YAML: keys sorted, every text in double quotes and in ASCII, so that no reader takes it for anything
    else, and the same for every version of PyYAML."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(record: dict[str, Any]) -> Iterator[str]:
    for name, value in sorted(record.items()):
        key = name if _PLAIN_KEY.fullmatch(name) else _scalar(name)
        if isinstance(value, dict):
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{key}:"
            for item in value:
                yield from (f"{'  ' if number else '- '}{line}" for number, line in enumerate(_lines(item)))
        else:
            yield f"{key}: {_scalar(value)}"


# Words, other than those that some reader takes for a truth value or nothing.
_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z]+(?:-[a-z]+)*", re.IGNORECASE)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    return '"' + re.sub(r"[^ !#-\[\]-~]", lambda found: f"\\U{ord(found[0]):08X}", value) + '"'
