"""What a validated spec brings into the code of its op: names, modes, strings, numbers.

Computed from the spec alone; names that layouts make of an op's are among their words (`patterns`). Expressions are
taken apart by three regular expressions and nothing else: whether a formula is well-formed was decided long before, and
here it only matters which words, numbers and strings it has. So a fault in the parser or in a renderer does not become
a fault of the guard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .vocabulary import Number, number

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.model import Nesting, Sol

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Allowed:
    """What the code of one op may hold besides the words of its step, which have the names of the op's own code.

    `params` and `locals` may be read and bound, and further locals are derived from the latter (`traffic_bytes`,
    `traffic_bytes_1`). `wired` are dotted names of wiring expressions.
    """

    params: frozenset[str]
    locals: frozenset[str]
    modes: frozenset[str]
    strings: frozenset[str]
    numbers: frozenset[Number]
    wired: frozenset[str]

    @classmethod
    def of(cls, op: Op) -> Allowed:
        """What the spec of `op` allows."""
        params = frozenset(op.spec.params)
        return cls(
            params=params,
            locals=frozenset(_locals(op)),
            modes=frozenset(_modes(op)),
            strings=params.union(_strings(op)),
            numbers=frozenset(map(number, (*_numbers(op), *_indices(op)))),
            wired=frozenset(_wired(op)),
        )

    def binds(self, name: str, heads: Iterable[str]) -> bool:
        """Whether `name` is one that the op's formulas or arguments give to a local, or is derived from one of those or
        of `heads`."""
        if any(one in self.params or one in self.locals for one in (name, name.rstrip("_"))):
            return True
        # A piece of a long expression is called after what it is a piece of, cut short: `traffic_byte_1`.
        head = name.rstrip("_0123456789")
        return head != name and any(stem.startswith(head) for stem in (*self.locals, *heads))


def _locals(op: Op) -> set[str]:
    """Names that the formulas of an op give to locals."""
    names: set[str] = set()
    for phase in op.phases:
        sol: Sol = op.sol(phase)
        names.update(sol.let)
        for part in sol.parts:
            names.update(f"{part.name}_{what}" for what in ("flops", "bytes", "math", "quant"))
        if sol.constants is not None:
            for row in sol.constants.rows.values():
                names.update(row)
    return names


def _nestings(op: Op) -> list[Nesting]:
    return [op.nesting(phase) for phase in op.phases]


def _expressions(op: Op) -> Iterator[str]:
    """Every text of the spec that is a formula or an expression over columns."""
    for phase in op.phases:
        sol: Sol = op.sol(phase)
        yield from sol.let.values()
        for part in sol.parts:
            yield from (text for text in (part.flops, part.precision, part.bytes) if text is not None)
    weights = op.spec.weights
    if isinstance(weights, str):
        yield weights
    elif weights is not None:
        yield from (text for text in (weights.context, weights.generation) if text is not None)
    for nesting in _nestings(op):
        for key in nesting.keys:
            yield from (text for text in (key.column, key.lookup, *(key.columns or ())) if text is not None)
        yield from (axis.column for axis in nesting.axes if axis.column is not None)
        yield nesting.latency.column
        if nesting.rows is not None:
            yield nesting.rows


def _strings(op: Op) -> Iterator[str]:
    """Strings that the spec has as values, and the columns that its expressions read."""
    spec = op.spec
    yield spec.phases.column
    yield from spec.phases.values.values()
    for param in spec.params.values():
        yield from param.modes
    for phase in op.phases:
        constants = op.sol(phase).constants
        if constants is not None:
            yield from constants.rows
    for nesting in _nestings(op):
        for axis in nesting.axes:
            yield axis.axis
        for key in nesting.keys:
            yield from (*key.alias, *key.alias.values(), *key.only)
            yield from (str(text) for text in (key.default, key.fallback) if text is not None)
            if key.params:
                yield ", ".join(key.params)
    for text in _expressions(op):
        yield from _quoted(text)
        yield from _WORD.findall(_QUOTED.sub(" ", text))
    for wiring in spec.wiring:
        yield op.instance_name(wiring)
        for text in _wiring_texts(wiring):
            yield from _quoted(text)


def _quoted(text: str) -> Iterable[str]:
    return (one or other for one, other in _QUOTED.findall(text))


def _numbers(op: Op) -> Iterator[float]:
    for phase in op.phases:
        yield op.empirical(phase)
        constants = op.sol(phase).constants
        if constants is not None:
            for row in constants.rows.values():
                yield from row.values()
                yield from map(float, row.values())  # beside a real, whole numbers are reals
    for nesting in _nestings(op):
        for key in nesting.keys:
            if isinstance(key.default, int):
                yield key.default
        if nesting.pre_interpolate is not None:
            for values in nesting.pre_interpolate.values.values():
                if isinstance(values, list):
                    yield from values
    for text in _expressions(op):
        yield from _written(text)
    for wiring in op.spec.wiring:
        for value in wiring.args.values():
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))
        for text in _wiring_texts(wiring):
            yield from _written(text)


def _indices(op: Op) -> Iterable[int]:
    """Positions in a tuple key and in a row of constants."""
    rows = [row for phase in op.phases if (table := op.sol(phase).constants) for row in table.rows.values()]
    return range(max([len(op.params), *map(len, rows)]))


def _modes(op: Op) -> Iterator[str]:
    """Quant modes that the spec names; the enums of the checkout have them as members."""
    for param in op.quant_params.values():
        yield from (*param.modes, *([param.otherwise] if param.otherwise else []))
    for text in _expressions(op):
        yield from _WORD.findall(_QUOTED.sub(" ", text))
    for nesting in _nestings(op):
        yield from (key.fallback for key in nesting.keys if key.fallback is not None)


def _written(text: str) -> Iterator[float]:
    for found in _NUMBER.findall(_QUOTED.sub(" ", text)):
        yield int(found) if found.isdigit() else float(found)


def _wiring_texts(wiring: Any) -> Iterator[str]:
    """The expressions of a wiring: condition, scale and arguments, each with its alternatives."""
    for value in (wiring.when, wiring.scale, *wiring.args.values()):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one


def _wired(op: Op) -> Iterator[str]:
    """Dotted names in the wiring expressions."""
    for wiring in op.spec.wiring:
        for text in _wiring_texts(wiring):
            yield from _DOTTED.findall(_QUOTED.sub(" ", text))
