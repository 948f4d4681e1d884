"""The arguments that ask for a stored row, where the key is looked up by an expression over them."""

from __future__ import annotations

from checkouts import built
from support.applying import SPECS

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.recognise import layout_of
from newop_gen.model.loaded import load_op
from newop_gen.model.op import Op
from newop_gen.tables.filing import Member
from newop_gen.verify.points import path_values
from newop_gen.verify.table import Missing, looked_up, select

FP8 = Member("GEMMQuantMode", "fp8")


def test_a_quant_mode_that_is_looked_up_is_asked_for_by_each_mode_that_leads_to_it() -> None:
    """A row of `fp8` answers for `fp8_static`, too; one that no mode leads to can't be asked for."""
    tree = Tree.open(built("v0_8"))
    facts = layout_of(tree).facts(tree)
    op = Op.from_spec(load_op(SPECS / "upstream" / "compute_scale.yaml").spec)
    [query] = op.queries
    asked = [path_values(op, query, (FP8, x, 24), facts) for x in (8, 9)]
    assert [values and values["quant_mode"] for values in asked] == ["fp8", "fp8_static"]
    assert path_values(op, query, (Member("GEMMQuantMode", "fp8_static"), 8, 24), facts) is None
    lookup = query.nesting.keys[0].lookup
    for values in asked:
        assert looked_up(op, "quant_mode", lookup, values, facts) == FP8
        assert select(op, query, {(FP8,): {}}, values, facts) == (FP8,)
        try:
            select(op, query, {(Member("GEMMQuantMode", "bfloat16"),): {}}, values, facts)
        except Missing as missing:
            assert missing.asked == FP8
        else:
            raise AssertionError("a key that was not collected was found")
