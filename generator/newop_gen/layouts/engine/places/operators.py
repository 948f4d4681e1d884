"""The compiled op: its module, its variants of `Op`, and every match over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ....checkout.rust import RustSource
from ....edits.rust import find
from ....edits.rust.ordered import insert_module, insert_use
from ....edits.rust.place import at_end, before, before_last_pattern
from ....render import rust
from ....render.document import HARD, Either, Flat, Indented
from ...common.settle import Draft
from ..view import EngineOp, EnginePhase
from .base import ARM, after_last_arm, arm, before_rest, draft, first_named

OPERATORS = "crate::operators"


def module(op: EngineOp, source: RustSource) -> Iterable[Draft]:
    """The module of the op and its structs, as `operators/mod.rs` lists them."""
    edit = insert_module(source, op.module, f"pub mod {op.module_ident};\n")
    mods = [n for n in find.items(source.root) if n.type == "mod_item"]
    yield draft(source, edit, None, first_named(mods, [op.module]), f"operators::{op.module}")
    text = rust.text(rust.use(op.module_ident, op.structs, op.facts.crate.edition, "pub ")) + "\n"
    yield draft(source, insert_use(source, op.module_ident, text, op.facts.crate.edition))


def imports(op: EngineOp, source: RustSource) -> Draft:
    """An import of the op's structs by the module of `Op`. One of its own: rustfmt would wrap a longer list anew."""
    names = ", ".join(op.structs)
    path = f"{OPERATORS}::{{{names}}}" if len(op.structs) > 1 else f"{OPERATORS}::{names}"
    text = rust.text(rust.use(OPERATORS, op.structs, op.facts.crate.edition)) + "\n"
    return draft(source, insert_use(source, path, text, op.facts.crate.edition, beside=OPERATORS))


def variants(op: EngineOp, source: RustSource) -> Draft:
    """The variants at the end of `Op`: on the wire a variant is its position."""
    body = find.body(source, find.find_item(source, "enum", "Op"))
    text = "".join(
        f"    /// {phase.phase.capitalize()} phase of `{op.op.name}`.\n    {_variant(phase)}\n" for phase in op.phases
    )
    taken = first_named(find.items(body), [phase.variant for phase in op.phases])
    return draft(source, at_end(source, body, text), body, taken, f"Op::{op.phases[0].variant}", telling=True)


def _variant(phase: EnginePhase) -> str:
    opened = (f"{phase.variant}(", Indented((HARD, f"{phase.struct},")), HARD, "),")
    return rust.text(Either((Flat(f"{phase.variant}({phase.struct}),"), opened)), 4)


def weights(op: EngineOp, source: RustSource) -> Iterable[Draft]:
    """Bytes of weights: an arm for what has some, a pattern among those of what has none."""
    match = find.last_match(source, find.find_method(source, "Op", "weight_bytes"))
    none = [a for a in find.arms(source, match) if find.value(a) == "0.0" and len(find.patterns(a)) > 1]
    last = find.last_arm(source, match, "an arm of several variants whose value is 0.0", none)
    for phase in op.phases:
        if phase.weights:
            edit = before(source, last, arm(f"Op::{phase.variant}(o)", f"o.{phase.weight_method}()"))
        else:
            edit = before_last_pattern(source, last, f"{' ' * ARM}| Op::{phase.variant}(_)\n")
        yield draft(source, edit, match)


def names(op: EngineOp, source: RustSource) -> Iterable[Draft]:
    """The op's name, to be read and to be set, and its scale where it can be set."""
    yield _exhaustive(op, source, "name", "o", lambda p: "&o.name")
    yield _exhaustive(op, source, "set_name", "o", lambda p: "o.name = name")
    if op.facts.scale_mutator:
        yield _exhaustive(op, source, "set_scale_factor", "o", lambda p: "o.scale_factor = scale_factor")


def query(op: EngineOp, source: RustSource) -> Draft:
    """The arms by which `Op::query` asks the op, with what the engine knows at run time."""
    return _exhaustive(op, source, "query", "op", lambda p: f"op.query({', '.join(('db', *p.passed))})")


def _exhaustive(
    op: EngineOp, source: RustSource, function: str, bound: str, value: Callable[[EnginePhase], str]
) -> Draft:
    """The op's arms at the end of a match that names every variant."""
    match = find.last_match(source, find.find_method(source, "Op", function))
    text = "".join(arm(f"Op::{phase.variant}({bound})", value(phase)) for phase in op.phases)
    return after_last_arm(source, match, text)


def seq_split(op: EngineOp, source: RustSource) -> Iterable[Draft]:
    """The arms of the phases that divide their tokens; the function's last arm answers for the others."""
    match = find.last_match(source, find.find_method(source, "Op", "seq_split"))
    text = "".join(arm(f"Op::{p.variant}(o)", "o.seq_split") for p in op.phases if p.seq_split)
    if text:
        yield before_rest(source, match, text)


def roofline(op: EngineOp, source: RustSource) -> Draft:
    """The arms by which the roofline of a whole forward pass asks for the op's SOL."""
    match = find.last_match(source, find.find_function(source, "op_sol_latency_ms"))
    text = "".join(
        arm(f"Op::{p.variant}(o)", f"o.fpm_sol_ms({', '.join(('spec', *p.passed_sol))})", 8) for p in op.phases
    )
    return before_rest(source, match, text)
