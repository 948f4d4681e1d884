"""What the columns of perf tables are usually called, beside those in `spec.usual_columns`.

A name only ever suggests: the values have the last word.
"""

from __future__ import annotations

import re

PROVENANCE = frozenset(
    {"framework", "version", "device", "device_name", "gpu", "gpu_name", "hostname", "host", "driver", "driver_version"}
    | {"cuda", "cuda_version", "commit", "git_sha", "date", "time", "timestamp", "datetime", "run", "run_id", "user"}
    | {"collector", "framework_version", "source_file", "model", "model_name", "model_path"}
)
"""Who measured what, where and for which model: never a level of the table."""

LABELS = ("op_name", "kernel_source", "kernel", "backend", "implementation", "architecture")
"""Provenance in one table, what a query asks for in another: decided by whether rows need it to differ."""

HARNESS = (
    *("step", "tp_size", "tp", "beam_width", "beam", "world_size", "rank", "warmup", "iterations", "iters", "repeats"),
    *("num_runs", "runs", "seed"),
)
"""Settings of the measuring run, often beside the size that follows from them (heads on one GPU, beside tp_size)."""

PHASE_COLUMNS = ("phase", "stage", "mode")

LATENCY = ("latency", "latency_ms", "latency_us", "latency_s", "avg_ms", "time_ms", "avg_latency", "duration_ms", "ms")
LATENCY_LIKE = re.compile(r"(^|_)(latency|time|duration|elapsed|avg|mean|median|t)(_|$)|_(ms|us|s)$", re.IGNORECASE)
NOT_LATENCY = re.compile(r"bandwidth|gbps|tflops|util|std|var|power|energy|freq|temp|percent|ratio", re.IGNORECASE)
POWER_LIKE = re.compile(r"(^|_)(power|watt|watts|w)(_|$)", re.IGNORECASE)

UNITS = ((re.compile(r"(^|_)ms$"), "ms"), (re.compile(r"(^|_)us$"), "us"), (re.compile(r"(^|_)(s|sec|seconds)$"), "s"))

QUANT_LIKE = re.compile(r"dtype|quant|precision|(gemm|mla|attn|kv|moe)_type", re.IGNORECASE)
QUANT_OF = (
    (re.compile(r"kv|cache", re.IGNORECASE), "KVCacheQuantMode"),
    (re.compile(r"attn|attention|mla|fmha", re.IGNORECASE), "FMHAQuantMode"),
    (re.compile(r"moe|expert", re.IGNORECASE), "MoEQuantMode"),
    (re.compile(r"nccl|allreduce|all_reduce|comm", re.IGNORECASE), "CommQuantMode"),
    (re.compile(r""), "GEMMQuantMode"),
)
"""First that fits: the enum that a column of quant modes is taken for."""

MODE_SPELLINGS = {
    "fp16": "bfloat16", "bf16": "bfloat16", "half": "bfloat16", "torch.bfloat16": "bfloat16",
    "torch.float16": "bfloat16", "auto": "bfloat16", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8", "float8_e4m3fn": "fp8",
    "e4m3": "fp8", "torch.float8_e4m3fn": "fp8", "fp4": "nvfp4", "int4": "int4_wo", "w4a16": "int4_wo",
}  # fmt: skip
"""What collectors and frameworks call a mode -> the mode. They become an `alias` in the spec, to be seen."""

BACKENDS = ("trtllm", "sglang", "vllm")
WIDTH = 256
"""An int column that reaches this is a width, or a number of elements, rather than a count of heads or experts."""
