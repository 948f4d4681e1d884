"""What the op gets at one place: its condition, its scale factor and its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..edits.python.find import dotted, walk_own
from ..problems import CheckoutRefused, Problem
from .emit import NewCall, Value
from .expressions import Expressions
from .facts import spec_place
from .sites import looks_inserted, scale_of

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.model import Wiring
    from .facts import WiringFacts
    from .scope import Scope
    from .sites import Site

MTP = "_mtp_scale_factor"


class Values:
    """The expressions of one wiring, compiled for one place."""

    def __init__(self, op: Op, facts: WiringFacts, scope: Scope, number: int, wiring: Wiring) -> None:
        self.op = op
        self.facts = facts
        self.scope = scope
        self.path = ("wiring", number)
        self.wiring = wiring
        self._expressions = Expressions(op.name, facts, scope)
        self._problems: list[Problem] = []

    def new_call(self, site: Site) -> NewCall:
        """The op's call at a place; raises `CheckoutRefused` with every name that is not in scope there."""
        wiring = self.wiring
        self._problems = []
        if self.scope.missing(self.facts.ops_module) is not None:
            source = self.scope.model.source
            self._problems.append(
                Problem(
                    source.place(site.perch.statement),
                    f"{self.facts.ops_module} is not in scope",
                    f"an import of the operations as {self.facts.ops_module}",
                    "",
                    "wiring-scope",
                )
            )
        condition = site.guard
        if wiring.when:
            condition = _both(condition, self._choose(wiring.when, "when"))
        scale = self._default_scale(site) if wiring.scale is None else self._given_scale()
        arguments = [(param, Value(self._argument(param))) for param in self.op.params]
        for name in self.facts.taken_over:
            value = self._taken_over(name, site)
            if value is not None:
                arguments.append((name, Value(value, self._text)))
        if self._problems:
            raise CheckoutRefused(self._problems)
        return NewCall(
            f"{self.facts.ops_module}.{self.op.class_name(wiring.phase)}",
            self.op.instance_name(wiring),
            scale,
            arguments,
            condition,
        )

    def _choose(self, values, *path: str, enum: str | None = None) -> ast.expr:  # type: ignore[no-untyped-def]
        result = self._expressions.choose(values, (*self.path, *path), enum)
        if isinstance(result, Problem):
            self._problems.append(result)
            return ast.Constant(None)
        return result

    def _argument(self, param: str) -> ast.expr:
        if param not in self.wiring.args:
            place = spec_place(self.op.name, (*self.path, "args"))
            self._problems.append(
                Problem(place, f"no argument for {param}", "an argument for each param", "", "wiring-args")
            )
            return ast.Constant(None)
        quant = self.op.quant_params.get(param)
        return self._choose(self.wiring.args[param], "args", param, enum=quant.type if quant else None)

    def _taken_over(self, name: str, site: Site) -> ast.expr | None:
        """What the anchor has for a keyword; where it has none of its own, what the other ops of its list agree on."""
        own = [k.value for k in site.calls[0].keywords if k.arg == name]
        if own:
            return own[0]
        elements = site.perch.container.elts if site.perch.container is not None else []
        calls = [node for element in elements for node in ast.walk(element) if isinstance(node, ast.Call)]
        values = {ast.dump(k.value): k.value for call in calls for k in call.keywords if k.arg == name}
        agreed = next(iter(values.values())) if len(values) == 1 else None
        return None if agreed is None or any(self.scope.missing(n) for n in _names(agreed)) else agreed

    # scale

    def _given_scale(self) -> Value:
        node = self._choose(self.wiring.scale, "scale")
        return Value(self._with_mtp(node))

    def _with_mtp(self, node: ast.expr) -> ast.expr:
        """Times the MTP factor where the class has one, unless the expression has it already."""
        if self.wiring.phase != "generation" or not self.scope.model.has_mtp:
            return node
        if self.scope.mentions(_names(node), MTP):
            return node
        return ast.BinOp(node, ast.Mult(), ast.Attribute(ast.Name(self.scope.self_name), MTP))

    def _default_scale(self, site: Site) -> Value:
        """The scale of the op at the place, so that layer counts and the MTP factor are right by construction."""
        node = self._scale_within(site.perch.origin or site.perch.element, site)
        if node is not None and not any(self.scope.missing(name) for name in _names(node)):
            return Value(node, self._text)
        layers = ast.Attribute(ast.Name(self.scope.self_name), "_num_layers")
        return Value(self._with_mtp(layers))

    def _text(self, node: ast.AST) -> str:
        return self.scope.model.source.text(node)

    def _scale_within(self, node: ast.AST, site: Site) -> ast.expr | None:
        """The scale of the anchor's calls below `node`; where the branches of a conditional differ, a conditional."""
        if node in site.calls:
            assert isinstance(node, ast.Call)
            return scale_of(node, self.facts.ops_module) or self._shared_scale(node)
        if isinstance(node, ast.IfExp):
            one, other = self._scale_within(node.body, site), self._scale_within(node.orelse, site)
            if one is None or other is None or ast.dump(one) == ast.dump(other):
                return one or other
            return ast.IfExp(test=node.test, body=one, orelse=other)
        for child in ast.iter_child_nodes(node):
            found = self._scale_within(child, site)
            if found is not None:
                return found
        return None

    def _shared_scale(self, composite: ast.Call) -> ast.expr | None:
        """The scale that all ops inside an `OverlapOp` or `FallbackOp` have, if they have one.

        Ops that were inserted don't count, as they may have another scale: what the op gets must not depend on which
        others came before it, or a second apply would take it for edited. They count where there are no others: then
        they stand in for ops that they replaced.
        """
        calls = list(self._calls(composite, set()))
        scales = self._distinct(c for c in calls if not looks_inserted(c, self.facts.ops_module)) or self._distinct(
            calls
        )
        return scales[0] if len(scales) == 1 else None

    def _distinct(self, calls: Iterable[ast.Call]) -> list[ast.expr]:
        """The scales of some ops, those that are written alike once."""
        scales = (scale_of(call, self.facts.ops_module) for call in calls)
        return list({ast.dump(scale): scale for scale in scales if scale is not None}.values())

    def _calls(self, node: ast.AST, seen: set[str]) -> Iterator[ast.Call]:
        """The calls that make ops below `node`, also by way of locals that hold a group."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and dotted(inner.func).startswith(f"{self.facts.ops_module}."):
                yield inner
            elif isinstance(inner, ast.Name) and inner.id not in seen:
                seen.add(inner.id)
                for group in self._lists(inner.id):
                    yield from self._calls(group, seen)

    def _lists(self, local: str) -> Iterator[ast.List]:
        """The list literals that a local is assigned."""
        for node in walk_own(self.scope.method):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List) and local in map(dotted, node.targets):
                yield node.value


def _both(one: ast.expr | None, other: ast.expr) -> ast.expr:
    if one is None:
        return other
    parts = other.values if isinstance(other, ast.BoolOp) and isinstance(other.op, ast.And) else [other]
    return ast.BoolOp(ast.And(), [one, *parts])


def _names(node: ast.expr) -> list[str]:
    """Dotted names in an expression, the longest ones only."""
    names: list[str] = []
    pending: list[ast.AST] = [node]
    while pending:
        item = pending.pop()
        name = dotted(item)
        if name:
            names.append(name)
        else:
            pending += ast.iter_child_nodes(item)
    return names
