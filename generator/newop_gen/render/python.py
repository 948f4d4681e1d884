"""Python laid out as `ruff format` would, so that inserted code needs no reformatting.

It covers the expressions that wirings and lookups are made of (names, calls, operators, conditionals, lists, tuples) in
their stable shapes:

- arguments go on one indented line when they fit there, else one a line with a comma; a lone argument gets no comma;
- lists and tuples go one element a line; a lone list element gets no comma;
- an operator or `if`/`else` starts a line, all of one precedence break together;
- a condition or value of a statement is put in parentheses when it does not fit, unless breaking inside its first or
  last pair of brackets is enough.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .document import SOFT, SPACE, Doc, Group, IfBroken, Indented, joined, render

# Shapes


def call(function: str, arguments: Sequence[Doc]) -> Doc:
    if not arguments:
        return f"{function}()"
    comma: tuple[Doc, ...] = (IfBroken(","),) if len(arguments) > 1 else ()
    inner = Group((joined(arguments), *comma))
    return (f"{function}(", Group((Indented((SOFT, inner)), SOFT)), ")")


def bracketed(opening: str, elements: Sequence[Doc], closing: str) -> Doc:
    """A list, or a tuple of several elements: one a line when broken."""
    comma: tuple[Doc, ...] = (IfBroken(","),) if len(elements) > 1 else ()
    return (opening, Group((Indented((SOFT, joined(elements), *comma)), SOFT)), closing)


def parenthesized(doc: Doc) -> Doc:
    return ("(", Group((Indented((SOFT, doc)), SOFT)), ")")


def conditional(then: Doc, test: Doc, otherwise: Doc) -> Doc:
    """`then if test else otherwise` inside brackets; operands that need parentheses have them already."""
    return Group((then, SPACE, "if ", test, SPACE, "else ", otherwise))


# Expressions

LAMBDA, TERNARY, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = range(11)

_OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
    ast.FloorDiv: ("//", PRODUCT),
    ast.Mod: ("%", PRODUCT),
    ast.Pow: ("**", POWER),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def precedence(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return _OPERATORS.get(type(node.op), ("", LAMBDA))[1]
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.BoolOp):
        return AND if isinstance(node.op, ast.And) else OR
    if isinstance(node, ast.Compare):
        return COMPARE
    if isinstance(node, ast.IfExp):
        return TERNARY
    return LAMBDA if isinstance(node, (ast.Lambda, ast.NamedExpr)) else ATOM


class Expressions:
    """Documents for `ast` expressions. `text` gives the source of a node that comes from a file, None of a new one.

    `inside` says whether the expression stands inside brackets, where a line may break before an operator.
    """

    def __init__(self, text: Callable[[ast.AST], str] | None = None, *, inside: bool = True) -> None:
        self._text = text
        self._space: Doc = SPACE if inside else " "
        self._inside = inside

    def doc(self, node: ast.expr, least: int = TERNARY) -> Doc:
        """`node` as an operand that must bind at least as tightly as `least`."""
        if precedence(node) >= least:
            return self._bare(node)
        return parenthesized(Expressions(self._text)._bare(node))

    def _bare(self, node: ast.expr) -> Doc:
        within = self if self._inside else Expressions(self._text)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self._binary(node)
        if isinstance(node, ast.BoolOp):
            return self._grouped(self._chain(node))
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
            parts: list[Doc] = [self.doc(node.left, COMPARE + 1)]
            for op, right in zip(node.ops, node.comparators):
                parts += [self._space, f"{_COMPARISONS[type(op)]} ", self.doc(right, COMPARE + 1)]
            return self._grouped(parts)
        if isinstance(node, ast.UnaryOp):
            sign = {ast.Not: "not ", ast.USub: "-"}.get(type(node.op))
            if sign:
                powered = isinstance(node.operand, ast.BinOp) and isinstance(node.operand.op, ast.Pow)
                return (sign, self.doc(node.operand, ATOM if powered else precedence(node)))
        if isinstance(node, ast.IfExp):
            parts = [self.doc(node.body, OR), self._space, "if ", self.doc(node.test, OR), self._space, "else "]
            while isinstance(node.orelse, ast.IfExp):
                node = node.orelse
                parts += [self.doc(node.body, OR), self._space, "if ", self.doc(node.test, OR), self._space, "else "]
            return self._grouped([*parts, self.doc(node.orelse, TERNARY)])
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            arguments = [within.doc(a) for a in node.args]
            arguments += [(f"{k.arg}=" if k.arg else "**", within.doc(k.value)) for k in node.keywords]
            return call(self._flat(node.func), arguments)
        if isinstance(node, ast.Starred):
            return ("*", self.doc(node.value, COMPARE))
        if isinstance(node, ast.List):
            return bracketed("[", [within.doc(e) for e in node.elts], "]") if node.elts else "[]"
        if isinstance(node, ast.Tuple) and len(node.elts) > 1:
            return bracketed("(", [within.doc(e) for e in node.elts], ")")
        return self._flat(node)

    def _binary(self, node: ast.BinOp) -> Doc:
        sign, level = _OPERATORS[type(node.op)]
        if isinstance(node.op, ast.Pow):
            tight = precedence(node.left) == ATOM and _simple_power(node.left) and _simple_power(node.right)
            return (self.doc(node.left, POWER + 1), "**" if tight else " ** ", self.doc(node.right, UNARY))
        parts: list[Doc] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and _OPERATORS.get(type(left.op), ("", LAMBDA))[1] == level:
            sign = _OPERATORS[type(left.op)][0]
            parts[:0] = [self._space, f"{sign} ", self.doc(left.right, level + 1)]
            left = left.left
        return self._grouped([self.doc(left, level), *parts])

    def _chain(self, node: ast.BoolOp) -> list[Doc]:
        word, level = ("and", AND) if isinstance(node.op, ast.And) else ("or", OR)
        parts: list[Doc] = []
        for value in node.values:
            # `and` within `or` is clear to Python, but linters want its parentheses (RUF021).
            operand = self.doc(value, NOT if word == "or" else level + 1)
            parts += [self._space, f"{word} ", operand] if parts else [operand]
        return parts

    def _grouped(self, parts: Sequence[Doc]) -> Doc:
        return Group(tuple(parts)) if self._inside else tuple(parts)

    def _flat(self, node: ast.expr) -> str:
        """A node without breaks: the file's own text, or names and literals as ruff writes them."""
        if self._text is not None:
            return self._text(node)
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return f"{self._flat(node.value)}.{node.attr}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return quoted(node.value)
        return ast.unparse(node)


def quoted(text: str) -> str:
    """A string literal with the quotes that ruff prefers: double ones, unless that costs more escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _simple_power(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, (int, float)))


# Statements


def with_optional_parentheses(
    head: str, node: ast.expr, tail: str, *, width: int, margin: int, text: Callable[[ast.AST], str] | None = None
) -> str:
    """`head` + expression + `tail` of a statement (`if ...:`, `x = ...`), with parentheses where ruff puts them."""
    bare = (head, Expressions(text, inside=False).doc(node), tail)
    plain = render(bare, width=width, margin=margin)
    lines = plain.split("\n")
    if len(lines) == 1 and margin + len(plain) <= width:
        return plain
    if isinstance(node, (ast.Name, ast.Attribute)):  # in parentheses only when that makes it fit
        whole = render((head, parenthesized(bare[1]), tail), width=width, margin=margin)
        return whole if all(margin + len(line) <= width for line in whole.split("\n")) else plain
    if not isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)):
        return plain
    if _brackets_suffice(node) and all(margin + len(line) <= width for line in lines):
        return plain
    return render((head, parenthesized(Expressions(text).doc(node)), tail), width=width, margin=margin)


def _brackets_suffice(node: ast.expr) -> bool:
    """Ruff's rule for leaving optional parentheses out: one operator of the lowest precedence, and non-empty brackets
    at the very start or the very end of the expression."""
    if isinstance(node, ast.UnaryOp):
        return _edge_has_brackets(node, last=True)
    if isinstance(node, ast.BoolOp):
        count = len(node.values) - 1  # an `and` or `or` in it has parentheses
    elif isinstance(node, ast.Compare):
        count = len(node.ops)
    elif isinstance(node, ast.BinOp):
        count, first = 0, node
        while isinstance(first, ast.BinOp) and precedence(first) == precedence(node):
            count, first = count + 1, first.left  # type: ignore[assignment]
    else:
        return False
    return count == 1 and (_edge_has_brackets(node, last=False) or _edge_has_brackets(node, last=True))


def _edge_has_brackets(node: ast.expr, *, last: bool) -> bool:
    """Whether the first or last operand of an expression stands in brackets that are not empty."""
    while True:
        least = precedence(node)
        if isinstance(node, ast.BoolOp):
            least = NOT if isinstance(node.op, ast.Or) else least + 1
            node = node.values[-1 if last else 0]
        elif isinstance(node, ast.Compare):
            node, least = node.comparators[-1] if last else node.left, least + 1
        elif isinstance(node, ast.BinOp):
            node, least = (node.right, least + 1) if last else (node.left, least)
        elif isinstance(node, ast.UnaryOp) and last:
            node = node.operand
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                return True
        else:
            break
        if precedence(node) < least:
            return True
    if isinstance(node, (ast.List, ast.Tuple)):
        return bool(node.elts)
    if isinstance(node, ast.Call):
        return last and bool(node.args or node.keywords)
    return last and isinstance(node, ast.Subscript)
