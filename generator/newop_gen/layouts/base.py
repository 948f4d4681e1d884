"""What a layout is: probes that recognise a tree, and a plan for an op in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ..problems import Place
from ..sol.quants import MODES, Quant, canonical

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..guard.vocabulary import Vocabulary
    from ..model.op import Op
    from ..plan import Step
    from ..sol.evaluate import PeakRule
    from .crate import Crate


SixteenBit = Literal["float16", "bfloat16"]


@dataclass(frozen=True)
class Probe:
    """One question to a tree.

    `required` probes decide whether the layout fits; the others are facts that the layout's rendering depends on.
    `detail` says what was found, or the nearest thing to it.
    """

    name: str
    asks: str
    found: bool
    detail: str = ""
    where: Place | None = None
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every layout tells of a tree whose required probes all hold. A layout's own facts are a subclass, with what
    its edits need to know besides.

    - `layout`: its name;
    - `suffix`: of the tree's perf files (`.txt`, `.parquet`);
    - `sixteen_bit`: what the tree calls the 16-bit member of its quant enums;
    - `quants`: the tree's own modes by canonical name, with bytes per element and compute factor;
    - `systems`: path of the directory of system descriptions, `tests`: that of a generated unit test, or None; both
      relative to the checkout's root.
    """

    layout: str
    suffix: str
    sixteen_bit: SixteenBit
    quants: Mapping[str, Quant]
    systems: str
    tests: str | None

    @property
    def modes(self) -> Mapping[str, Quant]:
        """Every mode by its canonical name, with the tree's own figures where it has them."""
        return {**MODES, **self.quants}

    def mode_name(self, mode: str) -> str:
        """A mode as the tree calls it."""
        return self.sixteen_bit if canonical(mode) == "bfloat16" else mode

    def quant(self, mode: str) -> Quant:
        return self.modes[canonical(mode)]


@dataclass(frozen=True, kw_only=True)
class Loading:
    """How an op's Python loads its tables.

    - `modules`: where its loaders are, below the SDK; `{op}` stands for the op's name;
    - `sources`: a loader gets `(path, kernel_source)` pairs, not one path;
    - `lazy`: a table is loaded at its first query, not when the database is opened.
    """

    modules: tuple[str, ...]
    sources: bool
    lazy: bool


@dataclass(frozen=True, kw_only=True)
class Rules:
    """By which rules an op answers in a tree: what is a release's own to decide, and no spec's.

    - `peak`: how the peak FLOPS at a precision are found;
    - `empirical`: EMPIRICAL is the SOL over the spec's scale (`constant`), or over what was measured (`utilisation`);
    - `hybrid`: HYBRID falls back on EMPIRICAL at `any` exception, or where data are `missing` alone;
    - `between`: values between measured points come by the `spec`'s method, or by the release's `perf_interp`;
    - `outside`: those beyond the measured range by the `spec`'s policy, or the nearest point's share of the SOL is
      `held`, or that of the four nearest `blended` where there are several axes;
    - `fills_grid`: the spec's pre-interpolation adds points to a table;
    - `source_tags`: results say where they come from;
    - `loading`: how its Python loads a table; None where it is not Python that does;
    - `crate`: what has to be built before an op answers; None where ops are Python.
    """

    peak: PeakRule
    empirical: Literal["constant", "utilisation"]
    hybrid: Literal["any", "missing"]
    between: Literal["spec", "perf_interp"]
    outside: Literal["spec", "held", "blended"]
    fills_grid: bool
    source_tags: bool
    loading: Loading | None
    crate: Crate | None = None


class Layout(Protocol):
    """One way in which releases arrange their op code. A layout is a package that has one of these as `LAYOUT`."""

    name: str
    title: str

    def probes(self, tree: Tree) -> list[Probe]:
        """All probes of this layout, in the order in which they are explained."""
        ...

    def facts(self, tree: Tree) -> Facts:
        """What there is to know about a tree whose required probes all hold."""
        ...

    def rules(self, tree: Tree) -> Rules:
        """How an op answers in such a tree."""
        ...

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        """Steps for each op (with the path of its spec, which data files are relative to), against one tree.

        Raises `CheckoutRefused` with every missing anchor and taken name, `Conflict` when a definition of the op's
        name differs from what would be inserted.
        """
        ...

    def words(self) -> Mapping[str, Vocabulary]:
        """By step key, what inserted text may hold whatever the spec says, as the layout's `words.py` has it. A step
        with files of several kinds has words of their own for some by its key and a suffix (`operations.rs`); one that
        isn't named inserts nothing."""
        ...


@dataclass(frozen=True)
class Detection:
    """What probing a tree gave: the layout that fits, or none; and every layout's probes."""

    layout: Layout | None
    probes: dict[str, list[Probe]]

    def missing(self, name: str) -> list[Probe]:
        return [p for p in self.probes[name] if p.required and not p.found]
