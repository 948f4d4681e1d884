"""From an op's call upwards: the list it is an element of, the statement that holds it, and the phase it ends up in.

A call has a place when it is, through lists, `+`, splats, conditionals and the groups of an `OverlapOp` or
`FallbackOp`, what a statement appends, extends by, assigns or returns. Anything else (a call that returns a list, an op
kept in a variable, a comprehension) has a reason why it has none.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Union

from ..edits.python.find import Function, dotted, walk_own
from ..spec.model import PhaseName
from .classes import ModelClass

DEEPEST = 8
"""Locals that a list is handed on through."""
ADDING = ("append", "extend")
FALLBACK, OVERLAP = "FallbackOp", "OverlapOp"
LISTS: dict[str, PhaseName] = {"context_ops": "context", "generation_ops": "generation"}

Assignment = Union[ast.Assign, ast.AnnAssign, ast.AugAssign]


@dataclass(frozen=True)
class Perch:
    """Where a call stands.

    `container` is the list literal and `element` its element; without a list the call is what `statement` appends to
    `receiver`. `outer` is the `FallbackOp` around it: the place is then that of the whole of it. `origin` is the call's
    own element where its list is handed on by name, and the place is one of what it is handed on to.
    """

    method: Function
    statement: ast.stmt
    container: ast.List | None
    element: ast.expr
    receiver: ast.expr | None = None
    outer: ast.Call | None = None
    origin: ast.expr | None = None


class End(NamedTuple):
    """A statement of a method that puts something into the op list `name` of the model."""

    name: str
    method: Function
    statement: ast.stmt

    @property
    def phase(self) -> PhaseName:
        return LISTS[self.name]


class Flow:
    """The calls of one model class; nothing in it depends on an op."""

    def __init__(self, model: ModelClass) -> None:
        self.model = model
        self._parents: dict[ast.AST, ast.AST] = {}
        for method in model.methods:
            for node in ast.walk(method):
                for child in ast.iter_child_nodes(node):
                    self._parents[child] = node
        self._nodes = {method: list(walk_own(method)) for method in model.methods}
        self.calls = [(m, n) for m, nodes in self._nodes.items() for n in nodes if isinstance(n, ast.Call)]
        """All calls of the class's own methods, in source order."""
        self._assignments = [
            (m, n) for m, nodes in self._nodes.items() for n in nodes if isinstance(n, (ast.Assign, ast.AnnAssign))
        ]

    def parent(self, node: ast.AST) -> ast.AST:
        return self._parents[node]

    def perch(self, method: Function, call: ast.Call) -> Perch | str:
        """Where the op that `call` makes stands, or why it has no place of its own."""
        perch = self._climb(method, call)
        if isinstance(perch, str) or perch.outer is not None or perch.container is None:
            return perch
        local = self._local(perch.statement)
        return perch if local is None else self._beside(perch, local) or perch

    def _beside(self, perch: Perch, local: str) -> Perch | str | None:
        """The place beside what a local's list is an alternative of, where a `FallbackOp` gets the list by name: in the
        list itself the op would count only when that alternative is used. None where no `FallbackOp` does.

        What other uses of the list lead to must come together again: `block = [FallbackOp(...)]` in one branch and
        `block = granular` in the other are one place, behind or before `*block`.
        """
        outer: ast.Call | None = None
        for _ in range(DEEPEST):
            places = [self._climb(perch.method, use, is_list=True) for use in self._uses(perch.method, local)]
            outer = outer or next((p.outer for p in places if not isinstance(p, str) and p.outer is not None), None)
            if outer is None:
                return None
            place = places[0] if len(places) == 1 else ""
            if isinstance(place, Perch) and (place.container is not None or place.receiver is not None):
                return replace(place, outer=outer, origin=perch.element)
            locals_ = {None if isinstance(place, str) else self._local(place.statement) for place in places}
            following = locals_.pop() if len(locals_) == 1 else None
            if following is None:
                break
            local = following
        return f"its list is handed to {dotted(outer.func) if outer else FALLBACK}() by name, and elsewhere"

    def _local(self, statement: ast.stmt) -> str | None:
        """The local that a statement assigns, if that is all it does."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None

    def _climb(self, method: Function, start: ast.expr, *, is_list: bool = False) -> Perch | str:
        """Where an op, or with `is_list` a list of ops, stands in its statement."""
        container: ast.List | None = None
        element: ast.expr = start
        outer: ast.Call | None = None
        # `is_list` goes on to say whether the expression so far is a list of ops, or one op.
        settled = False  # inside a group of an OverlapOp, lists further out are not the op's own
        node: ast.AST = start
        while True:
            parent = self._parents[node]
            if isinstance(parent, ast.IfExp):
                if node is parent.test:
                    return "it stands in a condition"
            elif isinstance(parent, ast.List):
                if not settled:
                    container, element = parent, _expression(node)
                is_list = True
            elif isinstance(parent, ast.Starred) or (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add)):
                if not is_list:
                    return "it is a list of ops, or one that is not written here"
            elif isinstance(parent, ast.keyword):
                pass
            elif isinstance(parent, ast.Call):
                kind = dotted(parent.func).rpartition(".")[2]
                above = self._parents[parent]
                if isinstance(parent.func, ast.Attribute) and kind in ADDING and isinstance(above, ast.Expr):
                    if is_list != (kind == "extend"):
                        return "it is a list of ops, or one that is not written here"
                    return Perch(method, above, container, element, parent.func.value, outer)
                if kind == FALLBACK:
                    container, element, settled, outer = None, parent, False, parent
                elif kind == OVERLAP and is_list:
                    settled = container is not None
                else:
                    return f"it is an argument of {dotted(parent.func) or 'a call'}()"
                is_list = False
            elif isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
                if not is_list:
                    return "it is kept in a variable or returned, not put into a list"
                return Perch(method, parent, container, element, None, outer)
            else:
                return f"it stands in a {type(parent).__name__}"
            node = parent

    def ends(self, method: Function, node: ast.AST) -> list[End]:
        """Where what the statement of `node` makes ends up: each op list of the model that it goes into."""
        return list(self._ends(method, self.statement(node), set()))

    def in_overlap(self, perch: Perch) -> bool:
        """Whether the place is in a group of an `OverlapOp`, directly or by way of a local that holds the group."""
        starts: list[ast.AST] = [perch.container] if perch.container is not None and perch.outer is None else []
        if isinstance(perch.statement, ast.Assign):
            names = [t.id for t in perch.statement.targets if isinstance(t, ast.Name)]
            starts += [use for name in names for use in self._uses(perch.method, name)]
        for node in starts:
            while not isinstance(node, ast.stmt):
                node = self._parents[node]
                if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == OVERLAP:
                    return True
        return False

    def erased_by(self, ends: Iterable[End]) -> Function | None:
        """The method that starts the op list anew after something went into it, so that it doesn't last."""
        for name, method, statement in ends:
            for owner, reset in self._resets(name):
                if owner is method:
                    erased = reset.lineno > statement.lineno and self._encloses(self._parents[reset], statement)
                else:
                    # A builder is called later than the constructor's own statements, unless the call is above them.
                    built = any(m is method and n.lineno < statement.lineno for m, n in self.calls_of(owner))
                    erased = method.name == "__init__" and not built
                if erased:
                    return owner
        return None

    def _ends(self, method: Function, statement: ast.stmt, seen: set[ast.AST]) -> Iterator[End]:
        if statement in seen:
            return
        seen.add(statement)
        if isinstance(statement, ast.Return):
            for caller, call in self.calls_of(method):
                yield from self._ends(caller, self.statement(call), seen)
            return
        for target in _targets(statement):
            name = dotted(target)
            head, _, attribute = name.rpartition(".")
            if head and attribute.lstrip("_") in LISTS:
                yield End(attribute.lstrip("_"), method, statement)
            elif isinstance(target, ast.Name):
                for node in self._uses(method, name):
                    yield from self._ends(method, self.statement(node), seen)

    def _uses(self, method: Function, name: str) -> Iterator[ast.Name]:
        """Where a local is read, other than to call a method of it."""
        for node in self._nodes[method]:
            if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
                continue
            if not isinstance(self._parents[node], ast.Attribute):
                yield node

    def _resets(self, name: str) -> Iterator[tuple[Function, Assignment]]:
        for method, node in self._assignments:
            for target in _targets(node):
                head, _, attribute = dotted(target).rpartition(".")
                if head and attribute.lstrip("_") == name:
                    yield method, node

    def calls_of(self, method: Function) -> list[tuple[Function, ast.Call]]:
        """The class's own calls of one of its methods."""
        return [(m, n) for m, n in self.calls if isinstance(n.func, ast.Attribute) and n.func.attr == method.name]

    def _encloses(self, around: ast.AST, node: ast.AST) -> bool:
        while node is not around:
            if node not in self._parents:
                return False
            node = self._parents[node]
        return True

    def statement(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node


@functools.lru_cache(maxsize=64)
def flow_of(model: ModelClass) -> Flow:
    """The flow of a class, worked out once for all ops that are put into it."""
    return Flow(model)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        return [statement.target]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in ADDING:
            return [function.value]
    return []


def _expression(node: ast.AST) -> ast.expr:
    assert isinstance(node, ast.expr)
    return node
