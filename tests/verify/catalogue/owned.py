"""The same kinds of mistakes where an op owns its loader, its tables and its queries, and those that only such a
layout invites."""

from __future__ import annotations

from .base import COMMON, DB, MODELS, OWNED, Edit, Mistake, one

NEW_OP, TOKENS, LATENT, SCAN = (
    f"operations/{name}.py" for name in ("new_op", "new_op_tokens", "latent_attention", "state_scan")
)


def owned(name: str, words: str, spec: str, edit: Edit, *right: str) -> Mistake:
    return one(name, words, spec, edit, *right, releases=OWNED)


LOADING = (
    owned(
        "owned-leaf-factory", "T1: the innermost dict makes what it is asked for", "new_op",
        (NEW_OP, "load_new_op_data", "        if path[-1] in leaves:\n", "        if leaves.setdefault(path[-1], {}) is not None:\n"),
        "leaf-factory",
    ),
    owned(
        "owned-last-wins", "T13: rows that repeat a key overwrite the first one", "state_scan",
        (SCAN, "load_state_scan_data", "            repeated += 1\n            continue\n", "            repeated += 1\n"), "last-wins",
    ),
    owned(
        "owned-energy-lost-in-loader", "leaves are made with energy 0", "new_op_tokens",
        (TOKENS, "load_new_op_tokens_data", '"energy": power * latency', '"energy": 0.0'), "energy-lost",
    ),
    owned(
        "owned-nesting-swapped", "the dict is nested [s][b]", "new_op",
        (NEW_OP, "load_new_op_data", 'int(row["batch_size"]), int(row["seq_len"])', 'int(row["seq_len"]), int(row["batch_size"])'),
        "nesting-order",
    ),
    owned(
        "owned-quant-as-text", "quant keys are left as text", "latent_attention",
        (LATENT, "load_generation_latent_attention_data", 'common.KVCacheQuantMode[kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])]',
         'kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])'),
        "key-type",
    ),
    owned(
        "owned-registration-doubled", "both phases load the context file", "new_op",
        (NEW_OP, "load_data", "load(common.PerfDataFilename.new_op_generation,", "load(common.PerfDataFilename.new_op_context,"), "wrong-file",
    ),
    owned(
        "owned-never-bound", "a loaded table is never put onto the database", "new_op_tokens",
        (TOKENS, "load_data", "setattr(database, attribute, table)", "pass"), "not-loaded",
    ),
    owned(
        "owned-tables-of-another-root", "loaded tables are kept without the systems root in their key", "new_op",
        (NEW_OP, "_cache_key", "            database.systems_root,\n", ""), "cache-key",
    ),
    owned(
        "owned-file-misnamed", "the member names the text file of older releases", "new_op_tokens",
        (COMMON, "PerfDataFilename", '"new_op_tokens_perf.parquet"', '"new_op_tokens_perf.txt"'), "file-name",
    ),
    owned(
        "owned-grids-not-filled", "the grids of context are never filled in", "latent_attention",
        (LATENT, "load_data", "            cls._extrapolate(tables)\n", ""), "pre-interpolation-missing",
    ),
    owned(
        "owned-grids-without-root", "the second axis is not taken as a root", "latent_attention",
        (LATENT, "_extrapolate", "                    sqrt_y_value=True,\n", ""), "pre-interpolation-wrong",
    ),
)  # fmt: skip

QUERIES = (
    owned(
        "owned-axes-swapped", "b and s change places on the way to the table", "new_op",
        (NEW_OP, "_query_context_new_op_table", '("b", b), ("s", s))', '("b", s), ("s", b))'), "axes-swapped",
    ),
    owned(
        "owned-forwarded-swapped", "b and s change places on the way to the op's module", "new_op",
        (DB, "query_generation_new_op", "(self, b, s, param1", "(self, s, b, param1"), "axes-swapped",
    ),
    owned(
        "owned-energy-lost-in-query", "the result is made without its energy", "new_op",
        (NEW_OP, "_query_generation_new_op_table", "_interp_pr(latency, energy=energy)", "_interp_pr(latency)"), "energy-lost",
    ),
    owned(
        "owned-wrong-table", "generation is asked of the context table", "new_op",
        (NEW_OP, "_query_generation_new_op_table", "database._generation_new_op_data", "database._context_new_op_data"), "wrong-table",
    ),
    owned(
        "owned-prefix-uncorrected", "the value at s + prefix is not scaled down", "latent_attention",
        (LATENT, "_query_context_latent_attention_table", "correction = (full_s * full_s - prefix * prefix) / (full_s * full_s)", "correction = 1.0"),
        "prefix-uncorrected",
    ),
    owned(
        "owned-clamped", "a point outside gets the value at the edge", "new_op",
        (NEW_OP, "_interpolate", "            axis, at = rest[0]\n", "            axis, at = rest[0]\n            at = max(min(node), min(at, max(node)))\n"),
        "outside-clamp",
    ),
    owned(
        "owned-key-error", "T8: a missing key is looked up as if it were there", "new_op",
        (NEW_OP, "_query_context_new_op_table", "util_empirical.require_data_slice(table, param1, param2)", "dict(table)[param1][param2]"),
        "wrong-exception",
    ),
    owned(
        "owned-not-cached", "the query has no cache", "new_op_tokens",
        (DB, "", "    @functools.lru_cache(maxsize=32768)\n    def query_new_op_tokens(", "    def query_new_op_tokens("), "not-cached",
    ),
)  # fmt: skip

MODES = (
    owned(
        "owned-sol-of-the-other-phase", "generation has the SOL of context", "new_op",
        (NEW_OP, "_query_generation_new_op_table",
         "projection_flops = 2 * b * param1 * param2\n            projection_bytes = 2 * b * (param1 + param2)\n            cache_bytes = 2 * b * s * param1\n",
         "projection_flops = 2 * b * s * param1 * param2\n            projection_bytes = 2 * b * s * (param1 + param2)\n            cache_bytes = 0\n"),
        "sol-phase",
    ),
    owned(
        "owned-flops-of-16-bit", "the 16-bit peak, whatever the precision", "latent_attention",
        (LATENT, "_query_context_latent_attention_table", "GEMM._get_quant_tc_flops(database.system_spec, fmha)",
         "GEMM._get_quant_tc_flops(database.system_spec, common.GEMMQuantMode.bfloat16)"),
        "flops-key", "bytes-literal",
    ),
    owned(
        "owned-flops-key-missing", "T11: the FLOPS of an older release's key", "new_op",
        (NEW_OP, "_query_context_new_op_table", "GEMM._get_quant_tc_flops(database.system_spec, common.GEMMQuantMode.bfloat16)",
         'database.system_spec["gpu"]["float16_tc_flops"]'),
        "flops-key",
    ),
    owned(
        "owned-bytes-literal", "2 bytes for the KV cache, whatever its precision", "latent_attention",
        (LATENT, "_query_generation_latent_attention_table", "576 * kv.value.memory", "576 * 2"), "bytes-literal",
    ),
    owned(
        "owned-sol-in-seconds", "the SOL is not turned into ms", "new_op_tokens",
        (TOKENS, "_query_new_op_tokens_table", "return max(sol_math, sol_mem), sol_math, sol_mem",
         "return max(sol_math, sol_mem) / 1000, sol_math / 1000, sol_mem / 1000"),
        "sol-unit",
    ),
    owned(
        "owned-utilisation-axes", "the utilisation is worked out with b and s in each other's place", "new_op",
        (NEW_OP, "_query_generation_new_op_table", "lambda at: get_sol(b=at[0], s=at[1])[0]", "lambda at: get_sol(b=at[1], s=at[0])[0]"),
        "empirical-utilisation",
    ),
    owned(
        "owned-utilisation-elsewhere", "the utilisation is that of twice the batch", "new_op",
        (NEW_OP, "_query_context_new_op_table", "util_empirical.estimate(get_sol()[0], (b, s), grid)", "util_empirical.estimate(get_sol()[0], (2 * b, s), grid)"),
        "empirical-utilisation",
    ),
    owned(
        "owned-empirical-is-sol", "EMPIRICAL is the SOL", "new_op",
        (NEW_OP, "_query_generation_new_op_table", "PerformanceResult(get_empirical(), energy", "PerformanceResult(get_sol()[0], energy"),
        "empirical-missing",
    ),
    owned(
        "owned-untagged", "T12: an estimate is reported as measured", "new_op",
        (NEW_OP, "_query_context_new_op_table", ', source="empirical"', ""), "source-tag",
    ),
    owned(
        "owned-hybrid-raises", "HYBRID does not fall back", "new_op_tokens",
        (TOKENS, "_query_new_op_tokens_table", "database_mode=database_mode,\n", "database_mode=common.DatabaseMode.SILICON,\n"), "hybrid-no-fallback",
    ),
)  # fmt: skip

OPERATIONS = (
    owned(
        "owned-s-is-x", "T4: the number of tokens is handed on as the length", "new_op",
        (NEW_OP, "ContextNewOp", ', kwargs["s"]', ', kwargs["x"]'), "s-is-x",
    ),
    owned(
        "owned-drops-prefix", "T5: the prefix is not handed on", "latent_attention",
        (LATENT, "ContextLatentAttention", 'kwargs.get("prefix", 0)', "0"), "prefix-ignored",
    ),
    owned(
        "owned-scale-dropped", "the result is that of one layer", "new_op",
        (NEW_OP, "ContextNewOp", "float(result) * self._scale_factor,\n            energy=result.energy * self._scale_factor,", "float(result),\n            energy=result.energy,"),
        "scale-dropped",
    ),
    owned(
        "owned-source-dropped", "T12: the op's result does not say where it comes from", "new_op",
        (NEW_OP, "GenerationNewOp", '            source=getattr(result, "source", "silicon"),\n', ""), "source-tag",
    ),
    owned(
        "owned-weights-wrong-size", "weights are counted at one byte", "new_op",
        (NEW_OP, "ContextNewOp", "param1 * param2 * 2", "param1 * param2"), "weights-wrong",
    ),
)  # fmt: skip

CONTEXT_WIRED = """\
                        ops.ContextNewOp(
                            "context_new_op",
                            self._num_layers,
                            param1=self._hidden_size,
                            param2=self._inter_size // self.config.tp_size,
                            seq_split=cp,
                        )
"""

WIRING = (
    owned(
        "owned-wired-twice", "the op stands twice in one list", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, CONTEXT_WIRED.rstrip("\n") + ",\n" + CONTEXT_WIRED), "wired-twice",
    ),
    owned(
        "owned-wired-unconditionally", "the op is in every model of the class", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED + '                    ]\n                    if self.architecture == "Qwen2ForCausalLM"',
         CONTEXT_WIRED + "                    ]\n                    if True"),
        "wired-unconditionally",
    ),
    owned(
        "owned-wrong-keyword", "the op is made with a param that it does not have", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, CONTEXT_WIRED.replace("param1=", "param_1=")), "wired-broken",
    ),
    owned(
        "owned-mtp-missing", "T14: the bare layer count in generation", "new_op",
        (MODELS, "LLAMAModel", '"generation_new_op",\n                            self._num_layers * self._mtp_scale_factor', '"generation_new_op",\n                            self._num_layers'),
        "mtp-missing",
    ),
)  # fmt: skip

OWNED_MISTAKES: tuple[Mistake, ...] = (*LOADING, *QUERIES, *MODES, *OPERATIONS, *WIRING)
