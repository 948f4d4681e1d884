"""The step that puts an op into the op lists of model classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ....plan import Skip, Step
from ....problems import CheckoutRefused, Conflict, Place, Problem
from .classes import ModelIndex
from .facts import WiringFacts
from .notes import notes_for
from .sites import Anchors, Site
from .wire import Wirer

if TYPE_CHECKING:
    from ....checkout.tree import Tree
    from ....model.op import Op
    from ....plan import Edit
    from ....spec.model import Wiring


@dataclass
class _Outcome:
    """What has been found so far, for all wirings of the op."""

    edits: list[Edit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    conflicts: list[Problem] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


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
        "wiring",
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
        near = index.nearest(names[0])
        _missing(
            op,
            wiring,
            out,
            Problem(
                Place(_folder(facts)),
                f"no model class {' or '.join(names)}",
                "a model class of this tree",
                f"did you mean {near!r}?" if near else "",
                "wiring-model",
            ),
        )
        return
    wirer = wirers.get(model.name)
    if wirer is None:
        guests = {op.class_name("context"), op.class_name("generation")}
        wirer = wirers[model.name] = Wirer(op, index, model, Anchors(model, facts.ops_module, guests), facts)
    found = _sites(wirer.anchors, wiring)
    if isinstance(found, Problem):
        if wiring.at.replace is None or not wirer.replaced_before(number, wiring):
            _missing(op, wiring, out, found)
            return
        sites: list[Site] = []
        anchor = ""
    else:
        anchor, sites = found
    wirer.wire(number, wiring, anchor, sites)
    out.models.append(model.name)
    out.notes += notes_for(op, wiring, wirer.anchors, anchor, sites, facts)


def _sites(anchors: Anchors, wiring: Wiring) -> tuple[str, list[Site]] | Problem:
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
    return Problem(
        model.source.place(model.node),
        f"class {model.name} has no {wiring.phase} op named {' or '.join(wanted)}"
        + ("".join(f"; {reason}" for reason in reasons)),
        f"an op of its own {wiring.phase} list",
        f"it takes its ops from {own}: wire that class" if own else anchors.nearest(wiring.phase, wanted),
        "wiring-anchor",
    )


def _missing(op: Op, wiring: Wiring, out: _Outcome, problem: Problem) -> None:
    if wiring.optional:
        what = f"{op.name} in the {wiring.phase} ops of {' or '.join(_listed(wiring.model))}"
        out.skips.append(Skip(what, f"{problem.found} in {problem.place.file}"))
    else:
        out.problems.append(problem)


def _listed(value: str | Iterable[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)


def _folder(facts: WiringFacts) -> str:
    """The model file, or the directory of the model files."""
    return facts.model_files[0] if len(facts.model_files) == 1 else facts.model_files[0].rpartition("/")[0]
