"""Where upstream behaves as a rule says: functions, statements and their lines, by release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A statement of a kind (`ast` class) in a function ("": in the module itself), by release the line of a file of
    the `sdk` package that it starts on."""

    function: str
    kind: str
    lines: Mapping[str, int]
    file: str = "perf_database.py"


def owned(file: str, function: str, kind: str, *lines: int) -> tuple[Place, ...]:
    """Places of 0.10."""
    return tuple(Place(function, kind, {"0.10.0": line}, file) for line in lines)


ATTENTION, MLA, MOE, GEMM, DSV4, MAMBA = (
    f"operations/{name}.py" for name in ("attention", "mla", "moe", "gemm", "dsv4", "mamba")
)
CONTEXT_QUERY = "ContextAttention._query_context_attention_table"
BMM_QUERY = "MLABmm._query_mla_bmm_table"
WIDE_QUERIES = tuple(f"WideEP{p}MLA._query_wideep_{p.lower()}_mla_table" for p in ("Context", "Generation"))
MODULE_QUERIES = tuple(f"MLAModule._query_{p}_mla_module_table" for p in ("context", "generation"))
DEEPEP_QUERY = "MoEDispatch._query_wideep_deepep_ll_table"

ASSERTED = (
    Place("PerfDatabase.query_context_attention", "Assert", {"0.6.0": 2654, "0.7.0": 3535, "0.8.0": 3928}),
    *owned(ATTENTION, CONTEXT_QUERY, "Assert", 481),
)
BRACKET = (
    Place("PerfDatabase._nearest_1d_point_helper", "Assert", {"0.6.0": 2147, "0.7.0": 2797, "0.8.0": 3144}),
    Place("PerfDatabase._nearest_1d_point_helper", "Raise", {"0.6.0": 2152, "0.7.0": 2802, "0.8.0": 3154}),
    Place("PerfDatabase._nearest_1d_point_helper", "Raise", {"0.6.0": 2157, "0.7.0": 2807, "0.8.0": 3159}),
    *owned("interpolation.py", "nearest_1d_point_helper", "Raise", 218, 224),
    *owned("interpolation.py", "_require_3d_axis_coverage", "Raise", 192),
)
REFUSED = owned(MLA, WIDE_QUERIES[1], "Raise", 1304) + owned(MLA, WIDE_QUERIES[0], "Raise", 1585)
UNSTRUCTURED = (
    *BRACKET,
    *REFUSED,
    *owned(MOE, DEEPEP_QUERY, "Assign", 1131),
)
SURFACE = (Place("PerfDatabase._interp_2d_1d", "Expr", {"0.8.0": 3398}),)
LINE = (
    Place("PerfDatabase._interp_1d", "Return", {"0.6.0": 2448, "0.7.0": 3098, "0.8.0": 3450}),
    *owned("interpolation.py", "interp_1d", "Return", 300),
)
FILLED = (Place("PerfDatabase._extrapolate_data_grid", "Assign", {"0.6.0": 2045, "0.7.0": 2695, "0.8.0": 3029}),)
ORDER = (
    Place("PerfDatabase.__init__", "Assign", {"0.6.0": 1480, "0.7.0": 2020, "0.8.0": 2265}),
    *owned(ATTENTION, "", "AnnAssign", 207),
)
LAST = (
    Place("load_context_dsa_module_data", "Assign", {"0.8.0": 1211}),
    Place("load_generation_dsa_module_data", "Assign", {"0.8.0": 1260}),
    *owned(DSV4, "load_mhc_module_data", "Assign", 1925),
    *owned(MLA, "load_context_mla_module_data", "Assign", 2000),
    *owned(MLA, "load_generation_mla_module_data", "Assign", 2043),
)
LOST = (
    Place("load_mamba2_data", "Assign", {"0.7.0": 1130, "0.8.0": 1291}),
    Place("load_mamba2_data", "Expr", {"0.7.0": 1166, "0.8.0": 1327}),
    *owned(MAMBA, "load_mamba2_data", "Assign", 701),
    *owned(MAMBA, "load_mamba2_data", "Expr", 733),
)
PEAKS = (
    Place("PerfDatabase.query_context_attention", "Assign", {"0.8.0": 3904}),
    Place("PerfDatabase.query_context_mla", "Assign", {"0.8.0": 4165}),
    Place("PerfDatabase.query_generation_mla", "Assign", {"0.8.0": 4257}),
    Place("PerfDatabase.query_mla_bmm", "Assign", {"0.8.0": 5219}),
    *owned(ATTENTION, CONTEXT_QUERY, "Assign", 387),
    *owned(MLA, "ContextMLA._query_context_mla_table", "Assign", 224),
    *owned(MLA, "GenerationMLA._query_generation_mla_table", "Assign", 428),
    *owned(MLA, BMM_QUERY, "Assign", 585),
    *owned(MLA, MODULE_QUERIES[0], "Assign", 838),
    *owned(MLA, MODULE_QUERIES[1], "Assign", 951),
    *owned(MLA, WIDE_QUERIES[1], "Assign", 1234),
    *owned(MLA, WIDE_QUERIES[0], "Assign", 1510),
)
NO_SOL = (
    Place("PerfDatabase.query_wideep_deepep_ll", "Raise", {"0.6.0": 4089, "0.7.0": 4987, "0.8.0": 5632}),
    Place("PerfDatabase.query_wideep_deepep_ll", "Raise", {"0.6.0": 4093, "0.7.0": 4991, "0.8.0": 5636}),
    *owned(MOE, DEEPEP_QUERY, "Raise", 1115, 1119),
)
MEMORY_OP = (
    Place("PerfDatabase.query_mamba2", "Return", {"0.7.0": 4854}),
    Place("PerfDatabase.query_mamba2", "Return", {"0.7.0": 4858}),
)
NO_KV_HEADS = (Place("PerfDatabase.query_context_attention", "Assign", {"0.6.0": 2687}),)
ZERO_AWARE = owned(GEMM, "GEMM._query_compute_scale_table", "Return", 604)
HELD = owned(GEMM, "GEMM._query_scale_matrix_table", "Assign", 759)
FALLBACK_SAMPLES = owned(MLA, BMM_QUERY, "Assign", 604, 607)
HEADS_OF_SAMPLES = owned(ATTENTION, CONTEXT_QUERY, "Assign", 429)
TRANSFERS = owned(ATTENTION, CONTEXT_QUERY, "For", 452) + owned(ATTENTION, CONTEXT_QUERY, "Assign", 461)
STALE = owned(MLA, WIDE_QUERIES[1], "Assign", 1261)
