"""The named ops of a model class, and the places that an anchor means."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..edits.python.find import Function, dotted
from ..problems import did_you_mean, near_names
from ..spec.model import PhaseName
from .classes import ModelClass
from .computed import computed_name, givens, guard
from .flow import FALLBACK, OVERLAP, Perch, flow_of


@dataclass(frozen=True)
class Site:
    """One place: an element of a list or a statement, with the anchor's calls in it.

    Several calls are the branches of a conditional element, of which a build takes one, or alternatives of one
    `FallbackOp`. `guard` is the condition under which a helper makes the op with the anchor's name.
    """

    perch: Perch
    calls: tuple[ast.Call, ...]
    guard: ast.expr | None = None


@dataclass(frozen=True)
class _Named:
    """A call that makes an op of a certain name, and the place in the code from which it gets into a list."""

    method: Function
    call: ast.Call
    source: tuple[Function, ast.AST] | None = None
    guard: ast.expr | None = None


class Anchors:
    """Ops of one model class that have a name in the source. Calls of the classes `guests` are not anchors."""

    def __init__(self, model: ModelClass, ops_module: str, guests: Collection[str]) -> None:
        self.model = model
        self.flow = flow_of(model)
        self._ops = ops_module
        self.computed: list[str] = []
        self.guests: list[tuple[Function, ast.Call]] = []
        self._named: dict[str, list[_Named]] = {}
        for method, call in self.flow.calls:
            if self.is_op(call) and dotted(call.func).rpartition(".")[2] in guests:
                self.guests.append((method, call))
                continue
            name = self._name(call)
            if isinstance(name, str):
                self._named.setdefault(name, []).append(_Named(method, call))
            elif name is not None:
                self._add_computed(method, call, name)

    def is_op(self, call: ast.Call) -> bool:
        return dotted(call.func).startswith(f"{self._ops}.")

    def _name(self, call: ast.Call) -> str | ast.expr | None:
        """The op's name; for a helper that makes an op, the first string it gets. A computed name as expression."""
        given = next((k.value for k in call.keywords if k.arg == "name"), None)
        if self.is_op(call):
            node = call.args[0] if call.args else given
            return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else node
        for node in (*call.args, *([given] if given else ())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return node.value
        return None

    def _add_computed(self, method: Function, call: ast.Call, name: ast.expr) -> None:
        computed = computed_name(method, call, name)
        found = [] if computed is None else [g for g in givens(self.flow, computed) if g is not None]
        if computed is None or not found:
            self.computed.append(ast.unparse(name))
            return
        for given in found:
            condition = guard(self.flow, computed, given.value)
            one = _Named(method, call, (given.caller, given.call), condition)
            self._named.setdefault(computed.name(given.value), []).append(one)

    def sites(self, phase: PhaseName, name: str, *, after: bool) -> list[Site] | str:
        """The places of the op `name` in a phase, in source order; or why there is none."""
        grouped: dict[int, tuple[Perch, list[ast.Call], ast.expr | None]] = {}
        reason = ""
        for one in self._named.get(name, ()):
            perch = self.flow.perch(one.method, one.call)
            if isinstance(perch, str):
                reason = f"{name} has no place of its own: {perch} (line {one.call.lineno})"
                continue
            ends = self.flow.ends(*(one.source or (perch.method, perch.statement)))
            phases = {end.phase for end in ends}
            if phases != {phase}:
                where = f"the {' and '.join(sorted(phases))} ops" if phases else "no op list of the model"
                reason = f"{name} goes into {where} (line {one.call.lineno})"
                continue
            eraser = self.flow.erased_by(ends)
            if eraser is not None:
                line = f"line {one.call.lineno}"
                reason = f"{name} stands in {one.method.name} ({line}), whose list {eraser.name} starts anew"
                continue
            calls = grouped.setdefault(id(perch.element), (perch, [], one.guard))[1]
            if one.call not in calls:
                calls.append(one.call)
        sites = [Site(perch, tuple(calls), condition) for perch, calls, condition in grouped.values()]
        return self._without_guests(sites, after=after) if sites else reason

    def _around(self, perch: Perch) -> tuple[int, bool]:
        """Which list or block a place is in."""
        if perch.container is not None:
            return id(perch.container), False
        parent = self.flow.parent(perch.statement)
        return id(parent), perch.statement in getattr(parent, "orelse", ())

    def _without_guests(self, sites: list[Site], *, after: bool) -> list[Site]:
        """The anchor's own places, where ops inserted earlier took its name.

        A name is shared so that mixed steps cost both. Upstream never gives two ops of one list the same name. Should
        the form of the calls not tell them apart, the guest is the later one of those placed after, the earlier one of
        those placed before.
        """
        hosts = [s for s in sites if not all(looks_inserted(c, self._ops) for c in s.calls)] or sites
        kept: dict[tuple[int, bool], Site] = {}
        for site in hosts if after else reversed(hosts):
            kept.setdefault(self._around(site.perch), site)
        return [site for site in hosts if site in kept.values()]

    def names(self, phase: PhaseName) -> list[str]:
        """Names that can be anchors in a phase, in source order."""
        return [name for name in self._named if isinstance(self.sites(phase, name, after=True), list)]

    def nearest(self, phase: PhaseName, wanted: Iterable[str]) -> str:
        """What a message says about a name that is not there: near ones that are, and those that are computed."""
        names = self.names(phase)
        near = list(dict.fromkeys(m for w in wanted for m in near_names(w, names)))
        said = did_you_mean(near[:3]) or f"it has {', '.join(names) or 'no named op there'}"
        if self.computed:
            said += f"; names that are computed are no anchors ({', '.join(dict.fromkeys(self.computed[:4]))})"
        return said


def looks_inserted(call: ast.Call, ops_module: str) -> bool:
    """Whether a call has the form that inserted ones have: name and scale by position, every parameter by keyword. No
    release from 0.6 to 0.11 has an op in that form."""
    return dotted(call.func).startswith(f"{ops_module}.") and len(call.args) == 2


def scale_of(call: ast.Call, ops_module: str) -> ast.expr | None:
    """The scale factor that a call gives its op: the argument after the name. None where the op has none."""
    function = dotted(call.func)
    if function.rpartition(".")[2] in (FALLBACK, OVERLAP):
        return None
    for keyword in call.keywords:
        if keyword.arg in ("scale_factor", "scale"):
            return keyword.value
    if function.startswith(f"{ops_module}."):
        position = 1
    else:
        position = next((i + 1 for i, a in enumerate(call.args) if _is_text(a)), len(call.args))
    if position < len(call.args) and not isinstance(call.args[position], ast.Starred):
        return call.args[position]
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
