"""Where upstream checks which tables a mode needs before it estimates: a model with the op in it is ready where the op's
tables are, refused with the table's name where they are not, and SOL needs none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import needs
from support.applying import SPECS
from support.compiled import builder
from support.releases import ReleaseUnavailable, run_in
from support.standing import standing

import newop_gen.verify

RELEASE, SYSTEM, BACKEND = "aisimulate-0.13.0", "h200_sxm", "trtllm"

# One that the wiring of the spec holds for.
MODEL = {
    "architectures": ["Qwen2ForCausalLM"],
    "num_hidden_layers": 2,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
}

# The op's tables stand beside those of the newest version, which answers for what it lacks from the one before; of that
# one the op has none.
WITH, WITHOUT = "1.3.0rc23", "1.3.0rc20"

ASK = """
import sys
home, name, path, sha256, wanted = arguments
sys.path.insert(0, home)
from child.extension import serve_extension
serve_extension(name, path, sha256)
from aisimulate.estimator_readiness import unready_estimator_message
from aisimulate_core.sdk.rust_engine_step import RustForwardPassPerfModel
result = []
for config in wanted:
    model = RustForwardPassPerfModel.best_available(config)
    told = model.diagnostics()
    model.close()
    why = "" if told["readiness"] == "ready" else unready_estimator_message(told)
    result.append([told["provenance"]["selected_estimation_mode"], why])
"""


@pytest.mark.thorough
def test_a_model_is_ready_where_the_tables_of_its_ops_are(cargo: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(MODEL))
    modes = ("SILICON", "HYBRID", "EMPIRICAL", "SOL")
    asked = [(version, mode) for version in (WITH, WITHOUT) for mode in modes]
    given = {"model": str(tmp_path), "system": SYSTEM, "backend": BACKEND, "tp": 1, "worker_type": "aggregated"}
    wanted = [{**given, "backend_version": version, "database_mode": mode} for version, mode in asked]
    try:
        with standing(RELEASE, [SPECS / "new_op.yaml"], systems=(SYSTEM,)) as root, builder(root) as made:
            built = made.make("extension")
            home = str(Path(newop_gen.verify.__file__).parent)
            library = (made.crate.module, str(built.path), built.sha256)
            found = dict(zip(asked, run_in(root, ASK, home, *library, wanted), strict=True))
    except ReleaseUnavailable as error:
        needs.RELEASE.missing(str(error))
    for mode in ("SILICON", "HYBRID"):
        assert found[WITH, mode] == ["op_level", ""], mode
    for mode in ("SILICON", "HYBRID", "EMPIRICAL"):
        chosen, why = found[WITHOUT, mode]
        assert chosen != "op_level" and "no rows in new_op_context_perf.parquet" in why, mode
    for version in (WITH, WITHOUT):
        assert found[version, "SOL"] == ["op_level", ""], version
