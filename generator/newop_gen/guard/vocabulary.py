"""The fixed words of each step: what an inserted text may hold whatever the spec says.

Written down here and nowhere derived: a template that comes to say something else has to be let in by a change of this
file, which a reviewer sees. Words that a spec brings along are in `allowed.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .allowed import Number, number
from .walk import Vocabulary


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


def _numbers(*values: float) -> frozenset[Number]:
    return frozenset(map(number, values))


_QUANTS = _words("CommQuantMode FMHAQuantMode GEMMQuantMode KVCacheQuantMode MoEQuantMode")
_SIXTEEN = _words("bfloat16 float16")
_PHASES = _words("context generation")
_LEAF = _words("latency power energy")
_PACKAGES = ("aiconfigurator.sdk", "aiconfigurator_core.sdk")

_VALUES = Vocabulary(nodes=_words("BinOp BoolOp Compare IfExp Subscript UnaryOp JoinedStr List"))

# A formula: lets, a table of constants, FLOPs and bytes over what the GPU does in a second.
_FORMULA = Vocabulary(
    nodes=_words("Assign Dict If Raise"),
    globals=_words("common self database min max ValueError GEMM b s x prefix"),
    locals=_words("constants row sol_math sol_mem prefix"),
    attributes=_QUANTS | _SIXTEEN | _words("value memory compute name system_spec"),
    calls=_words("min max ValueError constants.get *.join self._get_quant_tc_flops GEMM._get_quant_tc_flops"),
    messages=_words("ValueError"),
    strings=_SIXTEEN | _words("gpu mem_bw bfloat16_tc_flops float16_tc_flops") | {", "},
    numbers=_numbers(0, 0.0, 1, 1000),
)

_LOADER = Vocabulary(
    nodes=_words("Assign AugAssign Continue Dict ExceptHandler Expr For FunctionDef If Raise Return Slice Try With")
    | _words("withitem"),
    globals=_words("KeyError TypeError ValueError ZeroDivisionError common min max"),
    locals=_words("error f key latency leaves number path perf_file power repeated row rows"),
    attributes=_QUANTS | _SIXTEEN,
    calls=_words("os.path.exists csv.DictReader _read_filtered_rows list enumerate int float len min max ValueError")
    | _words("row.get leaves.setdefault logger.debug"),
    messages=_words("logger.debug ValueError"),
    keywords=_words("start"),
    strings=_LEAF | _PHASES | _SIXTEEN,
    numbers=_numbers(0, 0.0, 1, 2, 1000),
    targets=_words("leaves[]"),
)

# Lists of targets as upstream's own pre-interpolation has them, and the steps of their ranges.
_TARGETS = _numbers(
    *range(0, 7), *range(8, 13), 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 72, 96, *(2**n for n in range(6, 20)),
    384, 1114112, 16777216,
)  # fmt: skip

_GRIDS = Vocabulary(
    nodes=_words("Assign Dict Expr For GeneratorExp If ListComp Starred comprehension"),
    globals=_words("self cls tables"),
    locals=_words("below fewest grid grids heads leaf plane row table value x_heads y_heads z_heads"),
    attributes=_words("loaded"),
    calls=_words("*.values *.get min len range leaf.setdefault self._extrapolate_data_grid")
    | _words("interpolation.extrapolate_data_grid"),
    keywords=_words("data_dict target_x_list target_y_list target_z_list sqrt_y_value"),
    strings=_LEAF | _PHASES,
    numbers=_TARGETS,
)

_INTERPOLATION = Vocabulary(
    nodes=_words(
        "Assign ExceptHandler Expr For FunctionDef GeneratorExp If Raise Return Slice Starred Try comprehension"
    )
    | _words("Dict"),
    globals=_words(
        "PerfDatabase PerfDataNotAvailableError ValueError bool dict float int object staticmethod str tuple"
    )
    | _words("range max min list"),
    locals=_words("_ at axis collected database energy error full_cell high i inside latency left level low measured")
    | _words("along near node point result right self table value below"),
    attributes=_words("_extracted_metrics_cache"),
    calls=_words("along full_cell all dict float iter len list max min next tuple inside.append measured.get *.values")
    | _words("PerfDataNotAvailableError self._interp_1d self._interp_2d_linear self._interp_3d")
    | _words("self._nearest_1d_point_helper interpolation.interp_1d interpolation.interp_2d_linear")
    | _words("interpolation.interp_3d interpolation.nearest_1d_point_helper"),
    messages=_words("PerfDataNotAvailableError"),
    keywords=_words("inner_only"),
    strings=_LEAF | _words("cubic"),
    numbers=_numbers(0, 0.0, 1, 2),
    definitions=_words("along full_cell _interpolate _interpolate_context _interpolate_generation"),
)

_HEADS = Vocabulary(  # signatures and modes of a query
    nodes=_words("Assign Expr FunctionDef If Return"),
    globals=_words("PerformanceResult common float int str tuple"),
    locals=_words("self database_mode b s x prefix"),
    attributes=_QUANTS | _words("DatabaseMode EMPIRICAL HYBRID SILICON SOL SOL_FULL _default_database_mode"),
    calls=_words("functools.lru_cache"),
    keywords=_words("maxsize b s x prefix database_mode"),
    numbers=_numbers(32768),
)

# Which row of a table a query means.
_LOOKUP = Vocabulary(
    nodes=_words("Assign For GeneratorExp If Lambda ListComp Raise comprehension"),
    globals=_words("min max map str"),
    locals=_words("alike asked collected key measured name other table"),
    calls=_words("abs map min max sorted PerfDataNotAvailableError"),
    messages=_words("PerfDataNotAvailableError"),
    keywords=_words("key default"),
    strings=_PHASES | _words("phase"),
    numbers=_numbers(0),
)

_ANSWERS = Vocabulary(  # SOL, measured and empirical, put together
    nodes=_words("Assign ExceptHandler Expr FunctionDef If Raise Return Try"),
    globals=_words(
        "Exception PerfDataNotAvailableError EmpiricalNotImplementedError get_silicon get_empirical get_sol"
    ),
    locals=_words("correction energy error full_s latency table whole"),
    attributes=_words("data"),
    calls=_words("PerformanceResult PerfDataNotAvailableError get_sol get_empirical get_silicon max logger.debug")
    | _words("logger.exception self._query_silicon_or_hybrid *.raise_if_not_loaded"),
    messages=_words("PerfDataNotAvailableError logger.debug logger.exception"),
    keywords=_words("energy source get_silicon get_empirical database_mode error_msg prefix s"),
    strings=_words("sol empirical"),
    numbers=_numbers(0, 0.0, 1, 1.0, 2),
    definitions=_words("get_sol get_empirical get_silicon"),
)

_MESSAGES = Vocabulary(  # what the message of a missing table names
    globals=_words("self common"),
    attributes=_words("system backend version PerfDataFilename value"),
)

_OPERATION = Vocabulary(
    nodes=_words("Assign ClassDef Expr FunctionDef If Raise Return"),
    globals=_words("Operation PerfDatabase PerformanceResult common float int str"),
    locals=_words("self name scale_factor kwargs database beam_width result seq_split"),
    attributes=_QUANTS | _words("energy _scale_factor _weights _seq_split"),
    calls=_words("PerformanceResult ValueError float kwargs.get"),
    exact=frozenset(
        {
            "super().__init__(name, scale_factor)",
            "super().__init__(name, scale_factor, seq_split=seq_split)",
            "getattr(result, 'source', 'silicon')",
            "self.__class__.__name__",
        }
    ),
    messages=_words("ValueError"),
    keywords=_words("energy source b s x prefix"),
    strings=_words("beam_width batch_size prefix s x"),
    numbers=_numbers(0, 0.0, 1),
    targets=_words("self._weights"),
    definitions=_words("__init__ query get_weights"),
)

_OWNER = Vocabulary(  # tables, cache and lookup of an op that owns its module
    nodes=_words("AnnAssign Assign Dict For FunctionDef If ImportFrom Lambda Return"),
    globals=_words("ClassVar LoadedOpData PerfDatabase classmethod staticmethod dict tuple object bool common")
    | _words("util_empirical perf_interp TYPE_CHECKING"),
    locals=_words("_CP_AWARE _data_cache at attribute cls config database filename found get_slice grid key loader")
    | _words("path result root table tables latency energy _ b s x"),
    attributes=_words("_data_cache backend enable_shared_layer loaded system system_spec systems_root value version")
    | _words("PerfDataFilename ValueTransform SQRT"),
    calls=_words("LoadedOpData cls._cache_key cls._data_cache.clear cls._extrapolate cls._record_load cls.load_data")
    | _words("database._build_op_sources database._interp_pr database._query_silicon_or_hybrid found.update get_slice")
    | _words("load loader os.path.join resolve_op_data_path zip *.items cls._interpolate cls._interpolate_context")
    | _words("cls._interpolate_generation util_empirical.estimate util_empirical.grid_for")
    | _words("util_empirical.require_data_slice perf_interp.Grid perf_interp.OpInterpConfig perf_interp.get_value")
    | _words("perf_interp.query"),
    exact=frozenset({"setattr(database, attribute, table)", "database.__dict__"}),
    keywords=_words("axes depth resolver sol_fn strict transform_axis value_transform b s x prefix"),
    strings=_LEAF | _PHASES | _words("data_dir phase"),
    numbers=_numbers(0, 1, 2, 3),
    targets=_words("cls._data_cache[] found[]"),
    definitions=_words("_cache_key _extrapolate clear_cache get_slice load load_data"),
)

_MODULE = Vocabulary(
    nodes=_words("Import ImportFrom"),
    locals=_words("logger"),
    exact=frozenset({"logging.getLogger(__name__)"}),
    imports=frozenset(
        {
            "from __future__ import annotations",
            "import logging",
            "import os",
            "from typing import TYPE_CHECKING, ClassVar",
        }
    )
    | {
        f"from {package}{module} import {', '.join(names)}"
        for package in _PACKAGES
        for module, several in (
            ("", (("common",), ("common", "interpolation"), ("common", "perf_interp"))),
            (
                ".errors",
                (
                    ("EmpiricalNotImplementedError", "PerfDataNotAvailableError"),
                    ("EmpiricalNotImplementedError",),
                    ("PerfDataNotAvailableError",),
                ),
            ),
            (".operations", (("util_empirical",),)),
            (
                ".operations.base",
                (
                    ("Operation", "_read_filtered_rows"),
                    ("Operation", "_read_filtered_rows", "resolve_op_data_path"),
                ),
            ),
            (".operations.gemm", (("GEMM",),)),
            (".perf_database", (("LoadedOpData",), ("PerfDatabase",))),
            (".performance_result", (("PerformanceResult",),)),
        )
        for names in several
    },
)

# The module that keeps the import path of before the move to aic-core.
_SHIM = Vocabulary(
    nodes=_words("ImportFrom"),
    imports=frozenset({"from aiconfigurator.sdk._compat import alias_module as _alias_module"}),
)

_ENUM = Vocabulary(nodes=_words("Assign"))

_REGISTRATION = Vocabulary(
    nodes=_words("Assign Dict"),
    globals=_words("self data_dir common PerfDataFilename"),
    attributes=_words("PerfDataFilename value"),
    calls=_words("_load_op_data os.path.join"),
)

_SUPPORT = Vocabulary(
    nodes=_words("Assign Dict Expr For If ImportFrom List ListComp Return SetComp comprehension"),
    globals=_words("self db"),
    locals=_words(
        "below collected kernels key matrix mode name supported table tables", " ".join(f"level{n}" for n in range(9))
    ),
    attributes=_words("name supported_quant_mode"),
    calls=_words("*.values"),
    exact=frozenset({"_LazySupportMatrix(self).get(key, [])", "getattr(self, 'supported_quant_mode', {})"}),
    strings=_SIXTEEN,
    targets=_words("matrix[] self.supported_quant_mode[]"),
)

_FORWARD = Vocabulary(nodes=_words("Assign ImportFrom Return"), locals=_words("owner"))

_WIRING = Vocabulary(
    nodes=_words("Assign BinOp BoolOp Compare Expr If IfExp Import List Starred Subscript UnaryOp"),
    globals=_words("self common logger ops"),
    locals=_words("logger"),
    attributes=_QUANTS | _SIXTEEN | _words("name _num_layers _mtp_scale_factor"),
    calls=_words("logger.info min max *.append *.extend"),
    exact=frozenset({"logging.getLogger(__name__)"}),
    messages=_words("logger.info"),
    keywords=_words("seq_split"),
    strings=_SIXTEEN,
    numbers=_numbers(1),
    imports=frozenset({"import logging"}),
    wired=True,
)

_TEST = Vocabulary(
    nodes=_words("Assert Assign BinOp BoolOp Compare Dict DictComp Expr For FunctionDef GeneratorExp IfExp Import")
    | _words("ImportFrom List ListComp Return Starred UnaryOp While With comprehension withitem"),
    globals=_words("EmpiricalNotImplementedError PerfDataNotAvailableError PerfDatabase ValueError NotImplementedError")
    | _words("common ops pytest SYSTEM TABLES tmp_path _OPS_PKG"),
    locals=_words(
        "SYSTEM TABLES asked before below database empty_database folder hybrid k latency leaf m measured mode"
    )
    | _words(
        "module name node op op_class pa params path pq pytestmark query result root row rows silicon sol split stem"
    )
    | _words("table tables text tmp_path v x _"),
    attributes=_QUANTS
    | _SIXTEEN
    | _words("DatabaseMode EMPIRICAL HYBRID SILICON SOL SOL_FULL data energy fixture mark source unit"),
    calls=_words("PerfDatabase asked.items count_leaves csv.DictReader dict float folder.mkdir iter make_database next")
    | _words(
        "op.query op_class pa.Table.from_pylist pq.write_table pytest.approx pytest.mark.parametrize pytest.raises"
    )
    | _words("query str split.query sum tables.items text.splitlines *.values *.write_text"),
    exact=frozenset(
        {
            "pytest.importorskip('pyarrow')",
            "pytest.importorskip('pyarrow.parquet')",
            "yaml.safe_dump(SYSTEM)",
        }
    ),
    keywords=_words("parents match rel database_mode batch_size beam_width prefix s x b seq_split"),
    strings=_LEAF
    | _PHASES
    | _words(
        "1.0.0 alpha asked b beta data empirical made_up made_up.yaml prefix s silicon sol trtllm x .txt table.parquet"
        " beam_width"
    )
    | frozenset(
        {
            "no data for",
            "silicon data",
            "context parallelism",
            "Python-only: the compiled engine has no operator for it",
            "not_collected",
        }
    ),
    numbers=_numbers(*range(200), 977, 1e-12, 1e-9, 0.0, 500.0),
    targets=frozenset(),
    definitions=_words("count_leaves database empty_database make_database query"),
    imports=frozenset({"import csv", "import pytest", "import yaml"})
    | {
        f"from {package}{what}"
        for package in _PACKAGES
        for what in (
            " import common",
            " import operations as ops",
            ".errors import EmpiricalNotImplementedError, PerfDataNotAvailableError",
            ".perf_database import PerfDatabase",
            ".perf_database import PerfDatabase, PerfDataNotAvailableError",
        )
    },
    data=True,
)

_LOADERS = _VALUES | _LOADER
_QUERIES = _VALUES | _FORMULA | _INTERPOLATION | _HEADS | _LOOKUP | _ANSWERS | _MESSAGES
_OPERATIONS = _VALUES | _FORMULA | _OPERATION

METHODS: Mapping[str, Vocabulary] = {
    "enum": _ENUM,
    "loader": _LOADERS,
    "registration": _VALUES | _REGISTRATION,
    "pre-interpolation": _VALUES | _GRIDS,
    "query": _QUERIES,
    "operations": _OPERATIONS,
    "support-matrix": _VALUES | _SUPPORT,
    "wiring": _WIRING,
    "test": _VALUES | _TEST,
}
"""Steps of layouts whose queries are methods of `PerfDatabase`."""

OWNED: Mapping[str, Vocabulary] = {
    **METHODS,
    "operations": _LOADERS | _QUERIES | _OPERATIONS | _GRIDS | _OWNER | _MODULE | _SHIM,
    "query": _VALUES | _HEADS | _FORWARD,
}
"""Steps of layouts whose ops own a module each."""

COPIES = frozenset({"wiring"})
"""Steps whose code may take over what stands in the file: a model's own scale, condition and arguments."""

SIDECAR = "collection_meta.yaml"
"""What newer releases want beside a table: where it came from."""

SIDECAR_LINES = frozenset(
    {
        "",
        "# SPDX-FileCopyrightText: Copyright (c) 2026 NVIDIA CORPORATION & AFFILIATES. All rights reserved.",
        "# SPDX-License-Identifier: Apache-2.0",
        "schema_version: 1",
        "provenance: legacy",
        "runtime:",
        "tables:",
        "    status: complete",
    }
)
