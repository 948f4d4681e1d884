"""Names: what Python, an Enum, the queries or a look-alike have taken."""

from __future__ import annotations

import builtins
import keyword

import pytest

from spec.cases import changed, escaped, load_text, marked, problems, refused

PYTHON = sorted({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"})
LOWER = [name for name in PYTHON if name.islower() and len(name) > 1 and not name.startswith("_")]
# What Rust reserves, up to its edition of 2024, and Python does not.
RUST = [
    "abstract",
    "become",
    "box",
    "const",
    "crate",
    "do",
    "dyn",
    "enum",
    "extern",
    "final",
    "fn",
    "gen",
    "impl",
    "let",
    "loop",
    "macro",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "static",
    "struct",
    "trait",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
]
UNUSUAL = [
    *["", "a", "1a", "_a", "a-b", "a b", "A", "aB", "a" * 49, "a" * 1000, "__x", "__init__", "_ignore_", "_missing_"],
    *["new_op\n", "new\nop", "new_op ", " new_op", "new.op", "new:op", "new(op)", "new;op", "new'op", "$op", "op[0]"],
]
CONFUSABLES = [
    word.replace(letter, other)
    for word in ("gemm", "moe", "nccl", "mamba2", "attention", "context_mla", "eval", "exec", "open", "print")
    for letter, other in (
        ("e", "\u0435"),
        ("o", "\u03bf"),
        ("c", "\u0441"),
        ("a", "\uff41"),
        ("m", "m\u200d"),
        ("n", "n\u0303"),
    )
    if letter in word
]


@pytest.mark.parametrize("name", LOWER)
def test_python_names_are_taken(name: str) -> None:
    (problem,) = refused(changed("op: new_op", f'op: @@"{name}"'), "reserved-name")
    assert repr(name) in problem.found
    found = problems(changed("  beta: {type: int}", f'  beta: {{type: int}}\n  "{name}": {{type: int}}'))
    assert ("reserved-name", 7) in {(p.code, p.place.line) for p in found}


@pytest.mark.parametrize(
    "old, new", [("op: new_op", "op: {}"), ("  beta: {type: int}", "  beta: {{type: int}}\n  {}: {{type: int}}")]
)
def test_of_rusts_words_only_what_it_cannot_escape_is_taken(old: str, new: str) -> None:
    """A spec works unchanged on every layout: where ops are written in Rust, `mod` is `r#mod`."""
    refusals = {word for word in RUST if "reserved-name" in {p.code for p in problems(changed(old, new.format(word)))}}
    assert refusals == {"crate"}


@pytest.mark.parametrize("name", UNUSUAL, ids=ascii)
@pytest.mark.parametrize("field", ["op", "param", "let", "part"])
def test_unusual_names(name: str, field: str) -> None:
    old, new = {
        "op": ("op: new_op", "op: {}"),
        "param": ("  beta: {type: int}", "  {}: {{type: int}}\n  beta: {{type: int}}"),
        "let": ("      total: b * alpha", "      {}: b\n      total: b * alpha"),
        "part": ("      - name: main", "      - name: {}"),
    }[field]
    found = problems(changed(old, new.format(escaped(name))))
    assert {p.code for p in found} & {"limit", "text-character"}, found


@pytest.mark.parametrize("name", CONFUSABLES, ids=ascii)
def test_confusables(name: str) -> None:
    assert not name.isascii()
    (problem,) = refused(
        changed("op: new_op", f"op: {escaped(name).replace(chr(92), '@@' + chr(92), 1)}"), "text-character"
    )
    assert problem.found.isascii()
    assert "text-character" in {p.code for p in problems(changed("model: LLAMAModel", f"model: {escaped(name)}"))}


@pytest.mark.parametrize("name", ["mro", "name", "value", "names", "values", "common", "os", "csv", "math", "logger"])
def test_op_names_that_the_target_uses(name: str) -> None:
    refused(changed("op: new_op", f"op: @@{name}"), "reserved-name")


@pytest.mark.parametrize(
    "name",
    [
        *[
            "prefix",
            "phase",
            "database_mode",
            "latency",
            "power",
            "energy",
            "database",
            "kwargs",
            "scale_factor",
            "name",
        ],
        *[
            "weights",
            "seq_split",
            "batch_size",
            "beam_width",
            "common",
            "table",
            "key",
            "result",
            "get_sol",
            "sol_math",
        ],
        *["flops", "bytes_of", "mem_bw", "ceil_div", "fp8", "nvfp4", "bfloat16", "float16", "mem_bw"],
    ],
)
def test_param_names_that_queries_use(name: str) -> None:
    text = changed("  beta: {type: int}", f"  beta: {{type: int}}\n  @@{name}: {{type: int}}")
    clean, [place] = marked(text)
    found = problems(clean)
    assert ("reserved-name", *place) in {(p.code, p.place.line, p.place.column) for p in found}
    assert {p.code for p in found} <= {"reserved-name", "unused-param", "wiring-args", "formula"}


@pytest.mark.parametrize("name", ["b", "s", "x"])
def test_run_time_axes_are_no_params(name: str) -> None:
    text = changed("  beta: {type: int}", f"  beta: {{type: int}}\n  {name}: {{type: int}}")
    assert {"limit", "wiring-args"} >= {p.code for p in problems(text)} - {"unused-param"}


@pytest.mark.parametrize("name", ["Exception", "True", "None", "False", "ValueError", "NotImplemented"])
def test_class_names_of_python(name: str) -> None:
    refused(changed("op: new_op", f'op: new_op\nclass_name: @@"{name}"'), "reserved-name")


@pytest.mark.parametrize(
    ("given", "meant"), [("NewOp", "new_op"), ("new-op", "new_op"), ("New Op", "new_op"), ("MLAModule", "mlamodule")]
)
def test_a_name_in_another_style_is_spelled_out(given: str, meant: str) -> None:
    (problem,) = refused(changed("op: new_op", f"op: @@{given}"), "limit")
    assert problem.suggestion == f"for example '{meant}'"


@pytest.mark.parametrize("name", ["gemm2", "new_op", "a1", "x" * 48, "attention_", "keyword", "classes"])
def test_ordinary_names(name: str) -> None:
    """The control: names that are nobody's."""
    assert load_text(changed("op: new_op", f"op: {name}")).spec.op == name


def test_names_with_logits_gemm_count_tokens_differently() -> None:
    refused(changed("op: new_op", "op: @@my_logits_gemm"), "reserved-name")
    text = changed("    when: self.is_special", "    when: self.is_special\n    name: @@context_logits_gemm")
    refused(text, "reserved-name")
