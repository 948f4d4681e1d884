"""Rust laid out as rustfmt would (its default style, 100 columns), so that inserted code needs no reformatting.

Shapes are documents (`document.py`); `text` lays one out. Where a construct may be on one line, rustfmt allows it fewer
columns than the line has: 60 for arguments, arrays and chains, 18 for struct literals. What it does to method chains
that are too long is not covered: write shorter ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from .document import HARD, INDENT, SOFT, SPACE, Doc, Either, Flat, Group, IfBroken, Indented, Line, joined, render

WIDTH = 100
ARGUMENTS = 60
ARRAY = 60
CHAIN = 60
STRUCT = 18
SHORT_ELEMENT = 10
"""An array whose elements are all this short is filled, several to a line."""


def text(doc: Doc, indent: int = 0) -> str:
    """The document at `indent` columns; the first line comes without its indentation."""
    pad = " " * indent
    lines = render(doc, width=WIDTH, margin=indent).split("\n")
    return "\n".join([lines[0], *(pad + line if line else line for line in lines[1:])])


def string(value: str) -> str:
    """A string literal; `value` is printable."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bracketed(opening: str, elements: Sequence[Doc], closing: str, most: int, pad: Line = SOFT) -> Doc:
    """Elements on one line in at most `most` columns, or one a line with a comma behind each."""
    around = len(opening) + len(closing) + 2 * len(pad.flat)
    return Group((opening, Indented((pad, joined(elements), IfBroken(","))), pad, closing), most + around)


def call(function: str, arguments: Sequence[Doc], most: int = ARGUMENTS) -> Doc:
    """`function(arguments)`: on one line, or each argument on its own."""
    return (function, bracketed("(", arguments, ")", most)) if arguments else f"{function}()"


def macro(name: str, arguments: Sequence[str]) -> Doc:
    """`name!(arguments)`, without a comma behind the last one, which a macro may not take."""
    return Group((f"{name}!(", Indented((SOFT, joined(arguments))), SOFT, ")"), ARGUMENTS + len(name) + 3)


def struct(name: str, fields: Sequence[tuple[str, Doc]]) -> Doc:
    """A struct literal. A field whose value is its own name is written once."""
    return bracketed(f"{name} {{", [field(*one) for one in fields], "}", STRUCT, SPACE)


def field(name: str, value: Doc) -> Doc:
    """`name: value`, the value on the next line only when not even its beginning fits behind the name."""
    if name == value:
        return name
    return Either((Flat((f"{name}: ", value)), (f"{name}: ", value), (f"{name}:", Indented((HARD, value)))))


def array(elements: Sequence[Doc], opening: str = "[", closing: str = "]", indent: int = 0) -> Doc:
    """An array of literals, names or other short code, or a call that has one as its only argument (`f(&[`, `])`).
    `indent` is where the line begins that it starts on."""
    if len(elements) == 1:
        return Either((Flat((opening, elements[0], closing)), bracketed(opening, elements, closing, ARRAY)))
    short = [element for element in elements if isinstance(element, str) and len(element) <= SHORT_ELEMENT]
    if len(short) < len(elements):
        return bracketed(opening, elements, closing, ARRAY)
    rows = joined(_lines(short, WIDTH - 1 - indent - INDENT), HARD)
    flat, filled = ", ".join(short), (opening, Indented((HARD, rows)), HARD, closing)
    return filled if len(flat) > ARRAY else Either((Flat((opening, flat, closing)), filled))


def _lines(words: Sequence[str], width: int) -> list[str]:
    """As many words on a line as it has room for, a comma behind each; the last one's may stick out of a first line."""
    lines = [f"{words[0]},"]
    for number, word in enumerate(words[1:], start=2):
        comma = 0 if number == len(words) and len(lines) == 1 else 1
        if len(lines[-1]) + 1 + len(word) + comma > width:
            lines.append(f"{word},")
        else:
            lines[-1] += f" {word},"
    return lines


def chain(first: str, links: Sequence[str]) -> Doc:
    """Method calls in a row, each link with its dot: on one line, or each on its own."""
    return Group((first, Indented(tuple((SOFT, link) for link in links))), CHAIN)


def block(statements: Sequence[Doc]) -> Doc:
    return ("{", Indented((HARD, joined(statements, HARD))), HARD, "}")


def compared(left: str, right: str, sign: str = "==") -> Doc:
    """`left == right`, which breaks before the sign."""
    return Group((left, Indented((SPACE, f"{sign} {right}"))))


def closure(parameters: str, conditions: Sequence[Doc]) -> Doc:
    """`|parameters| a && b`: on one line, or the conditions in a block of their own."""
    flat = joined(conditions, " && ")
    rows: Doc = Either((Flat(flat), (conditions[0], Indented(tuple((HARD, "&& ", c) for c in conditions[1:])))))
    return Either((Flat((f"|{parameters}| ", flat)), (f"|{parameters}| {{", Indented((HARD, rows)), HARD, "}")))


def method(receiver: str, name: str, argument: Doc) -> Doc:
    """`receiver.name(argument)` with a closure: the method goes to the next line before the closure gets a block."""
    below = Indented((HARD, Flat((f".{name}(", argument, ")"))))
    return Either(
        (Flat((f"{receiver}.{name}(", argument, ")")), (receiver, below), (f"{receiver}.{name}(", argument, ")"))
    )


def signature(head: str, parameters: Sequence[str], result: str = "", tail: str = " {") -> Doc:
    """The head of a function: on one line, or its parameters each on their own. The last line, `) -> result {`, is to
    have room in the width less twice its indentation, beyond which rustfmt puts the brace on a line of its own: no name
    that a spec can give is long enough for that."""
    arrow = f" -> {result}" if result else ""
    if not parameters:
        return f"{head}(){arrow}{tail}"
    return Group((f"{head}(", Indented((SOFT, joined(parameters), IfBroken(","))), SOFT, f"){arrow}{tail}"))


def assigned(target: str, value: Doc) -> Doc:
    """`target = value;`, the value on the next line when it fits there and not behind the sign."""
    return Either(
        (
            Flat((f"{target} = ", value, ";")),
            (f"{target} =", Indented((HARD, Flat((value, ";"))))),
            (f"{target} = ", value, ";"),
        )
    )


def let(name: str, value: Doc) -> Doc:
    return assigned(f"let {name}", value)


def arm(pattern: str, value: Doc) -> Doc:
    """A match arm: `pattern => value,`, in a block of its own when the line is too short for it."""
    return Either((Flat((f"{pattern} => ", value, ",")), (f"{pattern} => {{", Indented((HARD, value)), HARD, "}")))


def use(path: str, names: Sequence[str], edition: str, visibility: str = "", indent: int = 0) -> Doc:
    """`use path::{names};`, sorted as rustfmt does: functions before types up to the edition of 2021, then behind.
    `visibility` is put in front (`pub `), `indent` is where it stands."""
    listed = sorted(names, key=lambda name: _use_order(name, edition))
    head = f"{visibility}use {path}::"
    if len(listed) == 1:
        return f"{head}{listed[0]};"
    rows = joined(_lines(listed, WIDTH - indent - INDENT), HARD)
    opened: Doc = (f"{head}{{", Indented((HARD, rows)), HARD, "};")
    return Either((Flat(f"{head}{{{', '.join(listed)}}};"), opened))


def _use_order(name: str, edition: str) -> tuple[int, str]:
    if name == "self":
        return (0, name)
    function = name[0].islower()
    return (1 if function == (edition < "2024") else 2, name)
