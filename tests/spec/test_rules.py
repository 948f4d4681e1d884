"""Rules across fields: one mistake in a valid spec is one problem, at the place of the mistake."""

from __future__ import annotations

import pytest

from spec.cases import BASE, changed, load_text, problems, refused

AXES = "    - {axis: b, column: batch_size}\n    - {axis: s, column: seq_len}\n"
KEYS = "    - param: alpha\n    - param: style\n    - param: quant\n"
CONTEXT_ONLY = (
    BASE.replace("used: [context, generation]", "used: [context]")
    .replace("  generation:\n    let:\n      total: b * alpha\n    parts:\n      - {name: main, bytes: total * beta}\n", "")
)  # fmt: skip
TOKENS = (
    BASE.replace("query: b,s", "query: x")
    .replace(AXES, "    - {axis: x}\n")
    .replace("method: bilinear", "method: linear")
    .replace("2 * b * s * alpha", "2 * x * alpha")
    .replace("bytes: b * s * (alpha + beta)", "bytes: x * (alpha + beta)")
    .replace("total: b * alpha", "total: x * alpha")
)


def test_the_bases_are_valid() -> None:
    for text in (CONTEXT_ONLY, TOKENS):
        assert problems(text) == []


@pytest.mark.parametrize(
    ("axes", "method", "codes"),
    [
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: beta}\n", "cubic", []),
        ("    - {axis: beta}\n    - {axis: s}\n    - {axis: b}\n", "bilinear", []),
        ("    - {axis: s}\n    - {axis: b}\n", "linear", []),
        ("    - {axis: b}\n    - {axis: s}\n", "@@cubic", ["method"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: beta}\n", "@@linear", ["method"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@x}\n", "cubic", ["axis"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@style}\n", "cubic", ["level-twice"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@alpha}\n", "cubic", ["level-twice"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@s}\n", "cubic", ["level-twice"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@gamma}\n", "cubic", ["undeclared"]),
        ("    - {axis: b}\n    - {axis: s}\n    - {axis: @@prefix}\n", "cubic", ["undeclared"]),
    ],
)
def test_axes_and_method(axes: str, method: str, codes: list[str]) -> None:
    text = BASE.replace(AXES, axes).replace("method: bilinear", f"method: {method}")
    if "level-twice" in codes and "style" in axes:  # a str param is no axis, besides being a key already
        codes = ["level-twice", "axis"]
        text = text.replace("@@style", "@@@@style")
    refused(text, *codes)


@pytest.mark.parametrize("axis", ["b", "s"])
def test_context_needs_both_run_time_axes(axis: str) -> None:
    text = BASE.replace(AXES, f"    - {{axis: {axis}}}\n").replace("  axes:", "  @@axes:")
    (problem,) = refused(text.replace("method: bilinear", "method: linear"), "axis")
    assert problem.found == f"no axis {'s' if axis == 'b' else 'b'} although axis.query is b,s"


def test_a_param_alone_is_no_run_time_axis() -> None:
    text = BASE.replace(AXES, "    - {axis: beta}\n").replace("  axes:", "  @@axes:")
    refused(text.replace("method: bilinear", "method: linear"), "axis")


def test_generation_needs_one_of_them() -> None:
    generation = BASE.replace("used: [context, generation]", "used: [generation]")
    generation = generation.replace(
        generation[generation.index("  context:\n") : generation.index("  generation:\n")], ""
    )
    generation = generation.split("wiring:")[0]
    for axis in ("b", "s"):
        text = generation.replace(AXES, f"    - {{axis: {axis}}}\n").replace("method: bilinear", "method: linear")
        assert problems(text) == []
    text = generation.replace(AXES, "    - {axis: beta}\n").replace("method: bilinear", "method: linear")
    refused(text.replace("  axes:", "  @@axes:"), "axis")


@pytest.mark.parametrize("axis", ["b", "s"])
def test_tokens_know_no_batch(axis: str) -> None:
    text = TOKENS.replace("    - {axis: x}\n", f"    - {{axis: x}}\n    - {{axis: @@{axis}}}\n")
    refused(text, "axis")
    assert {p.code for p in problems(TOKENS.replace("- {axis: x}", f"- {{axis: {axis}}}"))} == {"axis"}


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("    - param: style\n", "    - param: @@stile\n", ["unused-param", "undeclared"]),
        ("    - param: style\n", "    - param: style\n    - param: @@alpha\n", ["level-twice"]),
        ("    - param: style\n", "    - param: style\n    - params: [beta, @@alpha]\n", ["level-twice"]),
        ("    - param: style\n", "    - params: [style, beta]\n", []),
        ("    - param: style\n", "    - @@{column: a, param: style, params: [beta, @@gamma]}\n", ["key-form", "undeclared"]),
        ("    - param: style\n", "    - param: style\n    - @@{column: a}\n", ["key-form"]),
        ("    - param: style\n", "    - {params: [style, beta], columns: [kernel, n // 2]}\n", []),
        ("    - param: style\n", "    - {params: [style, beta], @@columns: [kernel]}\n", ["key-form"]),
        ("    - param: style\n", "    - {params: [style, beta], columns: [@@kernel + 1, n]}\n", ["column"]),
        ("    - param: style\n", "    - {params: [style, beta], @@default: a}\n", ["key-form"]),
        ("    - param: style\n", "    - {params: [style, beta], @@lookup: beta}\n", ["key-form"]),
        ("    - param: style\n", "    - {param: style, @@columns: [a]}\n", ["key-form"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [style], nearest: beta}}\n", []),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [style]}}\n", []),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [@@quant]}}\n", ["undeclared"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [style, @@style]}}\n", ["twice"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [beta], nearest: @@style}}\n", ["key-type"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [beta], nearest: @@beta}}\n", ["twice"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {same: [beta], nearest: @@quant}}\n", ["undeclared"]),
        ("    - param: style\n", "    - {params: [style, beta], alike: {@@same: []}}\n", ["limit"]),
        ("    - param: style\n", "    - {param: style, @@alike: {same: [style]}}\n", ["key-form"]),
        ("    - param: style\n", "    - {param: style, column: kernel_source}\n", []),
        ("    - param: style\n", "    - {param: style, column: @@kernel + 1}\n", ["column"]),
        ("    - param: style\n", "    - {param: style, column: @@'true'}\n", ["column"]),
        ("    - param: style\n", f"    - {{param: style, column: {'k' * 64}}}\n", []),
        ("    - param: style\n", f"    - {{param: style, column: @@{'k' * 65}}}\n", ["formula"]),
        ("    - param: style\n", "    - {param: style, default: plain}\n", []),
        ("    - param: style\n", "    - {param: style, default: @@1}\n", ["key-type"]),
        ("    - param: style\n", '    - {param: style, default: "1"}\n', []),
        ("    - param: style\n", "    - {param: style, @@nearest: true}\n", ["key-type"]),
        ("    - param: style\n", "    - {param: style, only: [a, b, @@a]}\n", ["twice"]),
        ("    - param: style\n", "    - {param: style, lookup: \"'a' if alpha > 4 else style\"}\n", []),
        ("    - param: style\n", "    - {param: style, lookup: @@alpha}\n", ["formula-type"]),
        ("    - param: style\n", "    - {param: style, lookup: @@stile}\n", ["formula"]),
        ("    - param: alpha\n", "    - {param: alpha, column: 128 // tp_size, nearest: true}\n", []),
        ("    - param: alpha\n", "    - {param: alpha, default: 4}\n", []),
        ("    - param: alpha\n", "    - {param: alpha, default: @@four}\n", ["key-type"]),
        ("    - param: alpha\n", "    - {param: alpha, column: 128 // tp_size, @@default: 4}\n", ["key-form"]),
        ("    - param: alpha\n", "    - {param: alpha, column: @@tp_size / 2}\n", ["formula-type"]),
        ("    - param: alpha\n", "    - {param: alpha, column: 128 // @@'tp'}\n", ["formula"]),
        ("    - param: alpha\n", "    - {param: alpha, column: 128 // tp_size @@)}\n", ["formula"]),
        ("    - param: alpha\n", "    - {param: alpha, @@alias: {a: b}}\n", ["key-type"]),
        ("    - param: alpha\n", "    - {param: alpha, @@only: [a]}\n", ["key-type"]),
        ("    - param: alpha\n", "    - {param: alpha, @@fallback: a}\n", ["key-type"]),
        ("    - param: alpha\n", "    - {param: alpha, lookup: 0 if alpha == beta else alpha}\n", []),
        ("    - param: alpha\n", "    - {param: alpha, lookup: @@alpha / 2}\n", ["formula-type"]),
        ("    - param: alpha\n", "    - {param: alpha, lookup: @@b}\n", ["formula"]),
        ("    - param: quant\n", "    - {param: quant, alias: {fp8_e4m3: fp8}, fallback: bfloat16, default: fp8}\n", []),
        ("    - param: quant\n", "    - {param: quant, alias: {a: @@fp8_block}}\n", ["modes"]),
        ("    - param: quant\n", "    - {param: quant, fallback: @@fp9}\n", ["modes"]),
        ("    - param: quant\n", "    - {param: quant, default: @@float16}\n", ["modes"]),
        ("    - param: quant\n", "    - {param: quant, lookup: fp8 if alpha > 4 else quant}\n", []),
    ],
)  # fmt: skip
def test_keys(old: str, new: str, codes: list[str]) -> None:
    text = changed(old, new)
    if codes[:1] == ["unused-param"]:
        name = old.split()[-1]
        text = text.replace(f"  {name}: {{type", f"  @@{name}: {{type")
    refused(text, *codes)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("column: batch_size", "column: @@alpha", ["column-twice"]),
        ("column: batch_size", "column: @@latency", ["column-twice"]),
        ("column: batch_size", "column: @@power", ["column-twice"]),
        ("column: seq_len", "column: @@batch_size", ["column-twice"]),
        ("column: seq_len", "column: isl + step", []),
        ("column: seq_len", "column: @@isl / step", ["formula-type"]),
        ("column: seq_len", "column: isl +@@", ["formula"]),
        ("column: seq_len", "column: isl @@isl", ["formula"]),
        ("column: seq_len", "column: isl + @@mem_bw", ["formula"]),
        ("  outside: error", "  outside: error\n  latency: {column: pre + post, unit: us}", []),
        ("  outside: error", "  outside: error\n  latency: {column: @@pre > post}", ["formula-type"]),
        ("  outside: error", "  outside: error\n  rows: kernel == 'a' and n < 4", []),
        ("  outside: error", "  outside: error\n  rows: @@n + 4", ["formula-type"]),
        ("  outside: error", "  outside: error\n  rows: @@'true'", ["formula-type"]),
        ("  outside: error", "  outside: error\n  rows: kernel == 'a' and @@kernel < 4", ["formula"]),
        ("  outside: error", "  outside: error\n  rows: n = @@4", None),
        ("  table: per_phase", "  table: phase_column\n  column: alpha", None),
    ],
)  # fmt: skip
def test_columns(old: str, new: str, codes: list[str] | None) -> None:
    if codes is None:
        assert {p.code for p in problems(changed(old, new).replace("@@", ""))} >= {"formula"} or "phase_column" in new
        return
    refused(changed(old, new), *codes)


def test_the_phase_column_is_no_level() -> None:
    text = changed("  table: per_phase", "  table: phase_column\n  column: alpha").replace(
        "phase: context, system", "system"
    )
    refused(text.replace("    - param: alpha", "    - param: @@alpha"), "column-twice")
    assert problems(text.replace("column: alpha", "column: kind")) == []


@pytest.mark.parametrize(
    ("targets", "codes"),
    [
        ("{values: {b: context_batch, s: context_sequence}}", []),
        ("{values: {b: [1, 2, 4], s: collected}, sqrt_second_axis: true}", []),
        ("{@@values: {b: context_batch}}", ["pre-interpolate"]),
        ("{values: {b: collected, s: collected, @@alpha: collected}}", ["pre-interpolate"]),
        ("{values: {b: collected, s: collected, @@x: collected}}", ["pre-interpolate"]),
        ("{values: {b: [1, @@1], s: collected}}", ["pre-interpolate"]),
        ("{values: {b: [4, @@2, 8], s: collected}}", ["pre-interpolate"]),
        ("{values: {b: [@@0, 2], s: collected}}", ["limit"]),
        ("{values: {b: [1, @@4294967296], s: collected}}", ["limit"]),
        ("{values: {@@b: [], s: collected}}", ["empty-list"]),
        ("{values: {b: @@context_bach, s: collected}}", ["choice"]),
        ("{values: {@@B: collected, s: collected, b: collected}}", None),
    ],
)
def test_pre_interpolation(targets: str, codes: list[str] | None) -> None:
    text = changed("  outside: error\n", f"  outside: error\n  pre_interpolate: {targets}\n")
    if codes is None:
        assert "limit" in {p.code for p in problems(text.replace("@@", ""))}
        return
    refused(text, *codes)


def test_pre_interpolation_needs_a_grid() -> None:
    text = TOKENS.replace("  outside: error\n", "  outside: error\n  @@pre_interpolate: {values: {x: collected}}\n")
    refused(text, "pre-interpolate")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("used: [context, generation]", "used: [context, @@context]", None),
        ("  table: per_phase", "  table: per_phase\n  @@column: phase", ["phase"]),
        ("  table: per_phase", "  table: per_phase\n  @@values: {context: a}", ["phase"]),
        ("empirical: 0.7", "empirical: {context: 0.7, generation: 0.8}", []),
        ("empirical: 0.7", "@@empirical: {context: 0.7}", ["phase"]),
        ("empirical: 0.7", "empirical: {context: 0.7, generation: @@0}", ["limit"]),
        ("weights: alpha * beta", "weights: {context: alpha}", []),
        ("weights: alpha * beta", "@@weights: {}", ["phase"]),
        ("weights: alpha * beta", "weights: alpha * @@b", ["formula"]),
        ("weights: alpha * beta", "weights: alpha * bytes_of(quant)", []),
        ("weights: alpha * beta", "weights: alpha * @@flops(quant)", ["formula"]),
        ("weights: alpha * beta", "weights: @@alpha > beta", ["formula-type"]),
        ("  prefix: none", "  prefix: quadratic", []),
        ("otherwise: bfloat16", "otherwise: @@fp8_block", ["modes"]),
        (", otherwise: bfloat16", "", None),
        ("modes: [bfloat16, fp8]", "modes: [bfloat16, @@float16]", ["modes"]),
        ("modes: [bfloat16, fp8]", "modes: [bfloat16, @@nvfp4]", ["modes"]),
        ("modes: [bfloat16, fp8]", "modes: [bfloat16, @@bfloat16]", ["modes"]),
        ("modes: [bfloat16, fp8], ", "", None),
        ("  beta: {type: int}", "  beta: {type: int, @@modes: [fp8]}", ["quant-only"]),
        ("  beta: {type: int}", "  beta: {type: int, @@otherwise: fp8}", ["quant-only"]),
        ("  beta: {type: int}", "  beta: {type: int}\n  @@spare: {type: int}", None),
    ],
)
def test_phases_and_params(old: str, new: str, codes: list[str] | None) -> None:
    text = changed(old, new)
    if codes is not None:
        refused(text, *codes)
        return
    assert {p.code for p in problems(text.replace("@@", ""))} & {"phase", "modes", "unused-param"}


def test_values_of_a_phase_that_is_not_used() -> None:
    text = CONTEXT_ONLY.replace("empirical: 0.7", "empirical: {context: 0.7, @@generation: 0.7}")
    refused(text, "phase")
    refused(CONTEXT_ONLY.replace("    phase: context\n", "    phase: @@generation\n"), "phase")
    refused(CONTEXT_ONLY.replace("phase: context, system", "phase: @@generation, system"), "phase")
    column = CONTEXT_ONLY.replace("table: per_phase", "table: phase_column\n  values: {context: a, @@generation: b}")
    refused(column.replace("phase: context, system", "system"), "phase")


def test_phases_that_a_column_cannot_tell_apart() -> None:
    text = changed("table: per_phase", "table: phase_column\n  @@values: {context: generation}")
    refused(text.replace("phase: context, system", "system"), "phase")


def test_a_formula_for_each_phase() -> None:
    block = "  generation:\n    let:\n      total: b * alpha\n    parts:\n      - {name: main, bytes: total * beta}\n"
    refused(BASE.replace(block, "").replace("\nsol:", "\n@@sol:"), "phase")
    refused(
        CONTEXT_ONLY.replace("\nnesting:", "\n  @@generation: {parts: [{name: main, bytes: b}]}\nnesting:"), "phase"
    )


def per_phase_nesting(table: str, generation_method: str, generation_keys: str) -> str:
    start, end = BASE.index("nesting:\n"), BASE.index("empirical:")
    body = "".join(f"  {line}\n" for line in BASE[start:end].splitlines()[1:])
    second = body.replace("bilinear", generation_method).replace("    keys:\n", generation_keys)
    text = BASE[:start] + "nesting:\n  context:\n" + body + "  generation:\n" + second + BASE[end:]
    text = text.replace("table: per_phase", f"table: {table}")
    return text if table == "per_phase" else text.replace("phase: context, system", "system")


def test_one_table_has_one_shape() -> None:
    other = "    keys:\n      - param: beta\n"
    assert problems(per_phase_nesting("per_phase", "linear", other)) == []
    assert problems(per_phase_nesting("phase_column", "linear", other)) == []
    assert problems(per_phase_nesting("one", "linear", "    keys:\n")) == []
    refused(per_phase_nesting("one", "linear", other.replace("keys", "@@keys", 1)), "phase")


@pytest.mark.parametrize("rule", ["quadratic", "sol_ratio"])
def test_a_prefix_rule_needs_something_to_apply_to(rule: str) -> None:
    refused(TOKENS.replace("  prefix: none", f"  prefix: @@{rule}"), "prefix")
    generation = changed("used: [context, generation]", "used: [generation]").split("wiring:")[0]
    context = generation[generation.index("  context:\n") : generation.index("  generation:\n")]
    refused(generation.replace(context, "").replace("  prefix: none", f"  prefix: @@{rule}"), "prefix")


def test_prefix_is_a_name_where_there_is_a_rule() -> None:
    formula = "        flops: 2 * b * s * alpha * beta"
    uses = formula + " * (s + @@prefix)"
    refused(changed(formula, uses), "formula")
    loaded = load_text(changed(formula, uses.replace("@@", "")).replace("prefix: none", "prefix: sol_ratio"))
    assert loaded.warnings == []
    generation = changed("total: b * alpha", "total: b * alpha * (1 + @@prefix)").replace(
        "prefix: none", "prefix: sol_ratio"
    )
    refused(generation, "formula")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("2 * b * s * alpha", "2 * b * s * @@alpa", ["formula"]),
        ("2 * b * s * alpha", "2 * b * s * @@style", ["formula"]),
        ("2 * b * s * alpha", "2 * b * s * @@__import__('os').system", None),
        ("2 * b * s * alpha", "2 * b / @@(s - 1) * alpha", None),
        ("precision: bfloat16", "precision: @@alpha", ["formula"]),
        ("precision: bfloat16", "precision: @@int8", ["formula"]),
        ("precision: bfloat16", "precision: quant", []),
        ("        precision: bfloat16\n", "", None),
        ("      total: b * alpha", "      @@alpha: b\n      total: b * alpha", ["formula"]),
        ("      total: b * alpha", "      @@min: b\n      total: b * alpha", ["formula"]),
        ("      total: b * alpha", "      total: b * @@later\n      later: b", ["formula"]),
        ("      - name: main", "      - {name: main, bytes: b}\n      - name: @@main", ["formula"]),
        ("bytes: total * beta", "bytes: total * beta @@if b", None),
    ],
)
def test_formulas(old: str, new: str, codes: list[str] | None) -> None:
    text = changed(old, new)
    if codes is not None:
        refused(text, *codes)
        return
    assert {p.code for p in problems(text.replace("@@", ""))} == {"formula"}


def test_a_quant_param_without_flops_is_no_precision() -> None:
    text = changed("type: FMHAQuantMode", "type: KVCacheQuantMode")
    assert problems(text) == []
    refused(text.replace("precision: bfloat16", "precision: @@quant"), "formula")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("    phase: context\n", "    phase: generation\n", []),
        ("{after: context_attention}", "{}", None),
        ("    at: {after: context_attention}", "    @@at: {after: a, before: b}", ["wiring-place"]),
        ("    at: {after: context_attention}", "    @@at: {}", ["wiring-place"]),
        ("{after: context_attention}", "{replace: [a, b.c-d]}", []),
        ("{after: context_attention}", "{after: @@'a b'}", ["limit"]),
        ("{after: context_attention}", "{after: [a, @@'b[0]']}", ["limit"]),
        ("beta: 8, ", "", None),
        ("beta: 8", "beta: 8, @@gamma: 1", ["undeclared"]),
        ("beta: 8", "beta: @@-8", ["limit"]),
        ("beta: 8", "beta: [self.a, 8]", []),
        ("beta: 8", "beta: @@\"'eight'\"", ["formula-type"]),
        ("beta: 8", "beta: @@self.a > 2", ["formula-type"]),
        ("beta: 8", "beta: @@self.a / 2", ["formula-type"]),
        ("beta: 8", "beta: self.a // self.b - 2", []),
        ("beta: 8", 'beta: "self.a[@@0]"', None),
        ("beta: 8", "beta: \"getattr(self, 'a')\"", None),
        ("beta: 8", "beta: self.@@__class__", None),
        ("beta: 8", "beta: @@lambda", None),
        ("style: \"'plain'\"", "style: @@8", ["formula-type"]),
        ("style: \"'plain'\"", "style: self.style", []),
        ("quant: self.config.fmha_quant_mode", "quant: @@4", ["formula-type"]),
        ("quant: self.config.fmha_quant_mode", "quant: @@'\"fp8\"'", ["formula-type"]),
        ("    when: self.is_special", "    when: self.n > 2 and not self.other", []),
        ("    when: self.is_special", "    when: @@self.n + 2", ["formula-type"]),
        ("    when: self.is_special", "    when: @@'true'", ["formula-type"]),
        ("    when: self.is_special", "    when: ['a == \"b\"', @@self.n * 2]", ["formula-type"]),
        ("    when: self.is_special", "    when: self.is_special\n    scale: self._num_layers / 2", []),
        ("    when: self.is_special", "    when: self.is_special\n    scale: @@'\"two\"'", ["formula-type"]),
        ("    when: self.is_special", "    when: self.is_special\n    name: @@generation_attention", ["phase"]),
        ("    when: self.is_special", "    when: self.is_special\n    name: context_attention", []),
        ("    when: self.is_special", "    when: self.is_special\n    name: @@Context", ["limit"]),
        ("model: LLAMAModel", "model: @@llama", ["limit"]),
        ("model: LLAMAModel", "model: [LLAMAModel, '@@Llama Model']", None),
    ],
)
def test_wiring(old: str, new: str, codes: list[str] | None) -> None:
    text = changed(old, new)
    if codes is not None:
        refused(text, *codes)
        return
    assert {p.code for p in problems(text.replace("@@", ""))} & {"formula", "wiring-args", "wiring-place", "limit"}


def test_the_same_wiring_twice() -> None:
    entry = BASE[BASE.index("  - model:") : BASE.index("data:")]
    refused(BASE.replace(entry, entry + entry.replace("- model", "- @@model")), "twice")


@pytest.mark.parametrize(
    "file",
    [
        *[
            "../x.csv",
            "/x.csv",
            "a/../x.csv",
            "a//x.csv",
            "~/x.csv",
            "a\\x.csv",
            "./x.csv",
            ".git/x.csv",
            ".x.csv",
            "x.csv/",
        ],
        *[
            "x",
            "x.py",
            "x.csv.py",
            "x .csv",
            " x.csv",
            "x.csv ",
            "x.csv.",
            "a/.git/x.csv",
            "C:/x.csv",
            "x:y.csv",
            "-x.csv",
        ],
        *[
            "x\u0000.csv",
            "x\n.csv",
            "x.csv\n",
            "é.csv",
            "x" * 256 + ".csv",
            "a/" * 5 + "x.csv",
            "$HOME/x.csv",
            "x*.csv",
        ],
        *["x..csv", "a..b/x.csv", "con.csv", "CON.txt", "aux/x.csv", "nul.parquet", "com1.txt", "a./x.csv"],
    ],
)
def test_data_file_names(file: str) -> None:
    from spec.cases import escaped

    (problem,) = problems(changed("file: data/new_op.csv", f"file: {escaped(file)}"))
    assert problem.code in ("limit", "path", "text-character")
    assert problem.place.line == 47


@pytest.mark.parametrize("file", ["x.csv", "x.txt", "x.parquet", "a/b/c/d/x_y-z.1.csv", "_x.csv", "console.csv"])
def test_ordinary_data_file_names(file: str) -> None:
    assert load_text(changed("file: data/new_op.csv", f"file: {file}")).spec.data[0].file == file


@pytest.mark.parametrize("field", ["system", "version"])
@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "a\\b", "/a", ".git", "a..b", "con", "a.", "", "-a", "a b", "a" * 65]
)
def test_directories_of_data_files(field: str, name: str) -> None:
    old = {"system": "system: h200_sxm", "version": "version: newest"}[field]
    (problem,) = problems(changed(old, f'{field}: "{name}"'.replace("\\", "\\\\")))
    assert problem.code in ("limit", "path")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("phase: context, system", "@@phase: context, system", None),
        ("  - {file: data/new_op.csv, phase: context,", "  - @@{file: data/new_op.csv,", ["phase"]),
    ],
)
def test_the_phase_of_a_data_file(old: str, new: str, codes: list[str] | None) -> None:
    if codes is not None:
        refused(changed(old, new), *codes)
        return
    refused(changed(old, new).replace("table: per_phase", "table: one"), "phase")


def test_two_files_for_one_place() -> None:
    entry = BASE[BASE.index("  - {file") :]
    refused(BASE.replace(entry, entry + entry.replace("- {file: data/", "- @@{file: other/")), "twice")
    assert problems(BASE.replace(entry, entry + entry.replace("h200_sxm", "h100_sxm"))) == []


def test_a_table_of_constants_without_rows_that_can_be_read() -> None:
    """A key that is no text leaves no row, and the rules look at what is left."""
    rows = "    constants: {by: style, rows: {{a: 1}: {fac: 1}}}\n"
    found = problems(changed("  context:\n    parts:", f"  context:\n{rows}    parts:"))
    assert [p.found for p in found] == ["0 entries", "a mapping as a key"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weights: alpha * beta", "weights: 1 / @@(alpha - beta)"),
        ("weights: alpha * beta", "weights: {context: alpha % @@(beta - 1), generation: 2}"),
        ("weights: alpha * beta", "weights: @@(alpha - beta) ** 0.5"),
        ("weights: alpha * beta", "weights: @@(alpha * beta * alpha) ** 64"),
        ("weights: alpha * beta", "weights: '1 // @@(3 - 3)'"),
        ("column: batch_size", "column: rows // @@(ranks - 1)"),
        ("column: batch_size", "column: 'ceil_div(rows, @@ranks // 2)'"),
        ("    - param: alpha\n", "    - {param: alpha, lookup: alpha // @@(beta - alpha)}\n"),
        ("    - param: alpha\n", "    - {param: alpha, column: wide // @@(one - two)}\n"),
        (AXES, AXES + "  rows: rows % @@(ranks - 1) == 0\n"),
        (AXES, AXES + "  latency: {column: pre / @@(post - 1)}\n"),
        (AXES, AXES + "  latency: {column: @@(pre * 1e300) ** 2}\n"),
        ("when: self.is_special", "when: self._hidden // @@(self._a - self._b) > 1"),
        ("beta: 8,", "beta: self._hidden // @@(self._a - 1),"),
    ],
)
def test_what_can_fail_is_refused_wherever_it_is_computed(old: str, new: str) -> None:
    """As in a formula, and at the very operand."""
    (problem,) = refused(changed(old, new), "formula")
    assert problem.suggestion or "largest real" in problem.found or "by zero" in problem.found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weights: alpha * beta", "weights: alpha / beta / (alpha + 1)"),
        ("weights: alpha * beta", "weights: max(alpha - beta, 0) ** 0.5"),
        ("column: batch_size", "column: rows // ranks"),
        (AXES, AXES + "  latency: {column: (pre + post) / repeats / 1000}\n"),
        ("beta: 8,", "beta: self._hidden // self._a,"),
    ],
)
def test_what_is_computed_from_sizes_is_not(old: str, new: str) -> None:
    assert problems(changed(old, new)) == []


def test_an_axis_decision_that_no_formula_follows_is_one_problem() -> None:
    (problem,) = refused(changed("  query: b,s", "  query: @@x"), "axis")
    assert problem.found == "axis.query is x, the formulas use b and s"
    # With the prefix rule and names that would be undeclared, too.
    refused(changed("  query: b,s\n  prefix: none", "  query: @@x\n  prefix: quadratic"), "axis")


def test_a_formula_without_run_time_names_decides_nothing() -> None:
    text = changed("2 * b * s * alpha * beta", "2 * s * alpha * beta").replace("b * s * (alpha + beta)", "alpha + beta")
    assert problems(text) == []
