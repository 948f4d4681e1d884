"""Several ops on one tree: the same result in whatever order they come, and taking one out leaves exactly the others."""

from __future__ import annotations

import ast
import functools
import itertools
from pathlib import Path

import pytest
from checkouts import VERSIONS, copy_fixture
from support.applying import SPECS, apply_specs, prepare
from support.owned import ask, made_up_system, run_generated_tests, without_data

from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import load_specs

NAMES = ("new_op", "new_op_tokens", "state_scan")
# One per family, for what takes its time.
FAMILIES = ("v0_6", "v0_9", "v0_11")


@pytest.fixture
def specs(tmp_path) -> dict[str, Path]:
    """The specs by op. A fourth op stands at the same place of the same model as the first."""
    beside = tmp_path / "beside"
    beside.mkdir()
    text = (SPECS / "new_op.yaml").read_text(encoding="utf-8").replace("op: new_op\n", "op: beside\n")
    (beside / "beside.yaml").write_text(text, encoding="utf-8")
    paths = [*(SPECS / f"{name}.yaml" for name in NAMES), beside / "beside.yaml"]
    return {path.stem: path for path in without_data(paths, tmp_path / "specs")}


def trees(root: Path) -> dict[str, str]:
    """Every Python file as a syntax tree in which the order of definitions and of elements does not count; every other
    file byte for byte."""
    return {name: parsed(data) if name.endswith(".py") else repr(data) for name, data in contents(root).items()}


@functools.cache
def parsed(data: bytes) -> str:
    """Most files of a tree are what they were: they are read once."""
    return unordered(ast.parse(data))


def unordered(node: object) -> str:
    if isinstance(node, list):
        return f"[{', '.join(sorted(map(unordered, node)))}]"
    if isinstance(node, ast.Dict):
        return f"Dict{sorted(unordered(k) + ': ' + unordered(v) for k, v in zip(node.keys, node.values))}"
    if isinstance(node, ast.AST):
        return f"{type(node).__name__}({', '.join(f'{n}={unordered(v)}' for n, v in ast.iter_fields(node))})"
    return repr(node)


def test_order_is_all_that_is_left_out() -> None:
    """The control: another element, argument or statement is a difference."""

    def same(one: str, other: str) -> bool:
        return unordered(ast.parse(one)) == unordered(ast.parse(other))

    assert same("x = {'a': 1, 'b': 2}\ny = [f(1), g(2)]", "y = [g(2), f(1)]\nx = {'b': 2, 'a': 1}")
    assert not same("x = {'a': 1, 'b': 2}", "x = {'a': 2, 'b': 1}")
    assert not same("x = [f(1), g(2)]", "x = [f(2), g(1)]")
    assert not same("x = [f(1)]", "x = [f(1), f(1)]")


@pytest.mark.parametrize("name", VERSIONS)
def test_in_any_order_at_once(name, specs, tmp_path) -> None:
    chosen = ("new_op", "new_op_tokens", "beside")
    results = []
    for number, order in enumerate(itertools.permutations(chosen)):
        root = copy_fixture(name, tmp_path / str(number))
        apply_specs(root, [specs[op] for op in order], lint=False)
        results.append(trees(root))
    assert all(r == results[0] for r in results)
    assert results[0] != trees(copy_fixture(name, tmp_path))


@pytest.mark.parametrize("name", VERSIONS)
def test_one_after_the_other_is_the_same_as_at_once(name, specs, tmp_path) -> None:
    at_once = copy_fixture(name, tmp_path / "at-once")
    apply_specs(at_once, list(specs.values()), lint=False)
    for number, order in enumerate((list(specs), list(specs)[::-1])):
        root = copy_fixture(name, tmp_path / str(number))
        for op in order:
            apply_specs(root, [specs[op]], lint=False)
        assert trees(root) == trees(at_once)


@pytest.mark.parametrize("name", FAMILIES)
def test_together_they_are_clean(name, specs, tmp_path) -> None:
    apply_specs(copy_fixture(name, tmp_path), list(specs.values()))


@pytest.mark.parametrize("name", VERSIONS)
def test_taking_one_out_leaves_exactly_the_others(name, specs, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bare = contents(copy_fixture(name, tmp_path / "bare"))
    for number, op in enumerate(specs):
        root = copy_fixture(name, tmp_path / f"all-{number}")
        apply_plan(prepare(load_specs(list(specs.values())), root))
        remove_op(root, (op,))
        others = copy_fixture(name, tmp_path / f"others-{number}")
        apply_plan(prepare(load_specs([s for o, s in specs.items() if o != op]), others))
        assert contents(root) == contents(others)
    remove_op(root, tuple(o for o in specs if o != op))
    assert contents(root) == bare


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


ASKED = """
def all_modes(query, **at):
    found = {}
    for mode in MODE:
        try:
            answer = query(**at, database_mode=mode)
            found[mode.name] = list(answer) if mode.name == "SOL_FULL" else [float(answer), answer.energy]
        except Exception as error:
            found[mode.name] = type(error).__name__
    return found

at = {"param1": 64, "param2": 128}
result = {
    "new_op": all_modes(database.query_context_new_op, b=3, s=200, **at),
    "beside": all_modes(database.query_context_beside, b=3, s=200, **at),
    "new_op_tokens": all_modes(database.query_new_op_tokens, x=24, **at),
}
"""


def table(*columns: str, rows: dict[tuple[int, ...], float]) -> str:
    lines = [",".join(("framework", "param1", "param2", *columns, "latency", "power"))]
    return "\n".join(lines + [",".join(map(str, ("T", 64, 128, *at, ms, 100))) for at, ms in rows.items()]) + "\n"


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_answers_in_any_order(name, specs, tmp_path) -> None:
    grid = {(b, s): 0.001 * b * s for b in (1, 4, 16) for s in (128, 256, 1024)}
    systems = made_up_system(
        tmp_path / "systems",
        {
            "new_op_context_perf": table("batch_size", "seq_len", rows=grid),
            "beside_context_perf": table("batch_size", "seq_len", rows={k: 3 * v for k, v in grid.items()}),
            "new_op_tokens_perf": table("num_tokens", rows={(x,): 0.01 * x for x in (1, 16, 64)}),
        },
    )
    answers = []
    chosen = ("new_op", "new_op_tokens", "beside")
    for number, order in enumerate((chosen, chosen[::-1])):
        root = copy_fixture(name, tmp_path / str(number))
        for op in order:
            apply_specs(root, [specs[op]], lint=False)
        answers.append(ask(root, systems, ASKED))
    assert answers[0] == answers[1]
    silicon = {op: found["SILICON"][0] for op, found in answers[0].items()}
    assert silicon["new_op"] == pytest.approx(0.6) and silicon["beside"] == pytest.approx(1.8)
    assert silicon["new_op_tokens"] == pytest.approx(0.24)
    assert all(len(found) == 5 for found in answers[0].values())
    run_generated_tests(root, list(chosen))
