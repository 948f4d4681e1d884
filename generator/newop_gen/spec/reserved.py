"""Names that an op or a param cannot have, whatever the checkout holds.

Names that are taken in a checkout are refused later, by the file and line that own them; here is what no release could
give away: Python's own words, one of Rust's, what an Enum keeps for itself, and the names that the inserted code uses
around a param.
"""

from __future__ import annotations

import builtins
import keyword

from ..sol.check import PRIMITIVES
from ..sol.formula import RESULTS
from ..sol.quants import MODE_NAMES

_PYTHON = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"})

# One spec goes into every layout. Rust's other words are written raw there (`r#mod`); this one can't be, and of those
# like it `self` and `super` are Python's, too, and `Self` is no name of an op or a param.
_RUST = frozenset({"crate"})

# `mro` is a ValueError in a class body of an Enum; `name` and `value` are accepted, and then hide the attributes.
_ENUM = frozenset({"mro", "name", "value", "names", "values"})

# Module globals of the files that an op goes into.
_MODULES = frozenset(
    {
        "common",
        "csv",
        "defaultdict",
        "functools",
        "interpolation",
        "json",
        "logger",
        "logging",
        "math",
        "np",
        "numpy",
        "ops",
        "os",
    }
    | {"operations", "pd", "pathlib", "perf_interp", "re", "scipy", "util_empirical", "yaml"}
)

# Arguments of `Operation` classes and of what backends pass to `query`.
_OPERATION = frozenset(
    {"batch_size", "beam_width", "database", "database_mode", "get_weights", "kwargs", "args", "model_name", "query"}
    | {"scale_factor", "seq_split", "seq_imbalance_correction_scale", "gen_seq_imbalance_correction_scale", "weights"}
)

# Run-time axes, columns of every perf table, and names around a param inside a query or a loader.
_QUERY = frozenset(
    {"b", "s", "x", "prefix", "phase", "latency", "power", "energy", "full_s", "isl", "osl", "source", "wrapper"}
    | {
        "asked",
        "collected",
        "correction",
        "data",
        "error",
        "get_empirical",
        "get_silicon",
        "get_sol",
        "key",
        "leaf",
        "leaves",
        "path",
        "point",
    }
    | {"number", "repeated", "result", "row", "rows", "sol", "table", "whole", "silicon", "empirical", "hybrid"}
    | {"alike", "at", "config", "found", "get_slice", "grid", "measured", "other", "owner", "resolve_op_data_path"}
)


def reserved_op(name: str) -> str:
    """Why an op cannot be called `name`; empty when it can."""
    if name in _ENUM:
        return "which an Enum keeps for itself"
    if "logits_gemm" in name:
        return "which holds 'logits_gemm': backends count tokens differently for ops named so"
    return _common(name)


def reserved_param(name: str) -> str:
    """Why a param cannot be called `name`; empty when it can."""
    if name in _QUERY:
        return "which every query uses for itself"
    if name in _OPERATION or name in _ENUM:
        return "which every operation uses for itself"
    if name in PRIMITIVES or name in RESULTS:
        return "which the SOL language uses for itself"
    if name in MODE_NAMES:
        return "which is a quant mode"
    return _common(name)


def reserved_class(name: str) -> str:
    """Why classes cannot be named after `name`; empty when they can."""
    if keyword.iskeyword(name) or hasattr(builtins, name):
        return "which is a Python name"
    return ""


def _common(name: str) -> str:
    if name in _PYTHON:
        return "which is a Python name"
    if name in _RUST:
        return "which Rust keeps for itself"
    if name in _MODULES:
        return "which is a module or a global of the files to edit"
    return ""
