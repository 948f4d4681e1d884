"""How close ops of a checkout are to a spec, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...model.op import Op, key_params
from ...spec.model import PhaseName
from .existing import Existing
from .ready import levels_of

AXIS_DECISION, AXIS, ORDER, DEPTH, KEY, PHASE, PREFIX, COLUMN = 4.0, 2.0, 1.0, 0.5, 1.0, 1.0, 0.5, 0.1
"""What one difference of each sort adds to the distance. The axis decision says how an op is queried, and by that most
of its code; what columns are called says least."""


@dataclass(frozen=True)
class Closeness:
    """`distance` is 0 for an op that a spec says the same of. `differs` says what the op has otherwise than the spec;
    `phase` is the spec's phase that was compared, where its phases differ."""

    op: Existing
    distance: float
    differs: tuple[str, ...]
    phase: PhaseName | None = None


@dataclass(frozen=True)
class _Shape:
    query: str
    axes: tuple[str, ...]
    keys: tuple[str, ...]
    columns: frozenset[str]
    phases: tuple[str, ...]
    prefix: str

    @property
    def depth(self) -> int:
        return len(self.keys) + len(self.axes)


def rank(ops: Sequence[Existing], spec: Op) -> list[Closeness]:
    """The ops whose nesting can be read, the closest first."""
    shapes = [(phase, _of_spec(spec, phase)) for phase in spec.phases]
    one = len({shape for _, shape in shapes}) == 1 or len(shapes) == 1
    found = []
    for op in ops:
        if op.unread:
            continue
        told = [(*_compare(shape, _of_existing(op)), phase) for phase, shape in shapes]
        distance, differs, phase = min(told, key=lambda t: t[0])
        found.append(Closeness(op, distance, differs, None if one else phase))
    return sorted(found, key=lambda c: (c.distance, c.op.name))


def _of_existing(op: Existing) -> _Shape:
    keys = tuple(_tuple_of([p.kind for p in level.value.parts]) or level.type or "?" for level in op.keys)
    columns = frozenset(c for level in op.levels for c in level.value.columns)
    return _Shape(op.query, tuple(r or "size" for r, _ in op.axes), keys, columns, op.phases, op.prefix)


def _of_spec(spec: Op, phase: PhaseName) -> _Shape:
    nesting = spec.nesting(phase)
    keys = []
    for key in nesting.keys:
        types = [spec.params[name].type for name in key_params(key)]
        keys.append(_tuple_of(types) if len(types) > 1 else types[0])
    uniform = all(spec.nesting(p) == nesting for p in spec.phases)
    return _Shape(
        "x" if spec.tokens else "b,s",
        tuple(a.axis if a.axis in ("x", "b", "s") else "size" for a in nesting.axes),
        tuple(keys),
        frozenset(c for level in levels_of(nesting) for c in level),
        spec.phases if uniform else (phase,),
        spec.spec.axis.prefix if phase == "context" else "none",
    )


def _tuple_of(types: Sequence[str]) -> str:
    return f"tuple of {len(types)}" if types else ""


def _compare(spec: _Shape, op: _Shape) -> tuple[float, tuple[str, ...]]:
    distance, said = 0.0, []
    if spec.query != op.query:
        distance += AXIS_DECISION
        said.append(f"axis decision: {op.query}, not {spec.query}")
    if spec.axes != op.axes:
        apart = _apart(spec.axes, op.axes)
        distance += AXIS * sum(apart.values()) or ORDER
        said.append(f"axes: [{', '.join(op.axes)}], not [{', '.join(spec.axes)}]")
    if spec.depth != op.depth:
        distance += DEPTH * abs(spec.depth - op.depth)
        said.append(f"depth: {op.depth}, not {spec.depth}")
    more, less = Counter(op.keys) - Counter(spec.keys), Counter(spec.keys) - Counter(op.keys)
    for word, some in (("more", more), ("fewer", less)):
        quants = {k: n for k, n in some.items() if k.endswith("QuantMode")}
        plain = {k: n for k, n in some.items() if k not in quants}
        for subject, part in (("quant", quants), ("keys", plain)):
            if part:
                distance += KEY * sum(part.values())
                said.append(f"{subject}: {word}: {', '.join(f'{n} {k}' for k, n in sorted(part.items()))}")
    if not more and not less and spec.keys != op.keys:
        distance += ORDER
        said.append("keys: the same types in another order")
    if set(spec.phases) != set(op.phases):
        distance += PHASE * len(set(spec.phases) ^ set(op.phases))
        said.append(f"phases: {', '.join(op.phases)}, not {', '.join(spec.phases)}")
    if spec.prefix != op.prefix:
        distance += PREFIX
        said.append(f"prefix: {op.prefix}, not {spec.prefix}")
    named = spec.columns ^ op.columns
    distance += COLUMN * len(named)
    if op.columns - spec.columns:
        said.append(f"columns: {', '.join(sorted(op.columns - spec.columns))}")
    return round(distance, 2), tuple(said)


def _apart(left: Sequence[str], right: Sequence[str]) -> Counter[str]:
    return (Counter(left) - Counter(right)) + (Counter(right) - Counter(left))
