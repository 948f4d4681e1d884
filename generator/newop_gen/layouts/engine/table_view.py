"""The views of an op's perf tables: what Python sees of them, as nested dicts of the shape that the spec nests them in.

A view folds the rows that the queries' own reader reads. Its keys cross over to Python as text; `VIEW_KEY_LAYERS` says
of each level what that text becomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...model.op import key_params
from ...render import fragment
from ...render.code import statement, tupled
from ...render.document import Doc
from ...render.python import literal
from ...render.rust import array, block, chain, let, signature, string, text, use
from ...spec.model import Key
from .rows import PHASE_ROW, Reader, readers
from .slices import Slices, slices
from .view import EngineOp, EngineParam, EngineTable

CONVERTERS = {
    "int": "_int",
    "str": "_str",
    "GEMMQuantMode": "_GEMM_Q",
    "MoEQuantMode": "_MOE_Q",
    "FMHAQuantMode": "_FMHA_Q",
    "KVCacheQuantMode": "_KV_Q",
    "CommQuantMode": "_COMM_Q",
}
"""By a param's type, what makes its key of the text, as `engine_table_view.py` calls it."""


@dataclass(frozen=True)
class View:
    """One view: `attribute` of the database, made of `table` by `function`.

    A file with a phase column is one view with the phase as its outermost level, unless the phases' keys differ in
    kind: then each phase has a view of its own. `sets` are what is in it.
    """

    owner: EngineOp
    table: EngineTable
    reader: Reader
    attribute: str
    function: str
    sets: tuple[Slices, ...]

    @property
    def filename(self) -> str:
        return self.table.filename

    @property
    def phase_level(self) -> bool:
        return self.table.table.phase_column is not None and len(self.sets) == len(self.table.phases)

    @property
    def arm(self) -> str:
        """The arm of the match over attributes, at 8 columns."""
        statements = [let("sources", f"src({string(self.filename)})?"), f"{self.function}(&sources)?"]
        return text(("        ", string(self.attribute), " => ", block(statements)), 8) + "\n"

    @property
    def converters(self) -> tuple[str, ...]:
        """What makes the keys of each level, outermost first."""
        deepest = max((_converters(s) for s in self.sets), key=len)
        return ("_str", *deepest) if self.phase_level else deepest

    @property
    def layers(self) -> str:
        """The element of `VIEW_KEY_LAYERS`, without the comma behind it and its own indentation."""
        entry = statement(f"{literal(self.attribute)}: ", tupled(self.converters), 4, ",")
        return entry.removesuffix(",").replace("\n    ", "\n")

    # the function

    @property
    def shapes(self) -> list[str]:
        """The nesting, as docs write it."""
        shapes = []
        for s in self.sets:
            levels = [", ".join(key_params(key)) for key in s.keys]
            phase = [s.phase or s.phases[0]] if self.phase_level else []
            shapes.append("".join(f"[{level}]" for level in (*phase, *levels, *s.axes)))
        return shapes

    @property
    def head(self) -> str:
        return text(signature(f"fn {self.function}", ["sources: &[PerfSource]"], "Result<Option<ViewNode>, AicError>"))

    @property
    def imports(self) -> str:
        names = [self.reader.name, *([PHASE_ROW] if self.reader.by_phase else [])]
        path = f"crate::perf_database::{self.owner.module_ident}"
        return text(use(path, names, self.owner.facts.crate.edition, indent=4), 4)

    @property
    def folded(self) -> list[str]:
        """The statements that fold one row of a file without phases, at 8 columns."""
        return [text(statement, 8) for statement in self._folded(self.sets[0])]

    @property
    def arms(self) -> list[str]:
        """The arms of a row of one phase or another, at 12 columns; a phase that is not in the view is passed over."""
        return [text(self._arm(s), 12) for s in self.reader.sets]

    def _arm(self, s: Slices) -> Doc:
        pattern = f"{PHASE_ROW}::{self.reader.variant(s)}"
        if s not in self.sets:
            return f"{pattern}(..) => {{}}"
        key = "key, " if s.key else ""
        return (f"{pattern}({key}at) => ", block(list(self._folded(s))))

    def _folded(self, s: Slices) -> Iterator[Doc]:
        params = {p.name: p for p in s.fields}
        path: list[Doc] = [f'"{s.phases[0]}".to_string()'] if self.phase_level else []
        for number, key in enumerate(s.keys):
            yield from _tuple(key, params, number)
            path.append(f"level_{number}" if key.params else _text(params[key_params(key)[0]]))
        path += [f"at[{i}].to_string()" for i in range(len(s.axes) - 1)]
        if len(path) == 1:
            yield let("only", path[0])
            path = ["only"]
        if path:
            yield let("path", array(path, indent=8))
        last = f"at[{len(s.axes) - 1}]"
        yield let("last", f"{last}.to_string()")
        yield f"root.insert_first_wins({'&path' if path else '&[]'}, &last, leaf);"


def _tuple(key: Key, params: dict[str, EngineParam], number: int) -> Iterator[Doc]:
    """The statements that make one text of a tuple: whole numbers as upstream writes them, others as JSON."""
    if not key.params:
        return
    fields = [params[name] for name in key.params]
    if all(p.type == "int" for p in fields):
        yield let(f"level_{number}", array([f"key.{p.ident}" for p in fields], "tuple_key(&[", "])", 8))
        return
    codes = [f"key.{p.ident}{'.name()' if p.quant else ''}" for p in fields]
    yield let(f"parts_{number}", array(codes, "serde_json::json!([", "])", 8))
    yield f"let level_{number} = parts_{number}.to_string();"


def _text(param: EngineParam) -> Doc:
    """The text of a key."""
    if param.type == "str":
        return f"key.{param.ident}"
    return chain(f"key.{param.ident}", [*([".name()"] if param.quant else []), ".to_string()"])


def _converters(s: Slices) -> tuple[str, ...]:
    kinds = {p.name: p.type for p in s.fields}
    codes = [_converter([kinds[name] for name in key_params(key)], bool(key.params)) for key in s.keys]
    return (*codes, *("_int" for _ in s.axes))


def _converter(kinds: list[str], several: bool) -> str:
    codes = [CONVERTERS[kind] for kind in kinds]
    if not several:
        return codes[0]
    if set(codes) == {"_int"}:
        return "_int_tuple"
    pairs = f"zip(({', '.join(codes)}), json.loads(text), strict=True)"
    return f"lambda text: tuple(convert(part) for convert, part in {pairs})"


def views(op: EngineOp, table: EngineTable) -> list[View]:
    """The views of one table."""
    every = readers(op)
    sets = tuple(s for s in slices(op) if s.table == table)
    reader = next(r for r in every if r.sets[0].nesting is sets[0].nesting)
    kinds = [_converters(s) for s in sets]
    alike = all(a == b for one in kinds for other in kinds for a, b in zip(one, other))
    function = f"{op.view_fn}{reader.name.removeprefix('read_rows')}"
    if alike:
        return [View(op, table, reader, table.attribute, function, sets)]
    name = op.op.name
    return [View(op, table, reader, f"_{s.phase}_{name}_data", f"{function}_{s.phase}", (s,)) for s in sets]


def render(op: EngineOp) -> str:
    """The functions, each followed by an empty line."""
    made = {view.function: view for table in op.tables for view in views(op, table)}
    parts = [fragment(op.facts.templates, "table_view.rs.j2", v=view, facts=op.facts) for view in made.values()]
    return "".join(f"{part}\n" for part in parts)
