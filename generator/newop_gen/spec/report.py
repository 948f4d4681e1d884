"""What the rules have to say about a spec, and the questions that several of them ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Any, Union

from ..problems import Place, Problem
from ..sol.findings import Fault
from ..sol.types import Type
from .model import Nesting, PhaseName, PhaseNesting, PhaseSol, Sol, Spec
from .nodes import Loc
from .places import Places
from .text import did_you_mean, problem

PHASES: tuple[PhaseName, ...] = ("context", "generation")

PARAM_TYPES = {"int": Type.INT, "str": Type.STR}


@dataclass
class Report:
    """A spec that is being checked, where its parts stand, and what was found so far.

    `said` are locs that something was said about before; nothing more is said about them. `meant` is the axis decision
    that the formulas are written for, where the spec says another one.
    """

    spec: Spec
    places: Places
    said: Set[Loc] = frozenset()
    meant: str = ""
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(
        self, loc: Loc, code: str, found: str, expected: str = "", suggestion: str = "", *, key: bool = False
    ) -> None:
        """Say that the value at `loc` is wrong, or with `key` that its name is."""
        if loc not in self.said:
            self.errors.append(problem(self._place(loc, key), found, expected, suggestion, code))

    def warn(self, loc: Loc, code: str, found: str, suggestion: str = "", *, key: bool = False) -> None:
        """Say something about `loc` that does not refuse the spec."""
        self.warnings.append(problem(self._place(loc, key), found, "", suggestion, code))

    def _place(self, loc: Loc, key: bool) -> Place:
        return self.places.key(loc) if key else self.places(loc)

    def findings(self, loc: Loc, findings: Iterable[Fault], *, key: bool = False) -> None:
        """What the SOL language says about the text at `loc`."""
        if loc in self.said:
            return
        for f in findings:
            place = self.places.key(loc) if key else self.places.offset(loc, f.offset)
            self.errors.append(problem(place, f.found, f.expected, f.suggestion, "formula"))

    # the spec

    @property
    def used(self) -> tuple[PhaseName, ...]:
        """The phases of the op, context first."""
        return tuple(phase for phase in PHASES if phase in self.spec.phases.used)

    def params(self) -> dict[str, Type]:
        """Types of the params, as formulas see them."""
        return {name: PARAM_TYPES.get(param.type, Type.QUANT) for name, param in self.spec.params.items()}

    @property
    def query(self) -> str:
        """The axis decision to check against: a wrong one is said once, not at each name that follows from it."""
        return self.meant or self.spec.axis.query

    def runtime(self, phase: PhaseName) -> dict[str, Type]:
        """The run-time names of a formula of `phase`; all are counts.

        `prefix` is one in context only, and only where a prefix rule says how it enters a query.
        """
        if self.query == "x":
            return {"x": Type.INT}
        prefix = phase == "context" and self.spec.axis.prefix != "none"
        return {"b": Type.INT, "s": Type.INT, **({"prefix": Type.INT} if prefix else {})}

    def nestings(self) -> Iterator[tuple[Loc, Nesting, tuple[PhaseName, ...]]]:
        """Each nesting with the used phases that it holds for."""
        yield from self._per_phase(("nesting",), self.spec.nesting, PhaseNesting)

    def sols(self) -> Iterator[tuple[Loc, Sol, tuple[PhaseName, ...]]]:
        """Each formula with the used phases that it holds for."""
        yield from self._per_phase(("sol",), self.spec.sol, PhaseSol)

    def _per_phase(
        self, loc: Loc, value: Any, form: Union[type[PhaseNesting], type[PhaseSol]]
    ) -> Iterator[tuple[Loc, Any, tuple[PhaseName, ...]]]:
        if not isinstance(value, form):
            yield loc, value, self.used
            return
        for phase in self.used:
            if (part := getattr(value, phase)) is not None:
                yield (*loc, phase), part, (phase,)

    # questions that several rules ask

    def unknown(self, loc: Loc, code: str, what: str, word: str, known: Iterable[str], *, key: bool = False) -> None:
        """Say that `word` names nothing that is there, and what it probably meant."""
        names = list(known)
        expected = "one of " + ", ".join(names) if names else "none: there are none"
        self.error(loc, code, f"{what} {word!a}", expected, did_you_mean(word, names), key=key)

    def covers(self, loc: Loc, value: Any, *, all_of_them: bool = True) -> None:
        """A value per phase has the phases that the op uses, and no other."""
        given = [phase for phase in PHASES if getattr(value, phase) is not None]
        for phase in given:
            if phase not in self.used:
                self.error(
                    (*loc, phase), "phase", f"{phase}, which the op does not use", ", ".join(self.used), key=True
                )
        missing = [phase for phase in self.used if phase not in given]
        if missing and (all_of_them or not given):
            name = ".".join(map(str, loc))
            self.error(
                loc, "phase", f"{name} has nothing for {' and '.join(missing)}", "a value for each phase used", key=True
            )
