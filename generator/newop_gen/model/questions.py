"""What a query is to be asked so that all of its formula is run: every text and mode, every way of every decision.

Answers for questions that were not asked prove nothing. So the questions follow from the formula: what it compares its
names with, and points found by trial for each way that a decision can go (`sol.branches`). What no trial reaches is
told, and is for the spec to change or to own up to.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..sol.branches import Branch, branches, compared
from ..sol.evaluate import Gpu, SolTimes, SolValueError, Taken, evaluate_formula
from ..sol.quants import Quant, canonical
from .op import Op, Query

Values = dict[str, Any]
Reached = frozenset[tuple[Any, ...]]

UNLISTED = "not_listed"
"""A text that no formula knows."""

NUMBERS = (1, 2, 3, 8, 40, 128, 1000, 4096, 7168)
RUN_TIME = {"x": (1, 2, 17, 4096, 65536), "b": (1, 2, 7, 64, 513), "s": (1, 2, 17, 1000, 4096, 131072)}
PREFIXES = (0, 1, 333, 8192)
TRIES = 400
"""Points by chance for ways that points near the asked ones don't go."""

FINE = tuple(
    sorted(
        {1, 3, 5, 12, 48, 96, 160, 384, 768}
        | {2**n + d for n in range(2, 12) for d in (-1, 0, 1)}
        | {2**n for n in (1, 12, 13, 14, 16, 17)}
    )
)


def formula_texts(op: Op, param: str) -> tuple[str, ...]:
    """The texts that formulas tell apart in a str param, and last one that none of them knows where that is answered;
    none where no formula looks at it."""
    found: dict[str, None] = {}
    refused = False
    for phase in op.phases:
        formula = op.formula(phase)
        if formula.constants is not None and formula.constants.by == param:
            found.update(dict.fromkeys(formula.constants.rows))
            refused |= formula.constants.otherwise is None
        found.update((str(v), None) for name, v in compared(formula) if name == param)
    return (*found, *([] if refused or not found else [UNLISTED]))


@dataclass(frozen=True)
class Asking:
    """Questions to one query in one tree. `modes` are the quants by canonical name, `gpu` is what SOLs are found for.
    `held` are values that tables have, by param: they are asked, too."""

    query: Query
    gpu: Gpu
    modes: Mapping[str, Quant]
    held: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def op(self) -> Op:
        return self.query.op

    def choices(self) -> dict[str, Sequence[Any]]:
        """The values of each argument that are asked; a text or mode is asked each, a number stands for its like."""
        out: dict[str, Sequence[Any]] = {}
        for name in self.query.run_time:
            out[name] = PREFIXES if name == "prefix" else RUN_TIME[name]
        for name, param in self.op.params.items():
            if param.type == "int":
                out[name] = NUMBERS
            elif param.type == "str":
                texts = formula_texts(self.op, name)
                out[name] = tuple(dict.fromkeys((*texts, *self.held.get(name, ())))) or ("alpha",)
            else:
                out[name] = tuple(param.modes) or self._modes(name)
        return out

    def _modes(self, param: str) -> tuple[str, ...]:
        """Modes of a param whose spec lists none: those that the formula tells apart, and the 16-bit one."""
        told = [str(v) for name, v in compared(self.query.formula) if name == param and str(v) in self.modes]
        return tuple(dict.fromkeys((*told, "bfloat16")))

    def wanted(self) -> dict[tuple[Any, ...], str]:
        """Everything that questions have to reach, with words for it; edges need not be reachable, and are not here."""
        out: dict[tuple[Any, ...], str] = {}
        for name, values in self.choices().items():
            if name in self.op.params and self.op.params[name].type != "int":
                out.update((self._held(name, value), f"{name} = {value}") for value in values)
        out.update((b.taken, self._told(b)) for b in branches(self.query.formula) if not b.edge)
        return out

    def _held(self, name: str, value: Any) -> tuple[str, Any]:
        return name, canonical(str(value)) if name in self.op.quant_params else value

    def _told(self, branch: Branch) -> str:
        where, _, kind = branch.where.partition(".")
        sol = self.op.sol(self.query.phase)
        text = next((getattr(p, kind) for p in sol.parts if kind and p.name == where), None) or sol.let.get(where, "")
        start, end = branch.span
        way = {"if": "the first arm", "else": "the last arm"}.get(branch.way, branch.way)
        way = f"argument {int(way) + 1}" if way.isdigit() else way
        return f"{branch.where}: {way} of `{str(text)[start:end]}`"

    def reached(self, values: Mapping[str, Any]) -> tuple[Reached, SolTimes] | None:
        """What a question reaches, and its SOL; None where the formula has no value."""
        taken: set[Taken] = set()
        known: dict[str, Any] = {"prefix": 0}
        for name, value in values.items():
            known[name] = self.modes[canonical(str(value))] if name in self.op.quant_params else value
        try:
            times = evaluate_formula(self.query.formula, known, self.gpu, modes=self.modes, taken=taken)
        except SolValueError:
            return None
        named = {self._held(n, v) for n, v in values.items() if n in self.op.params and self.op.params[n].type != "int"}
        return frozenset(taken | named), times

    def refuses(self, name: str, value: Any, asked: Sequence[Values]) -> bool:
        """Whether the formula has no value with this text or mode, wherever else it is asked."""
        return not any(self.reached({**values, name: value}) for values in asked)

    def chosen(self, pool: Iterable[Values]) -> tuple[list[Values], set[tuple[Any, ...]]]:
        """The questions of a pool that reach what those before them don't, and all that they reach."""
        picked: list[Values] = []
        seen: set[tuple[Any, ...]] = set()
        for values in pool:
            found = self.reached(values)
            if found is not None and not found[0] <= seen:
                picked.append(values)
                seen |= found[0]
        return picked, seen

    def searched(self, seen: set[tuple[Any, ...]], start: Sequence[Values]) -> list[Values]:
        """More questions, for what `seen` lacks: `start` with one argument changed, with two, then by chance. What they
        reach is added to `seen`."""
        wanted = {*self.wanted(), *(b.taken for b in branches(self.query.formula))}
        picked: list[Values] = []
        for values in self._trials(start):
            if wanted <= seen:
                break
            found = self.reached(values)
            if found is not None and not found[0] <= seen:
                picked.append(values)
                seen |= found[0]
        return picked

    def _trials(self, start: Sequence[Values]) -> Iterator[Values]:
        chance = random.Random(f"{self.op.name} {self.query.method}")
        fine = {name: self._fine(name, values) for name, values in self.choices().items()}
        bases = list(start[:6]) or [{name: values[0] for name, values in self.choices().items()}]
        for base in bases:
            for name, values in fine.items():
                yield from ({**base, name: value} for value in values)
        for _ in range(TRIES):
            base = chance.choice(bases)
            two = chance.sample(list(fine), min(2, len(fine)))
            yield {**base, **{name: chance.choice(fine[name]) for name in two}}
        for _ in range(TRIES):
            yield {name: chance.choice(values) for name, values in fine.items()}

    def _fine(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """All that is tried of an argument: of a number, what formulas compare it with, and around it."""
        if name in self.op.params and self.op.params[name].type != "int":
            return values
        told = [v for other, v in compared(self.query.formula) if other == name and isinstance(v, (int, float))]
        near = [int(v) + d for v in told for d in (-1, 0, 1)]
        least = 0 if name == "prefix" or 0 in told else 1
        return list(dict.fromkeys(v for v in (*near, *FINE, *values) if v >= least))


def spread(asking: Asking, count: int, seed: int) -> Iterator[Values]:
    """Points all over: edges first (every argument at its least and at its largest), then chance, always the same."""
    choices = asking.choices()
    chance = random.Random(f"{seed} {asking.op.name} {asking.query.method}")
    ends = [(c[0], c[-1]) if len(c) > 1 else (c[0],) for c in choices.values()]
    edges = list(itertools.islice(itertools.product(*ends), 1 << 12))
    for values in chance.sample(edges, min(len(edges), count // 2)):
        yield dict(zip(choices, values))
    for _ in range(600):
        yield {name: chance.choice(values) for name, values in choices.items()}
