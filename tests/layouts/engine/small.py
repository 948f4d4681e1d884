"""The small Rust files of tests/fixtures/rust/engine, with the site that each is for, and ops to put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newop_gen.checkout.rust import RustSource
from newop_gen.layouts.common.settle import Draft, StepDraft, finish
from newop_gen.layouts.crate import Crate
from newop_gen.layouts.engine.facts import EngineFacts
from newop_gen.layouts.engine.places import classes, operators, specs, tables
from newop_gen.layouts.engine.view import EngineOp
from newop_gen.model.op import Op
from newop_gen.plan import Plan, Step
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.render import rust
from newop_gen.spec.load import load_spec

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "tests" / "fixtures" / "rust" / "engine"


def facts(edition: str = "2021") -> EngineFacts:
    return EngineFacts(
        layout="engine",
        templates=("engine",),
        crate=Crate(
            folder="core",
            sources="core/src",
            name="toy_core",
            edition=edition,  # type: ignore[arg-type]
            test_features=(),
            extension_features=(),
            module="toy_core._native",
        ),
        package="toy_core.sdk",
        native="toy_core._native",
        application="toy.sdk",
        common="sdk/common.py",
        operations="sdk/operations/__init__.py",
        table_views="sdk/engine_table_view.py",
        shims="toy/sdk/operations",
        models=(),
        systems="systems",
        suffix=".parquet",
        sixteen_bit="bfloat16",
        quants={},
        tests=None,
        scale_mutator=True,
        readiness="core/src/engine/readiness.rs",
    )


def an_op(spec: Path, edition: str = "2021", **changed: str) -> EngineOp:
    """The op of a spec; `changed` are texts of it and what stands there instead, as `old=new` of whole lines."""
    loaded = load_spec(spec)
    return EngineOp(Op.from_spec(loaded.spec.model_copy(update=changed)), facts(edition))


@dataclass(frozen=True)
class View:
    """A view of a table as its site is given one."""

    attribute: str
    filename: str
    arm: str
    layers: str


def views(op: EngineOp) -> list[View]:
    return [
        View(
            t.attribute,
            t.filename,
            " " * 8 + rust.text(rust.arm(f'"{t.attribute}"', rust.call("view", ["&sources"])), 8) + "\n",
            f'"{t.attribute}": (_int, _int)',
        )
        for t in op.tables
    ]


def calls(op: EngineOp) -> list[str]:
    return [f"{p.accessor}()" for p in op.phases]


def fixture_text(op: EngineOp) -> str:
    return "\n".join(f"    fn {p.accessor}() -> Fixture {{\n        todo!()\n    }}\n" for p in op.phases)


def class_text(op: EngineOp) -> str:
    return "\n".join(f"pub struct {p.pyclass};\n" for p in op.phases)


def view_text(op: EngineOp) -> str:
    return f"/// Views of `{op.module}`.\nfn {op.view_fn}(sources: &[Source]) -> View {{\n    todo!()\n}}\n"


Site = Callable[[EngineOp, RustSource], Iterable[Draft]]

SITES: dict[str, tuple[str, Site]] = {
    "operators": ("operators_mod.rs", operators.module),
    "import": ("op.rs", lambda op, s: [operators.imports(op, s)]),
    "variants": ("op.rs", lambda op, s: [operators.variants(op, s)]),
    "weights": ("op.rs", operators.weights),
    "names": ("op.rs", operators.names),
    "seq_split": ("op.rs", operators.seq_split),
    "query": ("op.rs", lambda op, s: [operators.query(op, s)]),
    "roofline": ("fpm_sol.rs", lambda op, s: [operators.roofline(op, s)]),
    "tables": ("tables_mod.rs", tables.module),
    "field": ("tables_mod.rs", lambda op, s: [tables.field(op, s)]),
    "made": ("tables_mod.rs", lambda op, s: [tables.made(op, s)]),
    "view": ("table_view.rs", lambda op, s: [tables.view(op, s, view_text(op))]),
    "registry": ("table_view.rs", lambda op, s: tables.registry(op, s, views(op))),
    "dispatch": ("table_view.rs", lambda op, s: [tables.dispatch(op, s, views(op))]),
    "wrapping": ("py_ops.rs", lambda op, s: [classes.wrapping(op, s)]),
    "classes": ("py_ops.rs", lambda op, s: [classes.classes(op, s, class_text(op))]),
    "registered": ("py_ops.rs", lambda op, s: [classes.registered(op, s)]),
    "fixtures": ("spec_constant.rs", lambda op, s: [specs.fixtures(op, s, fixture_text(op))]),
    "listed": ("spec_constant.rs", lambda op, s: specs.listed(op, s, calls(op))),
    "pinned": ("spec_constant.rs", lambda op, s: specs.pinned(op, s, calls(op))),
    "pinned as a number": ("spec_number.rs", lambda op, s: specs.pinned(op, s, calls(op))),
    "readiness": ("readiness.rs", lambda op, s: [specs.readiness(op, s)]),
}
"""Every site in a Rust file: the small file that it is tested on, and what puts an op there."""


def source_of(site: str) -> RustSource:
    name = SITES[site][0]
    return RustSource(name, (FILES / name).read_bytes())


def plan(site: str, ops: Sequence[EngineOp], source: RustSource, root: object = ".") -> Plan:
    """The site's edits for some ops, planned against one source."""
    put = SITES[site][1]
    steps: list[Step] = []
    for op in ops:
        # Alone, a site has nothing by which a second plan is told from a name that is taken.
        drafts = [replace(draft, telling=True) for draft in put(op, source)]
        steps += finish([StepDraft(op.op.name, "operator", site, drafts)])
    return Plan(str(root), "engine", tuple(op.op.name for op in ops), tuple(steps), {source.path: source.data})


def after(site: str, ops: Sequence[EngineOp], source: RustSource) -> RustSource:
    """The source with the ops in it."""
    changes = plan(site, ops, source).changes()
    check_postcondition(changes)
    return RustSource(source.path, changes[0].after) if changes else source
