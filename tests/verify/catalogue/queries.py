"""SILICON: the way from a query's arguments to the table and back."""

from __future__ import annotations

from .base import DB, Mistake, one

QUERIES = (
    one(
        "axes-swapped", "b and s change places on the way to the table", "new_op",
        (DB, "query_context_new_op", '(table, ("b", b), ("s", s))', '(table, ("b", s), ("s", b))'), "axes-swapped",
    ),
    one(
        "params-swapped", "param1 and param2 change places on the way to the table", "new_op_tokens",
        (DB, "query_new_op_tokens", '(("param1", param1), ("param2", param2))', '(("param1", param2), ("param2", param1))'),
        "axes-swapped", "not-found",
    ),
    one(
        "energy-lost-in-query", "the result is made without its energy", "new_op",
        (DB, "query_generation_new_op", "return PerformanceResult(latency, energy=energy)", "return PerformanceResult(latency)"),
        "energy-lost",
    ),
    one(
        "wrong-table", "generation is asked of the context table", "new_op",
        (DB, "query_generation_new_op", "table = self._generation_new_op_data", "table = self._context_new_op_data"),
        "latency-wrong", "wrong-table",
    ),
    one(
        "prefix-ignored", "T5: the table is asked at s", "latent_attention",
        (DB, "query_context_latent_attention", "full_s = s + prefix  # the table was measured without a prefix", "full_s, prefix = s, 0"),
        "prefix-ignored", "name-error",
    ),
    one(
        "prefix-uncorrected", "the value at s + prefix is not scaled down", "latent_attention",
        (DB, "query_context_latent_attention", "correction = (full_s * full_s - prefix * prefix) / (full_s * full_s)", "correction = 1.0"),
        "prefix-uncorrected",
    ),
    one(
        "prefix-not-on-energy", "the prefix correction is left out of the energy", "latent_attention",
        (DB, "query_context_latent_attention", "energy=energy * correction", "energy=energy"), "prefix-energy",
    ),
    one(
        "kernel-of-the-other-mode", "the KV cache mode is not looked at", "latent_attention",
        (DB, "query_context_latent_attention", '(("fmha", fmha), ("kv", kv))', '(("fmha", fmha), ("kv", next(iter(table[fmha]))))'),
        "argument-ignored",
    ),
    one(
        "clamped", "a point outside gets the value at the edge", "new_op",
        (DB, "_interpolate_new_op", "axis, at = rest[0]\n", "axis, at = rest[0]\n            at = max(min(node), min(at, max(node)))\n"),
        "outside-clamp",
    ),
    one(
        "extrapolation-off", "a point outside is refused", "new_op_tokens",
        (DB, "_interpolate_new_op_tokens", "            if len(node) == 1:",
         '            if not min(node) <= at <= max(node):\n                raise PerfDataNotAvailableError(f"new_op_tokens has no data at {at}")\n            if len(node) == 1:'),
        "outside-error",
    ),
    Mistake(
        "clamp-off", "a point outside follows the last two points", "state_scan",
        (
            (DB, "_interpolate_context_state_scan", "inside.append((axis, max(min(collected), min(at, max(collected)))))", "inside.append((axis, at))"),
            (DB, "_interpolate_context_state_scan", "            at = max(min(node), min(at, max(node)))\n", ""),
            (DB, "_interpolate_context_state_scan @ return along(node[at], rest[1:])", "list(node))", "list(node), inner_only=False)"),
        ),
        ("outside-extrapolate",),
    ),
    one(
        "key-materialised", "T8: a missing key is created by asking for it", "new_op",
        (DB, "query_context_new_op", "                    if key not in table:\n", "                    if not table.setdefault(key, {}):\n"),
        "key-materialised",
    ),
    one(
        "key-error", "a missing key raises KeyError", "new_op",
        (DB, "query_context_new_op @ if key not in table:", "raise PerfDataNotAvailableError(", "raise KeyError("), "wrong-exception",
    ),
    one(
        "silent-message", "the error does not say what is missing", "new_op",
        (DB, "query_generation_new_op",
         'f"generation new_op has no data for {name}={key}: collected are "\n'
         '                            f"{sorted(sorted(map(str, table)), key=len)}."', '"no data"'),
        "message", releases=("0.6.0",),
    ),
    one(
        "missing-is-sol", "a missing table gives the SOL, where the spec says an error", "new_op_tokens",
        (DB, "query_new_op_tokens", "            def get_silicon():\n",
         "            def get_silicon():\n                if not self._new_op_tokens_data:\n                    return PerformanceResult(get_sol(x)[0], energy=0.0)\n"),
        "missing-sol",
    ),
    one(
        "missing-raises", "a missing table is an error, where the spec says the SOL", "state_scan",
        (DB, "query_context_state_scan", "if database_mode == common.DatabaseMode.SILICON:", "if database_mode is None:"),
        "missing-raise",
    ),
    one(
        "cached-by-batch", "answers are kept in a dict of their own, by the batch alone", "new_op",
        (DB, "query_context_new_op", "latency, energy = self._interpolate_new_op(table, (\"b\", b), (\"s\", s))",
         'kept = self.__dict__.setdefault("_new_op_kept", {})\n                latency, energy = kept.setdefault((b, param1), self._interpolate_new_op(table, ("b", b), ("s", s)))'),
        "cache-key", "argument-ignored",
    ),
    Mistake(
        "not-cached", "the query has no cache", "new_op_tokens",
        ((DB, "", "    @functools.lru_cache(maxsize=32768)\n    def query_new_op_tokens(", "    def query_new_op_tokens("),),
        ("not-cached",),
    ),
    one(
        "default-mode-ignored", "without a mode it is always SILICON", "new_op",
        (DB, "query_generation_new_op", "database_mode = self._default_database_mode", "database_mode = common.DatabaseMode.SILICON"),
        "default-mode",
    ),
)  # fmt: skip
