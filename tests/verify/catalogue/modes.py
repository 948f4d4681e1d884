"""SOL, SOL_FULL, EMPIRICAL and HYBRID."""

from __future__ import annotations

from .base import DB, HELPER, WRAPPED, one

MODES = (
    one(
        "sol-of-the-other-phase", "generation has the SOL of context", "new_op",
        (DB, "query_generation_new_op",
         "projection_flops = 2 * b * param1 * param2\n            projection_bytes = 2 * b * (param1 + param2)\n            cache_bytes = 2 * b * s * param1\n",
         "projection_flops = 2 * b * s * param1 * param2\n            projection_bytes = 2 * b * s * (param1 + param2)\n            cache_bytes = 0\n"),
        "sol-phase",
    ),
    one(
        "flops-key-missing", "T11: the FLOPS of another release's key", "new_op",
        (DB, "query_context_new_op", "self._get_quant_tc_flops(common.GEMMQuantMode.float16)", 'self.system_spec["gpu"]["bfloat16_tc_flops"]'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-key-of-fp8", "the peak of fp8 for 16 bits", "new_op",
        (DB, "query_context_new_op", "self._get_quant_tc_flops(common.GEMMQuantMode.float16)", 'self.system_spec["gpu"]["fp8_tc_flops"]'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-by-factor", "16-bit peak times 2 where the system has a figure for fp8", "latent_attention",
        (DB, "query_context_latent_attention", "self._get_quant_tc_flops(fmha)", '(self.system_spec["gpu"]["float16_tc_flops"] * fmha.value.compute)'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-times-factor", "the factor of the precision is multiplied instead of divided by", "latent_attention",
        (DB, "query_context_latent_attention", "self._get_quant_tc_flops(fmha)", 'self.system_spec["gpu"]["float16_tc_flops"] * fmha.value.compute'),
        "sol-formula", releases=HELPER,
    ),
    one(
        "bytes-literal", "2 bytes for the KV cache, whatever its precision", "latent_attention",
        (DB, "query_generation_latent_attention", "576 * kv.value.memory", "576 * 2"), "bytes-literal",
    ),
    one(
        "sol-ignores-prefix", "the SOL counts the new tokens alone", "latent_attention",
        (DB, "query_context_latent_attention", "(full * full - prefix * prefix)", "s * s"), "sol-prefix-ignored", "sol-formula",
    ),
    one(
        "sol-in-seconds", "the SOL is not turned into ms", "new_op_tokens",
        (DB, "query_new_op_tokens", "return max(sol_math, sol_mem), sol_math, sol_mem",
         "return max(sol_math, sol_mem) / 1000, sol_math / 1000, sol_mem / 1000"),
        "sol-unit",
    ),
    one(
        "sol-full-order", "SOL_FULL gives memory before compute", "new_op",
        (DB, "query_context_new_op", "return max(sol_math, sol_mem), sol_math, sol_mem", "return max(sol_math, sol_mem), sol_mem, sol_math"),
        "sol-full-order",
    ),
    one(
        "sol-is-the-sum", "SOL adds both bounds", "new_op",
        (DB, "query_generation_new_op", "return max(sol_math, sol_mem), sol_math", "return sol_math + sol_mem, sol_math"), "sol-combined",
    ),
    one(
        "sol-part-left-out", "the cache is not read in the SOL", "new_op",
        (DB, "query_generation_new_op", "(projection_bytes + cache_bytes)", "projection_bytes"), "sol-part-missing",
    ),
    one(
        "sol-params-swapped", "d_model where the heads should be", "state_scan",
        (DB, "query_context_state_scan", "scan_flops = 4 * b * s * num_heads * state", "scan_flops = 4 * b * s * d_model * state"),
        "sol-argument", "sol-formula",
    ),
    one(
        "sol-constant", "a constant of the table is another number", "state_scan",
        (DB, "query_context_state_scan", '"chunked_scan": 3', '"chunked_scan": 4'), "sol-formula",
    ),
    one(
        "mode-missing", "SOL_FULL falls through to SILICON", "new_op",
        (DB, "query_context_new_op", "elif database_mode == common.DatabaseMode.SOL_FULL:", "elif database_mode == 'SOL_FULL':"),
        "mode-missing",
    ),
    one(
        "empirical-missing", "EMPIRICAL falls through to SILICON", "new_op_tokens",
        (DB, "query_new_op_tokens", "elif database_mode == common.DatabaseMode.EMPIRICAL:", "elif database_mode == 'EMPIRICAL':"),
        "empirical-rule", "mode-missing",
    ),
    one(
        "empirical-inverted", "EMPIRICAL is SOL times the scale", "new_op",
        (DB, "query_generation_new_op", "/ 0.7", "* 0.7"), "empirical-inverted",
    ),
    one(
        "empirical-of-the-other-phase", "generation has the scale of context", "latent_attention",
        (DB, "query_generation_latent_attention", "/ 0.8", "/ 0.6"), "empirical-phase",
    ),
    one(
        "hybrid-to-sol", "HYBRID falls back on the SOL", "new_op",
        (DB, "query_context_new_op", "get_empirical=get_empirical,", "get_empirical=lambda: get_sol(b, s)[0],"),
        "hybrid-fallback", releases=WRAPPED,
    ),
    one(
        "hybrid-raises", "HYBRID does not fall back", "new_op_tokens",
        (DB, "query_new_op_tokens", "database_mode=database_mode,\n", "database_mode=common.DatabaseMode.SILICON,\n"),
        "hybrid-no-fallback", releases=WRAPPED,
    ),
    one(
        "hybrid-raises-directly", "HYBRID does not fall back", "new_op",
        (DB, "query_context_new_op", "if database_mode == common.DatabaseMode.HYBRID:", "if database_mode is None:"),
        "hybrid-no-fallback", releases=("0.6.0",),
    ),
    one(
        "untagged", "T12: an estimate is reported as measured", "new_op",
        (DB, "query_context_new_op", ', source="empirical"', ""), "source-tag", releases=("0.9.0",),
    ),
)  # fmt: skip
