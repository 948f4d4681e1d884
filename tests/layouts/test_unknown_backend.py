"""A backend that a release doesn't know has no support matrix; its tests open databases of one all the same."""

from __future__ import annotations

import pytest
from support.applying import SPECS
from support.owned import ask, made_up_system, patched_fixture

ASKED = """
other = open_database("any_backend")
result = [getattr(other, "supported_quant_mode", None), database.supported_quant_mode["context_latent_attention"]]
"""


@pytest.mark.parametrize("name", ["v0_6", "v0_7", "v0_8", "v0_9"])
def test_an_op_with_quant_keys_leaves_it_alone(name, tmp_path) -> None:
    root = patched_fixture(name, tmp_path, [SPECS / "latent_attention.yaml"])
    table = (SPECS / "data" / "latent_attention_context_perf.csv").read_text(encoding="utf-8")
    systems = made_up_system(tmp_path / "systems", {"latent_attention_context_perf": table})
    nothing, modes = ask(root, systems, ASKED)
    # From 0.7 on there is an empty matrix to begin with.
    assert nothing is None if name == "v0_6" else "gemm" not in nothing
    assert "fp8" in modes and len(modes) == 2
