"""Words of the layouts whose ops are computed in Rust."""

from __future__ import annotations

from collections.abc import Mapping

from ...guard.vocabulary import Vocabulary, numbers, words
from ...plan import StepKey
from ..common import words as filed
from ..python import words as common

# What generated Rust is made of: keywords, upstream's types and functions, and the locals of the templates.
_CODE = (
    words("ATTENTION_BACKEND_ONLY Add AicError BTreeMap Bfloat16 Bound CONTEXT_FILE Cell Clone Collected Column")
    | words("CommQuantMode Context ContextGrids Copy Cow DatabaseMode Debug Deserialize DeserializeOwned")
    | words("Empirical EmpiricalNotImplemented Eq Err FILE FmhaQuantMode Fn FnMut FnOnce Fp8 From G")
    | words("GENERATION_FILE GemmQuantMode General Generation GenerationGrids Grids Hash HashMap Hybrid")
    | words("InvalidEngineConfig InvalidPerfData Item Iterator K KvCacheQuantMode LeafAxisCurve LeafValue")
    | words("MoeQuantMode Mul N NAN Neg Node None Null Number OP Ok OnceLock Op OpInterpConfig OpSpec Option")
    | words("Output Parquet ParquetError PartialEq PartialOrd Path PathBuf PerfDatabase PerfFile PerfReader")
    | words("PerfRow PerfSource PerformanceResult PhaseRow Phases PreparedGrid ProvenanceTier PyAny PyDict")
    | words("PyOperation PyRef PyRefMut PyResult PyTuple PyTypeError PyValueError Python Real Result Row Self")
    | words("Serialize Silicon Sol SolComponents SolFull Some Source SourceResolver String Sub SystemSpec T Text")
    | words("UtilGrid UtilSample Value Vec ViewNode Whole _CP_AWARE _ENGINE_QUERY_SHAPE __getnewargs_ex__")
    | words("_seq_split abs_diff absent add_class all allow among answer any args as as_deref as_ref as_str")
    | words("as_super ask asked assert_eq at axis_curve base batch batch_size beam_width below bool borrow branch")
    | words("build_samples by c ceil cell cells cfg chain chosen classattr classic_leaf clippy clone col_optional")
    | words("collect collected collected_context collected_generation collections column column_or comm_quant")
    | words("common components config const contains contains_key context context_keys context_sources copied")
    | words("cp_audit_gate crate ctx curve data_root database_mode db de default derive display div_ceil divisor")
    | words("dyn each_row else empirical energy entry enum enum_token enumerate enums error errors estimate")
    | words("estimated exists extends f64 f64_optional failed false file filter find first floor floor_div")
    | words("fmha_quant fmt fn for format found fpm_sol_ms fract from from_map from_value full gemm_quant")
    | words("generation generation_keys generation_sources get get_or_init get_or_try_build getter gpu grid")
    | words("grid_context grid_generation grid_sqrt_axis grids grids_context grids_generation grids_keys holds")
    | words("i128 i64 i64_optional if impl in index index_of inner inner_accessor insert_first_wins")
    | words("insert_value_first_wins instead into into_iter into_owned into_pyobject is_among is_empty is_finite")
    | words("is_missing is_missing_perf_data is_none is_some_and iter json kept kernel_source kernel_source_ok")
    | words("kernel_sources key keys known kv_quant kwargs last latency later leaf len let load load_context")
    | words("load_generation malformed map map_err map_or map_or_else mapping match matches max meaning measured")
    | words("mem_bw memory message min_by_key missing mod mode module modulo moe_quant mut name names nearest new")
    | words("new_err new_param no_rows node node_points non_snake_case non_upper_case_globals nonzero not_a_number")
    | words("note_provenance num_tokens number o ok_or_else only op open operators ops or_default or_insert")
    | words("or_insert_with other parquet parquet_loader parse part path perf_database perf_interp phase phases")
    | words("point points points_context points_generation power prefer pub push py py_enum_member pyclass")
    | words("pymethods pyo3 quant_tc_flops query query_context query_generation query_value quotient read_rows")
    | words("read_rows_context read_rows_generation reader real renamed resolver rest result retain return")
    | words("roofline root row rows same same_error samples scale_factor scaled self seq_len seq_split serde")
    | words("serde_json set set_item set_seq_split setter share signature silicon size sizes slf sol sol_math")
    | words("sol_mem source sources sources_for spec src std str str_optional struct subclass sync system_spec")
    | words(
        "table take test tests text texts then_some time_ms to_path_buf to_string too_many_arguments trait trim true"
    )
    | words("try_from tuple_key type u32 u8 unlisted unwrap_or_default use usize util_empirical util_grids value")
    # What formulas call of `number.rs.j2`.
    | words("Equal Ordering a b by_size ceil_div cmp copysign exponent large leading_zeros min not_negative order over")
    | words("partial_cmp pow powf shift signum then to_the total_cmp u128 u64 unsigned_abs unwrap_or")
    | words("values vec weight_bytes weights whole why with_energy with_power with_sol with_sources wrap zip")
)

# Names that are made of an op's: of its structs, keys, tables and classes, and of what belongs to one of its params.
_OWN = words(
    "{op} {op}_{phase} {op}_{phase}_mut {op}_{param} {answer} {answer}_{phase} {answer}_{phase}_mut view_{op}",
    "view_{answer} view_{op}_{phase} {camel}{Phase} {camel}{Phase}Op {camel}{Phase}Key {camel}Key {camel}Op",
    "{camel}Table Py{class}",
    "_{param} {param}_value {param}_names {param}_only {param}_first",
    "a b c k m n x keep keep_first MODE_NAMES CONTEXT_MODE_NAMES GENERATION_MODE_NAMES",
)

_STRINGS = frozenset(
    {
        "",
        "FMHAQuantMode",
        "GEMMQuantMode",
        "KVCacheQuantMode",
        "MoEQuantMode",
        "CommQuantMode",
        "_{op}_data",
        "_{phase}_{op}_data",
        "a division by 0",
        "aiconfigurator_core._aiconfigurator_core",
        "aisimulate_core._native",
        "batch_size",
        "bfloat16",
        "context",
        "crate::operators::gemm::default_seq_split",
        "float16",
        "generation",
        "kernel_source",
        "latency",
        "num_tokens",
        "phase",
        "power",
        "prefill",
        "seq_len",
        "seq_split",
        "tokens",
        "{class}",
        "{table}",
        "{stem}.parquet",
        "{phase}_{op}",
    }
)

_RUST = Vocabulary(
    globals=_CODE | _OWN,
    heads=words("parts level sol_math sol_mem whole latency kept"),
    # Words of messages: an error says what was wrong in words that no other part of the code has.
    messages=words(
        "a an and at but constants data division file first for got has in is missing no not number of only or row",
        "rows size source sources supports text than that the there unavailable whole which with column by beam_width",
        "moved s",
    ),
    strings=_STRINGS,
    # Whole numbers besides the spec's are positions, and bits of an i128 that a product of sizes needs.
    numbers=numbers(*range(128), 0.0, 0.5, 1.0, 2.0, 1000.0, 1000000.0),
    exact=words("'_ 'a 'py 'static"),
    files=words("*/operators/{op}.rs */perf_database/{op}.rs"),
)

# Tests beside the operator, on made-up tables of any numbers.
_TESTED = Vocabulary(
    globals=words(
        "ALL ATTRIBUTES CONTEXT Case Col F64 GENERATION I64 RuntimeContext Str TABLE_VIEW_ATTRIBUTES TempDir _root abs",
        "any assert assert_close attribute beams cases database doubled energy_test_fixtures energy_wms expect",
        "expected fixtures flat_map folder fpm_sol from_str iter is_some join latency_ms math math_ms matches mem",
        "mem_ms off op_sol_latency_ms replace rustfmt s scaled skip split super table_view table_view_json tables",
        "tempdir tempfile tokens unwrap unwrap_err view write_energy_systems_root write_parquet write_tables",
        "beams_are_refused_in_decode empirical_is_the_measurement_where_there_is_one measured_points_are_kept",
        "not_collected nothing_is_made_up_for_a_key_without_rows op_enum_reaches_every_hook sol_is_that_of_the_spec",
        "without_a_table_nothing_is_made_up a_malformed_row_is_named no_tables write write_malformed",
    ),
    messages=words("database folder its name parts scale_factor"),
    strings=words("alpha beta gamma delta many not_collected not_listed testsys vllm 1.0"),
    files=words("*/operators/{op}/tests.rs"),
)

# In the tests of the wire format: any sizes, and the last index that is pinned by number.
_LISTED = Vocabulary(globals=words("OpSpec MOE_EXPERT_COMPUTE_INDEX"), sizes=True)

_PACKAGES = {
    "aiconfigurator_core": ("aiconfigurator", "aiconfigurator_core._aiconfigurator_core"),
    "aisimulate_core": ("aisimulate", "aisimulate_core._native"),
}
"""By the package that holds the SDK: the one with shims for it, and the compiled module."""

_SHELL = Vocabulary(
    nodes=words("AnnAssign Assign ClassDef Compare Dict Expr FunctionDef If Import ImportFrom Subscript Tuple"),
    globals=words("ClassVar OpShellKit PerfDatabase PerfDataFilename TYPE_CHECKING classmethod dict str type"),
    locals=words("_data_cache attribute cls database key member _core"),
    attributes=words("_data_cache backend enable_shared_layer system systems_root version {class}"),
    calls=words("_bind_view cls._record_load load_view"),
    exact=frozenset(
        {"setattr(database, attribute, cls._data_cache[key])", "database.__dict__"}
        | {f"_alias_module(__name__, '{package}.sdk.operations.{{op}}')" for package in _PACKAGES}
    ),
    strings=words("{class} {table} {member} _{phase}_{op}_data"),
    targets=words("cls._data_cache[]"),
    definitions=words("_bind_view load_data"),
    classes=words("{class}"),
    files=words("*/sdk/operations/{op}.py"),
    imports=frozenset({"from __future__ import annotations", "from typing import TYPE_CHECKING, ClassVar"})
    | {f"import {native} as _core" for _, native in _PACKAGES.values()}
    | {f"from {shims}.sdk._compat import alias_module as _alias_module" for shims, _ in _PACKAGES.values()},
)

_IMPORTS = common.imports(
    [f"{package}.sdk" for package in _PACKAGES],
    ".operations.base import OpShellKit",
    ".perf_database import PerfDatabase",
    ".perf_database import PerfDataFilename",
    ".engine_table_view import load_view",
    ".operations.{op} import {classes}",
)

# The dict of what makes a view's keys Python values again.
_KEYS = Vocabulary(
    nodes=words("Dict GeneratorExp Lambda Tuple comprehension"),
    locals=words("convert part text"),
    calls=words("convert json.loads tuple zip"),
    keywords=words("strict"),
    globals=words("_GEMM_Q _MOE_Q _FMHA_Q _KV_Q _COMM_Q _str _int _int_tuple"),
    strings=words("{table} _{phase}_{op}_data"),
)

# Upstream's inventories: the module, and the functions of its shell.
_INVENTORY = Vocabulary(
    nodes=words("Dict List Set Tuple"),
    calls=words("frozenset"),
    strings=words("{op}.py operations.{op} {class}.load_data _bind_view"),
)

WORDS: Mapping[str, Vocabulary] = {
    StepKey.ENUM: common.ENUM | Vocabulary(strings=words("{stem}.parquet")),
    StepKey.OPERATOR: _RUST,
    StepKey.TABLE: _RUST,
    StepKey.VIEW: _KEYS,
    f"{StepKey.VIEW}.rs": _RUST,
    StepKey.CLASS: _RUST,
    StepKey.OPERATIONS: _SHELL | _IMPORTS,
    StepKey.WIRING: common.WIRING,
    StepKey.TEST: _INVENTORY,
    f"{StepKey.TEST}.rs": _RUST | _TESTED | _LISTED,
    StepKey.DATA: filed.FAMILY | filed.REUSE,
}
