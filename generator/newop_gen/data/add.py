"""Putting one more table of an op that is applied into a checkout, by the same plan and transaction as `apply`.

The spec with one more data entry is planned, and the op is brought from what it has to that. So the layout decides the
place, the form (text or parquet) and the sidecar, nothing that exists is overwritten, and the receipt of the op names
the table: `status` looks at it, `remove` takes it out with the op.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, cast

from ..checkout.tree import Tree
from ..kinds import is_table
from ..model.loaded import LoadedOp
from ..plan import Creation, Plan, Prepared, Step, StepKey
from ..prepare import PlanOver, planner
from ..problems import CheckoutRefused, Conflict, Place, Problem, SpecError
from ..runs import refs, update_op
from ..spec.model import DataFile, PhaseName
from ..write import receipts as known_receipts
from ..write.apply import Receipt
from ..write.state import Home

SIDECAR = ".yaml"
"""What stands beside tables and says what they are."""


@dataclass(frozen=True)
class Addition:
    """One table for one place of a checkout."""

    file: Path
    phase: PhaseName | None
    system: str
    backend: str
    version: str

    def line(self, spec: Path) -> str:
        """The entry that says the same in a spec, with the file named relative to it where it is below."""
        try:
            file = self.file.resolve().relative_to(spec.parent.resolve()).as_posix()
        except ValueError:
            file = self.file.name
        phase = f", phase: {self.phase}" if self.phase else ""
        version = f'"{self.version}"'
        return f"  - {{file: {file}{phase}, system: {self.system}, backend: {self.backend}, version: {version}}}"


def add_table(loaded: LoadedOp, addition: Addition, checkout: Path, *, dry_run: bool = False) -> Receipt:
    """Put the table in; with `dry_run` make every check and write nothing.

    Raises `CheckoutRefused` when the op isn't applied there, the checkout has no such place, or another table is in it;
    `Conflict` when what was put in has been edited; otherwise as `update_op`.
    """
    tree = Tree.open(checkout)
    wanted = _replaced(planner([_with_entry(loaded, addition)], tree))
    _there(wanted, loaded, checkout)
    carried = _added_before(Home.of(tree.root), loaded.spec.op)

    def plan_over(files: Mapping[str, bytes | None]) -> Prepared:
        prepared = wanted(files)
        plan = _and(prepared.plan, loaded.spec.op, carried)
        return prepared if plan is prepared.plan else Prepared.of(plan)

    return update_op(
        tree.root,
        (loaded.spec.op,),
        plan_over,
        old_plan_over=planner([loaded], tree),
        specs=refs([loaded]),
        dry_run=dry_run,
    )


def _replaced(plan_over: PlanOver) -> PlanOver:
    """The same, with a missing directory blamed on the options that named it instead of on the spec."""

    def over(files: Mapping[str, bytes | None]) -> Prepared:
        try:
            return plan_over(files)
        except CheckoutRefused as refused:
            raise CheckoutRefused(
                Problem(Place("--system, --backend, --version"), p.found, p.expected, "", p.code)
                if p.code == "no-data-dir"
                else p
                for p in refused.problems
            ) from None

    return over


def _added_before(home: Home, op: str) -> list[Creation]:
    """The op's tables as the checkout has them: bringing it to the new plan would take out those that the spec does not
    name."""
    receipt = known_receipts.read_all(home).get(op)
    found = []
    for file in receipt.created if receipt else ():
        path = home.base / file.path
        if file.step == StepKey.DATA and is_table(file.path) and path.is_file():
            found.append(Creation(home.shown(file.path), path.read_bytes(), data=True))
    return found


def _and(plan: Plan, op: str, carried: Sequence[Creation]) -> Plan:
    """The plan with tables that it does not name."""
    planned = {edit.path for _, edit in plan.step_edits()}
    extra = tuple(edit for edit in carried if edit.path not in planned)
    step = Step(op, StepKey.DATA, "Perf data files that were added before", extra)
    return dataclasses.replace(plan, steps=(*plan.steps, step)) if extra else plan


def _with_entry(loaded: LoadedOp, addition: Addition) -> LoadedOp:
    """The spec with one more data entry, which may name a file anywhere."""
    backends = ("trtllm", "sglang", "vllm")
    if addition.backend not in backends:
        raise SpecError(
            Problem(Place("--backend"), f"no backend {addition.backend!a}", ", ".join(backends), "", "data-backend")
        )
    phase = addition.phase if loaded.spec.phases.table == "per_phase" else None
    entry = DataFile.model_construct(
        file=str(addition.file.resolve()),
        phase=phase,
        system=addition.system,
        backend=cast("Literal['trtllm', 'sglang', 'vllm']", addition.backend),
        version=addition.version,
        optional=False,
    )
    data = [e for e in loaded.spec.data if _place(e) != _place(entry)]
    return dataclasses.replace(loaded, spec=loaded.spec.model_copy(update={"data": [*data, entry]}))


def _place(entry: DataFile) -> tuple[object, ...]:
    return entry.phase, entry.system, entry.backend, entry.version


def _there(wanted: PlanOver, loaded: LoadedOp, checkout: Path) -> None:
    """Raises `CheckoutRefused` unless the op is applied and the table's place is free."""
    try:
        plan = wanted({}).plan
    except Conflict as conflict:
        taken = [p for p in conflict.problems if is_table(p.place.file)]
        if taken:
            raise CheckoutRefused(_taken(p.place) for p in taken) from None
        if not all(PurePosixPath(p.place.file).suffix == SIDECAR for p in conflict.problems):
            raise
        return  # a sidecar, that is written anew
    if any(not edit.done for step, edit in plan.step_edits() if step.key != "data"):
        raise CheckoutRefused(
            Problem(
                Place(str(plan.root)),
                f"{loaded.spec.op} is not in this checkout",
                "a checkout that the op is applied to",
                f"`newop-gen apply {loaded.path} --checkout {checkout}` first: it puts the spec's own tables in, too",
                "data-not-applied",
            )
        )


def _taken(place: Place) -> Problem:
    return Problem(
        place, "another table is there already", "no file, or the same table", "move it away, then run again", "exists"
    )
