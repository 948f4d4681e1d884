"""Tuple keys with a substitute: what it may share and come near to is named among the params of the tuple."""

from __future__ import annotations

import pytest

from spec.cases import changed, load_text, refused

KEYS = "    - param: alpha\n    - param: style\n    - param: quant\n"
TUPLE = "    - params: [alpha, beta, style]\n      alike: {same: [alpha], nearest: beta}\n    - param: quant\n"


def test_a_substitute_is_read() -> None:
    key = load_text(changed(KEYS, TUPLE)).spec.nesting.keys[0]
    assert key.alike is not None
    assert (key.alike.same, key.alike.nearest) == (["alpha"], "beta")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("same: [alpha]", "same: [alpha, style]", []),
        (", nearest: beta", "", []),
        ("same: [alpha]", "same: [@@gamma]", ["undeclared"]),
        ("same: [alpha]", "same: [@@quant]", ["undeclared"]),
        ("same: [alpha]", "same: [alpha, @@alpha]", ["twice"]),
        ("nearest: beta", "nearest: @@quant", ["undeclared"]),
        ("nearest: beta", "nearest: @@alpha", ["twice"]),
        ("nearest: beta", "nearest: @@style", ["key-type"]),
        ("params: [alpha, beta, style]\n      alike", "param: style\n      @@alike", ["key-form"]),
    ],
)
def test_substitutes_that_mean_nothing(old: str, new: str, codes: list[str]) -> None:
    refused(changed(KEYS, TUPLE.replace(old, new)), *codes)
