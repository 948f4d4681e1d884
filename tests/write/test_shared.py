"""What two ops need in one list stays until the last of them goes, whatever language the file is in."""

from __future__ import annotations

import pytest
from safety.world import World, apply_plan

from newop_gen.checkout.opened import source_of
from newop_gen.plan import Insertion, Plan, Step
from newop_gen.problems import Conflict
from newop_gen.runs import remove_op
from newop_gen.write import record

# A list without a comma after its last element, in each kind of file; and another list, which is nobody's business.
LISTS = {
    "engine/op.rs": (b"pub enum Op {\n    Gemm,\n    Moe\n}\n\npub enum Other {\n    A,\n    B\n}\n", b"Moe"),
    "engine/nested.rs": (b"fn f() -> u8 {\n    match g(1, [\n    2,\n    3\n    ]) { _ => 1 }\n}\n", b"3"),
    "sdk/names.py": (b"NAMES = [\n    a,\n    b\n]\nOTHERS = [1]\n", b"    b"),
    "collector/ops.yaml": (b"ops: [\n    {a: 1},\n    {b: 1}\n]\n", b"{b: 1}"),
    "docs/ops.md": (b"ops: [\n    a,\n    b\n]\n", b"    b"),
}


def plan(world: World, path: str, op: str) -> Plan:
    """One element more at the end of the list, and the comma where it is lacking."""
    data = (world.root / path).read_bytes()
    at = data.index(LISTS[path][1]) + len(LISTS[path][1])
    edits = [Insertion(path, data.index(b"\n", at) + 1, f"    {element(path, op)},\n".encode())]
    if data[at : at + 1] != b",":
        edits.append(Insertion(path, at, b",", once=True))
    return Plan(str(world.root), "toy", (op,), (Step(op, "enum", "", tuple(edits)),), {path: data})


def element(path: str, op: str) -> str:
    return f"{{{op}: 1}}" if path.endswith(".yaml") else op.title().replace("_", "") if path.endswith("op.rs") else op


def write(world: World, path: str) -> None:
    (world.root / path).parent.mkdir(parents=True, exist_ok=True)
    (world.root / path).write_bytes(LISTS[path][0])


@pytest.mark.parametrize("path", LISTS)
def test_a_comma_goes_with_the_last_op(plain: World, path: str) -> None:
    write(plain, path)
    for op in ("one_op", "two_op"):
        apply_plan(plan(plain, path, op))
    remove_op(plain.root, ("one_op",))
    left, mark = (plain.root / path).read_bytes(), LISTS[path][1]
    assert mark + b"," in left and element(path, "two_op").encode() in left
    assert element(path, "one_op").encode() not in left
    remove_op(plain.root, ("two_op",))
    assert (plain.root / path).read_bytes() == LISTS[path][0]


@pytest.mark.parametrize("path", [path for path in LISTS if not path.endswith(".md")])
def test_without_that_a_removal_would_break_the_other_op(
    plain: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_adopted", lambda *_: [])
    write(plain, path)
    for op in ("one_op", "two_op"):
        apply_plan(plan(plain, path, op))
    with pytest.raises(Conflict) as refused:
        remove_op(plain.root, ("one_op",))
    (problem,) = refused.value.problems
    assert problem.code == "not-alone" and "this file would not " in problem.found


def test_ranges_of_rust_are_its_brackets_and_the_file() -> None:
    source = source_of("a.rs", b"use a::{b, c};\nfn f(x: [u8; 2]) {\n    let y = g(1, (2,));\n}\n")
    assert {source.data[slice(*ends)] for ends in source.shared()} == {
        source.data, b"{b, c}", b"(x: [u8; 2])", b"[u8; 2]", b"(1, (2,))", b"(2,)",
    }  # fmt: skip


def test_an_op_that_stands_in_what_another_brought_keeps_it(plain: World) -> None:
    """Brackets that are put in for all: who has an element in them needs both ends."""
    path = "engine/pin.rs"
    (plain.root / "engine").mkdir()
    (plain.root / path).write_bytes(start := b"fn f() {\n    g();\n}\n")

    def extended(op: str) -> Plan:
        data = (plain.root / path).read_bytes()
        at = data.index(b"    g();\n")
        edits = []
        if b"let pins" not in data:
            edits = [Insertion(path, at, b"    let pins = [\n", once=True)]
        else:
            at = data.index(b"    ];\n")
        edits.append(Insertion(path, at, f"        {op!r},\n".replace("'", '"').encode()))
        if b"let pins" not in data:
            edits.append(Insertion(path, at, b"    ];\n", once=True, sort="~"))
        return Plan(str(plain.root), "toy", (op,), (Step(op, "test", "", tuple(edits)),), {path: data})

    for op in ("one_op", "two_op"):
        apply_plan(extended(op))
    remove_op(plain.root, ("one_op",))
    assert (plain.root / path).read_bytes() == b'fn f() {\n    let pins = [\n        "two_op",\n    ];\n    g();\n}\n'
    remove_op(plain.root, ("two_op",))
    assert (plain.root / path).read_bytes() == start
