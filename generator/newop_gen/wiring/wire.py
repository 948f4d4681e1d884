"""Wiring one op into one model class, and telling what is there already from what is not."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..plan import Insertion, Replacement
from ..problems import CheckoutRefused, Problem
from .emit import NewCall, Override
from .facts import spec_place
from .placing import ListSlot, StatementSlot, is_free
from .quants import Overrides
from .replacing import Replacer, outermost_choice
from .scope import scope_at
from .sites import Site
from .values import Values

if TYPE_CHECKING:
    from ..model.op import Op
    from ..plan import Edit
    from ..spec.model import Wiring
    from .classes import ModelClass, ModelIndex
    from .facts import WiringFacts
    from .flow import Perch
    from .scope import Scope
    from .sites import Anchors


class Wirer:
    """One op and one model class; takes the op's wirings of this class one after the other."""

    def __init__(self, op: Op, index: ModelIndex, model: ModelClass, anchors: Anchors, facts: WiringFacts) -> None:
        self.op = op
        self.index = index
        self.model = model
        self.anchors = anchors
        self.facts = facts
        self.edits: list[Edit] = []
        self._overrides = Overrides(op, index, model, facts)
        self._as_wanted: set[ast.Call] = set()  # calls of the op that are as the spec has them
        self._wanted: dict[tuple[str, str], NewCall] = {}
        self._replacing: dict[ast.expr, dict[ast.AST, list[NewCall]]] = {}

    def conflicts(self) -> list[Problem]:
        """Calls that make the op under a name of the spec, but not as the spec has it or not at its place."""
        found = list(self._overrides.conflicts)
        for _, call in self.anchors.guests:
            new = self._wanted.get(_identity(call))
            if new is not None and call not in self._as_wanted:
                text = " ".join(self.model.source.text(call).split())
                found.append(
                    Problem(
                        self.model.source.place(call),
                        f"{self.model.name} has the op already, but not as the spec says or not at its place: {text}",
                        new.flat(),
                        "take that call out, or change the spec to it",
                        "wiring-differs",
                    )
                )
        return found

    def wire(self, number: int, wiring: Wiring, anchor: str, sites: Sequence[Site]) -> None:
        """Raises `CheckoutRefused` with all names that are not in scope, of all places."""
        problems = self._name_taken(number, wiring, anchor)
        for site in sites:
            try:
                if wiring.at.replace is not None:
                    self._replace(number, wiring, site)
                else:
                    self._insert(number, wiring, site, after=wiring.at.after is not None)
            except CheckoutRefused as refusal:
                problems += refusal.problems
        if problems:
            raise CheckoutRefused(dict.fromkeys(problems))

    def _name_taken(self, number: int, wiring: Wiring, anchor: str) -> list[Problem]:
        """Two ops of one name are one line in a breakdown: only where that is wanted."""
        name = self.op.instance_name(wiring)
        if name == self.facts.mixed_names[wiring.phase] or (wiring.at.replace is not None and name == anchor):
            return []
        if not isinstance(self.anchors.sites(wiring.phase, name, after=True), list):
            return []
        return [
            Problem(
                spec_place(self.op.name, ("wiring", number, "name")),
                f"{self.model.name} has a {wiring.phase} op named {name} already",
                "a name of its own",
                "give the wiring another `name`",
                "name-taken",
            )
        ]

    def _values(self, number: int, wiring: Wiring, site: Site) -> tuple[NewCall, list[Override], Scope]:
        scope = scope_at(self.index, self.model, site.perch.method, site.perch.statement)
        new = Values(self.op, self.facts, scope, number, wiring).new_call(site)
        new, checked = self._overrides.apply(new, scope)
        self._wanted.setdefault((self.op.class_name(wiring.phase), new.name), new)
        return new, checked, scope

    # before and after

    def _insert(self, number: int, wiring: Wiring, site: Site, *, after: bool) -> None:
        perch, source, width = site.perch, self.model.source, self.facts.width
        new, checked, scope = self._values(number, wiring, site)
        block = scope.chain[-1][0]
        if perch.container is None:
            assert perch.receiver is not None
            slot = StatementSlot(source, block, perch.statement, after)
            margin = len(slot.margin)
            statement = new.statement(source.text(perch.receiver), width=width, margin=margin)
            text = f"{self._overrides.text(checked, new, margin)}\n{statement}" if checked else statement
            span = slot.find(text)
            if span is None:
                self.edits += [*self._overrides.imports(checked), slot.insert(text)]
        else:
            call = self._sole_argument(perch)
            elements = ListSlot(source, perch.container, perch.element, after=after, argument_of=call)
            text = new.element(width=width, margin=len(elements.margin))
            self.edits += self._overrides.edits(checked, new, StatementSlot(source, block, perch.statement, False))
            span = elements.find(text)
            if span is None:
                self.edits += elements.insert(text)
        if span is not None:
            self.edits.append(Insertion(source.path, span[0], source.data[span[0] : span[1]], done=True))
            self._as_wanted |= {c for _, c in self.anchors.guests if span[0] <= source.start(c) < span[1]}

    def _sole_argument(self, perch: Perch) -> ast.Call | None:
        """The call (`extend`) around a list that is its only argument; a list elsewhere must have lines already."""
        assert perch.container is not None
        parent = self.anchors.flow.parent(perch.container)
        if isinstance(parent, ast.Call) and len(parent.args) == 1 and not parent.keywords:
            return parent
        if perch.container.lineno != perch.container.end_lineno or is_free(self.model.source, perch.container, parent):
            return None
        raise CheckoutRefused(
            Problem(
                self.model.source.place(perch.container),
                "a list on one line inside a longer expression",
                "a list with each op on lines of its own",
                "",
                "anchor-shape",
            )
        )

    # replace

    def _replace(self, number: int, wiring: Wiring, site: Site) -> None:
        new, checked, scope = self._values(number, wiring, site)
        slot = StatementSlot(self.model.source, scope.chain[-1][0], site.perch.statement, False)
        self.edits += self._overrides.edits(checked, new, slot)
        for call in site.calls:
            one, _, _ = self._values(number, wiring, replace(site, calls=(call,)))
            top = outermost_choice(self.anchors.flow, call)
            wanted = self._replacing.setdefault(top, {})
            there = self._standing_before(top, one)
            if there is None:
                wanted.setdefault(call, []).append(one)
            else:
                self._as_wanted.add(there)

    def _standing_before(self, top: ast.expr, new: NewCall) -> ast.Call | None:
        """The op's call in front of the `else` that its anchor stands behind, if it was replaced before."""
        flow = self.anchors.flow
        condition = None if new.condition is None else ast.dump(_reparsed(ast.unparse(new.condition)))
        for node in ast.walk(top):
            if isinstance(node, ast.Call) and any(node is c for _, c in self.anchors.guests):
                choice = flow.parent(node)
                test = ast.dump(choice.test) if isinstance(choice, ast.IfExp) and choice.body is node else None
                if ast.dump(node) == ast.dump(_reparsed(new.flat())) and condition == test:
                    return node
        return None

    def finish(self) -> None:
        """Lay the replacements out, all of one expression together. Raises `CheckoutRefused`, as `wire` does."""
        source = self.model.source
        problems: list[Problem] = []
        for top, wanted in self._replacing.items():
            start, end = source.start(top), source.end(top)
            data = source.data[start:end]
            if not wanted:
                self.edits.append(Replacement(source.path, start, end, data, data, done=True))
                continue
            try:
                self.edits += Replacer(source, self.anchors.flow, top, wanted, self.facts.width).edits()
            except CheckoutRefused as refusal:
                problems += refusal.problems
        if problems:
            raise CheckoutRefused(problems)

    def replaced_before(self, number: int, wiring: Wiring) -> bool:
        """Whether the anchor is gone because the op took its place; finds out whether that is as the spec has it."""
        found = False
        for method, call in self.anchors.guests:
            perch = self.anchors.flow.perch(method, call)
            if _identity(call) != (self.op.class_name(wiring.phase), self.op.instance_name(wiring)):
                continue
            if isinstance(perch, str):
                continue
            if {end.phase for end in self.anchors.flow.ends(perch.method, perch.statement)} != {wiring.phase}:
                continue
            found = True
            # Its own scale stands for that of the anchor, which is no longer there to be asked.
            new, checked, scope = self._values(number, wiring, Site(perch, (call,)))
            slot = StatementSlot(self.model.source, scope.chain[-1][0], perch.statement, False)
            self.edits += self._overrides.edits(checked, new, slot)
            if new.condition is None and ast.dump(call) == ast.dump(_reparsed(new.flat())):
                self._as_wanted.add(call)
                start, end = self.model.source.start(call), self.model.source.end(call)
                data = self.model.source.data[start:end]
                self.edits.append(Replacement(self.model.source.path, start, end, data, data, done=True))
        return found


def _identity(call: ast.Call) -> tuple[str, str]:
    """The op class and the instance name of a call that makes an op."""
    name = call.args[0] if call.args else None
    text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return ast.unparse(call.func).rpartition(".")[2], text


def _reparsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
