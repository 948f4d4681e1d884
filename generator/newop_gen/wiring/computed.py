"""Names that a helper method makes from what it is given: `f"{prefix}_moe"`, called with `"context_global"`.

Such an op is an anchor under each name that a call of the helper gives it. What is put next to it counts only for that
call, so that it gets a guard: `prefix == "context_global"`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..edits.python.find import Function
    from .flow import Flow


@dataclass(frozen=True)
class ComputedName:
    """An op whose name is the text `before`, the parameter of its method, and the text `after`."""

    method: Function
    call: ast.Call
    parameter: str
    before: str
    after: str

    def name(self, value: str) -> str:
        return f"{self.before}{value}{self.after}"


@dataclass(frozen=True)
class Given:
    """A call of the helper that gives the parameter as a string."""

    value: str
    caller: Function
    call: ast.Call


def computed_name(method: Function, call: ast.Call, name: ast.expr) -> ComputedName | None:
    """The name of an op, if it is made of one parameter of its method that the method doesn't change."""
    if not isinstance(name, ast.JoinedStr):
        return None
    holes = [v for v in name.values if isinstance(v, ast.FormattedValue)]
    if len(holes) != 1 or holes[0].conversion != -1 or holes[0].format_spec is not None:
        return None
    hole = holes[0].value
    if not isinstance(hole, ast.Name) or hole.id not in _parameters(method):
        return None
    if any(isinstance(n, ast.Name) and n.id == hole.id and isinstance(n.ctx, ast.Store) for n in ast.walk(method)):
        return None
    at = name.values.index(holes[0])
    texts = [
        "".join(str(v.value) for v in part if isinstance(v, ast.Constant))
        for part in (name.values[:at], name.values[at:])
    ]
    return ComputedName(method, call, hole.id, *texts)


def givens(flow: Flow, computed: ComputedName) -> Iterator[Given | None]:
    """What each call of the helper gives the parameter; None for what is not written out."""
    position = _parameters(computed.method).index(computed.parameter) - 1  # without self
    for caller, call in flow.calls_of(computed.method):
        node = next((k.value for k in call.keywords if k.arg == computed.parameter), None)
        if node is None and position < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
            node = call.args[position]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Given(node.value, caller, call)
        else:
            yield None


def guard(flow: Flow, computed: ComputedName, value: str) -> ast.expr | None:
    """The condition under which the op has the name that `value` gives it; None when it always has."""
    if all(given is not None and given.value == value for given in givens(flow, computed)):
        return None
    return ast.Compare(ast.Name(computed.parameter), [ast.Eq()], [ast.Constant(value)])


def _parameters(method: Function) -> list[str]:
    return [a.arg for a in (*method.args.posonlyargs, *method.args.args)]
