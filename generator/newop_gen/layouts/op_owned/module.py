"""The op's own module: loaders, the class that owns the tables, the `Operation` subclasses with their queries."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass

from ...model.op import Op, Query
from ...render import fragment
from ...render.code import call, import_from
from ...render.python import literal
from ..python.loader import loader_views
from ..python.operations import OperationView
from ..python.pre_interpolate import FilledGrid, grids
from .facts import OpOwnedFacts
from .query import FLOPS_CLASS, OwnedInterpolation, OwnedQuery, owned_queries


@dataclass(frozen=True)
class OwnedFilledGrid(FilledGrid):
    """A grid to fill in, where `table` is one of the op's tables."""

    @property
    def start(self) -> str:
        return f"table.get({literal(self.phase)}, {{}})" if self.table.phase_column else "table"


@dataclass(frozen=True)
class ModuleView:
    """The module as its templates see it.

    An op of two phases has a private base class that owns the tables, as upstream's own families have; its leaves are
    what models use. The query of one phase is in the class of that phase, one that serves both is in the base.
    """

    op: Op
    facts: OpOwnedFacts

    @property
    def owner(self) -> str:
        """The class that owns tables and cache."""
        return f"_{self.op.camel}" if len(self.op.phases) > 1 else self.op.class_name(self.op.phases[0])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the `Operation` subclasses that models use."""
        return tuple(self.op.class_name(phase) for phase in self.op.phases)

    def owner_of(self, query: Query) -> str:
        return self.owner if len(query.phases) > 1 else self.op.class_name(query.phase)

    @functools.cached_property
    def queries(self) -> list[OwnedQuery]:
        return owned_queries(self.op, self.facts, self.owner_of)

    @property
    def shared_queries(self) -> list[OwnedQuery]:
        """Queries that serve several phases."""
        return [q for q in self.queries if len(q.query.phases) > 1]

    @property
    def about(self) -> str:
        """What a reader of the module is told first."""
        tables = " and ".join(f"``{t.stem}``" for t in self.op.tables)
        return f"``{self.owner}`` owns the perf tables {tables}; ``PerfDatabase.query_*`` forwards to this module."

    @property
    def loads(self) -> list[str]:
        """The entries of the dict of tables that `load_data` makes."""
        entries = []
        for table in self.op.tables:
            arguments = [f"common.PerfDataFilename.{table.member}", table.loader]
            entries.append(call(f"{literal(table.attribute)}: load", arguments, ",", 16))
        return entries

    @property
    def attributes(self) -> str:
        return ", ".join(f"``{t.attribute}``" for t in self.op.tables) + "."

    @property
    def grids(self) -> list[FilledGrid]:
        """The grids to fill in at load time: none where the release interpolates on measured points alone."""
        if self.facts.engine != "interpolation":
            return []
        return [OwnedFilledGrid(g.op, g.facts, g.table, g.phase, g.nesting) for g in grids(self.op, self.facts)]

    @property
    def interpolations(self) -> list[OwnedInterpolation]:
        if self.facts.engine != "interpolation":
            return []
        return list(
            dict.fromkeys(q.interpolation for q in self.queries if isinstance(q.interpolation, OwnedInterpolation))
        )

    @functools.cached_property
    def body(self) -> str:
        """Everything below the imports."""
        parts = [self._fragment("loader.py.j2", v=v) for v in loader_views(self.op, self.facts)]
        if len(self.op.phases) > 1:
            parts.append(self._fragment("base.py.j2", m=self))
        for phase in self.op.phases:
            parts.append(self._fragment("operation.py.j2", m=self, o=OwnedOperation.of(self, phase)))
        return "\n\n".join(parts).rstrip("\n")

    def _fragment(self, template: str, **view: object) -> str:
        return fragment(self.facts.templates, template, facts=self.facts, **view)

    @property
    def imports(self) -> list[str]:
        """The SDK imports that the body needs, in isort's order."""
        sdk = self.facts.package
        wanted = [
            (sdk, ("common", self.facts.engine)),
            (f"{sdk}.errors", ("EmpiricalNotImplementedError", "PerfDataNotAvailableError")),
            (f"{sdk}.operations", ("util_empirical",)),
            (f"{sdk}.operations.base", ("Operation", "_read_filtered_rows", "resolve_op_data_path")),
            (f"{sdk}.operations.gemm", (FLOPS_CLASS,)),
            (f"{sdk}.performance_result", ("PerformanceResult",)),
        ]
        used = {node.id for node in ast.walk(ast.parse(self.body)) if isinstance(node, ast.Name)}
        chosen = [(module, [n for n in names if n in used]) for module, names in wanted]
        return [import_from(module, names) for module, names in chosen if names]


@dataclass(frozen=True)
class OwnedOperation(OperationView):
    """One `Operation` subclass; `owns` where the op has no base class and the tables are this class's."""

    facts: OpOwnedFacts
    base: str
    owns: bool
    queries: tuple[OwnedQuery, ...]

    @classmethod
    def of(cls, module: ModuleView, phase: str) -> OwnedOperation:
        op = module.op
        used = next(p for p in op.phases if p == phase)
        name = op.class_name(used)
        own = tuple(q for q in module.queries if q.owner == name)
        base = "Operation" if module.owner == name else module.owner
        return cls(op, used, op.query(used), module.facts, base, module.owner == name, own)

    @property
    def cp_aware(self) -> bool:
        """Token-major ops divide their tokens under context parallelism; the base class refuses for all others."""
        return self.op.tokens and self.facts.seq_split

    @property
    def run_time(self) -> list[str]:
        if self.cp_aware:
            return ['-(-kwargs["x"] // self._seq_split)']
        return super().run_time


def render_module(module: ModuleView) -> str:
    """The text of `operations/<op>.py`."""
    return fragment(module.facts.templates, "module.py.j2", m=module, facts=module.facts)


def render_forwards(module: ModuleView) -> str:
    """The methods of `PerfDatabase` that forward to the module, as methods of a class (indented by 4)."""
    texts = [fragment(module.facts.templates, "forward.py.j2", q=q, facts=module.facts) for q in module.queries]
    return "\n".join(texts)
