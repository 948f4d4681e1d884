"""Reading a spec file: bounded, and with everything refused that YAML can do behind a reader's back.

PyYAML is used for its events only. Anchors, aliases, tags, merge keys, several documents, duplicate keys and deep or
huge documents are refused while the events come in, before anything is built from them; its constructor, which knows
about types, never runs. So `NO` stays the text `NO` until the schema says what it should be.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ..problems import Place, Problem, SpecError
from .instead import near_file, refuse_table
from .nodes import Document, Mapping, Node, Scalar, Sequence
from .text import describe, hidden_characters, shown

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
MAX_NODES = 4000
MAX_HIDDEN = 20

_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xef\xbb\xbf", "a byte order mark"),
)


@dataclass(frozen=True)
class Source:
    """A spec file that was read: its document, its root mapping, and what was refused on the way."""

    document: Document
    raw: bytes = field(repr=False)
    root: Mapping
    problems: list[Problem]


def read_source(path: Path) -> Source:
    """Read and parse one file.

    :raises SpecError: when there is nothing to go on with: not a regular file, too large, not UTF-8, not YAML, too
        deep. What leaves a usable tree (an anchor, a duplicate key) is in `Source.problems` instead.
    """
    raw = read_bytes(path)
    refuse_table(path, raw)
    document = Document.of(str(path), _decode(str(path), raw))
    hidden = [
        Problem(document.place(i), f"character {describe(c)}", "visible characters and line feeds", code="character")
        for i, c in hidden_characters(document.text)
    ]
    if hidden:
        raise SpecError(hidden[:MAX_HIDDEN])
    root, problems = parse_document(document)
    return Source(document, raw, root, problems)


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of at most 64 KiB; a FIFO, device or directory is refused without waiting on it."""
    place = Place(str(path))

    def refuse(found: str, code: str, suggestion: str = "") -> SpecError:
        return SpecError(Problem(place, found, f"a regular file of at most {MAX_BYTES} bytes", suggestion, code))

    try:
        # Asked before opening, because opening a device can already do something; asked again after, because the name
        # may mean something else by then.
        if kind := _special(os.stat(path).st_mode):
            raise refuse(kind, "not-a-file")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if kind := _special(os.fstat(file.fileno()).st_mode):
                raise refuse(kind, "not-a-file")
            chunks: list[bytes] = []
            size = 0
            while size <= MAX_BYTES and (chunk := file.read(MAX_BYTES + 1 - size)):
                chunks.append(chunk)
                size += len(chunk)
    except FileNotFoundError as error:
        raise refuse(f"cannot be read: {error.strerror}", "unreadable", near_file(path)) from None
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror or error}", "unreadable") from None
    except ValueError:
        raise refuse("not a file name", "unreadable") from None
    if size > MAX_BYTES:
        refuse_table(path, b"".join(chunks))
        raise refuse("the file is too large", "too-large")
    return b"".join(chunks)


def _special(mode: int) -> str:
    """What a file that is not a regular one is called; empty for a regular file."""
    kinds = {
        stat.S_IFREG: "",
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "not a regular file")


def _decode(file: str, raw: bytes) -> str:
    expected = "UTF-8 text"
    for bom, name in _BOMS:
        if raw.startswith(bom):
            suggestion = "save it as UTF-8 without a byte order mark"
            raise SpecError(
                Problem(Place(file, 1, 1), f"the file starts with {name}", expected, suggestion, "encoding")
            )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        place = Document.of(file, before).place(len(before))
        raise SpecError(Problem(place, f"byte 0x{raw[error.start]:02x}", expected, "", "encoding")) from None
    if not text.strip():
        raise SpecError(Problem(Place(file), "the file is empty", "an op spec", "", "empty"))
    return text


def parse_document(document: Document) -> tuple[Mapping, list[Problem]]:
    """The located tree of a document, and what was refused in it."""
    builder = _Builder(document)
    try:
        for event in _events(document):
            builder.take(event)
    except SpecError as error:
        raise SpecError([*builder.problems, *error.problems]) from None
    root = builder.root
    if root is None:
        raise SpecError([*builder.problems, Problem(Place(document.file), "no document", "an op spec", "", "empty")])
    if not isinstance(root, Mapping):
        found = "a list" if isinstance(root, Sequence) else f"only the value {shown(root.text)}"
        problem = Problem(document.place(root.start), found, "a mapping with the keys of a spec", "", "type")
        raise SpecError([*builder.problems, problem])
    return root, builder.problems


def _events(document: Document) -> Iterator[yaml.Event]:
    """PyYAML's events; whatever it raises becomes a `SpecError` with a place."""
    loader: yaml.SafeLoader | None = None
    try:
        loader = yaml.SafeLoader(document.text)
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = document.place(mark.index) if mark else Place(document.file)
        found = _one_line(error.problem or error.context or "not YAML")
        where = f" ({_one_line(error.context)})" if error.context and error.problem else ""
        raise SpecError(Problem(place, f"not YAML: {found}{where}", "YAML 1.1", _yaml_hint(found), "yaml")) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, IndexError) as error:
        # Escapes and directives out of range raise bare ValueError or OverflowError, from chr() and int().
        place = document.place(loader.get_mark().index) if loader else Place(document.file)
        out_of_range = isinstance(error, (ValueError, OverflowError))
        found = "a number out of range" if out_of_range else _one_line(str(error)) or type(error).__name__
        raise SpecError(Problem(place, f"not YAML: {found}", "YAML 1.1", "", "yaml")) from None


def _one_line(text: str) -> str:
    ascii_text = text.encode("ascii", "backslashreplace").decode("ascii")
    return re.sub(r"\s+", " ", ascii_text).strip()[:200]


def _yaml_hint(found: str) -> str:
    if "'\\t'" in found or "\\t" in found:
        return "indent with spaces"
    if "mapping values are not allowed" in found:
        return "quote a text that holds ': '"
    if "cannot start any token" in found:
        return "quote a text that starts with this character"
    return ""


def _span(event: yaml.Event) -> tuple[int, int]:
    """Where an event begins and ends; the parser always says so, its types do not."""
    assert event.start_mark is not None and event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


@dataclass
class _Open:
    """A collection that is being read; of a mapping, the key that waits for its value."""

    node: Sequence | Mapping
    key: Scalar | None = None
    skip: bool = False
    seen: dict[str, Scalar] = field(default_factory=dict)


class _Builder:
    """Turns events into nodes with a stack of its own, so that depth never costs Python frames."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._stack: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        start, end = _span(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.ScalarEvent):
            usable = self._plain_node(event)
            style = event.style or ""
            if start == end:
                style = ""  # an absent value, which PyYAML gives the style of its neighbour in some places
            self._add(Scalar(event.value, style, start, end, usable))
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(start, f"alias '*{event.anchor}'", "the value itself", "write it out", "alias")
            self._add(Scalar("", "", start, end, usable=False))
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            usable = self._plain_node(event)
            node = (
                Sequence([], start, usable)
                if isinstance(event, yaml.SequenceStartEvent)
                else Mapping([], start, usable)
            )
            self._add(node)
            self._stack.append(_Open(node))
            if len(self._stack) > MAX_DEPTH:
                self._stop(start, f"nesting deeper than {MAX_DEPTH} levels", "too-deep")
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._stack.pop()

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        start, _ = _span(event)
        if self._documents > 1:
            problem = Problem(
                self.document.place(start), "a second document", "one op per file", "give several files", "documents"
            )
            raise SpecError(problem)
        if event.version or event.tags:
            self._refuse(start, "a YAML directive", "none", "leave it out", "directive")

    def _plain_node(self, event: yaml.NodeEvent) -> bool:
        """Whether the node has neither anchor nor tag; what it has is reported."""
        start, _ = _span(event)
        if event.anchor is not None:
            self._refuse(start, f"anchor '&{event.anchor}'", "a value without an anchor", "leave it out", "anchor")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(start, f"tag {shown(tag)}", "a value without a tag", "leave it out", "tag")
        return tag is None

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(node.start, f"more than {MAX_NODES} values", "too-many")
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key is None:
            top.key, top.skip = self._key(top, node)
        else:
            if not top.skip:
                top.node.entries.append((top.key, node))
            top.key = None

    def _key(self, top: _Open, node: Node) -> tuple[Scalar, bool]:
        """The node as a key, and whether its entry is to be left out."""
        if not isinstance(node, Scalar):
            kind = "list" if isinstance(node, Sequence) else "mapping"
            self._refuse(node.start, f"a {kind} as a key", "text as a key", "quote it", "key")
            return Scalar("", "", node.start, node.start, usable=False), True
        if not node.usable:
            return node, True
        if node.plain and node.text == "<<":
            self._refuse(node.start, "merge key '<<'", "the keys themselves", "write them out", "merge-key")
            return node, True
        if (first := top.seen.get(node.text)) is not None:
            line = self.document.place(first.start)
            found = f"key {shown(node.text)} again, first given at {line.line}:{line.column}"
            self._refuse(node.start, found, "each key once", "leave one of them out", "duplicate-key")
            return node, True
        top.seen[node.text] = node
        return node, False

    def _refuse(self, index: int, found: str, expected: str, suggestion: str, code: str) -> None:
        self.problems.append(Problem(self.document.place(index), found, expected, suggestion, code))

    def _stop(self, index: int, found: str, code: str) -> None:
        raise SpecError(Problem(self.document.place(index), found, "a document within the limits", code=code))
