"""The ways that a formula can go: what an evaluation has to have decided for all of the formula to have been run.

A conditional goes to either arm, a comparison is true or false, one of a minimum's or maximum's arguments is the least
or the largest alone. Both sides of an order have an edge, too, where they are equal: it is looked for, and a formula
whose numbers never meet there has none. Rows of a table of constants are told apart by their text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .evaluate import Taken
from .formula import Formula
from .tree import Call, Choice, Compare, Expr, Int, Mode, Name, Real, Str, walk


@dataclass(frozen=True)
class Branch:
    """One way at one node. `where` names the let or the part and its quantity, `span` is the node's place in its text;
    `edge`: it need not be reachable."""

    taken: Taken
    where: str
    span: tuple[int, int]
    edge: bool = False

    @property
    def way(self) -> str:
        return self.taken[1]


def pieces(formula: Formula) -> Iterator[tuple[str, Expr]]:
    """Every expression of a formula with the name of its let, or of its part and quantity ("scores.bytes")."""
    yield from formula.lets
    for part in formula.parts:
        for kind, expr in (("flops", part.flops), ("precision", part.precision), ("bytes", part.bytes)):
            if expr is not None:
                yield f"{part.name}.{kind}", expr


def branches(formula: Formula) -> list[Branch]:
    """All of a formula's, in the order of its text."""
    found = []
    for where, expr in pieces(formula):
        for node in walk(expr):
            if isinstance(node, Choice):
                ways = ["if", "else"]
            elif isinstance(node, Compare):
                ways = ["true", "false"]
                if node.op not in ("==", "!="):
                    found.append(Branch((id(node), "equal"), where, node.span, edge=True))
            elif isinstance(node, Call) and node.function in ("min", "max"):
                ways = [str(i) for i in range(len(node.args))]
            else:
                continue
            found += [Branch((id(node), way), where, node.span) for way in ways]
    return found


def compared(formula: Formula) -> Iterator[tuple[str, str | int | float]]:
    """What names are compared with: (name, text, mode's name or number)."""
    for _, expr in pieces(formula):
        for node in walk(expr):
            if isinstance(node, Compare):
                sides: list[tuple[Expr, ...]] = [(node.left, node.right), (node.right, node.left)]
            elif isinstance(node, Call) and node.function in ("min", "max"):
                sides = [(a, b) for a in node.args for b in node.args]
            else:
                continue
            for one, other in sides:
                if not isinstance(one, Name):
                    continue
                if isinstance(other, (Str, Int, Real)):
                    yield one.id, other.value
                elif isinstance(other, Mode):
                    yield one.id, other.name
