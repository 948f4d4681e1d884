"""What is known of one bracketed expression: where its elements and commas are, in bytes of the file.

`ast` says where an element is but not where its comma is, nor whether a "," or "#" between two elements belongs to a
comment. `gaps` finds that out for all but a few forms; for those LibCST does. It is given one expression, never a file,
and trusted only when it reprints the expression exactly.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from ...problems import CheckoutRefused, Problem
from .gaps import Element, Elements, read_gaps

if TYPE_CHECKING:
    from ...checkout.python import PythonSource

Bracketed = Union[ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call]

# LibCST's native parser overflows the stack on deep nesting and takes the process with it; code by people has about 20.
_MAX_DEPTH = 100


def read_elements(source: PythonSource, node: Bracketed) -> Elements:
    """Where the elements of `node` are; raises `CheckoutRefused` when LibCST can't reprint the expression exactly."""
    known = source.memo.get(("elements", node))
    if not isinstance(known, Elements):
        known = source.memo["elements", node] = _read(source, node)
    return known


def dumps(source: PythonSource, node: Bracketed) -> list[str]:
    """The elements of `node`, a node of the file, each in a form that compares equal when the code is the same."""
    known = source.memo.get(("dumps", node))
    if not isinstance(known, tuple):
        known = source.memo["dumps", node] = tuple(dump_elements(node))
    return list(known)


def dump_elements(node: Bracketed) -> list[str]:
    return ["|".join("" if part is None else ast.dump(part) for part in parts) for parts in nodes_of(node)]


def _read(source: PythonSource, node: Bracketed) -> Elements:
    if _depth(node) > _MAX_DEPTH:
        raise _refuse(source, node, f"an expression nested more than {_MAX_DEPTH} deep", "reprint-depth")
    if (found := read_gaps(source, node, nodes_of(node))) is not None:
        return found
    return read_with_libcst(source, node)


def read_with_libcst(source: PythonSource, node: Bracketed) -> Elements:
    """The reading that needs nothing but a parser of whole syntax; raises as `read_elements`."""
    import libcst as cst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    text = source.text(node)
    # Inside parentheses an expression may span lines, whatever the brackets that it stood in before.
    code = f"({text})"
    try:
        module = cst.parse_module(code)
    except (cst.ParserSyntaxError, RecursionError, ValueError):
        raise _refuse(source, node, "an expression that LibCST can't parse", "reprint") from None
    if module.code != code:
        raise _refuse(source, node, "an expression that LibCST can't reprint exactly", "reprint")

    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    spans = wrapper.resolve(ByteSpanPositionProvider)
    offset = _byte_mapper(source, code, source.start(node))

    def item(element: Any) -> Element:
        span = spans[element]
        comma = None
        if isinstance(element.comma, cst.Comma):
            comma = offset(spans[element.comma].start + 1)
        return Element(offset(span.start), offset(span.start + span.length), comma)

    line: Any = module.body[0]
    expression = line.body[0].value
    if isinstance(expression, cst.Call):
        func = module.code_for_node(expression.func) + module.code_for_node(expression.whitespace_after_func)
        opening = offset(1 + len(func.encode())) + 1
        return Elements(opening, source.end(node) - 1, tuple(map(item, expression.args)))
    if isinstance(expression, cst.Tuple) and len(expression.lpar) < 2:
        raise _refuse(source, node, "a tuple without parentheses", "anchor-shape")
    return Elements(source.start(node) + 1, source.end(node) - 1, tuple(map(item, expression.elements)))


def nodes_of(node: Bracketed) -> Sequence[tuple[ast.AST | None, ...]]:
    """Per element, in source order, the `ast` nodes that name it: the expression, or key and value, or keyword."""
    if isinstance(node, ast.Dict):
        return list(zip(node.keys, node.values, strict=True))
    if isinstance(node, ast.Call):
        arguments: list[tuple[ast.AST | None, ...]] = [(a,) for a in node.args]
        arguments += [(k, k.value) for k in node.keywords]
        # `f(a=1, *b)`: the positional one comes later in the source.
        return sorted(arguments, key=lambda a: (a[0].lineno, a[0].col_offset))  # type: ignore[union-attr]
    return [(element,) for element in node.elts]


def _byte_mapper(source: PythonSource, code: str, start: int) -> Any:
    """From byte offsets in the UTF-8 `code`, a bracket and the expression, to byte offsets in the file."""
    if source.encoding == "utf-8":
        return lambda at: start - 1 + at
    data = code.encode()
    return lambda at: start + len(data[:at].decode().encode(source.encoding)) - 1


def _depth(node: ast.AST) -> int:
    depth = 0
    level = [node]
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            break
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth


def _refuse(source: PythonSource, node: ast.AST, found: str, code: str) -> CheckoutRefused:
    return CheckoutRefused(
        Problem(source.place(node), found, "code that can be edited without changing the rest", "", code)
    )
