"""What the templates of a query see: the lookup, the SOL with all that a measured point can vary, and the forward.

On these layouts SOL is asked at measured points too, to say how well a kernel used the hardware there. So `get_sol`
takes whatever such a point may differ in from the one asked for: the axes, and keys that were substituted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from ...model.op import Op, Query, key_params, varying_params
from ...render.code import WIDTH, argument, call, import_from, statement, tupled
from ...render.python import literal
from ...sol.render.python import PythonDialect
from ...spec.model import Key
from ..python.dialect import query_dialect
from ..python.query import Interpolation, KeyStep, QueryView, alike_lines, interpolations
from .facts import OpOwnedFacts

FLOPS_CLASS = "GEMM"


@dataclass(frozen=True)
class OwnedInterpolation(Interpolation):
    """The interpolation of `interpolation.py`, whose helpers are functions and keep their cache in the database."""

    receiver = "database: PerfDatabase"
    bracket = "interpolation.nearest_1d_point_helper"
    line = "interpolation.interp_1d"

    @property
    def helper(self) -> str | None:
        point, cache = "*(at for _, at in point)", "database._extracted_metrics_cache"
        if self.method == "cubic":
            return f'interpolation.interp_3d({point}, table, "cubic", {cache})'
        if self.method == "linear" and self.axes == 2:
            return f"interpolation.interp_2d_linear({point}, table, {cache})"
        return None


def owned_interpolations(op: Op) -> dict[str, OwnedInterpolation]:
    """The interpolation methods of an op by query method."""
    made: dict[str, OwnedInterpolation] = {}
    for method, it in interpolations(op).items():
        # In a module of its own the op's name says nothing more.
        name = it.name.removesuffix(f"_{op.name}")
        made[method] = OwnedInterpolation(it.op, it.method, it.outside, it.axes, name, it.phase)
    return made


@dataclass(frozen=True)
class OwnedQuery(QueryView):
    """One `_query_<x>_table` and the method of `PerfDatabase` that forwards to it. `owner` is the class it is in."""

    facts: OpOwnedFacts
    owner: str

    @functools.cached_property
    def dialect(self) -> PythonDialect:
        return query_dialect(self.facts, "database", f"{FLOPS_CLASS}._get_quant_tc_flops(database.system_spec, {{}})")

    @property
    def stem(self) -> str:
        return self.query.method.removeprefix("query_")

    @property
    def table_method(self) -> str:
        return f"_query_{self.stem}_table"

    @property
    def forward(self) -> list[str]:
        """The statements in `PerfDatabase` that hand everything on."""
        passed = ["self", *(a.name for a in self.arguments), "database_mode"]
        text = call(f"return {self.owner}.{self.table_method}", passed, "", 8)
        if 8 + len(text.split("\n")[0]) <= WIDTH:
            return [text]
        return [f"owner = {self.owner}", call(f"return owner.{self.table_method}", passed, "", 8)]

    @property
    def import_owner(self) -> str:
        """The import in the method of `PerfDatabase`."""
        return import_from(f"{self.facts.package}.operations.{self.op.name}", [self.owner], 8)

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(a.axis for a in self.query.nesting.axes)

    # what a measured point varies

    @property
    def substituted(self) -> tuple[str, ...]:
        """Params whose key the lookup may replace by another one that was measured."""
        return tuple(name for key in self.query.nesting.keys for name in varying_params(key))

    @property
    def moved(self) -> tuple[str, ...]:
        """Params that differ between a measured point and the one asked for."""
        varying = (*self.axes, *self.substituted)
        return tuple(name for name in self.op.params if name in varying)

    @property
    def sol_head(self) -> str:
        """The head of `get_sol`; without arguments it answers for the point asked for."""
        annotations = {a.name: a.annotation for a in self.arguments}
        names = (*self.query.run_time, *self.moved)
        parameters = [f"{name}: {annotations[name]} = {name}" for name in names]
        if max(map(len, parameters)) + 13 > WIDTH:
            parameters = [f"{name}={name}" for name in names]
        return call("def get_sol", parameters, " -> tuple[float, float, float]:", 8)

    def sol_measured(self, indent: int, head: str, *at: str) -> str:
        """`head` + SOL at a measured point with the coordinates `at`, as an argument at `indent`.

        A table is measured without a prefix, so that the SOL of its points has none.
        """
        changed = dict(zip(self.axes, at))
        if self.query.takes_prefix:
            changed["prefix"] = "0"
        changed.update({name: f'found["{name}"]' for name in self.substituted})
        values = [f"{name}={code}" for name, code in changed.items()]
        return argument("", f"{head}get_sol({', '.join(values)})[0]", indent)

    @property
    def sol_of_sample(self) -> str:
        """The argument that gives `util_empirical` the SOL of a sample."""
        return self.sol_measured(16, "lambda at: ", *(f"at[{i}]" for i in range(len(self.axes))))

    @property
    def sol_fn(self) -> str:
        """The argument that gives `perf_interp` the SOL of a point."""
        return self.sol_measured(16, f"sol_fn=lambda {', '.join(self.axes)}: ", *self.axes)

    @property
    def interpolate(self) -> str:
        """The call that looks up latency and energy between measured points."""
        return call(f"latency, energy = cls.{self.interpolation.name}", ["database", "table", *self.point], "", 12)

    # the lookup

    @property
    def plain_start(self) -> tuple[str, ...]:
        """The leading keys of a lookup in which others are substituted."""
        asked = []
        for key in self.keys:
            if not key.plain:
                break
            asked.append(key.asked)
        return tuple(asked)

    @property
    def slice_lines(self) -> list[str]:
        """The last statements of `get_slice`."""
        if self.plain_keys:
            return self._statement("return ", tuple(k.asked for k in self.keys))
        lines = self._statement("table = ", self.plain_start)
        for key, level in self._steps[len(self.plain_start) :]:
            lines += (" " * 12 + statement("key = ", key.asked, 12)).split("\n")
            if key.fallback is not None:
                lines += [f"{' ' * 12}if key not in table:", f"{' ' * 16}key = {key.fallback}"]
            if key.nearest:
                lines += [f"{' ' * 12}if key not in table:", f"{' ' * 16}asked = key"]
                lines.append(f"{' ' * 16}key = min(table, key=lambda measured: (abs(measured - asked), measured))")
            if level is not None and level.alike is not None:
                lines += [f"{' ' * 12}if key not in table:", *alike_lines(level, 16)]
                names = literal(key_params(level))
                lines += (" " * 12 + call("found.update", f"zip({names}, key, strict=True)", "", 12)).split("\n")
            if key.label in self.substituted:
                lines.append(f'{" " * 12}found["{key.label}"] = key')
            lines.append(f"{' ' * 12}table = util_empirical.require_data_slice(table, key)")
        return [*lines, f"{' ' * 12}return table"]

    @property
    def _steps(self) -> list[tuple[KeyStep, Key | None]]:
        """The steps of the lookup with the keys that they are from; a phase is none."""
        keys = self.keys
        phase = [None] * (len(keys) - len(self.query.nesting.keys))
        return list(zip(keys, [*phase, *self.query.nesting.keys]))

    @staticmethod
    def _statement(head: str, keys: tuple[str, ...]) -> list[str]:
        table = "table" if keys else "table.data"
        text = call(f"{head}util_empirical.require_data_slice", (table, *keys), "", 12)
        return (" " * 12 + text).split("\n")

    # the utilization grid

    @property
    def grid_key(self) -> str:
        """What tells one grid of measured utilization from another: all that its SOL depends on."""
        own = [name for name in self.query.run_time if name != "prefix" and name in self._formula_names]
        names = [name for name in (*own, *self.op.params) if name not in self.axes]
        head = [literal(self.stem), "database.system", "database.backend", "database.version"]
        return argument("", tupled([*head, *names]), 16)

    @property
    def coordinates(self) -> str:
        """The point asked for, in the order of the nesting."""
        at = [self._lookup(name) for name in self.axes]
        return f"({at[0]},)" if len(at) == 1 else f"({', '.join(at)})"

    def _lookup(self, axis: str) -> str:
        return "s + prefix" if axis == "s" and self.full_s else axis

    @property
    def coordinate_arguments(self) -> str:
        return ", ".join(self._axis(name) for name in self.axes)

    @property
    def transform_axis(self) -> str | None:
        """The axis along which `perf_interp` is to interpolate the square root, if any."""
        targets = self.query.nesting.pre_interpolate
        return self.axes[1] if targets is not None and targets.sqrt_second_axis else None

    @property
    def axes_literal(self) -> str:
        return literal(self.axes)


def owned_queries(op: Op, facts: OpOwnedFacts, owner_of: Callable[[Query], str]) -> list[OwnedQuery]:
    """The views of all queries; `owner_of` gives the class that a query's table method is in."""
    methods = owned_interpolations(op)
    return [OwnedQuery(q, facts, methods[q.method], owner_of(q)) for q in op.queries]


__all__ = ["OwnedInterpolation", "OwnedQuery", "owned_interpolations", "owned_queries"]
