"""What the compiled table of an op holds: measurements that are filed alike, and how it is asked for them.

A perf file is one set of slices, a slice being what was measured of one key; a file with a phase column is one set per
phase, as each phase has a nesting of its own there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ...model.op import key_params, varying_params
from ...spec.model import Key, Nesting, PhaseName
from .view import EngineOp, EngineParam, EngineTable


@dataclass(frozen=True)
class Slices:
    """One set: the `phases` that it answers for, the file it is read from."""

    owner: EngineOp
    table: EngineTable
    phases: tuple[PhaseName, ...]
    suffix: str
    """"" where the op has one set, else "_" and the phase: `query_context`."""

    @property
    def nesting(self) -> Nesting:
        return self.owner.op.nesting(self.phases[0])

    @property
    def phase(self) -> str:
        """As messages say it: the phase, or nothing where one set serves all."""
        return self.suffix.removeprefix("_")

    @property
    def subject(self) -> str:
        return f"{self.phase} {self.owner.op.name}".strip()

    # the methods of the table

    @property
    def query(self) -> str:
        """`(&self, key, at: [f64; N], sol: &dyn Fn(&[f64]) -> f64) -> Result<LeafValue, AicError>`: latency in ms and
        energy in W*ms at `at`, in the order of `axes`. Without keys there is no argument `key`."""
        return f"query{self.suffix}"

    @property
    def points(self) -> str:
        """`(&self, key) -> Result<Vec<(Vec<f64>, f64)>, AicError>`: coordinates and latencies (ms) of a slice."""
        return f"points{self.suffix}"

    @property
    def collected(self) -> str | None:
        """`(&self, asked) -> Result<Key, AicError>`: the key that answers for the one asked for, where another may."""
        return f"collected{self.suffix}" if self.varying else None

    # keys and axes

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(self.nesting.keys)

    @functools.cached_property
    def fields(self) -> tuple[EngineParam, ...]:
        """The params of all keys, outermost first; those of a tuple in its order."""
        params = {p.name: p for p in self.owner.params}
        return tuple(params[name] for key in self.keys for name in key_params(key))

    @property
    def key(self) -> str | None:
        """The struct of the exact levels, with a field for each of `fields`; None for a nesting without keys."""
        if not self.keys:
            return None
        alike = all(other.fields == self.fields for other in slices(self.owner))
        return f"{self.owner.camel}{'' if alike else self.phase.capitalize()}Key"

    @property
    def varying(self) -> tuple[str, ...]:
        """Params of which the table may give another value than the one asked for."""
        return tuple(name for key in self.keys for name in varying_params(key))

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.axis for axis in self.nesting.axes)

    @property
    def square_root(self) -> int | None:
        """The axis along which values are interpolated as square roots, if any."""
        targets = self.nesting.pre_interpolate
        return 1 if targets is not None and targets.sqrt_second_axis else None


def slices(op: EngineOp) -> tuple[Slices, ...]:
    """All sets of an op, in the order of its tables and phases."""
    sets = [(table, phases) for table in op.tables for phases in _phases(table)]
    several = len(sets) > 1
    return tuple(Slices(op, table, phases, f"_{phases[0]}" if several else "") for table, phases in sets)


def slices_of(op: EngineOp, phase: PhaseName) -> Slices:
    """The set that answers for a phase."""
    return next(s for s in slices(op) if phase in s.phases)


def _phases(table: EngineTable) -> Iterator[tuple[PhaseName, ...]]:
    if not table.table.phase_column:
        yield table.phases
        return
    for phase in table.phases:
        yield (phase,)
