"""A quant mode that a release does not have is refused there, and works where it is."""

from __future__ import annotations

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, prepare

from newop_gen.problems import CheckoutRefused
from newop_gen.spec.load import load_specs


def with_precision(tmp_path, mode: str):
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8")
    text = text[: text.index("wiring:")].replace("precision: bfloat16", f"precision: {mode}")
    path = tmp_path / "op.yaml"
    path.write_text(text, encoding="utf-8")
    return load_specs([path])


def test_a_mode_of_another_release_is_refused(tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    with pytest.raises(CheckoutRefused) as refused:
        prepare(with_precision(tmp_path, "w4a8_mxfp4_mxfp8_trtllm"), root)
    [problem] = refused.value.problems
    assert problem.code == "mode-missing" and "w4a8_mxfp4_mxfp8_trtllm" in problem.found


def test_a_mode_of_this_release_is_taken(tmp_path) -> None:
    assert prepare(with_precision(tmp_path, "fp8"), copy_fixture("v0_8", tmp_path)).changes
