"""`perf_database/<op>.rs`: the op's perf files, read when they are first asked, and the lookup in them.

What a file holds is read by one function, which the table views use, too: so the two can't differ in what a row means
or in which of two rows wins.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ...model.op import Op
from ...render import fragment
from ...render.rust import array, assigned, call, chain, let, signature, string, text, use
from .cells import OWN_HELPERS
from .facts import EngineFacts
from .rows import PHASE_ROW, Constant, Reader, readers
from .slices import Slices, slices
from .substitutes import helpers, narrowing
from .view import EngineOp, EngineTable


@dataclass(frozen=True)
class FileView:
    """One perf file as the struct has it: its sources, and what was read of them."""

    table: EngineTable
    suffix: str
    reader: Reader
    load: str

    @property
    def sources(self) -> str:
        return f"{self.suffix[1:]}_sources" if self.suffix else "sources"

    @property
    def cell(self) -> str:
        return self.suffix[1:] or ("phases" if self.reader.by_phase else "grids")

    @property
    def constant(self) -> str:
        return f"{self.suffix[1:].upper()}_FILE" if self.suffix else "FILE"

    @property
    def named(self) -> str:
        """The constant with the file's name."""
        return text(assigned(f"const {self.constant}: &str", string(self.table.filename)))


@dataclass(frozen=True)
class Grids:
    """What is held of one set of slices, and the methods that answer from it."""

    s: Slices
    facts: EngineFacts
    file: FileView

    # types

    @property
    def curve(self) -> bool:
        """One axis is a curve, more are a tree of nodes."""
        return len(self.s.axes) == 1

    @property
    def one(self) -> str:
        """What was measured of one key."""
        return "LeafAxisCurve" if self.curve else "PreparedGrid" if self.facts.prepared_grid else "Node"

    @property
    def held(self) -> str:
        if self.s.key is None:
            return self.one
        return f"{'Collected' if self.s.varying else 'HashMap'}<{self.s.key}, {self.one}>"

    @property
    def grids(self) -> str:
        """The name of that type."""
        alike = len({Grids(s, self.facts, self.file).held for s in slices(self.s.owner)}) == 1
        return "Grids" if alike else f"{self.s.phase.capitalize()}Grids"

    @property
    def alias(self) -> str:
        return text(assigned(f"type {self.grids}", self.held))

    @property
    def filed(self) -> str:
        """The types of what a row is filed under."""
        return ", ".join([*([self.s.key] if self.s.key else []), f"[u32; {len(self.s.axes)}]"])

    @property
    def local(self) -> str:
        """What is read, while it is."""
        return self.s.phase if self.file.reader.by_phase else "grids" if self.s.key else "grid"

    # methods

    @property
    def grid(self) -> str:
        """The method that gives one slice."""
        return f"grid{self.s.suffix}"

    @property
    def all(self) -> str:
        """The method that gives all slices, which is one without keys."""
        return f"grids{self.s.suffix}" if self.s.key else self.grid

    @property
    def asked(self) -> str:
        return "key" if self.s.key else ""

    def _head(self, head: str, parameters: list[str], result: str) -> str:
        key = [f"key: &{self.s.key}"] if self.s.key else []
        return text(signature(head, ["&self", *key, *parameters], f"Result<{result}, AicError>"), 4)

    @property
    def query_says(self) -> str:
        return f"Latency (ms) and energy (W*ms) at [{', '.join(self.s.axes)}]"

    @property
    def query_head(self) -> str:
        at = [f"at: [f64; {len(self.s.axes)}]", "sol: &dyn Fn(&[f64]) -> f64"]
        return self._head(f"pub fn {self.s.query}", at, "LeafValue")

    @property
    def query_lines(self) -> list[str]:
        grid = f"self.{self.grid}({self.asked})?"
        if self.curve:
            return [f"{grid}.query(at[0], &|x| sol(&[x]))"]
        axes = array([string(axis) for axis in self.s.axes], "&[")
        root = self.s.square_root
        config = (
            call("OpInterpConfig::grid", [axes, "sol"])
            if root is None
            else call("OpInterpConfig::grid_sqrt_axis", [axes, str(root), "sol"])
        )
        found = f"perf_interp::query_value(&config, {grid}, &at)"
        if self.facts.prepared_grid:
            found = f"{grid}.query_value(&config, &at)"
        return [text(let("config", config), 8), found]

    @property
    def points_say(self) -> str:
        return f"The measured points{' of a key' if self.s.key else ''}: [{', '.join(self.s.axes)}], and latency in ms"

    @property
    def points_head(self) -> str:
        return self._head(f"pub fn {self.s.points}", [], "Vec<(Vec<f64>, f64)>")

    @property
    def points_value(self) -> str:
        node = f"self.{self.grid}({self.asked})?{'.node()' if self.facts.prepared_grid else ''}"
        return text(("Ok(", call("perf_interp::node_points", [node]), ")"), 8)

    @property
    def collected_head(self) -> str:
        result = f"Result<{self.s.key}, AicError>"
        return text(signature(f"pub fn {self.s.collected}", ["&self", f"asked: &{self.s.key}"], result), 4)

    @property
    def narrowing(self) -> list[str]:
        return narrowing(self.s, 8)

    @property
    def grid_head(self) -> str:
        return self._head(f"fn {self.grid}", [], f"&{self.one}")

    @property
    def found(self) -> str:
        """The slice of a key, or the error for one that was not collected."""
        phase = f"{string(self.s.phase)}, " if self.s.phase else ""
        links = [*([".grids"] if self.s.varying else []), ".get(key)", f".ok_or_else(|| self.missing({phase}key))"]
        return text(chain(f"self.{self.all}()?", links), 8)

    @property
    def all_head(self) -> str:
        return text(signature(f"fn {self.all}", ["&self"], f"Result<&{self.grids}, AicError>"), 4)


@dataclass(frozen=True)
class TableView:
    """The file as its template sees it."""

    owner: EngineOp

    @property
    def op(self) -> Op:
        return self.owner.op

    @property
    def facts(self) -> EngineFacts:
        return self.owner.facts

    @functools.cached_property
    def readers(self) -> tuple[Reader, ...]:
        return readers(self.owner)

    @functools.cached_property
    def files(self) -> tuple[FileView, ...]:
        several = len(self.owner.tables) > 1
        return tuple(self._file(table, f"_{table.phases[0]}" if several else "") for table in self.owner.tables)

    def _file(self, table: EngineTable, suffix: str) -> FileView:
        nesting = self.op.nesting(table.phases[0])
        reader = next(r for r in self.readers if r.sets[0].nesting is nesting)
        return FileView(table, suffix, reader, reader.name.replace("read_rows", "load"))

    @functools.cached_property
    def grids(self) -> tuple[Grids, ...]:
        files = {f.table.filename: f for f in self.files}
        return tuple(Grids(s, self.facts, files[s.table.filename]) for s in slices(self.owner))

    @property
    def kinds(self) -> list[Grids]:
        """A set of each type."""
        return list({g.grids: g for g in self.grids}.values())

    @property
    def key_structs(self) -> list[Slices]:
        """A set of each key."""
        return list({g.s.key: g.s for g in self.grids if g.s.key}.values())

    def key_of(self, s: Slices) -> str:
        if len(self.key_structs) > 1:
            return f"the {s.phase} phase"
        return "the table" if len(self.files) == 1 else "a table"

    @property
    def loads(self) -> list[tuple[FileView, list[Grids]]]:
        """What is read by a function of its own, with the sets that it makes: files of one shape share it."""
        files = {f.load: f for f in reversed(self.files)}
        return [(f, [g for g in self.grids if g.s.table == f.table]) for f in reversed(files.values())]

    def loaded(self, file: FileView) -> str:
        """The type of what is read of a file."""
        return "Phases" if file.reader.by_phase else self._grids_of(file.reader).grids

    @property
    def by_phase(self) -> Reader | None:
        """The reader of a file that holds both phases."""
        return next((reader for reader in self.readers if reader.by_phase), None)

    @property
    def keyed(self) -> bool:
        return any(g.s.key for g in self.grids)

    @property
    def curves(self) -> bool:
        return any(g.curve for g in self.grids)

    @property
    def varying(self) -> bool:
        return any(g.s.varying for g in self.grids)

    @property
    def helpers(self) -> set[str]:
        return set().union(*(helpers(g.s) for g in self.grids))

    @property
    def constants(self) -> list[Constant]:
        return list(dict.fromkeys(c for reader in self.readers for c in reader.constants))

    @property
    def cell_helpers(self) -> set[str]:
        return set().union(*(reader.helpers for reader in self.readers))

    @property
    def numbers(self) -> set[str]:
        """What the file has of the template of numbers."""
        return self.cell_helpers - OWN_HELPERS

    def uses(self, *methods: str) -> bool:
        """Whether rows are read with one of `methods`."""
        lines = [line for reader in self.readers for line in reader.statements]
        return any(f"row.{method}(" in line for line in lines for method in methods)

    @property
    def about(self) -> Iterator[str]:
        for f in self.files:
            for s in f.reader.sets:
                phase = f" ({s.phase})" if f.reader.by_phase else ""
                levels = (*(p.name for p in s.fields), *s.axes)
                yield f"- `{f.table.filename}`{phase}:"
                yield f"  `{''.join(f'[{name}]' for name in levels)}`"

    def reader_head(self, reader: Reader) -> str:
        filed = PHASE_ROW if reader.by_phase else self._grids_of(reader).filed
        keep = f"mut keep: impl FnMut({filed}, LeafValue)"
        head = f"pub(crate) fn {reader.name}"
        return text(signature(head, ["sources: &[PerfSource]", keep], "Result<bool, AicError>"))

    def _grids_of(self, reader: Reader) -> Grids:
        return next(g for g in self.grids if g.s.nesting is reader.sets[0].nesting)

    @property
    def imports(self) -> list[str]:
        """The imports below those of the standard library, in rustfmt's order."""
        edition = self.facts.crate.edition
        tree = any(not g.curve for g in self.grids)
        quants = {p.rust for g in self.grids for p in g.s.fields if p.quant}
        interp = ["self", "LeafValue", *(["Node", "OpInterpConfig"] if tree else [])]
        if tree and self.facts.prepared_grid:
            interp.append("PreparedGrid")
        lines = [] if self.facts.invalid_perf_data else ["use parquet::errors::ParquetError;"]
        if self.uses("mode"):
            lines.append("use serde::de::DeserializeOwned;")
        lines += [""] if lines else []
        if quants:
            lines.append(text(use("crate::common::enums", sorted(quants), edition)))
        lines += ["use crate::common::error::AicError;", "use crate::config::PerfSource;"]
        if self.curves:
            lines.append("use crate::perf_database::axis_curve::LeafAxisCurve;")
        lines.append("use crate::perf_database::parquet_loader::{PerfReader, PerfRow};")
        lines.append(text(use("crate::perf_database::perf_interp", interp if tree else ["LeafValue"], edition)))
        lines.append(text(use("crate::perf_database", ["kernel_source_ok", "SourceResolver"], edition)))
        return lines


def render(op: EngineOp) -> str:
    """The text of the file."""
    return fragment(op.facts.templates, "table.rs.j2", t=TableView(op), facts=op.facts)
