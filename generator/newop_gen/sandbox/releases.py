"""Which releases can be laid out, and from what."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..checkout.places import AICONFIGURATOR, AISIMULATE, Repository
from ..problems import Place, Problem, SpecError
from .crates import Crate
from .wheels import WHEELS, Wheel

CLONE_ONLY = {
    "0.9.0": "PyPI has only a source archive of it, which does not build",
    "0.11.0": "its wheel holds shims only, the op code is not in it",
}
"""Supported releases without a wheel to practise on, with the reason."""


@dataclass(frozen=True)
class EngineRelease:
    """A release whose ops are compiled: the crate of its engine and the wheels of its Python, which belong together.

    `repository` is upstream's, in whose places everything goes; `beside` are folders of packages in the wheels that it
    does not name. `manifest` is the file of the crate that becomes its `Cargo.toml`; `stand_ins` are files of our own
    for those that upstream's tests read and no archive holds: path -> text.
    """

    repository: Repository
    version: str
    crate: Crate
    manifest: str
    wheels: tuple[Wheel, ...]
    beside: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        return self.repository.name

    @property
    def crate_folder(self) -> str:
        return self.repository.crate

    @property
    def folders(self) -> Mapping[str, str]:
        """Where each package of the wheels goes."""
        own = self.repository
        return {own.name: own.folder, own.core: own.core_folder, **self.beside}

    @property
    def home(self) -> str:
        """Where the project file is."""
        return self.repository.tests.rpartition("/")[0]

    @property
    def title(self) -> str:
        return f"{self.project} {self.version}"


ENGINES: Mapping[str, EngineRelease] = {
    "0.12.0": EngineRelease(
        repository=AICONFIGURATOR,
        version="0.12.0",
        crate=Crate(
            "aiconfigurator-core", "0.12.0", "9fd0436cec528b34982f64e954f3dee5c4174e1c7cd553a4944551769489afd8"
        ),
        # As the repository has it; the published one is rewritten by cargo.
        manifest="Cargo.toml.orig",
        wheels=(
            Wheel(
                "0.12.0",
                "aiconfigurator-0.12.0-py3-none-any.whl",
                "95ef03bfdf2560072e5c47404cbec2fcdd73b8dcdfba72951322e7f1c03de3a9",
                1,
            ),
            Wheel(
                "0.12.0",
                "aiconfigurator_core-0.12.0-cp311-abi3-manylinux_2_28_x86_64.whl",
                "aadc4aad0a00bf8a61c477c62bef43de479849c3aa0b1c3078068e08309eccc4",
                82,
                "aiconfigurator-core",
            ),
        ),
    ),
    "aisimulate-0.13.0": EngineRelease(
        repository=AISIMULATE,
        version="0.13.0",
        crate=Crate("aisimulate-core", "0.13.0", "1d2deb095416b9ff555cbf1053f1eb7832c610b9cae06be37944cd939a6ae2b5"),
        # The repository's own inherits from a workspace that no archive holds.
        manifest="Cargo.toml",
        # The nightly whose engine speaks the crate's schema, 27; the wheel of 0.13.0 itself is on another index.
        wheels=(
            Wheel(
                "0.13.0.dev202610130000000070",
                "aisimulate-0.13.0.dev202610130000000070-cp311-abi3-manylinux_2_28_x86_64.whl",
                "94dfc680484adde46ffe1399aa185afc54b31d96b9da0b16371807f747d1dbf4",
                111,
                "aisimulate",
            ),
        ),
        beside={"collector": "python/aisimulate"},
        stand_ins={
            "python/aisimulate/tests/fixtures/deepep_ll_dtype_candidates.json": "[]\n",
            "python/aisimulate/tests/fixtures/deepep_ll_calibration_viability.json": "[]\n",
            "tests/fixtures/power-contract-v1.json": "{}\n",
        },
    ),
}


def known_versions() -> str:
    """One clause that says which versions work, and how."""
    engines = " and ".join(ENGINES)
    return (
        f"{', '.join(WHEELS)} (from PyPI), {engines} (from PyPI and cargo's registry), or "
        f"{' and '.join(CLONE_ONLY)} with --repo CLONE"
    )


def unknown_version(version: str) -> SpecError:
    """Why there is no sandbox of `version`, with the versions that work."""
    if version in CLONE_ONLY:
        return SpecError(
            Problem(
                Place(f"aiconfigurator {version}"),
                f"there is no usable wheel: {CLONE_ONLY[version]}",
                known_versions(),
                f"clone aiconfigurator's repository with its tags and add --repo CLONE; its tag v{version} is used",
                "no-wheel",
            )
        )
    near = difflib.get_close_matches(version, [*WHEELS, *ENGINES, *CLONE_ONLY], 1, 0.5)
    return SpecError(
        Problem(
            Place(f"aiconfigurator {version}"),
            "no such version to make a sandbox of",
            known_versions(),
            f"did you mean {near[0]}?" if near else "any other tagged release can be taken from a clone with --repo",
            "unknown-version",
        )
    )
