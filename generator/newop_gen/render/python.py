"""Python laid out as `ruff format` would, so that inserted code needs no reformatting.

It covers the expressions that generated code is made of in their stable shapes:

- arguments go on one indented line when they fit there, else one a line with a comma; a lone argument gets no comma;
- displays go one element a line; a lone element gets no comma, but for that of a tuple;
- an operator, `if`/`else` or a clause of a comprehension starts a line, all of one precedence break together;
- a condition or value of a statement is put in parentheses when it does not fit, unless breaking inside its first or
  last pair of brackets is enough.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence

from .document import SOFT, SPACE, Doc, Either, Flat, Group, IfBroken, Indented, joined

# Literals


def literal(value: object) -> str:
    """A literal that reads back equal, as ruff writes it: `1e16` and not `1e+16`, strings in double quotes unless that
    costs more escapes."""
    if isinstance(value, str):
        quote = "'" if value.count('"') > value.count("'") else '"'
        return quote + value.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


# Trees


@functools.lru_cache(maxsize=1024)
def parsed(code: str) -> ast.expr:
    """The tree of an expression's code, which nobody may change."""
    return ast.parse(code, mode="eval").body


# Shapes


def call(function: Doc, arguments: Sequence[Doc]) -> Doc:
    if not arguments:
        return (function, "()")
    comma = IfBroken(",") if len(arguments) > 1 else ""
    inner = Group((joined(arguments), comma))
    return (function, "(", Group((Indented((SOFT, inner)), SOFT)), ")")


def bracketed(opening: str, elements: Sequence[Doc], closing: str) -> Doc:
    """Elements of a display: one a line when broken."""
    comma = IfBroken(",") if len(elements) > 1 else ""
    return enclosed(opening, (joined(elements), comma), closing)


def enclosed(opening: str, doc: Doc, closing: str) -> Doc:
    """What stands between brackets, on lines of its own when broken."""
    return (opening, Group((Indented((SOFT, doc)), SOFT)), closing)


def tuple_display(elements: Sequence[Doc]) -> Doc:
    if len(elements) == 1:
        return enclosed("(", (elements[0], ","), ")")
    return bracketed("(", elements, ")") if elements else "()"


def parenthesized(doc: Doc) -> Doc:
    return enclosed("(", doc, ")")


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

_BRACKETS = {ast.ListComp: ("[", "]"), ast.SetComp: ("{", "}"), ast.GeneratorExp: ("(", ")")}


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


def operands(node: ast.expr) -> int:
    """How many lines it takes when it is broken at its loosest operators alone."""
    if isinstance(node, ast.IfExp):
        return 2 + (operands(node.orelse) if isinstance(node.orelse, ast.IfExp) else 1)
    if isinstance(node, ast.BoolOp):
        return len(node.values)
    if isinstance(node, ast.Compare):
        return 1 + len(node.ops)
    count, first = 1, node
    while isinstance(first, ast.BinOp) and precedence(first) == precedence(node):
        count, first = count + 1, first.left
    return 2 if precedence(node) == POWER else count


class Expressions:
    """Documents for `ast` expressions. `text` gives the source of a node that comes from a file or from code, None of a
    new one.

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
        return parenthesized(self._within._bare(node))

    @property
    def _within(self) -> Expressions:
        return self if self._inside else Expressions(self._text)

    def _bare(self, node: ast.expr) -> Doc:
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
            return self._conditional(node)
        if isinstance(node, ast.Starred):
            return ("*", self.doc(node.value, COMPARE))
        if isinstance(node, ast.Lambda):
            names = self._flat(node)[: -len(self._flat(node.body))]
            return statement(names, node.body, "", self._text, opens=False)
        return self._primary(node)

    def _primary(self, node: ast.expr) -> Doc:
        """What binds tightest: names, literals, displays, and what has brackets or a dot behind it."""
        within = self._within
        if isinstance(node, ast.Call):
            return call(self.doc(node.func, ATOM), self.arguments(node))
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            index = node.slice
            elements = index.elts if isinstance(index, ast.Tuple) and len(index.elts) > 1 else [index]
            return (self.doc(node.value, ATOM), bracketed("[", [within.doc(e) for e in elements], "]"))
        if isinstance(node, ast.Attribute):
            return (self.doc(node.value, ATOM), f".{node.attr}")
        if isinstance(node, ast.Tuple):
            return tuple_display([within.doc(e) for e in node.elts])
        if isinstance(node, ast.List):
            return bracketed("[", [within.doc(e) for e in node.elts], "]") if node.elts else "[]"
        if isinstance(node, ast.Set):
            return bracketed("{", [within.doc(e) for e in node.elts], "}")
        if isinstance(node, ast.Dict) and node.keys and None not in node.keys:
            pairs = [(within.doc(k), ": ", within.doc(v)) for k, v in zip(node.keys, node.values) if k is not None]
            return bracketed("{", pairs, "}")
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            opening, closing = _BRACKETS[type(node)]
            return enclosed(opening, self._comprehension(node), closing)
        return self._flat(node)

    def arguments(self, node: ast.Call) -> list[Doc]:
        within = self._within
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            return [self._comprehension(node.args[0])]
        arguments = [within.doc(a, LAMBDA) for a in node.args]
        return arguments + [(f"{k.arg}=" if k.arg else "**", within.doc(k.value, LAMBDA)) for k in node.keywords]

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Doc:
        within = self._within
        parts = [within.doc(node.elt)]
        for clause in node.generators:
            # A tuple of targets has no parentheses in a source, and gets none.
            targets = clause.target.elts if isinstance(clause.target, ast.Tuple) else [clause.target]
            parts += [SPACE, "for ", joined(map(within.doc, targets), ", "), " in ", within.doc(clause.iter, COMPARE)]
            for test in clause.ifs:
                parts += [SPACE, "if ", within.doc(test, OR)]
        return Group(tuple(parts))

    def _conditional(self, node: ast.IfExp) -> Doc:
        parts: list[Doc] = []
        rest: ast.expr = node
        while isinstance(rest, ast.IfExp):
            parts += [self.doc(rest.body, OR), self._space, "if ", self.doc(rest.test, OR), self._space, "else "]
            rest = rest.orelse
        return self._grouped([*parts, self.doc(rest, TERNARY)])

    def _binary(self, node: ast.BinOp) -> Doc:
        sign, level = _OPERATORS[type(node.op)]
        if isinstance(node.op, ast.Pow):
            tight = precedence(node.left) == ATOM and _simple_power(node.left) and _simple_power(node.right)
            base, exponent = self.doc(node.left, POWER + 1), self.doc(node.right, UNARY)
            return (base, "**", exponent) if tight else self._grouped([base, self._space, "** ", exponent])
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
        """A node without breaks: its own text, or names and literals as ruff writes them."""
        if self._text is not None:
            return self._text(node)
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Constant):
            return literal(node.value)
        return ast.unparse(node)


def _simple_power(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, (int, float)))


# Statements


def statement(
    head: str, node: ast.expr, tail: str = "", text: Callable[[ast.AST], str] | None = None, *, opens: bool = True
) -> Doc:
    """`head` + expression + `tail` of a statement (`if ...:`, `x = ...`), with parentheses where ruff puts them.
    `opens` says whether brackets at an end of the expression may be opened instead."""
    plain = (head, Expressions(text, inside=False).doc(node), tail)
    whole = (head, parenthesized(Expressions(text).doc(node)), tail)
    if not isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)):
        return Either((plain, whole, plain))  # in parentheses only when that makes it fit
    return Either((plain if opens and _brackets_suffice(node) else Flat(plain), whole))


def _brackets_suffice(node: ast.expr) -> bool:
    """Ruff's rule for leaving optional parentheses out: one operator of the lowest precedence, and non-empty brackets
    at the very start or the very end of the expression."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Subscript) or _edge_has_brackets(node, last=True)
    if isinstance(node, ast.IfExp):
        return False
    return operands(node) == 2 and (_edge_has_brackets(node, last=False) or _edge_has_brackets(node, last=True))


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
            above = least + (last or least == POWER)
            node, least = (node.right, above) if last else (node.left, above)
        elif isinstance(node, ast.UnaryOp) and last:
            node = node.operand
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                return True
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not last:
            node, least = node.value, ATOM
        elif isinstance(node, ast.Call) and not last:
            node, least = node.func, ATOM
        else:
            break
        if precedence(node) < least:
            return True
    if isinstance(node, (ast.List, ast.Tuple)):
        return bool(node.elts)
    if isinstance(node, ast.Call):
        return last and bool(node.args or node.keywords)
    return isinstance(node, (ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp))
