"""Lines that rustfmt keeps in order."""

import random
import shutil
import subprocess

import pytest

from newop_gen.checkout.rust import RustSource
from newop_gen.edits.rust.ordered import insert_module, insert_use, use_key
from newop_gen.problems import CheckoutRefused

from .test_rust_place import apply

MODULES = """\
//! Operators.

mod helper {
    pub fn f() {}
}

pub mod attention;
pub(crate) mod fpm;
pub mod gemm;
#[cfg(x)]
pub mod mla;
pub mod op;

pub use attention::{AOp, BOp};
pub use gemm::GemmOp;
#[allow(unused_imports)]
pub use op::Op;

use std::sync::Arc;

use crate::common::Error;
use crate::operators::{
    AOp, GemmOp,
};
use crate::perf::Database;

#[cfg(test)]
mod tests;
"""


def source_of(text=MODULES):
    return RustSource("m.rs", text.encode())


@pytest.mark.parametrize(
    "name, behind",
    [("alpha", "\n"), ("fpn", "pub(crate) mod fpm;\n"), ("late", "pub mod gemm;\n"), ("zeta", "pub mod op;\n")],
)
def test_a_module_goes_to_its_place_in_the_longest_run(name, behind):
    got = apply(source_of(), insert_module(source_of(), name, f"pub mod {name};\n"))
    assert f"{behind}pub mod {name};\n" in got
    assert got.replace(f"pub mod {name};\n", "") == MODULES


def test_a_module_before_the_first_goes_below_the_blank_line_above_it():
    got = apply(source_of(), insert_module(source_of(), "alpha", "pub mod alpha;\n"))
    assert "}\n\npub mod alpha;\npub mod attention;\n" in got


def test_an_export_goes_among_the_public_imports_and_leaves_attributes_where_they_are():
    got = apply(source_of(), insert_use(source_of(), "new_op::NewOp", "pub use new_op::NewOp;\n", "2021"))
    assert "pub use gemm::GemmOp;\npub use new_op::NewOp;\n#[allow(unused_imports)]\npub use op::Op;\n" in got


def test_an_import_goes_among_those_of_its_kind():
    path = "crate::operators::new_op::NewOp"
    edit = insert_use(source_of(), path, f"use {path};\n", "2021", beside="crate::")
    assert f"Error;\nuse {path};\nuse crate::operators::{{\n" in apply(source_of(), edit)


def test_several_names_of_a_run_stand_in_order_whatever_the_order_of_planning():
    names = ["new_b", "new_a", "newer"]
    edits = [insert_module(source_of(), n, f"pub mod {n};\n") for n in names]
    got = apply(source_of(), *edits)
    assert "pub mod mla;\npub mod new_a;\npub mod new_b;\npub mod newer;\npub mod op;\n" in got


def test_without_such_a_run_there_is_a_refusal():
    with pytest.raises(CheckoutRefused, match="a declaration of a module"):
        insert_module(source_of("fn f() {}\n"), "a", "mod a;\n")
    with pytest.raises(CheckoutRefused, match="an import from crate::nowhere"):
        insert_use(source_of(), "crate::nowhere::X", "use crate::nowhere::X;\n", "2021", beside="crate::nowhere")


def _names(generate: random.Random) -> list[str]:
    parts = ["a", "b", "_", "1", "4", "41", "10", "_x", "e"]
    names = set()
    while len(names) < 12:
        name = generate.choice("abcm") + "".join(generate.choice(parts) for _ in range(generate.randint(1, 6)))
        names.add(name.rstrip("_"))
    return [*names, "r#move", "r#type"]


@pytest.mark.parametrize("edition", ["2021", "2024"])
@pytest.mark.parametrize("kind", ["mod", "use", "path"])
def test_the_order_is_that_of_rustfmt(cargo, edition, kind):
    """Held against rustfmt itself on 30 lists of 12 names made of letters, digits and underscores."""
    rustfmt = shutil.which("rustfmt")
    assert rustfmt is not None, "cargo is there, rustfmt is not"
    generate = random.Random(5)
    for _ in range(30):
        names = _names(generate)
        if kind == "mod":
            lines = {f"pub mod {name};": name.removeprefix("r#") for name in names}
        elif kind == "use":
            lines = {f"pub use {name}::X;": use_key(f"{name}::X", edition) for name in names}
        else:
            paths = [f"crate::ops::{name}::X" for name in names]
            paths += ["crate::ops::{A, B}", "crate::perf::C", "std::x", "super::*"]
            lines = {f"use {path};": use_key(path, edition) for path in paths}
        run = [rustfmt, "--edition", edition]
        done = subprocess.run(run, input="\n".join(lines), capture_output=True, text=True, check=True)
        assert done.stdout.split("\n")[:-1] == sorted(lines, key=lines.__getitem__)
