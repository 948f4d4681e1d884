"""What an inserted query says when it has no data: the whole point, and what there is."""

from __future__ import annotations

import ast
import types

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, prepare

from newop_gen.spec.load import load_specs

RAGGED = {16: {1: 1.0, 2048: 2.0, 8192: 3.0}, 32: {1: 1.0, 2048: 2.0}}


def _function(root, name):
    """The function `name` of what an apply of new_op would leave."""
    for change in prepare(load_specs([SPECS / "new_op.yaml"]), root).changes:
        if change.path.endswith(".py"):
            for node in ast.walk(ast.parse(change.after)):
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    return node
    raise AssertionError(f"no {name}")


def _made(node):
    """The function by itself; `PerfDataNotAvailableError` is a `LookupError`."""
    node.decorator_list = []
    node.returns = None
    for argument in (*node.args.args, node.args.vararg):
        argument.annotation = None
    scope = {"PerfDataNotAvailableError": LookupError}
    exec(compile(ast.Module([node], []), "<made>", "exec"), scope)
    return scope[node.name]


@pytest.mark.parametrize(
    "fixture, name",
    [*((f, "_interpolate_new_op") for f in ("v0_6", "v0_7", "v0_8", "v0_9")), ("v0_10", "_interpolate")],
)
def test_a_point_beyond_a_ragged_corner_is_named_whole(tmp_path, fixture, name):
    interpolate = _made(_function(copy_fixture(fixture, tmp_path), name))
    table = {b: {s: {"latency": ms, "energy": 0.0} for s, ms in row.items()} for b, row in RAGGED.items()}
    helper = types.SimpleNamespace()
    assert interpolate(helper, table, ("b", 16), ("s", 8192)) == (3.0, 0.0)
    with pytest.raises(LookupError) as error:
        interpolate(helper, table, ("b", 32), ("s", 8192))
    assert str(error.value) == "new_op has no data at b=32, s=8192: the collected range of s is 1 to 2048 there."
    with pytest.raises(LookupError, match="at b=64, s=8192: the collected range of b is 16 to 32 there"):
        interpolate(helper, table, ("b", 64), ("s", 8192))


@pytest.mark.parametrize("fixture", ["v0_6", "v0_7", "v0_8", "v0_9"])
def test_collected_numbers_are_listed_as_numbers(tmp_path, fixture):
    node = _function(copy_fixture(fixture, tmp_path), "query_context_new_op")
    lists = [n for n in ast.walk(node) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "sorted"]
    listed = eval(compile(ast.Expression(lists[0]), "<made>", "eval"), {"table": dict.fromkeys((64, 8, 16, 4, 128))})
    assert listed == ["4", "8", "16", "64", "128"]
