"""What verification has to know about a tree: how its layout names and loads things, and by which rules it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..problems import CheckoutRefused, Place, Problem
from ..sol.evaluate import Gpu
from ..sol.quants import MODES, Quant, canonical

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..layouts.base import Layout
    from ..model.op import Op


@dataclass(frozen=True)
class VerifyFacts:
    """Facts of one tree.

    - `suffix` of its perf files, `sixteen_bit` name of the 16-bit mode, `quants` its modes by canonical name;
    - `direct`: no helper for FLOPS, always the 16-bit peak times the mode's factor;
    - `source_tags`: results carry where they come from;
    - `reads_sources`: loaders get (path, kernel_source) pairs;
    - `empirical`: `constant` (SOL over the spec's scale) or `utilisation` (SOL over what was measured);
    - `hybrid`: what HYBRID falls back on, `any` exception or `missing` data alone;
    - `loader_modules`: where loaders are looked for, below the sdk;
    - `lazy`: a table is loaded at its first query;
    - `fills_grid`: the spec's pre-interpolation and policy outside the range apply; where not, the release interpolates
      by rules of its own;
    - `mixed_names`: op names that mixed steps cost per request.
    """

    layout: str
    suffix: str
    sixteen_bit: Literal["float16", "bfloat16"]
    quants: Mapping[str, Quant]
    direct: bool
    source_tags: bool
    reads_sources: bool
    empirical: Literal["constant", "utilisation"]
    hybrid: Literal["any", "missing"]
    loader_modules: tuple[str, ...]
    lazy: bool
    fills_grid: bool
    tests: str | None
    family_first: bool

    @property
    def modes(self) -> Mapping[str, Quant]:
        """Every mode by its canonical name, with the tree's own figures where it has them."""
        return {**MODES, **self.quants}

    def mode_name(self, mode: str) -> str:
        """A mode as the tree calls it."""
        return self.sixteen_bit if canonical(mode) == "bfloat16" else mode

    def quant(self, mode: str) -> Quant:
        return self.modes[canonical(mode)]

    def gpu(self, system: Mapping[str, object]) -> Gpu:
        return Gpu.from_system(system, direct=self.direct)


def facts_of(layout: Layout, tree: Tree, op: Op) -> VerifyFacts:
    """Facts of a tree of `layout`; raises `CheckoutRefused` for a layout that does not say them."""
    ask = getattr(layout, "facts", None)
    if ask is None:
        raise CheckoutRefused(
            Problem(Place(str(tree.root)), f"layout {layout.name!r} can't be verified yet", "", "", "verify-layout")
        )
    facts = ask(tree)
    owned = hasattr(facts, "engine")
    return VerifyFacts(
        layout=layout.name,
        suffix=facts.suffix,
        sixteen_bit=facts.sixteen_bit,
        quants=facts.quants,
        direct=not facts.flops_helper,
        source_tags=facts.source_tags,
        reads_sources=owned or layout.name == "sources",
        empirical="utilisation" if owned else "constant",
        hybrid="missing" if owned else "any",
        loader_modules=(f"operations.{op.name}",) if owned else ("perf_database",),
        lazy=owned,
        fills_grid=not owned or facts.engine == "interpolation",
        tests=facts.tests,
        family_first=owned and facts.family_first,
    )
