"""The step that puts an op into the op lists of model classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..plan import Skip, Step, StepKey
from ..problems import CheckoutRefused, Conflict, Place, Problem, did_you_mean, spec_place
from .classes import ModelIndex
from .facts import WiringFacts
from .notes import notes_for
from .sites import Anchors, Site
from .wire import Wirer

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..model.op import Op
    from ..plan import Edit
    from ..spec.model import Wiring


@dataclass
class _Outcome:
    """What has been found so far, for all wirings of the op."""

    edits: list[Edit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    conflicts: list[Problem] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Absent:
    """What a wiring names and the tree has not: its place in the wiring, and where in the tree it was looked for."""

    path: tuple[str | int, ...]
    what: str
    looked: Place
    expected: str
    suggestion: str
    code: str


def plan_wiring(op: Op, tree: Tree, facts: WiringFacts) -> Step:
    """The wiring of `op`: edits of the model files, what a reviewer must know, and what this tree does not have.

    Raises `CheckoutRefused` with every class, anchor and name that is missing (places in the spec are `SpecPlace`s),
    and `Conflict` where the op stands in a model already, but not as the spec has it.
    """
    try:
        return _plan(op, tree, facts)
    except RecursionError:
        raise CheckoutRefused(
            Problem(Place(_folder(facts)), "code nested too deeply to be read", "model files", "", "target-depth")
        ) from None


def _plan(op: Op, tree: Tree, facts: WiringFacts) -> Step:
    out = _Outcome()
    index = ModelIndex(tree, facts)
    wirers: dict[str, Wirer] = {}
    for number, wiring in enumerate(op.spec.wiring):
        try:
            _one(op, index, facts, number, wiring, wirers, out)
        except CheckoutRefused as refusal:
            out.problems += refusal.problems
    for wirer in wirers.values():
        try:
            wirer.finish()
        except CheckoutRefused as refusal:
            out.problems += refusal.problems
    if out.problems:
        raise CheckoutRefused(dict.fromkeys(out.problems))
    for wirer in wirers.values():
        out.edits += wirer.edits
        out.conflicts += wirer.conflicts()
    if out.conflicts:
        raise Conflict(dict.fromkeys(out.conflicts))
    names = ", ".join(dict.fromkeys(out.models))
    return Step(
        op.name,
        StepKey.WIRING,
        f"Wire the op into {names}" if names else "Wire the op into models",
        tuple(dict.fromkeys(out.edits)),
        tuple(dict.fromkeys(out.notes)),
        tuple(out.skips),
    )


def _one(
    op: Op,
    index: ModelIndex,
    facts: WiringFacts,
    number: int,
    wiring: Wiring,
    wirers: dict[str, Wirer],
    out: _Outcome,
) -> None:
    names = _listed(wiring.model)
    model = next((m for name in names if (m := index.find(name)) is not None), None)
    if model is None:
        near = dict.fromkeys(near for name in names for near in index.nearest(name))
        absent = _Absent(
            ("model",) if isinstance(wiring.model, str) else ("model", 0),
            f"no model class {' or '.join(names)}",
            Place(_folder(facts)),
            "a model class of this tree",
            did_you_mean(list(near)[:3]) or f"it has {', '.join(index.names()[:20])}",
            "wiring-model",
        )
        _missing(op, number, wiring, out, absent)
        return
    wirer = wirers.get(model.name)
    if wirer is None:
        guests = {op.class_name("context"), op.class_name("generation")}
        wirer = wirers[model.name] = Wirer(op, index, model, Anchors(model, facts.ops_module, guests), facts)
    found = _sites(wirer.anchors, wiring)
    if isinstance(found, _Absent):
        if wiring.at.replace is None or not wirer.replaced_before(number, wiring):
            _missing(op, number, wiring, out, found)
            return
        sites: list[Site] = []
        anchor = ""
    else:
        anchor, sites = found
    wirer.wire(number, wiring, anchor, sites)
    out.models.append(model.name)
    out.notes += notes_for(op, wiring, wirer.anchors, anchor, sites, facts)


def _sites(anchors: Anchors, wiring: Wiring) -> tuple[str, list[Site]] | _Absent:
    """The first of the listed anchors that the class has in this phase, with its places."""
    at = wiring.at
    wanted = _listed(at.before or at.after or at.replace or ())
    reasons = []
    for name in wanted:
        sites = anchors.sites(wiring.phase, name, after=at.after is not None)
        if isinstance(sites, list):
            return name, sites
        if sites:
            reasons.append(sites)
    model = anchors.model
    own = next((b.name for b in model.bases if not anchors.names(wiring.phase) and not reasons), None)
    field = "before" if at.before else "after" if at.after else "replace"
    return _Absent(
        ("at", field) if isinstance(getattr(at, field), str) else ("at", field, 0),
        f"class {model.name} has no {wiring.phase} op named {' or '.join(wanted)}"
        + ("".join(f"; {reason}" for reason in reasons)),
        model.source.place(model.node),
        f"an op of its own {wiring.phase} list",
        f"it takes its ops from {own}: wire that class" if own else anchors.nearest(wiring.phase, wanted),
        "wiring-anchor",
    )


def _missing(op: Op, number: int, wiring: Wiring, out: _Outcome, absent: _Absent) -> None:
    if wiring.optional:
        what = f"{op.name} in the {wiring.phase} ops of {' or '.join(_listed(wiring.model))}"
        out.skips.append(Skip(what, f"{absent.what} in {absent.looked.file}"))
        return
    place = spec_place(op.name, ("wiring", number, *absent.path))
    found = f"{absent.what} (looked in {absent.looked})"
    out.problems.append(Problem(place, found, absent.expected, absent.suggestion, absent.code))


def _listed(value: str | Iterable[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)


def _folder(facts: WiringFacts) -> str:
    """The model file, or the directory of the model files."""
    return facts.model_files[0] if len(facts.model_files) == 1 else facts.model_files[0].rpartition("/")[0]
