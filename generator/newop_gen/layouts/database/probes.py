"""Probes of the layouts whose op code is in `sdk/perf_database.py`."""

from __future__ import annotations

import ast
import functools

from ...checkout.python import PythonSource
from ...checkout.tree import Tree
from ...edits.python.find import (
    assigned_dict,
    attempt,
    calls_in_body,
    dotted,
    find_assign,
    find_class,
    find_method,
    find_nested_function,
)
from ..python.probes import Questions
from ..python.sdk import Sdk
from .facts import DatabaseFacts

CORRECT = "self._correct_data"


class DatabaseProber:
    """Asks one tree, whose SDK is in the package itself."""

    def __init__(self, tree: Tree) -> None:
        self.sdk = Sdk(tree, tree.at("sdk"))
        self.questions = Questions(self.sdk)
        self.ask = self.questions.ask

    @property
    def database(self) -> PythonSource | None:
        return self.sdk.database

    @functools.cached_property
    def operations(self) -> PythonSource | None:
        return self.sdk.parsed("operations.py")

    @functools.cached_property
    def init(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        if self.database is None or self.sdk.db_class is None:
            return None
        return attempt(find_method, self.database, self.sdk.db_class, "__init__")[0]

    def files(self) -> None:
        for name, source in (
            ("common", self.sdk.common),
            ("perf_database", self.database),
            ("operations", self.operations),
        ):
            what = f"sdk/{name}.py"
            detail = "" if source else ("a package" if self.sdk.tree.is_dir(self.sdk.path(name)) else "not there")
            self.ask(f"{name}-file", f"is {what} one file?", source is not None, detail)

    def loaders(self) -> None:
        names = [n.name for n in self._functions() if n.name.startswith("load_") and n.name.endswith("_data")]
        self.ask(
            "loaders", "does sdk/perf_database.py define load_*_data functions?", bool(names), f"{len(names)} of them"
        )

    def corrections(self) -> None:
        calls = calls_in_body(self.init, CORRECT) if self.init else []
        self.ask(
            "corrections",
            "does PerfDatabase.__init__ call self._correct_data() twice at its top level?",
            len(calls) == 2,
            f"{len(calls)} times",
            self.database.place(calls[0]) if calls and self.database else None,
        )

    def methods(self, *names: str) -> None:
        for name in names:
            self.ask(
                f"method-{name.strip('_').replace('_', '-')}",
                f"does PerfDatabase have {name}?",
                self.sdk.has_method(name),
            )

    @functools.cached_property
    def load_op_data(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        if self.database is None or self.init is None:
            return None
        return attempt(find_nested_function, self.database, self.init, "_load_op_data")[0]

    @functools.cached_property
    def func_map(self) -> ast.Dict | None:
        if self.database is None or self.load_op_data is None:
            return None
        return attempt(assigned_dict, self.database, self.load_op_data, "func_map")[0]

    def wrapper(self) -> None:
        """Loaders are registered in `func_map`, and what they give is wrapped."""
        self.ask(
            "func-map",
            "is func_map a dict literal in PerfDatabase.__init__._load_op_data?",
            self.func_map is not None,
            "" if self.func_map else "no func_map" if self.load_op_data else "no _load_op_data",
            self.database.place(self.func_map) if self.database and self.func_map else None,
        )
        owner = attempt(find_class, self.database, "LoadedOpData")[0] if self.database else None
        self.ask(
            "wrapper",
            "does sdk/perf_database.py define LoadedOpData with raise_if_not_loaded?",
            owner is not None
            and any(isinstance(n, ast.FunctionDef) and n.name == "raise_if_not_loaded" for n in owner.body),
        )

    def direct_calls(self) -> None:
        """Loaders are called by `__init__` itself, with a path below its `data_dir`."""
        found = self.load_op_data
        self.ask(
            "direct-calls",
            "does PerfDatabase.__init__ call loaders itself, without a _load_op_data?",
            found is None,
            "_load_op_data is there" if found else "",
            self.database.place(found) if self.database and found else None,
        )
        known = attempt(find_assign, self.database, self.init, "data_dir")[0] if self.database and self.init else None
        self.ask("data-dir", "does PerfDatabase.__init__ set data_dir?", known is not None)

    @property
    def reads_sources(self) -> bool:
        return any(n.name == "_read_filtered_rows" for n in self._functions())

    @property
    def builds_sources(self) -> bool:
        calls = ast.walk(self.load_op_data) if self.load_op_data else ()
        return any(isinstance(n, ast.Call) and dotted(n.func) == "self._build_op_sources" for n in calls)

    def sources(self, wanted: bool) -> None:
        """What loaders read with."""
        self.ask(
            "sources",
            "do loaders read (path, kernel_source) sources through _read_filtered_rows?"
            if wanted
            else "do loaders read one path, without _read_filtered_rows?",
            self.reads_sources == wanted,
            "_read_filtered_rows is there" if self.reads_sources else "no _read_filtered_rows",
        )

    def given(self, wanted: bool) -> None:
        """What loaders are called with: a tree half-way between path and sources has no layout."""
        self.ask(
            "given",
            "does _load_op_data give loaders what self._build_op_sources builds?"
            if wanted
            else "are loaders given one path, and nothing that self._build_op_sources builds?",
            self.builds_sources == wanted,
            "_build_op_sources is called" if self.builds_sources else "no call of _build_op_sources",
        )

    def errors(self) -> None:
        defined = {n.name for n in self.database.tree.body if isinstance(n, ast.ClassDef)} if self.database else set()
        self.ask(
            "errors",
            "does sdk/perf_database.py define PerfDataNotAvailableError?",
            "PerfDataNotAvailableError" in defined,
        )

    def operation_base(self) -> None:
        base = attempt(find_class, self.operations, "Operation")[0] if self.operations else None
        self.ask("operation", "does sdk/operations.py define class Operation?", base is not None)

    def idiom(self) -> None:
        self.questions.sixteen_bit()
        self.ask("flops-helper", "does PerfDatabase have _get_quant_tc_flops?", self.flops_helper, required=False)
        self.ask("source-tags", "does PerformanceResult take source=?", self.sdk.source_tags, required=False)
        self.ask(
            "loader-stubs",
            "do the test fixtures name every loader in _LOADER_STUBS?",
            self.stubs is not None,
            self.stubs or "",
            required=False,
        )
        self.questions.tests()

    # facts: they decide how things are written, not whether

    @property
    def flops_helper(self) -> bool:
        return self.sdk.has_method("_get_quant_tc_flops")

    @functools.cached_property
    def stubs(self) -> str | None:
        """The test fixtures that replace every loader, named in a dict `_LOADER_STUBS`."""
        path = f"{self.sdk.test_folder}/conftest.py"
        source = self.sdk.tree.python(path) if self.sdk.test_folder else None
        if source is None or attempt(assigned_dict, source, source.tree, "_LOADER_STUBS")[0] is None:
            return None
        return path

    def facts(self, layout: str, templates: tuple[str, ...], *, wrapper: bool) -> DatabaseFacts:
        """The facts of a tree whose required probes all hold."""
        sdk = self.sdk
        assert sdk.suffix and sdk.sixteen_bit
        return DatabaseFacts(
            layout=layout,
            templates=templates,
            common=sdk.path("common.py"),
            perf_database=sdk.path("perf_database.py"),
            operations=sdk.path("operations.py"),
            models=sdk.models,
            suffix=sdk.suffix,
            sixteen_bit=sdk.sixteen_bit,
            flops_helper=self.flops_helper,
            source_tags=sdk.source_tags,
            wrapper=wrapper,
            reads_sources=self.reads_sources,
            tests=sdk.test_folder,
            stubs=self.stubs,
            systems=sdk.tree.places.systems,
            quants=sdk.quants,
        )

    def _functions(self) -> list[ast.FunctionDef]:
        return [n for n in self.database.tree.body if isinstance(n, ast.FunctionDef)] if self.database else []
