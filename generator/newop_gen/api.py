"""Specs and checkouts from Python: `plan`, `apply`, `verify`.

    from newop_gen.api import apply, plan, verify

    planned = plan(["my_op.yaml"], "aiconfigurator")      # reads only
    print(planned.diff())
    apply(["my_op.yaml"], "aiconfigurator")               # all of it, or nothing
    assert verify("my_op.yaml", "aiconfigurator").passed

Everything that goes wrong is a `NewopError` with a list of `problems`, the same that the command line prints. What is
here and in `problems` is an interface, as the exit codes and JSON documents are; the rest of the package is not.
Importing this module loads nothing that takes time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from .problems import (
    CheckoutRefused,
    Conflict,
    Exit,
    Interrupted,
    IoFault,
    NewopError,
    Place,
    Problem,
    SpecError,
)

if TYPE_CHECKING:
    from .model.loaded import LoadedOp
    from .plan import FileChange, Plan, Step
    from .spec.load import LoadedSpec
    from .verify.result import Report
    from .write.apply import Receipt

__all__ = [
    "CheckoutRefused", "Conflict", "Exit", "Interrupted", "IoFault", "NewopError", "Place", "Planned", "Problem",
    "SpecError", "apply", "plan", "verify",
]  # fmt: skip

PathLike = Union[str, "os.PathLike[str]"]
Paths = Union[PathLike, Iterable[PathLike]]


@dataclass(frozen=True)
class Planned:
    """What specs would change in a checkout. Nothing was written."""

    plan: Plan
    changes: tuple[FileChange, ...]
    warnings: tuple[Problem, ...]
    _loaded: tuple[LoadedSpec, ...] = field(repr=False)

    @property
    def pending(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.plan.pending)

    @property
    def ops(self) -> tuple[str, ...]:
        return self.plan.ops

    @property
    def layout(self) -> str:
        return self.plan.layout

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order: each with its title, edits, notes and skips."""
        return self.plan.steps

    @property
    def paths(self) -> tuple[str, ...]:
        """Files that change, relative to the checkout."""
        return tuple(change.path for change in self.changes)

    def diff(self) -> str:
        """The changes as a unified diff, grouped and labelled by step; "" when there is nothing to do."""
        from .review.diff import unified_diff

        return unified_diff(self.plan)

    def patch(self) -> bytes:
        """The same for `git apply`, with paths relative to the repository that the checkout is in."""
        from .review.diff import git_prefix, patch

        return patch(self.plan, git_prefix(self.plan.root))

    def report(self) -> dict[str, Any]:
        """The document of `apply --dry-run --json` (newop-gen/report/1)."""
        from .review.report import report

        return report(
            self.plan,
            command="apply",
            mode="dry-run",
            outcome="pending" if self.pending else "nothing-to-do",
            exit_code=0,
            changes=self.changes,
            warnings=self.warnings,
        )

    def html(self) -> str:
        """The review page of what is to be done, without a verification."""
        from .review.html import Subject, page

        return page(
            self.plan,
            self.changes,
            [Subject(loaded) for loaded in self._loaded],
            checkout=Path(self.plan.root),
            warnings=self.warnings,
        )


def plan(specs: Paths, checkout: PathLike) -> Planned:
    """What one or more specs would change in a checkout (a repository root, a `src` root or an installed package).

    Raises `SpecError` with everything that is wrong with the specs and the tables that they name; `CheckoutRefused` for
    a checkout that is not supported or lacks something; `Conflict` where what was put in was edited by hand,
    or the spec has changed since (then it says so alone: `newop-gen update`).
    """
    from .checkout.tree import Tree
    from .data.named import check_tables
    from .standing import prepare_or_tell

    loaded = _load(specs)
    check_tables(loaded)
    prepared = prepare_or_tell(loaded, Tree.open(checkout), Path(checkout))
    return Planned(prepared.plan, prepared.changes, _warnings(loaded), tuple(loaded))


def apply(specs: Paths, checkout: PathLike, *, allow_dirty: bool = False) -> Receipt:
    """Put the ops of one or more specs into a checkout: all edits, or none. A second call changes nothing.

    An interrupted earlier run is recovered first. The receipt says what was `changed` and `created`, and `nothing` when
    there was nothing to do. `allow_dirty`: files may have changes that are in no commit.

    Raises as `plan`, and `IoFault` when writing failed (everything was put back), `Interrupted` when an earlier run
    can't be recovered without help.
    """
    from .checkout.tree import Tree
    from .data.named import check_tables
    from .prepare import planner
    from .runs import apply_plan, refs
    from .standing import prepare_or_tell
    from .write.journal import pending
    from .write.recover import recover
    from .write.state import Home

    loaded = _load(specs)
    check_tables(loaded)
    tree = Tree.open(checkout)
    home = Home.of(tree.root)
    if pending(home):
        recover(tree.root)  # the files that it left may not even be plannable
        tree = Tree.open(checkout)
    prepared = prepare_or_tell(loaded, tree, Path(checkout))
    return apply_plan(prepared, planner(loaded, tree), home=home, allow_dirty=allow_dirty, specs=refs(loaded))


def verify(
    spec: PathLike,
    checkout: PathLike,
    *,
    python: PathLike | None = None,
    data: Iterable[PathLike] = (),
    build: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run an applied op in its checkout and hold every answer against the spec.

    `python` is the interpreter that runs the checkout (default: as for `newop-gen verify`), `data` are perf tables to
    verify on instead of the spec's own, `progress` is told what is going on. A checkout whose ops are compiled is built
    first; without `build`, its files alone are looked at, and `Report.build` says so. `Report.passed` is the verdict,
    `Report.results` are the checks, `Report.causes` the probable causes of what fails.

    Raises `SpecError`; `CheckoutRefused` when the op is not in the checkout, or it is not supported; `IoFault` when no
    interpreter can run it, or no cargo can build it. A check that fails is no error.
    """
    from .spec.load import load_spec
    from .verify.run import Options
    from .verify.run import verify as run

    chosen = Path(python) if python is not None else None
    options = Options(chosen, tuple(Path(file) for file in data), build=build)
    return run(load_spec(Path(spec)), Path(checkout), options, progress)


def _load(specs: Paths) -> list[LoadedOp]:
    from .model.loaded import load_ops

    paths = [specs] if isinstance(specs, (str, os.PathLike)) else list(specs)
    if not paths:
        raise SpecError(Problem(Place("newop_gen.api"), "no spec", "at least one", "", "no-spec"))
    return load_ops([Path(path) for path in paths])


def _warnings(loaded: Sequence[LoadedSpec]) -> tuple[Problem, ...]:
    return tuple(warning for spec in loaded for warning in spec.warnings)
