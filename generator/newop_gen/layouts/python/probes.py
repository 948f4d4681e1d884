"""Probes of this family of layouts: does the tree have what the edits need?

Each probe asks for the very anchor that an edit will use, so that a tree in between two releases works when it has
them all, and is refused with the one that it lacks.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

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
    last_assign_in_class,
)
from ...problems import CheckoutRefused, Place
from ...sol.quants import Quant, canonical
from ..base import Probe
from .facts import DatabaseFacts

CORRECT = "self._correct_data"


@dataclass
class Prober:
    """Asks one tree. Answers are kept: probes, facts and plan look at the same nodes."""

    tree: Tree
    probes: list[Probe] = field(default_factory=list)

    def source(self, name: str) -> PythonSource | None:
        return self.tree.python(self.tree.at(f"sdk/{name}"))

    @functools.cached_property
    def common(self) -> PythonSource | None:
        return self._parsed("common.py")

    @functools.cached_property
    def database(self) -> PythonSource | None:
        return self._parsed("perf_database.py")

    @functools.cached_property
    def operations(self) -> PythonSource | None:
        return self._parsed("operations.py")

    def _parsed(self, name: str) -> PythonSource | None:
        source = self.source(name)
        if source is not None:
            _ = source.tree  # a file that does not parse is refused here, with its line
        return source

    @functools.cached_property
    def enum(self) -> ast.ClassDef | None:
        return attempt(find_class, self.common, "PerfDataFilename")[0] if self.common else None

    @functools.cached_property
    def db_class(self) -> ast.ClassDef | None:
        return attempt(find_class, self.database, "PerfDatabase")[0] if self.database else None

    @functools.cached_property
    def init(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        if self.database is None or self.db_class is None:
            return None
        return attempt(find_method, self.database, self.db_class, "__init__")[0]

    def ask(
        self, name: str, asks: str, found: bool, detail: str = "", where: Place | None = None, required: bool = True
    ) -> bool:
        self.probes.append(Probe(name, asks, found, detail, where, required))
        return found

    # questions that every layout of the family asks

    def files(self) -> None:
        for name, source in (
            ("common", self.common),
            ("perf_database", self.database),
            ("operations", self.operations),
        ):
            what = f"sdk/{name}.py"
            detail = "" if source else ("a package" if self.tree.is_dir(self.tree.at(f"sdk/{name}")) else "not there")
            self.ask(f"{name}-file", f"is {what} one file?", source is not None, detail)

    def enum_members(self) -> None:
        last = None
        if self.common and self.enum:
            last = attempt(last_assign_in_class, self.common, self.enum)[0]
        self.ask(
            "enum",
            "does sdk/common.py have class PerfDataFilename with members that end in one suffix?",
            last is not None and self.suffix is not None,
            f"suffix {self.suffix}" if self.suffix else "",
            self.common.place(self.enum) if self.common and self.enum else None,
        )

    @functools.cached_property
    def suffix(self) -> str | None:
        """The suffix of the perf files, read from the last member."""
        if self.enum is None:
            return None
        values = [
            n.value.value
            for n in self.enum.body
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)
        ]
        return "." + values[-1].rsplit(".", 1)[1] if values and "." in values[-1] else None

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
                self.has_method(name),
            )

    def has_method(self, name: str) -> bool:
        if self.db_class is None:
            return False
        return any(isinstance(n, ast.FunctionDef) and n.name == name for n in self.db_class.body)

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

    @functools.cached_property
    def models(self) -> tuple[str, ...]:
        """Model files, relative to the root."""
        single = self.tree.at("sdk/models.py")
        if self.tree.source(single) is not None:
            return (single,)
        folder = self.tree.at("sdk/models")
        return tuple(f"{folder}/{n}" for n in self.tree.listdir(folder) if n.endswith(".py"))

    def model_files(self) -> None:
        kind = "no model file" if not self.models else "models.py" if len(self.models) == 1 else "models/ package"
        self.ask("models", "does the tree have sdk/models.py or a sdk/models package?", bool(self.models), kind)

    # facts: they decide how things are written, not whether

    @functools.cached_property
    def sixteen_bit(self) -> str | None:
        """What the source of GEMMQuantMode calls its 16-bit member (an alias made at run time would fool an import)."""
        modes = attempt(find_class, self.common, "GEMMQuantMode")[0] if self.common else None
        if modes is None:
            return None
        names = {t.id for n in modes.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
        return next((n for n in ("bfloat16", "float16") if n in names), None)

    @functools.cached_property
    def quants(self) -> dict[str, Quant]:
        """The tree's own quant modes: `name = QuantMapping(bytes per element, compute factor, ...)`."""
        found: dict[str, Quant] = {}
        for owner in self.common.tree.body if self.common else []:
            if not (isinstance(owner, ast.ClassDef) and owner.name.endswith("QuantMode")):
                continue
            for node in owner.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.value.args) >= 2:
                    memory, compute = (_number(a) for a in node.value.args[:2])
                    target = node.targets[0]
                    if memory is not None and compute is not None and isinstance(target, ast.Name):
                        name = canonical(target.id)
                        found.setdefault(name, Quant(name, memory, compute))
        return found

    @functools.cached_property
    def source_tags(self) -> bool:
        """`PerformanceResult` takes `source=`."""
        source = self._parsed("performance_result.py")
        owner = attempt(find_class, source, "PerformanceResult")[0] if source else None
        if source is None or owner is None:
            return False
        new = attempt(find_method, source, owner, "__init__")[0]
        return new is not None and any(a.arg == "source" for a in (*new.args.args, *new.args.kwonlyargs))

    def idiom(self) -> None:
        self.ask(
            "sixteen-bit", "what is the 16-bit quant mode called?", self.sixteen_bit is not None, self.sixteen_bit or ""
        )
        self.ask(
            "flops-helper",
            "does PerfDatabase have _get_quant_tc_flops?",
            self.has_method("_get_quant_tc_flops"),
            required=False,
        )
        self.ask("source-tags", "does PerformanceResult take source=?", self.source_tags, required=False)
        tests = self.test_folder
        self.ask(
            "loader-stubs",
            "do the test fixtures name every loader in _LOADER_STUBS?",
            self.stubs is not None,
            self.stubs or "",
            required=False,
        )
        self.ask(
            "tests", "is there a test tree for a generated unit test?", tests is not None, tests or "", required=False
        )

    @functools.cached_property
    def test_folder(self) -> str | None:
        return next((p for p in ("tests/unit/sdk/database", "tests/sdk/database") if self.tree.is_dir(p)), None)

    @functools.cached_property
    def stubs(self) -> str | None:
        """The test fixtures that replace every loader, named in a dict `_LOADER_STUBS`."""
        path = f"{self.test_folder}/conftest.py"
        source = self.tree.python(path) if self.test_folder else None
        if source is None or attempt(assigned_dict, source, source.tree, "_LOADER_STUBS")[0] is None:
            return None
        return path

    def facts(self, layout: str, *, wrapper: bool) -> DatabaseFacts:
        """The facts of a tree whose required probes all hold."""
        assert self.suffix and self.sixteen_bit
        return DatabaseFacts(
            layout=layout,
            common=self.tree.at("sdk/common.py"),
            perf_database=self.tree.at("sdk/perf_database.py"),
            operations=self.tree.at("sdk/operations.py"),
            models=self.models,
            suffix=self.suffix,
            sixteen_bit=self.sixteen_bit,  # type: ignore[arg-type]
            flops_helper=self.has_method("_get_quant_tc_flops"),
            source_tags=self.source_tags,
            wrapper=wrapper,
            reads_sources=self.reads_sources,
            tests=self.test_folder,
            stubs=self.stubs,
            systems=self.tree.places.systems,
            quants=self.quants,
        )

    def _functions(self) -> list[ast.FunctionDef]:
        return [n for n in self.database.tree.body if isinstance(n, ast.FunctionDef)] if self.database else []


def _number(node: ast.expr) -> float | None:
    """A number that is written as a literal or as a fraction of two (9 / 16)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left, right = _number(node.left), _number(node.right)
        return left / right if left is not None and right else None
    return None


def guarded(ask: Callable[[Prober], None], prober: Prober) -> list[Probe]:
    """The probes that `ask` asks; a file that can't be read or parsed is a probe that failed, not an error."""
    try:
        ask(prober)
    except CheckoutRefused as refusal:
        problem = refusal.problems[0]
        prober.probes.append(Probe("readable", "can the target files be read?", False, problem.found, problem.place))
    return prober.probes
