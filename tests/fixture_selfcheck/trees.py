"""What a checkout answers to the questions that decide where an op's code goes.

One function per group of anchors, each of a parsed tree and nothing else, so that a fixture and the release it stands
for can be asked the same and compared. Values are plain data: names, orders, kinds of statements, never bodies.
"""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path

#: Helpers that generated code calls, where a layout has them.
HELPERS = (
    "_bilinear_interpolation",
    "_build_op_sources",
    "_correct_data",
    "_extrapolate_data_grid",
    "_get_quant_tc_flops",
    "_get_value",
    "_interp_1d",
    "_interp_2d_1d",
    "_interp_2d_linear",
    "_interp_3d",
    "_interp_3d_linear",
    "_interp_pr",
    "_nearest_1d_point_helper",
    "_query_silicon_or_hybrid",
    "_update_support_matrix",
    "_validate",
    "get_default_database_mode",
    "is_inter_node",
    "set_default_database_mode",
)
#: Names that generated code may use without importing them.
MODULE_NAMES = (
    "Callable",
    "LoadedOpData",
    "Optional",
    "PerfDataFilename",
    "PerfDataNotAvailableError",
    "PerformanceResult",
    "_read_filtered_rows",
    "annotations",
    "common",
    "csv",
    "defaultdict",
    "functools",
    "interpolation",
    "logger",
    "math",
    "operations",
    "os",
    "util_empirical",
)
#: Names that wiring arguments may use, where a model's method binds them.
SCOPE_NAMES = (
    "attention_dp_size",
    "cfg",
    "count",
    "counts",
    "fmha_q",
    "fmha_quant_mode",
    "gemm_q",
    "gemm_quant_mode",
    "h",
    "kvcache_q",
    "kvcache_quant_mode",
    "layer_counts",
    "moe_quant_mode",
    "num_kv_heads_per_gpu",
    "pp",
    "pp_scale_factor",
    "pp_size",
    "tp",
    "tp_size",
    "workload_distribution",
)
#: Ops whose construction a fixture keeps exactly.
EXACT_OPS = (
    "ContextAttention",
    "ContextMLA",
    "CustomAllReduce",
    "ElementWise",
    "Embedding",
    "FallbackOp",
    "GDNKernel",
    "GenerationAttention",
    "GenerationMLA",
    "MLABmm",
    "Mamba2Kernel",
    "NCCL",
    "Operation",
    "OverlapOp",
    "P2P",
    "WideEPContextMLA",
    "WideEPGenerationMLA",
)
QUERIES = ("query_gemm", "query_context_mla", "query_generation_mla", "query_mla_bmm", "query_mem_op")


def parameters(function: ast.FunctionDef) -> list[str]:
    """Names of a function's parameters in order, `*`, `*args` and `**kwargs` included."""
    args = function.args
    names = [arg.arg for arg in args.posonlyargs + args.args]
    if args.vararg:
        names.append(f"*{args.vararg.arg}")
    elif args.kwonlyargs:
        names.append("*")
    names += [arg.arg for arg in args.kwonlyargs]
    return names + ([f"**{args.kwarg.arg}"] if args.kwarg else [])


def bound_names(body: list[ast.stmt]) -> set[str]:
    """Names that a module's or function's own statements bind, not those of nested scopes."""
    names = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        else:
            names |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


class Checkout:
    """A tree's sources, parsed when first asked for. `root` is what holds `src` (or `aic-core/src`)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        core = root / "aic-core" / "src" / "aiconfigurator_core"
        self.package = core if core.is_dir() else root / "src" / "aiconfigurator"
        self.sdk = self.package / "sdk"

    def parse(self, path: Path) -> ast.Module:
        return ast.parse(path.read_text(encoding="utf-8"))

    @cached_property
    def common(self) -> ast.Module:
        return self.parse(self.sdk / "common.py")

    @cached_property
    def database(self) -> ast.Module:
        return self.parse(self.sdk / "perf_database.py")

    @cached_property
    def perf_database(self) -> ast.ClassDef:
        return class_of(self.database, "PerfDatabase")

    @cached_property
    def init(self) -> ast.FunctionDef:
        return method_of(self.perf_database, "__init__")

    def modules(self, name: str) -> dict[str, ast.Module]:
        """`name.py`, or every module of the package `name`, by path relative to the SDK."""
        single = self.sdk / f"{name}.py"
        paths = [single] if single.is_file() else sorted((self.sdk / name).glob("*.py"))
        return {path.relative_to(self.sdk).as_posix(): self.parse(path) for path in paths}


def class_of(module: ast.Module, name: str) -> ast.ClassDef:
    return next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == name)


def methods_of(cls: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}


def method_of(cls: ast.ClassDef, name: str) -> ast.FunctionDef:
    return methods_of(cls)[name]


def string_of(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
