"""Words of inserted code that every layout's steps have, by what the code is for.

A layout's own list (`words.py` in its package) is put together from these and from what its own templates add. Written
down, never asked of a template: these lists and `guard` are what a rendered text is held against.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...guard.vocabulary import Vocabulary, numbers, words

QUANTS = words("CommQuantMode FMHAQuantMode GEMMQuantMode KVCacheQuantMode MoEQuantMode")
SIXTEEN = words("bfloat16 float16")
PHASES = words("context generation")
LEAF = words("latency power energy")

VALUES = Vocabulary(nodes=words("BinOp BoolOp Compare IfExp Subscript UnaryOp JoinedStr List"))

# A formula: lets, a table of constants, FLOPs and bytes over what the GPU does in a second.
FORMULA = Vocabulary(
    nodes=words("Assign Dict If Raise"),
    globals=words("common self database min max ValueError GEMM b s x prefix"),
    locals=words("constants row sol_math sol_mem prefix"),
    heads=words("sol_math sol_mem"),
    attributes=QUANTS | SIXTEEN | words("value memory compute name system_spec"),
    calls=words("min max ValueError constants.get *.join self._get_quant_tc_flops GEMM._get_quant_tc_flops"),
    messages=words("ValueError"),
    strings=SIXTEEN | words("gpu mem_bw bfloat16_tc_flops float16_tc_flops") | {", "},
    numbers=numbers(0, 0.0, 1, 1000),
)

LOADER = Vocabulary(
    nodes=words("Assign AugAssign Continue Dict ExceptHandler Expr For FunctionDef If Raise Return Slice Try"),
    globals=words("KeyError TypeError ValueError ZeroDivisionError common min max"),
    locals=words("error key latency leaves number path perf_file power repeated row rows")
    | words("{op}_data {op}_file {param}_names"),
    attributes=QUANTS | SIXTEEN,
    calls=words("enumerate int float len min max ValueError row.get leaves.setdefault logger.debug {param}_names.get"),
    messages=words("logger.debug ValueError"),
    keywords=words("start"),
    strings=LEAF | PHASES | SIXTEEN,
    numbers=numbers(0, 0.0, 1, 2, 1000, 1000000),
    targets=words("leaves[]"),
    definitions=words("{loader}"),
)

# Lists of targets as upstream's own pre-interpolation has them, and the steps of their ranges.
_TARGETS = numbers(
    *range(0, 7), *range(8, 13), 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 72, 96, *(2**n for n in range(6, 20)),
    384, 1114112, 16777216,
)  # fmt: skip

GRIDS = Vocabulary(
    nodes=words("Assign Dict Expr For GeneratorExp If ListComp Starred comprehension"),
    globals=words("self"),
    locals=words("below fewest grid grids heads leaf plane row table value x_heads y_heads z_heads"),
    attributes=words("{table}"),
    calls=words("*.values *.get min len range leaf.setdefault"),
    keywords=words("data_dict target_x_list target_y_list target_z_list sqrt_y_value"),
    strings=LEAF | PHASES,
    numbers=_TARGETS,
)

INTERPOLATION = Vocabulary(
    nodes=words("Assign Dict ExceptHandler Expr For FunctionDef GeneratorExp If Raise Return Slice Starred Try")
    | words("comprehension"),
    globals=words("PerfDatabase PerfDataNotAvailableError ValueError bool dict float int object staticmethod str tuple")
    | words("range map max min list"),
    locals=words("_ at axis collected database energy error full_cell high i inside latency left level low measured")
    | words("along near node pair point rest result right self table value below where"),
    attributes=words("_extracted_metrics_cache"),
    calls=words("along full_cell all dict float iter len list map max min next tuple inside.append measured.get")
    | words("*.join *.values PerfDataNotAvailableError"),
    messages=words("PerfDataNotAvailableError"),
    keywords=words("inner_only"),
    strings=LEAF | words("cubic =") | {", "},
    numbers=numbers(0, 0.0, 1, 2),
    definitions=words("along full_cell _interpolate _interpolate_context _interpolate_generation"),
)

HEADS = Vocabulary(  # signatures and modes of a query
    nodes=words("Assign Expr FunctionDef If Return"),
    globals=words("PerformanceResult common float int str tuple"),
    locals=words("self database_mode b s x prefix"),
    attributes=QUANTS | words("DatabaseMode EMPIRICAL HYBRID SILICON SOL SOL_FULL _default_database_mode {table}"),
    calls=words("functools.lru_cache"),
    keywords=words("maxsize b s x prefix database_mode"),
    numbers=numbers(32768),
)

# Which row of a table a query means.
LOOKUP = Vocabulary(
    nodes=words("Assign For GeneratorExp If Lambda ListComp Raise comprehension"),
    globals=words("len min max map str"),
    locals=words("alike asked collected key measured name other table"),
    calls=words("abs len map min max sorted PerfDataNotAvailableError"),
    messages=words("PerfDataNotAvailableError"),
    keywords=words("key default"),
    strings=PHASES | words("phase"),
    numbers=numbers(0),
)

ANSWERS = Vocabulary(  # SOL, measured and empirical, put together
    nodes=words("Assign ExceptHandler Expr FunctionDef If Raise Return Try"),
    globals=words("PerfDataNotAvailableError get_silicon get_empirical get_sol"),
    locals=words("correction energy error full_s latency table whole"),
    calls=words("PerformanceResult PerfDataNotAvailableError get_sol get_empirical get_silicon max logger.debug"),
    messages=words("PerfDataNotAvailableError logger.debug"),
    keywords=words("energy source prefix s"),
    strings=words("sol empirical"),
    numbers=numbers(0, 0.0, 1, 1.0, 2),
    definitions=words("get_sol get_empirical get_silicon"),
)

# Tables that know whether they were loaded, and the database's own choice between measured and empirical.
WRAPPED = Vocabulary(
    globals=words("self common"),
    attributes=words("data system backend version PerfDataFilename value"),
    calls=words("self._query_silicon_or_hybrid *.raise_if_not_loaded"),
    keywords=words("get_silicon get_empirical database_mode error_msg"),
)

OPERATION = Vocabulary(
    nodes=words("Assign ClassDef Expr FunctionDef If Raise Return"),
    globals=words("Operation PerfDatabase PerformanceResult common float int str"),
    locals=words("self name scale_factor kwargs database beam_width result"),
    heads=words("weights"),
    attributes=QUANTS | words("energy _scale_factor _weights _{param}"),
    calls=words("PerformanceResult ValueError float kwargs.get database.{query}"),
    exact=frozenset(
        {
            "super().__init__(name, scale_factor)",
            "getattr(result, 'source', 'silicon')",
            "self.__class__.__name__",
        }
    ),
    messages=words("ValueError"),
    keywords=words("energy source b s x prefix"),
    strings=words("beam_width batch_size prefix s x"),
    numbers=numbers(0, 0.0, 1),
    targets=words("self._weights self._{param}"),
    definitions=words("__init__ query get_weights"),
    classes=words("{class}"),
)

ENUM = Vocabulary(nodes=words("Assign"), locals=words("{member}"))

SUPPORT = Vocabulary(  # what a support matrix lists
    nodes=words("Assign Dict Expr For If List ListComp Return SetComp comprehension"),
    globals=words("self"),
    locals=words("below collected kernels key matrix mode name supported table tables")
    | {f"level{n}" for n in range(9)},
    attributes=words("name supported_quant_mode {table}"),
    calls=words("*.values"),
    strings=SIXTEEN | words("{member} {phase}_{op}"),
    targets=words("matrix[] self.supported_quant_mode[]"),
)

WIRING = Vocabulary(
    nodes=words("Assign BinOp BoolOp Compare Expr If IfExp Import List Starred Subscript UnaryOp"),
    globals=words("self common logger ops"),
    locals=words("logger {op}_{quant} own_{op}_{quant}"),
    heads=words("{op}_{quant} own_{op}_{quant}"),
    attributes=QUANTS | SIXTEEN | words("name _num_layers _mtp_scale_factor"),
    calls=words("logger.info min max *.append *.extend ops.{class}"),
    exact=frozenset({"logging.getLogger(__name__)"}),
    messages=words("logger.info"),
    keywords=words("seq_split"),
    strings=SIXTEEN,
    numbers=numbers(1),
    imports=frozenset({"import logging"}),
    wired=True,
    copies=True,
)

TEST = Vocabulary(
    nodes=words("Assert Assign BinOp BoolOp Compare Dict DictComp Expr For FunctionDef GeneratorExp IfExp Import")
    | words("ImportFrom List ListComp Return Starred UnaryOp While With comprehension withitem"),
    globals=words("PerfDataNotAvailableError PerfDatabase ValueError common ops pytest SYSTEM TABLES tmp_path"),
    locals=words(
        "SYSTEM TABLES asked before below database empty_database folder hybrid k latency leaf m measured mode"
    )
    | words("module name node op op_class params path pytestmark query result root row rows silicon sol split stem")
    | words("table tables text tmp_path v x _ full {ANSWER} {ANSWER}_ELSEWHERE"),
    attributes=QUANTS
    | SIXTEEN
    | words("DatabaseMode EMPIRICAL HYBRID SILICON SOL SOL_FULL data energy fixture mark source unit {table} {query}"),
    calls=words("PerfDatabase asked.items count_leaves csv.DictReader dict float folder.mkdir iter make_database next")
    | words("op.query op_class pytest.approx pytest.mark.parametrize pytest.raises query str split.query sum")
    | words("tables.items text.splitlines *.values *.write_text database.{query} empty_database.{query}"),
    exact=frozenset({"yaml.safe_dump(SYSTEM)"}),
    keywords=words("parents match rel database_mode batch_size beam_width prefix s x b seq_split"),
    strings=LEAF
    | PHASES
    | words(
        "1.0.0 alpha asked b beta data empirical made_up made_up.yaml not_listed prefix s silicon sol trtllm x .txt"
        " beam_width"
    )
    | words("{phase}_{op} {loader}")
    | {"no data for", "not_collected", "silicon data"},
    numbers=numbers(1e-12, 1e-9, 0.0, 500.0),
    definitions=words("count_leaves database empty_database make_database query")
    | words("test_loader_keeps_every_key_of_{member}_once test_{answer}_without_data")
    | words("test_{answer}_without_data_is_its_sol test_{answer}_of_a_key_that_was_not_collected")
    | words("test_{answer}_speed_of_light_elsewhere"),
    imports=frozenset({"import csv", "import pytest", "import yaml"}),
    files=words("tests/sdk/database/test_{op}.py tests/unit/sdk/database/test_{op}.py"),
    data=True,
    sizes=True,
)


def imports(packages: Iterable[str], *what: str) -> Vocabulary:
    """`from PACKAGE` followed by each of `what`, for each of the SDK's import names."""
    return Vocabulary(
        nodes=words("ImportFrom"), imports=frozenset(f"from {package}{one}" for package in packages for one in what)
    )
