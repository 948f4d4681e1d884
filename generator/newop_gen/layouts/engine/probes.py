"""Probes of the layouts whose ops are computed in Rust: each asks for the very anchor that an edit will use."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from ...checkout.rust import RustSource
from ...checkout.tree import Tree
from ...edits.python.find import assigned_dict, assigned_list, attempt, find_class
from ...edits.rust import find
from ...problems import CheckoutRefused, Place
from ..crate import Crate
from ..python.probes import Questions
from ..python.sdk import Sdk, functions
from .facts import EngineFacts

Anchor = Callable[[RustSource], object]


def _match(function: str, owner: str = "") -> Anchor:
    def ask(source: RustSource) -> object:
        found = find.find_method(source, owner, function) if owner else find.find_function(source, function)
        return find.last_match(source, found)

    return ask


def _tests(function: str) -> Anchor:
    return lambda source: find.find_function(source, function, find.find_module(source, "tests"))


ANCHORS: tuple[tuple[str, str, str, Anchor], ...] = (
    ("variants", "operators/op.rs", "enum Op", lambda s: find.find_item(s, "enum", "Op")),
    ("weights", "operators/op.rs", "a match in Op::weight_bytes", _match("weight_bytes", "Op")),
    ("name", "operators/op.rs", "a match in Op::name", _match("name", "Op")),
    ("set-name", "operators/op.rs", "a match in Op::set_name", _match("set_name", "Op")),
    ("seq-split", "operators/op.rs", "a match in Op::seq_split", _match("seq_split", "Op")),
    ("query", "operators/op.rs", "a match in Op::query", _match("query", "Op")),
    ("roofline", "operators/fpm_sol.rs", "a match in op_sol_latency_ms", _match("op_sol_latency_ms")),
    ("tables", "perf_database/mod.rs", "struct PerfTables", lambda s: find.find_item(s, "struct", "PerfTables")),
    ("views", "perf_database/table_view.rs", "a match in table_view_json", _match("table_view_json")),
    ("wrapping", "py_ops.rs", "a match in wrap_op", _match("wrap_op")),
    ("register", "py_ops.rs", "fn register", lambda s: find.find_function(s, "register")),
    ("variants-listed", "engine/spec.rs", "fn all_op_variants", _tests("all_op_variants")),
    ("indices", "engine/spec.rs", "fn op_variant_indices_are_pinned", _tests("op_variant_indices_are_pinned")),
)
"""Name of the probe, file below the engine's sources, what is looked for, and how."""


@dataclass
class EngineProber:
    """Asks one tree. `name` is the import name of the package that users have, `extension` what Python imports the
    engine's library as; empty: what the classes of the engine say."""

    tree: Tree
    name: str
    extension: str

    @functools.cached_property
    def sdk(self) -> Sdk:
        return Sdk(self.tree, self.tree.places.sdk)

    @functools.cached_property
    def questions(self) -> Questions:
        return Questions(self.sdk)

    def rust(self, path: str) -> RustSource | None:
        engine = self.tree.places.engine
        source = self.tree.rust(f"{engine}/{path}") if engine else None
        if source is not None:
            _ = source.root  # a file that does not parse is refused here, with its line
        return source

    # required

    def ask_all(self) -> None:
        """Every probe, in the order in which they are explained."""
        places = self.tree.places
        self.questions.ask("package", f"is this the repository of {self.name}?", places.name == self.name, places.name)
        compiled = self.native is not None or self._shells
        if places.engine is None and compiled:
            detail = "this is an installed package, whose ops are compiled: their Rust source is not here"
        else:
            detail = "" if places.engine else "no crate here"
        self.questions.ask("engine-source", "is the Rust source of the engine here?", places.engine is not None, detail)
        if places.engine is not None:
            self.rust_files()
        # Of an SDK that stands elsewhere nothing else would be found, and where it stands is the answer.
        if not self.core() and places.engine is not None:
            return
        self.shells()
        self.questions.enum_members()
        self.questions.model_files()
        self.questions.sixteen_bit()
        self.facts_asked()

    def rust_files(self) -> None:
        for name, path, what, anchor in ANCHORS:
            source = self.rust(path)
            detail, where = f"there is no {path}", None
            found = False
            if source is not None:
                try:
                    anchor(source)
                    found, detail = True, ""
                except CheckoutRefused as refusal:
                    if not refusal.problems[0].code.startswith("anchor"):
                        raise
                    detail, where = refusal.problems[0].found, Place(source.path)
            self.questions.ask(name, f"does {path} have {what}?", found, detail, where)
        self.questions.ask(
            "native", "do the engine's classes name their module?", self.native is not None, self.native or ""
        )
        self.questions.ask(
            "edition",
            "which edition of Rust has the crate?",
            self.edition is not None,
            self.edition or "neither 2021 nor 2024",
        )
        self.questions.ask(
            "grid",
            "does perf_interp.rs answer behind PreparedGrid, or by query_value?",
            self.prepared_grid is not None,
            "PreparedGrid" if self.prepared_grid else "query_value" if self.prepared_grid is not None else "neither",
        )

    def core(self) -> bool:
        """Whether the SDK stands in the package that this layout's shells are in; else what has one instead."""
        wanted, places = f"{self.name}_core", self.tree.places
        there = places.core_name == wanted and places.core is not None
        found = [] if there else [path for path in self._sdks() if path != places.package]
        detail = f"{', '.join(found) or 'no other package'} holds one" if not there else places.core or ""
        return self.questions.ask("core", f"is the SDK in a package {wanted}?", there, detail)

    def _sdks(self) -> list[str]:
        """Packages with operations in the source folders of the repository."""
        folder = self.tree.places.package.rpartition("/")[0]
        above = folder.rpartition("/")[0].rpartition("/")[0]
        inside = [f"{above}/{name}/src" if above else f"{name}/src" for name in self.tree.listdir(above)]
        packages = [f"{src}/{name}" for src in dict.fromkeys([folder, *inside]) for name in self.tree.listdir(src)]
        return [path for path in packages if self.tree.is_dir(f"{path}/sdk/operations")]

    def shells(self) -> None:
        operations = self.sdk.parsed("operations/__init__.py")
        listed = attempt(assigned_list, operations, operations.tree, "__all__")[0] if operations else None
        self.questions.ask("exports", "does the operations package list its names in __all__?", listed is not None)
        self.questions.ask(
            "shells",
            "does operations/base.py define OpShellKit, which classes over compiled ops have as a base?",
            self._shells,
        )
        views = self.sdk.parsed("engine_table_view.py")
        layers = attempt(assigned_dict, views, views.tree, "VIEW_KEY_LAYERS")[0] if views else None
        self.questions.ask("view-keys", "does engine_table_view.py have a dict VIEW_KEY_LAYERS?", layers is not None)
        compat = self.tree.python(self.tree.at("sdk/_compat.py"))
        there = "alias_module" in functions(compat)
        self.questions.ask("shims", f"does {self.tree.at('sdk/_compat.py')} define alias_module?", there)

    @functools.cached_property
    def _shells(self) -> bool:
        base = self.sdk.parsed("operations/base.py")
        return base is not None and attempt(find_class, base, "OpShellKit")[0] is not None

    # facts

    def facts_asked(self) -> None:
        for name, asks, found in (
            ("scale-mutator", "has Op a set_scale_factor?", self.scale_mutator),
            ("readiness", "is it checked which tables a mode needs (engine/readiness.rs)?", self.readiness),
            ("invalid-data", "does AicError tell a malformed table from a missing one?", self.invalid_perf_data),
        ):
            self.questions.ask(name, asks, found, required=False)

    @functools.cached_property
    def native(self) -> str | None:
        """The module that the compiled classes say they are of."""
        source = self.rust("py_ops.rs")
        found = re.search(rb'#\[pyclass\([^\]]*module = "([A-Za-z0-9_.]+)"', source.data) if source else None
        return found[1].decode("ascii") if found else None

    @functools.cached_property
    def manifest(self) -> str:
        folder = self.tree.places.crate
        data = self.tree.content(f"{folder}/Cargo.toml") if folder else None
        return data.decode("utf-8", "replace") if data else ""

    @functools.cached_property
    def edition(self) -> str | None:
        text = self.manifest
        if re.search(r"^edition(\.workspace\s*=\s*true|\s*=\s*\{\s*workspace)", text, re.MULTILINE):
            data = self.tree.content("Cargo.toml")
            text = data.decode("utf-8", "replace") if data else ""
        found = re.search(r'^edition\s*=\s*"(2021|2024)"', text, re.MULTILINE)
        return found[1] if found else None

    @functools.cached_property
    def prepared_grid(self) -> bool | None:
        source = self.rust("perf_database/perf_interp.rs")
        if source is None:
            return None
        names = {find.named(n) for n in find.items(source.root)}
        return True if "PreparedGrid" in names else False if "query_value" in names else None

    @functools.cached_property
    def scale_mutator(self) -> bool:
        source = self.rust("operators/op.rs")
        return source is not None and _has(lambda: find.find_method(source, "Op", "set_scale_factor"))

    @functools.cached_property
    def readiness(self) -> bool:
        source = self.rust("engine/readiness.rs")
        return source is not None and _has(lambda: find.find_method(source, "Availability", "op"))

    @functools.cached_property
    def invalid_perf_data(self) -> bool:
        source = self.rust("common/error.rs")
        if source is None or not _has(lambda: find.find_item(source, "enum", "AicError")):
            return False
        variants = find.items(find.body(source, find.find_item(source, "enum", "AicError")))
        return any(find.named(v) == "InvalidPerfData" for v in variants)

    def facts(self, layout: str) -> EngineFacts:
        """The facts of a tree whose required probes all hold."""
        places = self.tree.places
        assert self.native and self.edition and self.sdk.sixteen_bit and self.sdk.suffix
        assert places.crate and places.engine
        optional = re.search(r"^python\s*=\s*\[", self.manifest, re.MULTILINE) is not None
        library = re.search(r'^\[lib\]\s*(?:[^\[]*\n)?name\s*=\s*"([a-z0-9_]+)"', self.manifest, re.MULTILINE)
        crate = Crate(
            folder=places.crate,
            sources=places.engine,
            name=library[1] if library else self.native.partition(".")[0],
            edition=self.edition,  # type: ignore[arg-type]
            test_features=("embed-python",),
            extension_features=("extension-module",) if optional else ("pyo3/extension-module",),
            module=self.extension or self.native,
        )
        there = self.sdk.existing
        return EngineFacts(
            layout=layout,
            templates=("engine",),
            crate=crate,
            package=places.sdk_name,
            native=self.native,
            application=f"{places.name}.sdk",
            common=f"{places.sdk}/common.py",
            operations=f"{places.sdk}/operations/__init__.py",
            table_views=f"{places.sdk}/engine_table_view.py",
            shims=self.tree.at("sdk/operations"),
            models=self.sdk.models,
            systems=places.systems,
            suffix=self.sdk.suffix,
            sixteen_bit=self.sdk.sixteen_bit,
            quants=self.sdk.quants,
            tests=None,
            prepared_grid=bool(self.prepared_grid),
            invalid_perf_data=self.invalid_perf_data,
            scale_mutator=self.scale_mutator,
            readiness=f"{places.engine}/engine/readiness.rs" if self.readiness else None,
            import_contract=there(f"{places.tests}/cross_package/test_import_contract.py"),
            definitions=there(f"{places.tests}/cross_package/test_single_oracle_contract.py"),
            afd=there(f"{places.sdk}/afd_partition.py"),
        )


def _has(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except CheckoutRefused as refusal:
        if not refusal.problems[0].code.startswith("anchor"):
            raise
        return False
    return True
