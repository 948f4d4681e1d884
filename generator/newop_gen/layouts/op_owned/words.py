"""Words of layouts whose ops own a module each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...guard.vocabulary import Vocabulary, merged, numbers, words
from ...plan import StepKey
from ..common import words as filed
from ..python import words as common

_LOADER = Vocabulary(calls=words("_read_filtered_rows"))

_GRIDS = Vocabulary(globals=words("cls tables"), calls=words("interpolation.extrapolate_data_grid"))

_INTERPOLATION = Vocabulary(
    calls=words("interpolation.interp_1d interpolation.interp_2d_linear interpolation.interp_3d")
    | words("interpolation.nearest_1d_point_helper"),
)

_ANSWERS = Vocabulary(globals=words("EmpiricalNotImplementedError"))

_OPERATION = Vocabulary(
    locals=words("seq_split"),
    attributes=words("_seq_split"),
    exact=frozenset({"super().__init__(name, scale_factor, seq_split=seq_split)"}),
)

_OWNER = Vocabulary(  # tables, cache and lookup
    nodes=words("AnnAssign Assign Dict For FunctionDef If ImportFrom Lambda Return"),
    globals=words("ClassVar LoadedOpData PerfDatabase classmethod staticmethod dict tuple object bool common")
    | words("util_empirical perf_interp TYPE_CHECKING _{camel} {class} {loader}"),
    locals=words("_CP_AWARE _data_cache at attribute cls config database filename found get_slice grid key loader")
    | words("path result root table tables latency energy _ b s x"),
    attributes=words("_data_cache backend enable_shared_layer loaded system system_spec systems_root value version")
    | words("PerfDataFilename ValueTransform SQRT {table} {member}"),
    calls=words("LoadedOpData cls._cache_key cls._data_cache.clear cls._extrapolate cls._record_load cls.load_data")
    | words("database._build_op_sources database._interp_pr database._query_silicon_or_hybrid found.update get_slice")
    | words("load loader os.path.join resolve_op_data_path zip *.items cls._interpolate cls._interpolate_context")
    | words("cls._interpolate_generation util_empirical.estimate util_empirical.grid_for")
    | words("util_empirical.require_data_slice perf_interp.Grid perf_interp.OpInterpConfig perf_interp.get_value")
    | words("perf_interp.query"),
    exact=frozenset({"setattr(database, attribute, table)", "database.__dict__"}),
    keywords=words("axes depth resolver sol_fn strict transform_axis value_transform b s x prefix"),
    strings=common.LEAF | common.PHASES | words("data_dir phase {table} {answer}"),
    numbers=numbers(0, 1, 2, 3),
    targets=words("cls._data_cache[] found[]"),
    definitions=words("_cache_key _extrapolate clear_cache get_slice load load_data _{query}_table"),
    classes=words("_{camel}"),
)

_MODULE = Vocabulary(  # its head, and where it is exported
    nodes=words("Import ImportFrom"),
    locals=words("logger"),
    exact=frozenset({"logging.getLogger(__name__)"}),
    strings=words("{class}"),
    files=words("*/sdk/operations/{op}.py"),
    imports=frozenset(
        {
            "from __future__ import annotations",
            "import logging",
            "import os",
            "from typing import TYPE_CHECKING, ClassVar",
        }
    ),
)

_SUPPORT = Vocabulary(
    nodes=words("ImportFrom"),
    globals=words("db"),
    calls=words("{class}.load_data _{camel}.load_data"),
    exact=frozenset({"_LazySupportMatrix(self).get(key, [])"}),
)

_FORWARD = Vocabulary(
    nodes=words("Assign ImportFrom Return"),
    globals=words("{class} _{camel}"),
    locals=words("owner"),
    attributes=words("_{query}_table"),
    calls=words("{class}._{query}_table _{camel}._{query}_table owner._{query}_table"),
    definitions=words("{query}"),
)

_TEST = Vocabulary(  # tables are parquet, which a test may have to do without
    globals=words("EmpiricalNotImplementedError NotImplementedError _OPS_PKG"),
    locals=words("pa pq"),
    attributes=words("{op} {class}"),
    calls=words("pa.Table.from_pylist pq.write_table module.{loader} ops.{class}.load_data"),
    exact=frozenset({"pytest.importorskip('pyarrow')", "pytest.importorskip('pyarrow.parquet')"}),
    strings=words("{op} {stem} {class} operations.{op} .{op}")
    | {
        "table.parquet",
        "context parallelism",
        "Python-only: the compiled engine has no operator for it",
    },
    definitions=words("test_{member}_as_parquet_without_power test_{answer}_in_five_modes")
    | words("test_{phase}_operation_of_{op}"),
)


def _owned(packages: Iterable[str]) -> Mapping[str, Vocabulary]:
    """By step; `packages` are the import names of the SDK."""
    packages = frozenset(packages)
    module = common.imports(
        packages,
        " import common",
        " import common, interpolation",
        " import common, perf_interp",
        ".errors import EmpiricalNotImplementedError",
        ".errors import EmpiricalNotImplementedError, PerfDataNotAvailableError",
        ".errors import PerfDataNotAvailableError",
        ".operations import util_empirical",
        ".operations.base import Operation, _read_filtered_rows",
        ".operations.base import Operation, _read_filtered_rows, resolve_op_data_path",
        ".operations.gemm import GEMM",
        ".perf_database import LoadedOpData",
        ".perf_database import PerfDatabase",
        ".performance_result import PerformanceResult",
    )
    # The module of an op, as it is exported and as a method that needs one of its classes imports it.
    exported = common.imports(packages, ".operations.{op} import {classes}")
    owner = common.imports(packages, ".operations.{op} import {class}", ".operations.{op} import _{camel}")
    loading = common.LOADER | _LOADER | common.GRIDS | _GRIDS | _OWNER | _MODULE | module
    answering = common.INTERPOLATION | _INTERPOLATION | common.LOOKUP | common.ANSWERS | _ANSWERS | common.WRAPPED
    return merged(
        {
            StepKey.ENUM: common.ENUM | Vocabulary(strings=words("{stem}.parquet")),
            StepKey.OPERATIONS: common.VALUES
            | loading
            | common.FORMULA
            | common.HEADS
            | answering
            | common.OPERATION
            | _OPERATION
            | exported,
            StepKey.QUERY: common.VALUES | common.HEADS | _FORWARD | owner,
            StepKey.SUPPORT_MATRIX: common.VALUES | common.SUPPORT | _SUPPORT | owner,
            StepKey.WIRING: common.WIRING,
            StepKey.DATA: filed.FAMILY | filed.REUSE,
            StepKey.TEST: common.VALUES
            | common.TEST
            | _TEST
            | _tested(packages)
            | Vocabulary(strings=frozenset(f"{package}.operations.{{op}}" for package in packages)),
        }
    )


def _tested(packages: Iterable[str]) -> Vocabulary:
    """What a unit test imports from the SDK."""
    return common.imports(
        packages,
        " import common",
        " import operations as ops",
        ".errors import EmpiricalNotImplementedError, PerfDataNotAvailableError",
        ".perf_database import PerfDatabase",
    )


_SHIM = Vocabulary(
    nodes=words("ImportFrom"),
    imports=frozenset({"from aiconfigurator.sdk._compat import alias_module as _alias_module"}),
    exact=frozenset({"_alias_module(__name__, 'aiconfigurator_core.sdk.operations.{op}')"}),
)

# 0.10.
OP_OWNED = _owned(["aiconfigurator.sdk"])

# 0.11. Tests of the old package go through the shims.
CORE = merged(
    _owned(["aiconfigurator_core.sdk"]), {StepKey.OPERATIONS: _SHIM, StepKey.TEST: _tested(["aiconfigurator.sdk"])}
)
