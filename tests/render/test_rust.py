"""Shapes of Rust: as rustfmt leaves them, whatever the length of the names in them."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from newop_gen.render.document import Doc
from newop_gen.render.rust import (
    arm,
    array,
    assigned,
    block,
    call,
    chain,
    closure,
    compared,
    let,
    macro,
    method,
    signature,
    string,
    struct,
    text,
    use,
)

SHAPES = 400
"""How many made-up statements are held against rustfmt."""


def test_arguments_break_one_a_line() -> None:
    assert text(call("f", ["one", "two"])) == "f(one, two)"
    long = "a" * 29
    assert text(call("f", [long, long])) == f"f({long}, {long})"
    assert text(call("f", [long, long + "a"])) == f"f(\n    {long},\n    {long}a,\n)"
    assert text(call("f", [])) == "f()"


def test_a_struct_literal_breaks_early_and_breaks_what_it_is_in() -> None:
    small = struct("Key", [("a", "a"), ("b", "b_of(x)")])
    assert text(small) == "Key { a, b: b_of(x) }"
    large = struct("Key", [("first", "first"), ("second", "second"), ("third", "third")])
    assert text(call("keep", [large, "at"])) == (
        "keep(\n    Key {\n        first,\n        second,\n        third,\n    },\n    at,\n)"
    )


def test_an_array_of_short_elements_is_filled() -> None:
    short = [f'"c{n:05}"' for n in range(12)]
    assert text(array(short[:6])) == f"[{', '.join(short[:6])}]"
    first, second = ", ".join(short[:9]), ", ".join(short[9:])
    assert text(array(short, indent=4), 4) == f"[\n        {first},\n        {second},\n    ]"


def test_a_value_goes_to_the_next_line_before_it_breaks() -> None:
    name = "a" * 50
    assert text(let(name, call("file.column", [string("b" * 40)])), 8) == (
        f'let {name} =\n            file.column("{"b" * 40}");'
    )


def test_lines_after_the_first_are_indented() -> None:
    assert text(("if x ", block(["y();", "z();"])), 4) == "if x {\n        y();\n        z();\n    }"


def test_names_are_sorted_as_the_edition_has_them() -> None:
    names = ["self", "write", "Col"]
    assert text(use("a", names, "2021")) == "use a::{self, write, Col};"
    assert text(use("a", names, "2024")) == "use a::{self, Col, write};"
    assert text(use("a", ["One"], "2021")) == "use a::One;"


def made_up(rng: random.Random) -> list[Doc]:
    """Statements with names of all lengths."""

    def name() -> str:
        return "abcdefghij"[rng.randrange(10)] * rng.randrange(1, 48)

    def some(make: Callable[[], str], most: int) -> list[str]:
        return [make() for _ in range(rng.randrange(1, most))]

    made: list[Doc] = []
    for _ in range(SHAPES):
        fields: list[tuple[str, Doc]] = [(f"f{i}_{name()}", name()) for i in range(rng.randrange(1, 5))]
        conditions = [compared(f"key.{n}", f"asked.{n}") for n in some(name, 4)]
        made += [
            (call(name(), some(name, 5)), ";"),
            (call(name(), [struct("Key", fields), name()]), ";"),
            (macro("accessor", some(name, 5)), ";"),
            let(name(), call("file.column", [string(name())])),
            let("key", struct("Key", fields)),
            let("path", array([chain(f"key.{n}", [".name()", ".to_string()"]) for n in [name(), *some(name, 4)]])),
            let("at", array([string(n) for n in some(name, 6)], "&[", indent=4)),
            let("at", array([n[:8] for n in some(name, 20)], indent=4)),
            assigned("const FILE: &str", string(name() + name())),
            (method("among", "retain", closure("key", conditions[:1])), ";"),
            (call("prefer", ["&mut among", closure("key", conditions), closure("key", conditions)]), ";"),
            ("match x ", block([arm(string(name()), f"view_{name()}(&{name()[:20]})?")])),
        ]
    return made


@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_shapes_are_as_rustfmt_leaves_them(cargo: Path, edition: str) -> None:
    rng = random.Random(7)
    lines = [text(doc, 4) for doc in made_up(rng)]
    heads = []
    for number in range(SHAPES):
        parameters = [f"{'p' * rng.randrange(1, 30)}{i}: &Key" for i in range(rng.randrange(1, 6))]
        heads.append(text(signature(f"pub fn f{number}", parameters, "Result<Key, AicError>")) + "\n    g();\n}\n")
    names = sorted({rng.choice("abAB") + rng.choice("cdef") * rng.randrange(1, 12) for _ in range(30)})
    uses = text(use("crate::a", ["self", *names], edition))
    made = f"{uses}\n\nfn all() {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n\n" + "\n".join(heads)
    rustfmt = shutil.which("rustfmt") or str(cargo.with_name("rustfmt"))
    command = [rustfmt, "--edition", edition, "--emit", "stdout", "--quiet"]
    done = subprocess.run(command, input=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    assert made.splitlines() == done.stdout.splitlines()
