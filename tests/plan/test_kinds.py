"""Every kind of file that a plan may touch is looked at: a broken file of each is refused, and so is one of none."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from newop_gen.kinds import KINDS, kind_of
from newop_gen.plan import FileChange, Span
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused

PARQUET = b"PAR1" + bytes(8) + b"PAR1"

# For each suffix: a file, what is put in at its end, and what would break it there, with the place of the fault.
FILES = {
    ".py": (b"a = 1\n", b"b = 2\n", b"return 1\n", 2),
    ".pyi": (b"a: int\n", b"b: int\n", b"b: =\n", 2),
    ".rs": (b"fn f() {}\n", b"fn g() {}\n", b"fn g( {}\n", 2),
    ".yaml": (b"- a\n", b"- {b: 1}\n", b"- {b: 1\n", 3),
    ".yml": (b"- a\n", b"- b\n", b"- *nothing\n", 2),
    ".md": (b"# A\n", b"more\n", b"\xff\n", 2),
    ".csv": (b"a,b\n", b"1,2\n", b"1,\0\n", 2),
    ".txt": (b"a,b\n", b"1,2\n", b"1,\xe9\n", 2),
    ".parquet": (PARQUET, PARQUET, PARQUET[:-1], 0),
}


def change(path: str, before: bytes | None, inserted: bytes, *, data: bool = False) -> FileChange:
    start = len(before or b"")
    after = (before or b"") + inserted
    return FileChange(path, before, after, spans=(Span(start, len(after), "op:step", b""),), data=data)


def test_each_suffix_of_each_kind_is_among_these() -> None:
    assert list(FILES) == [suffix for kind in KINDS for suffix in kind.suffixes]


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("new", [False, True])
def test_what_breaks_a_file_is_refused(suffix: str, new: bool) -> None:
    before, good, bad, line = FILES[suffix]
    start, path = (b"" if new else before), f"some/file{suffix}"
    check_postcondition([change(path, None if new else start, before + good if new else good)])
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(path, None if new else start, before + bad if new else bad)])
    (problem,) = refused.value.problems
    assert (problem.code, problem.place.file, problem.place.line) == ("postcondition", path, line)
    assert problem.found.startswith("internal check failed: the result would not ")


@pytest.mark.parametrize("suffix", [suffix for suffix in FILES if suffix != ".parquet"])  # which the end decides
def test_what_was_broken_before_is_the_users(suffix: str) -> None:
    before, good, bad, _ = FILES[suffix]
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(f"file{suffix}", before + bad, good)])
    (problem,) = refused.value.problems
    assert problem.code == "target-syntax" and problem.expected == kind_of(suffix).valid
    assert "as it is" in problem.found and "internal" not in str(problem)


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".parquet"])
def test_a_table_that_is_something_else_is_told_as_the_users(suffix: str) -> None:
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(f"op_perf{suffix}", None, b"\xff\0", data=True)])
    (problem,) = refused.value.problems
    assert problem.code == "table-form" and "internal" not in str(problem)


@pytest.mark.parametrize("path", ["Cargo.toml", "NOTICE", "a.json", "file.py.orig", "rs", ""])
def test_a_file_of_no_kind_is_refused_by_name(path: str) -> None:
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(path, None, b"a = 1\n")])
    (problem,) = refused.value.problems
    assert problem.code == "postcondition" and problem.place.file == path
    assert "nothing here can tell" in problem.found


@pytest.mark.parametrize(
    "rust, why",
    [
        (b"fn f() { let a = 1 }\n", "; is missing"),
        (b"fn f() {\n", "'fn f() {' is not understood"),
        (b"struct S { a: u8,, b: u8 }\n", "',' is not understood"),
        (b"fn f() {}\n}\n", "'}' is not understood"),
        (b"def f():\n    return 1\n", "is not understood"),
    ],
)
def test_a_fault_in_rust_is_named(rust: bytes, why: str) -> None:
    with pytest.raises(CheckoutRefused, match=re.escape(why)):
        check_postcondition([change("a.rs", None, rust)])


def test_rust_of_this_day_is_read() -> None:
    check_postcondition([
        change("a.rs", None, b'fn f(a: Option<u8>) { if let Some(x) = a && x > 1 { println!("{x}"); } }\n'),
        change("b.rs", None, b"async fn g<const N: usize>(r#type: [f64; N]) -> impl Sized { async move || 1 }\n"),
    ])  # fmt: skip


def test_tree_sitter_is_loaded_for_rust_alone() -> None:
    code = (
        "import sys\nfrom newop_gen.plan import FileChange\nfrom newop_gen.plan.postcondition import check_postcondition\n"
        "def look(path, data): check_postcondition([FileChange(path, data, data)]); print('tree_sitter' in sys.modules)\n"
        "look('a.py', b'a = 1'); look('a.yaml', b'a: 1'); look('a.md', b'a'); look('a.rs', b'fn f() {}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False", "True"]
