"""Probes of the layouts whose ops own their tables.

As in the other family, each probe asks for what an edit or the generated code will use. Trees on the way from one
release to the next are in: whether `interpolation.py` or `perf_interp` answers, how tables are filed and whether
`Operation` knows context parallelism are facts of the tree, whatever its layout.
"""

from __future__ import annotations

import ast
import functools
from typing import Literal

from ...checkout.python import PythonSource
from ...checkout.tree import Tree
from ...edits.python.find import assigned_dict, assigned_list, attempt, find_class, find_method
from ..python.probes import Questions
from ..python.sdk import Sdk, functions, methods
from .facts import OpOwnedFacts

OPERATION_METHODS = ("load_data", "clear_cache", "_record_load")
DATABASE_METHODS = ("_query_silicon_or_hybrid", "_interp_pr", "_build_op_sources", "enable_shared_layer")
EMPIRICAL_FUNCTIONS = ("require_data_slice", "grid_for", "estimate")
INTERPOLATION_FUNCTIONS = (
    "nearest_1d_point_helper",
    "interp_1d",
    "interp_2d_linear",
    "interp_3d",
    "extrapolate_data_grid",
)
PERF_INTERP_NAMES = ("Grid", "OpInterpConfig", "ValueTransform", "get_value", "query")
# The packages that these layouts know the SDK to be in, with shims at the old place or without.
CORE = "aiconfigurator_core"
OWN = "aiconfigurator"


class OwnedProber:
    """Asks one tree whose SDK is in a core package (`core`), or in the package itself."""

    def __init__(self, tree: Tree, *, core: bool) -> None:
        self.core = core
        home = f"{tree.places.core or CORE}/sdk" if core else tree.at("sdk")
        self.sdk = Sdk(tree, home)
        self.questions = Questions(self.sdk)
        self.ask = self.questions.ask

    @functools.cached_property
    def operations(self) -> PythonSource | None:
        return self.sdk.parsed("operations/__init__.py")

    @functools.cached_property
    def base(self) -> PythonSource | None:
        return self.sdk.parsed("operations/base.py")

    # required

    def package(self) -> None:
        places = self.sdk.tree.places
        found, name = places.core, places.core_name or places.name
        detail = f"{found} holds it" if found else f"there is no {CORE}/sdk"
        if found is None and self.sdk.tree.source(self.sdk.tree.at("sdk/_compat.py")) is not None:
            detail += ", but shims for it: name the root of the repository"
        self.ask(
            "core-package",
            f"is the SDK in a package {CORE}?" if self.core else f"is the SDK in {OWN} itself?",
            name == (CORE if self.core else OWN),
            detail,
        )

    def package_files(self) -> None:
        for name in ("common.py", "perf_database.py", "errors.py", "operations/__init__.py", "operations/base.py"):
            source = self.sdk.parsed(name)
            probe = name.removesuffix(".py").replace("/__init__", "").replace("/", "-").replace("_", "-")
            self.ask(
                f"{probe}-file", f"is there {self.sdk.path(name)}?", source is not None, "" if source else "not there"
            )

    def exports(self) -> None:
        found, problem = (
            attempt(assigned_list, self.operations, self.operations.tree, "__all__")
            if self.operations
            else (None, None)
        )
        self.ask(
            "exports",
            "does the operations package list its names in __all__?",
            found is not None,
            problem.found if problem else "",
            self.operations.place(found) if self.operations and found else None,
        )

    def python_ops(self) -> None:
        """Where ops are classes of a compiled engine, a new one needs code of that engine."""
        owner, detail = self._operation, ""
        if owner is None and self.base is not None:
            imported = next((n for n in ast.walk(self.base.tree) if _imports(n, "Operation")), None)
            if imported is not None:
                module = imported.module if isinstance(imported, ast.ImportFrom) else ""
                detail = f"Operation comes from {module}: its ops are written in Rust, which a spec can't add to"
        has = methods(owner) if owner else set()
        missing = [name for name in OPERATION_METHODS if name not in has]
        self.ask(
            "python-ops",
            f"does operations/base.py define class Operation with {', '.join(OPERATION_METHODS)}?",
            owner is not None and not missing,
            detail or (f"no {', '.join(missing)}" if owner else "no such class"),
            self.base.place(owner) if self.base and owner else None,
        )

    @functools.cached_property
    def _operation(self) -> ast.ClassDef | None:
        return attempt(find_class, self.base, "Operation")[0] if self.base else None

    def rows(self) -> None:
        found = "_read_filtered_rows" in functions(self.base)
        self.ask("rows", "does operations/base.py define _read_filtered_rows?", found)

    def database_class(self) -> None:
        has = methods(self.sdk.db_class) if self.sdk.db_class else set()
        self.questions.names("database", "does PerfDatabase have", DATABASE_METHODS, has)
        wrapper = attempt(find_class, self.sdk.database, "LoadedOpData")[0] if self.sdk.database else None
        self.ask("wrapper", "does perf_database.py define LoadedOpData?", wrapper is not None)

    def errors(self) -> None:
        source = self.sdk.parsed("errors.py")
        names = {n.name for n in source.tree.body if isinstance(n, ast.ClassDef)} if source else set()
        wanted = ("PerfDataNotAvailableError", "EmpiricalNotImplementedError")
        self.questions.names("errors", "does errors.py define", wanted, names)

    def empirical(self) -> None:
        names = functions(self.sdk.parsed("operations/util_empirical.py"))
        self.questions.names("util-empirical", "does operations/util_empirical.py define", EMPIRICAL_FUNCTIONS, names)

    @functools.cached_property
    def engine(self) -> Literal["interpolation", "perf_interp"] | None:
        """What finds values between measured points."""
        if set(PERF_INTERP_NAMES) <= self._perf_interp_names:
            return "perf_interp"
        if set(INTERPOLATION_FUNCTIONS) <= functions(self.sdk.parsed("interpolation.py")):
            return "interpolation"
        return None

    @functools.cached_property
    def _perf_interp_names(self) -> set[str]:
        source = self.sdk.parsed("perf_interp/__init__.py")
        if source is None:
            return set()
        return {a.asname or a.name for n in source.tree.body if isinstance(n, ast.ImportFrom) for a in n.names}

    def interpolation(self) -> None:
        there = functions(self.sdk.parsed("interpolation.py"))
        lacking = [n for n in INTERPOLATION_FUNCTIONS if n not in there]
        no_engine = [n for n in PERF_INTERP_NAMES if n not in self._perf_interp_names]
        self.ask(
            "interpolation",
            "does perf_interp or interpolation.py find values between measured points?",
            self.engine is not None,
            self.engine or f"perf_interp has no {', '.join(no_engine)}; interpolation.py no {', '.join(lacking)}",
        )

    def tags(self) -> None:
        self.ask("source-tags", "does PerformanceResult take source=?", self.sdk.source_tags)

    def shims(self, sdk: str) -> None:
        """The old package, whose modules are aliases made by `_compat.alias_module`."""
        compat = self.sdk.tree.python(f"{sdk}/_compat.py")
        self.ask(
            "shims",
            f"does {sdk}/_compat.py define alias_module, and is there {sdk}/operations?",
            "alias_module" in functions(compat) and self.sdk.tree.is_dir(f"{sdk}/operations"),
            "" if compat else "no such file",
        )

    # facts

    @functools.cached_property
    def seq_split(self) -> bool:
        new = attempt(find_method, self.base, self._operation, "__init__")[0] if self.base and self._operation else None
        return new is not None and any(a.arg == "seq_split" for a in (*new.args.args, *new.args.kwonlyargs))

    @functools.cached_property
    def family_first(self) -> bool:
        return "resolve_op_data_path" in functions(self.base)

    @functools.cached_property
    def flops_helper(self) -> bool:
        source = self.sdk.parsed("operations/gemm.py")
        owner = attempt(find_class, source, "GEMM")[0] if source else None
        return owner is not None and "_get_quant_tc_flops" in methods(owner)

    @functools.cached_property
    def support_matrix(self) -> bool:
        matrix = attempt(find_class, self.sdk.database, "_LazySupportMatrix")[0] if self.sdk.database else None
        if self.sdk.database is None or matrix is None or "_resolve" not in methods(matrix):
            return False
        keys = attempt(assigned_dict, self.sdk.database, matrix, "_BACKEND_KEYS")[0]
        return keys is not None and all(isinstance(v, (ast.Tuple, ast.List)) for v in keys.values)

    def owned_facts(self) -> None:
        self.questions.sixteen_bit()
        for probe, asks, found in (
            ("seq-split", "does Operation take seq_split (context parallelism)?", self.seq_split),
            ("family-first", "are tables filed by family (resolve_op_data_path)?", self.family_first),
            ("flops-helper", "does GEMM have _get_quant_tc_flops?", self.flops_helper),
            ("support-matrix", "does _LazySupportMatrix list keys per backend?", self.support_matrix),
        ):
            self.ask(probe, asks, found, required=False)
        self.questions.tests()

    def ask_all(self) -> None:
        """Every probe of the family, in the order in which they are explained."""
        self.package()
        self.package_files()
        self.questions.enum_members()
        self.python_ops()
        self.exports()
        self.rows()
        self.database_class()
        self.errors()
        self.empirical()
        self.interpolation()
        self.tags()
        self.questions.model_files()
        self.owned_facts()
        if self.core:
            self.shims(self.sdk.tree.at("sdk"))

    def facts(self, layout: str, templates: tuple[str, ...]) -> OpOwnedFacts:
        """The facts of a tree whose required probes all hold."""
        sdk = self.sdk
        assert sdk.suffix and sdk.sixteen_bit and self.engine
        tests = sdk.tree.places.tests
        return OpOwnedFacts(
            layout=layout,
            templates=templates,
            package=f"{CORE if self.core else OWN}.sdk",
            common=sdk.path("common.py"),
            perf_database=sdk.path("perf_database.py"),
            operations=sdk.path("operations/__init__.py"),
            models=sdk.models,
            suffix=sdk.suffix,
            sixteen_bit=sdk.sixteen_bit,
            flops_helper=self.flops_helper,
            source_tags=True,
            tests=sdk.test_folder,
            stubs=sdk.existing(f"{tests}/unit/sdk/database/conftest.py"),
            systems=sdk.tree.places.systems,
            quants=sdk.quants,
            engine=self.engine,
            family_first=self.family_first,
            seq_split=self.seq_split,
            support_matrix=self.support_matrix,
            shims=sdk.tree.at("sdk/operations") if self.core else None,
            import_contract=sdk.existing(f"{tests}/cross_package/test_import_contract.py"),
            opspec_coverage=sdk.existing(f"{tests}/unit/sdk/test_opspec_coverage.py"),
            engine_step=sdk.existing(sdk.path("rust_engine_step.py")),
            afd=sdk.existing(sdk.path("afd_partition.py")),
        )


def _imports(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names)
