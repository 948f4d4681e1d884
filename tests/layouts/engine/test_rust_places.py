"""Each site of a Rust file, on a small file of our own: what is put there, in any order, and out again."""

import itertools

import pytest
from support.compiled import hunks

from newop_gen.checkout.rust import RustSource
from newop_gen.plan import Prepared
from newop_gen.problems import CheckoutRefused
from newop_gen.runs import apply_plan, remove_op

from .small import FILES, ROOT, SITES, after, an_op, plan, source_of

SPECS = ("new_op", "new_op_tokens", "latent_attention", "state_scan")
LONG = "an_op_with_a_name_that_is_as_long_as_one_may_be4"


def ops(edition="2021"):
    return [an_op(ROOT / "specs" / f"{name}.yaml", edition) for name in SPECS]


def long_op(edition="2021", name="latent_attention"):
    return an_op(ROOT / "specs" / f"{name}.yaml", edition, op=LONG)


def word_op():
    """An op called as a word that Rust keeps for itself."""
    return an_op(ROOT / "specs" / "new_op.yaml", op="move")


@pytest.mark.parametrize("site", SITES)
def test_a_second_plan_has_nothing_to_do(site):
    every = [*ops(), word_op(), long_op()]
    done = after(site, every, source_of(site))
    assert done.data != source_of(site).data
    assert plan(site, every, done).pending == []


@pytest.mark.parametrize("site", SITES)
def test_ops_of_one_run_are_those_of_one_run_each(site):
    every = [*ops(), word_op(), long_op()]
    one_by_one = source_of(site)
    for op in every:
        one_by_one = after(site, [op], one_by_one)
    assert one_by_one.data == after(site, every, source_of(site)).data


@pytest.mark.parametrize("site", SITES)
def test_any_op_comes_out_in_any_order_as_if_it_had_never_been_there(site, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    start = source_of(site)
    there = [op for op in (*ops()[:2], word_op()) if plan(site, [op], start).pending]
    # What they share, the pinned indices have; elsewhere two ops show it.
    there = there if site.startswith("pinned") else there[:2]
    for number, (coming, going) in enumerate(itertools.product(itertools.permutations(there), repeat=2)):
        root = tmp_path / f"tree{number}"
        root.mkdir()
        file = root / start.path
        file.write_bytes(start.data)
        for op in coming:
            apply_plan(Prepared.of(plan(site, [op], RustSource(start.path, file.read_bytes()), root)))
        left = list(coming)
        for op in going:
            remove_op(root, (op.op.name,))
            left.remove(op)
            alone = start
            for one in left:
                alone = after(site, [one], alone)
            assert file.read_bytes() == alone.data, (coming, going)
        assert file.read_bytes() == start.data


@pytest.mark.parametrize("edition", ["2021", "2024"])
@pytest.mark.parametrize("site", SITES)
def test_the_result_is_as_rustfmt_leaves_it(cargo, site, edition):
    start = source_of(site)
    alone, single, every = [long_op(edition)], [ops(edition)[-1]], [*ops(edition), long_op(edition, "new_op_tokens")]
    for text in (start, *(after(site, some, start) for some in (alone, single, every))):
        assert hunks(text.data, edition) == []


@pytest.mark.parametrize("site", SITES)
def test_line_ends_are_those_of_the_file(site):
    start = source_of(site)
    crlf = RustSource(start.path, start.data.replace(b"\n", b"\r\n"))
    done = after(site, ops(), crlf)
    assert done.data.replace(b"\r\n", b"\n") == after(site, ops(), start).data
    assert b"\n" not in done.data.replace(b"\r\n", b"")


# What stands at a site and what is in its place, for a tree that does not have it: each is refused with its place.
GONE = [
    ("operators", "pub mod alpha;\npub(crate) mod fpm_sol;\npub mod op;\npub mod overlap;\n", ""),
    ("import", "crate::operators::{", "crate::other::{"),
    ("variants", "pub enum Op {", "pub enum Operator {"),
    ("weights", "=> 0.0,\n        }", "=> zero(),\n        }"),
    ("names", "Op::Last(o) => &o.name", "_ => panic!()"),
    ("names", "fn set_scale_factor", "fn set_scale"),
    ("seq_split", "_ => 1", "Op::Last(_) => 1"),
    ("query", "pub fn query", "pub fn ask"),
    ("roofline", "other => ", "Op::Last(other) => "),
    ("tables", "pub use alpha::AlphaTable;\n#[allow(unused_imports)]\npub use parquet_loader::Reader;\n", ""),
    ("field", "    pub alpha: AlphaTable,\n", ""),
    ("made", "system_spec: spec", "spec"),
    ("view", "fn view_alpha", "fn alpha_view"),
    ("registry", "= &[\n", "= &[][..];\nconst OTHERS: &[(&str, &[&str])] = &[\n"),
    ("dispatch", "other => {", '"" => {'),
    ("wrapping", "wrap!(", "other!("),
    ("classes", "fn register", "fn add_all"),
    ("registered", "m.add_class::<", "m.add::<"),
    ("fixtures", "fn all_op_variants() ", "fn every_op() "),
    ("listed", "vec![", "std::vec!["),
    ("pinned", "LAST_INDEX as usize + 1,\n", "usize::from(LAST_INDEX) + 1,\n"),
    ("pinned", "all_op_variants().len()", "all_op_variants().iter().count()"),
    ("readiness", "fn any", "fn some"),
]


@pytest.mark.parametrize("site, there, instead", GONE)
def test_a_file_without_the_anchor_is_refused_by_name(site, there, instead):
    start = source_of(site)
    text = start.data.decode()
    assert there in text
    changed = RustSource(start.path, text.replace(there, instead).encode())
    with pytest.raises(CheckoutRefused) as refusal:
        plan(site, ops(), changed)
    (problem,) = refusal.value.problems
    assert problem.code.startswith("anchor") and problem.place.file == start.path and problem.expected


def test_every_site_has_an_anchor_to_be_missed():
    assert {site for site, _, _ in GONE} == set(SITES) - {"pinned as a number"}


# Names of somebody else's that stand in an op's way, and what is said of them.
TAKEN = [
    ("operators", "pub mod op;", "mod new_op;\npub mod op;", "operators::new_op"),
    ("variants", "    Last(LastOp),", "    NewOpGeneration(LastOp),\n    Last(LastOp),", "Op::NewOpContext"),
    ("tables", "mod curve;", "mod curve;\nmod new_op;", "perf_database::new_op"),
    ("field", "    pub alpha: AlphaTable,", "    pub new_op: AlphaTable,", "PerfTables.new_op"),
    ("view", "fn validate", "fn view_new_op", "view_new_op"),
    ("registry", '"_alpha_data"', '"_context_new_op_data"', "_context_new_op_data"),
    ("classes", "pub struct PyFirst", "pub struct PyContextNewOp", "PyContextNewOp"),
    ("fixtures", "fn first()", "fn new_op_context()", "new_op_context"),
]


@pytest.mark.parametrize("site, there, instead, name", TAKEN)
def test_a_name_that_is_taken_is_refused(site, there, instead, name):
    start = source_of(site)
    text = start.data.decode()
    assert there in text
    with pytest.raises(CheckoutRefused) as refusal:
        plan(site, ops(), RustSource(start.path, text.replace(there, instead).encode()))
    assert f"the name {name} is taken" in refusal.value.problems[0].found
    assert refusal.value.problems[0].place.line


def test_the_pinned_indices_follow_from_the_last_one_pinned_by_number():
    for site, last in (("pinned", "LAST_INDEX as usize + 1"), ("pinned as a number", "8")):
        text = after(site, ops()[:2], source_of(site)).data.decode()
        assert f"in ({last}..).zip(&later)" in text
        assert f"{last} + later.len()," in text
        assert text.count("            new_op") == 4 and text.count("let later = [") == 1


def test_a_pinned_count_that_would_exceed_the_line_is_refused():
    text = source_of("pinned").data.decode()
    changed = text.replace("LAST_INDEX", "LAST_INDEX_" + "X" * 60)
    with pytest.raises(CheckoutRefused, match="on a line of its own"):
        plan("pinned", ops(), RustSource("spec_constant.rs", changed.encode()))


def test_every_file_has_a_site():
    assert {path.name for path in FILES.glob("*.rs")} == {name for name, _ in SITES.values()}
