"""Loaders, registration, pre-interpolation and the support matrix."""

from __future__ import annotations

from .base import COMMON, DB, WRAPPED, one

LOADING = (
    one(
        "leaf-factory", "T1: the innermost dict makes what it is asked for", "new_op",
        (DB, "load_new_op_data", "        if path[-1] in leaves:\n            repeated += 1\n            continue\n",
         "        if leaves.setdefault(path[-1], {}) is not None:\n            repeated += 1\n            continue\n"),
        "leaf-factory",
    ),
    one(
        "last-wins", "T13: rows that repeat a key overwrite the first one", "new_op",
        (DB, "load_new_op_data", "            repeated += 1\n            continue\n", "            repeated += 1\n"),
        "last-wins",
    ),
    one(
        "energy-lost-in-loader", "leaves are made with energy 0", "new_op_tokens",
        (DB, "load_new_op_tokens_data", '"energy": power * latency', '"energy": 0.0'), "energy-lost",
    ),
    one(
        "latency-in-us", "the column is taken for microseconds", "new_op",
        (DB, "load_new_op_data", 'float(row["latency"])', 'float(row["latency"]) / 1000'), "latency-unit",
    ),
    one(
        "nesting-swapped", "the dict is nested [s][b]", "new_op",
        (DB, "load_new_op_data", 'int(row["batch_size"]), int(row["seq_len"])', 'int(row["seq_len"]), int(row["batch_size"])'),
        "nesting-order",
    ),
    one(
        "quant-as-text", "quant keys are left as text", "latent_attention",
        (DB, "load_generation_latent_attention_data", 'common.KVCacheQuantMode[kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])]',
         'kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])'),
        "key-type",
    ),
    one(
        "wrong-quant-enum", "a KV cache mode is taken from the enum of GEMM modes", "latent_attention",
        (DB, "load_generation_latent_attention_data", "common.KVCacheQuantMode[", "common.GEMMQuantMode["), "key-type",
    ),
    one(
        "tuple-as-list-of-text", "the tuple key is joined to one text", "state_scan",
        (DB, "load_state_scan_data", '(int(row["d_model"]), int(row["num_heads"]), int(row["state"])),\n                    int(row["batch_size"]),\n                )',
         'str((int(row["d_model"]), int(row["num_heads"]), int(row["state"]))),\n                    int(row["batch_size"]),\n                )'),
        "key-type", "key-column",
    ),
    one(
        "kernel-ignored", "rows of all kernels are filed under one", "state_scan",
        (DB, "load_state_scan_data", '"context",\n                    row["kernel_source"],', '"context",\n                    "chunked_scan",'),
        "key-ignored", "key-column", "rows-lost",
    ),
    one(
        "phase-misspelt", "the file's word for generation is another one", "state_scan",
        (DB, "load_state_scan_data", 'row["phase"] == "decode"', 'row["phase"] == "generation"'), "rows-lost",
    ),
    one(
        "step-forgotten", "the length is isl instead of isl + step", "latent_attention",
        (DB, "load_generation_latent_attention_data", 'int(row["isl"]) + int(row["step"])', 'int(row["isl"])'), "key-column",
    ),
    one(
        "blank-power", "a blank power cell is an error", "new_op",
        (DB, "load_new_op_data", 'float(row.get("power") or 0.0)', 'float(row["power"])'), "blank-power",
    ),
    one(
        "power-ignored", "power is never read", "new_op",
        (DB, "load_new_op_data", 'float(row.get("power") or 0.0)', "0.0"), "energy-lost", "power-lost",
    ),
    one(
        "registration-missing", "the loader is not in func_map", "new_op",
        (DB, "", "                PerfDataFilename.new_op_generation: load_new_op_data,\n", ""), "not-registered", releases=WRAPPED,
    ),
    one(
        "registration-doubled", "both phases load the context file", "new_op",
        (DB, "", "_load_op_data(PerfDataFilename.new_op_generation)", "_load_op_data(PerfDataFilename.new_op_context)"),
        "wrong-file", releases=WRAPPED,
    ),
    one(
        "registration-doubled-directly", "both phases load the context file", "new_op",
        (DB, "PerfDatabase", "common.PerfDataFilename.new_op_generation.value)", "common.PerfDataFilename.new_op_context.value)"),
        "wrong-file", releases=("0.6.0",),
    ),
    one(
        "enum-alias", "two members have one file name, and are one member", "new_op",
        (COMMON, "PerfDataFilename", '"new_op_generation_perf.txt"', '"new_op_context_perf.txt"'), "enum-alias",
    ),
    one(
        "file-misnamed", "the member names a file that nobody writes", "new_op_tokens",
        (COMMON, "PerfDataFilename", '"new_op_tokens_perf.txt"', '"new_op_token_perf.txt"'), "file-name",
    ),
    one(
        "pre-interpolation-missing", "the block in __init__ is never reached", "latent_attention",
        (DB, "PerfDatabase", "        if self._context_latent_attention_data:\n", "        if False:\n"),
        "pre-interpolation-missing",
    ),
    one(
        "pre-interpolation-without-energy", "T7: added points have no energy", "latent_attention",
        (DB, "PerfDatabase @ if self._context_latent_attention_data:", 'leaf.setdefault("energy", leaf["power"] * leaf["latency"])', "pass"),
        "added-points-without-energy",
    ),
    one(
        "pre-interpolation-without-root", "the second axis is not taken as a root", "latent_attention",
        (DB, "PerfDatabase @ if self._context_latent_attention_data:", "                    sqrt_y_value=True,\n", ""),
        "pre-interpolation-wrong",
    ),
    one(
        "support-matrix-mode", "the support matrix lists a mode without kernels", "latent_attention",
        (DB, "PerfDatabase", '        matrix["generation_latent_attention"] = [mode for mode in supported if mode in collected]',
         '        matrix["generation_latent_attention"] = ["float16", "fp8", "int8"]'),
        "support-matrix",
    ),
)  # fmt: skip
