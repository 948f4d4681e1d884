"""Where upstream's parts stand in a tree: the one place that knows it, for every shape that its repository has had."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..problems import CheckoutRefused, Place, Problem

Asked = Callable[[str], bool]


@dataclass(frozen=True)
class Repository:
    """One shape of upstream's repository, before any tree was looked at. Paths are below the repository's root.

    - `name`: import name of the package that users import, `folder`: the source folder that it stands in;
    - `core`: import name of the package that holds the SDK where `name` only has shims for it, `core_folder` likewise;
    - `tests`: upstream's tests;
    - `crate`: the directory of the compiled engine's `Cargo.toml`, `engine`: its modules of ops and tables, below that.
    """

    name: str
    folder: str
    core: str
    core_folder: str
    tests: str
    crate: str
    engine: str


AICONFIGURATOR = Repository(
    name="aiconfigurator",
    folder="src",
    core="aiconfigurator_core",
    core_folder="aic-core/src",
    tests="tests",
    crate="aic-core/rust/aiconfigurator-core",
    engine="src",
)
AISIMULATE = Repository(
    name="aisimulate",
    folder="python/aisimulate/src",
    core="aisimulate_core",
    core_folder="python/aisimulate/src",
    tests="python/aisimulate/tests",
    crate="crates/core",
    engine="src/perfmodel",
)
REPOSITORIES = (AICONFIGURATOR, AISIMULATE)
"""In the order in which a tree is asked for them."""


@dataclass(frozen=True)
class Places:
    """Where upstream's parts stand below the root that a user names: a repository's root, a source folder, an installed
    package's parent (site-packages), or the package itself.

    Paths are relative to that root, with `/`; "" is the root itself, None what the tree does not have.

    - `name`: import name of the package that users import, `package`: its path;
    - `core_name`, `core`: the same of the package that holds the SDK where it is another one;
    - `tests`: the folder of upstream's tests, whether or not it is there;
    - `crate`: the directory of the compiled engine's `Cargo.toml`, `engine`: that of its modules of ops and tables.
    """

    name: str
    package: str
    core_name: str | None
    core: str | None
    tests: str
    crate: str | None
    engine: str | None

    @property
    def sdk(self) -> str:
        """Path of the SDK: in the package that holds it, not among the shims for it."""
        return _below(self.package if self.core is None else self.core, "sdk")

    @property
    def sdk_name(self) -> str:
        """Import name of the SDK."""
        return f"{self.core_name or self.name}.sdk"

    @property
    def systems(self) -> str:
        """Path of the descriptions of systems, below which perf tables are filed."""
        return _below(self.package if self.core is None else self.core, "systems")

    def import_roots(self, root: Path) -> list[Path]:
        """The directories that go on `sys.path` to import both packages, in order."""
        packages = [self.package, *([] if self.core is None else [self.core])]
        return list(dict.fromkeys((root / path).parent if path else root.parent for path in packages))

    def may_hold(self, folder: str) -> bool:
        """Whether a directory of the root may hold files of upstream's. An installed package stands among others, of
        which those that come with it share its name."""
        return "/" in self.package or folder.startswith(self.package)

    @classmethod
    def of(cls, directory: str | os.PathLike[str]) -> Places:
        """Those in a directory; raises `CheckoutRefused` when there is no package of upstream's in it."""
        found = cls.find(directory)
        if found is None:
            raise CheckoutRefused(
                Problem(
                    Place(str(directory)),
                    "no aiconfigurator package here",
                    "a repository root, a `src` root or an installed package (a directory that holds "
                    "aiconfigurator/sdk)",
                    "`newop-gen sandbox 0.8.0 DIR` makes a practice checkout",
                    "no-package",
                )
            )
        return found

    @classmethod
    def find(cls, directory: str | os.PathLike[str]) -> Places | None:
        """Those in a directory, or None."""
        root = Path(os.path.realpath(directory))  # "." inside the package has its name, too
        return cls.among(root.name, lambda path: (root / path).is_dir(), lambda path: (root / path).is_file())

    @classmethod
    def among(cls, name: str, is_dir: Asked, is_file: Asked) -> Places | None:
        """Those below a root called `name`, by what is said of paths below it."""
        for repository in REPOSITORIES:
            folders = dict.fromkeys((f"{repository.folder}/", "src/", ""))
            for package in (*(f"{folder}{repository.name}" for folder in folders), ""):
                is_package = is_dir(_below(package, "sdk")) and is_file(_below(package, "__init__.py"))
                if is_package and (package or name == repository.name):
                    return _around(package, repository, is_dir, is_file)
        return None


def _around(package: str, repository: Repository, is_dir: Asked, is_file: Asked) -> Places:
    """The parts around a package. The one that holds the SDK stands in its own folder, or installed beside."""
    cores = (f"{repository.core_folder}/{repository.core}", _below(package.rpartition("/")[0], repository.core))
    core = next((path for path in cores if is_dir(f"{path}/sdk")), None)
    crate = repository.crate if is_file(f"{repository.crate}/Cargo.toml") else None
    return Places(
        name=repository.name,
        package=package,
        core_name=repository.core if core is not None else None,
        core=core,
        tests=repository.tests,
        crate=crate,
        engine=f"{crate}/{repository.engine}" if crate is not None else None,
    )


def _below(folder: str, inside: str) -> str:
    return f"{folder}/{inside}" if folder else inside
