"""What the columns of perf tables are usually called, beside those in `spec.usual_columns`, word by word.

A name only ever suggests: the values have the last word. Names are compared by their words, never by letters inside of
words: `ratio` is no part of `duration`.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case: `avgDuration(us)` is avg, duration, us."""
    return tuple(word.lower() for word in _WORD.findall(name))


PLACE = frozenset({"framework", "backend_version", "framework_version", "version", "device", "device_name"}) | {
    *("gpu", "gpu_name", "cuda", "cuda_version", "driver", "driver_version"),
}
"""What a table is filed under: one table has one value of each."""

OCCASION = frozenset({"hostname", "host", "commit", "git_sha", "date", "time", "timestamp", "datetime", "user"}) | {
    *("run", "run_id", "collector", "source_file", "rank", "iteration", "trial", "node"),
}
"""By whom, where and when a row was measured: rows that differ in nothing else are one point, measured again."""

PROVENANCE = PLACE | OCCASION
"""Never a level of the table unless somebody says so."""

LABELS = frozenset({"op_name", "kernel_source", "kernel", "backend", "implementation", "architecture", "model"}) | {
    *("model_name", "model_path"),
}
"""What a row was measured for, in one table; what a query asks for in another: a key where rows need it to differ."""

HARNESS = frozenset({"step", "tp_size", "tp", "beam_width", "beam", "world_size", "warmup", "iterations", "iters"}) | {
    *("repeats", "num_runs", "runs", "seed"),
}
"""Settings of the measuring run, often beside the size that follows from them (heads on one GPU, beside tp_size)."""

PHASE_COLUMNS = ("phase", "stage", "mode")

TIME_WORDS = frozenset({"latency", "lat", "time", "duration", "elapsed", "runtime", "walltime", "wallclock", "t"})
AVERAGE_WORDS = frozenset({"avg", "average", "mean", "median", "p50"})
UNIT_WORDS = {
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("us", "usec", "usecs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
}
"""The last word of a time's name -> its unit."""

COUNTER_WORDS = frozenset({"bandwidth", "bw", "gbps", "tflops", "flops", "util", "utilization", "std", "stddev"}) | {
    *("var", "variance", "power", "watt", "watts", "energy", "freq", "frequency", "clock", "mhz", "temp"),
    *(
        "temperature",
        "percent",
        "pct",
        "ratio",
        "throughput",
        "efficiency",
        "min",
        "max",
        "p90",
        "p95",
        "p99",
        "joules",
    ),
}
"""Words of what is measured beside the latency."""

POWER_WORDS = frozenset({"power", "watt", "watts", "w"})

RUN_TIME_WORDS = frozenset(
    {"token", "tokens", "batch", "seq", "seqlen", "sequence", "len", "length", "ctx", "context"}
) | {
    *("isl", "kv", "rows", "prompt", "request", "requests", "bytes", "elements", "numel"),
}
"""Words of what varies from call to call."""

ROW_WORDS = frozenset({"id", "idx", "index", "counter", "count", "row", "no", "number", "nr"})


def is_time(name: str) -> bool:
    """Whether a column is called like a measured time of one call. `s` alone says nothing: it is a sequence, too."""
    words = words_of(name)
    if not words or COUNTER_WORDS.intersection(words):
        return False
    unit = words[-1] in UNIT_WORDS and words[-1] != "s"
    return bool(unit or TIME_WORDS.intersection(words) or AVERAGE_WORDS.issuperset(words))


def unit_of(name: str) -> str:
    """The unit that a time's name says in its last word, or ""."""
    words = words_of(name)
    return UNIT_WORDS.get(words[-1], "") if words else ""


def is_power(name: str) -> bool:
    return bool(POWER_WORDS.intersection(words_of(name)))


def is_counter(name: str) -> bool:
    """Whether a column is called like something that is measured beside the latency."""
    return bool(COUNTER_WORDS.intersection(words_of(name)))


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
