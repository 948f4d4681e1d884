"""The Rust crate of a tree whose ops are compiled, as cargo and Python know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Crate:
    """The crate of the engine. Paths are relative to the checkout's root.

    - `folder`: where its `Cargo.toml` is;
    - `sources`: the folder of `operators/`, `perf_database/`, `engine/` and `py_ops.rs`;
    - `name`: of the built library, without `lib` and suffix (`aiconfigurator_core`);
    - `edition`: decides in which order rustfmt sorts names;
    - `test_features`, `extension_features`: what tests with an interpreter, and an importable library, are built with;
    - `module`: what Python imports the library as (`aiconfigurator_core._aiconfigurator_core`).
    """

    folder: str
    sources: str
    name: str
    edition: Literal["2021", "2024"]
    test_features: tuple[str, ...]
    extension_features: tuple[str, ...]
    module: str

    def file(self, path: str) -> str:
        """Path of a Rust file below `sources`."""
        return f"{self.sources}/{path}"

    def test_command(self, op: str) -> list[str]:
        """The command that runs the unit tests of an op, and of what each op is listed in, from the checkout's root."""
        words = ["cargo", "test", "--manifest-path", f"{self.folder}/Cargo.toml", "--lib"]
        words += ["--features", ",".join(self.test_features)] if self.test_features else []
        return [*words, "--", *self.tests_of(op)]

    def tests_of(self, op: str) -> list[str]:
        """What the names of those tests contain."""
        return [f"operators::{op}::", f"perf_database::{op}::", *LISTED_IN]


LISTED_IN = ("engine::spec::tests::", "perf_database::table_view::tests::", "engine::readiness::tests::")
"""Upstream's tests of what each op has a place in: the wire form, the order of variants, the table views, readiness."""
