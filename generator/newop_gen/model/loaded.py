"""Specs read, each with its op."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from ..spec.load import LoadedSpec, load_spec, load_specs
from .op import Op


class LoadedOp(LoadedSpec):
    """A spec that passed every check, and its op, made once for all that a run asks of it."""

    @functools.cached_property
    def op(self) -> Op:
        return Op.from_spec(self.spec)

    @classmethod
    def of(cls, loaded: LoadedSpec) -> LoadedOp:
        return cls(loaded.path, loaded.text, loaded.spec, loaded.places, loaded.sha256, loaded.warnings)


def load_op(path: Path) -> LoadedOp:
    """Read one spec. Raises as `load_spec`."""
    return LoadedOp.of(load_spec(path))


def load_ops(paths: Iterable[Path]) -> list[LoadedOp]:
    """Read several specs. Raises as `load_specs`."""
    return [LoadedOp.of(loaded) for loaded in load_specs(paths)]
