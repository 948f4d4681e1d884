"""A checkup from a directory to findings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..checkout.tree import Tree
from ..layouts import detect
from ..problems import CheckoutRefused, Place, Problem, SpecError
from . import checks
from .checks import gates
from .checks.silent_sites import names_of
from .columns import reads_parquet
from .finding import Checkup, Finding, Severity
from .measure import measure
from .subject import Subject


@dataclass(frozen=True)
class Options:
    """`ops`: names to look at (all when empty); `python`: the interpreter that runs loaders; `run`: whether to."""

    ops: tuple[str, ...] = ()
    python: Path | None = None
    run: bool = True
    report: Callable[[str], None] = field(default=lambda line: None)


def checkup(checkout: Path, options: Options) -> Checkup:
    """Every finding in a checkout, most of them from its code alone.

    Raises `CheckoutRefused` when there is no package or not a file of it can be looked at, `SpecError` for an op that
    no name in the tree has. A tree that fits no layout is looked at as far as it goes; `layout` is None then.
    """
    tree = Tree.open(checkout)
    layout = detect(tree).layout
    subject = Subject.of(tree)
    if not subject.code.table_sources or subject.code.common is None:
        raise CheckoutRefused(
            [
                Problem(Place(str(checkout)), reason, "the SDK's own files", "", "doctor-files")
                for reason in _lacking(subject)
            ]
        )
    findings = _selected(list(checks.run(subject)), options.ops, subject)
    notes = _notes(subject)
    if options.run:
        suspicions = [s for s in checks.suspicions(subject) if _asked_for(s.finding, options.ops)]
        measured = measure(findings, suspicions, subject, checkout, options.python, options.report)
        findings, notes = measured.findings, [*notes, *measured.notes]
    else:
        notes.append("nothing was run: what depends on the collected values was not looked at")
    findings.sort(key=lambda f: (f.place, f.code))
    limits = tuple(f for f in findings if f.severity is Severity.LIMIT)
    defects = tuple(f for f in findings if f.severity is not Severity.LIMIT)
    return Checkup(layout.name if layout else None, defects, _looked_at(subject), tuple(notes), limits)


def _lacking(subject: Subject) -> list[str]:
    return list(dict.fromkeys(subject.code.lacking)) or ["there is no file with tables or queries"]


def _notes(subject: Subject) -> list[str]:
    code = subject.code
    notes = list(dict.fromkeys(code.lacking))
    if subject.compiled is not None:
        notes += dict.fromkeys(subject.compiled.lacking)
        notes.append("ops are compiled here: the places that they are listed in were looked at, their maths was not")
    elif not subject.tables.loaders:
        notes.append("no loader was recognised: rows, nesting and missing keys were not looked at")
    if not code.tree.is_dir(f"{code.systems}/data"):
        notes.append(f"{code.systems}/data is not there: no perf file was looked at, and no loader was run")
    if not reads_parquet() and any(n and n.endswith(".parquet") for n in map(code.file_name, code.members)):
        notes.append("pyarrow can't be imported here: parquet was not looked into for empty cells")
    if not code.backends:
        notes.append(f"{code.home}/backends is not there: mixed steps were not looked at")
    if not gates.readable(subject):
        notes.append(f"the rules of {code.home}/afd_partition.py are not understood: names were not sorted by them")
    return notes


def _looked_at(subject: Subject) -> dict[str, int]:
    compiled = {"compiled ops": len(subject.compiled.variants)} if subject.compiled is not None else {}
    return {
        **compiled,
        "loaders": len(subject.tables.loaders),
        "tables": len(subject.tables.filled),
        "queries": len(subject.queries.found),
        "operations": len(subject.queries.operations),
        "wirings": len(subject.wirings.found),
    }


def _selected(findings: list[Finding], ops: Sequence[str], subject: Subject) -> list[Finding]:
    """The findings of the ops asked for: those that a name of theirs has, alone or as a part between underscores."""
    if not ops:
        return findings
    known = _names(subject)
    problems = []
    for op in ops:
        if not any(_is_of(name, op) for name in known):
            near = difflib.get_close_matches(op, known, 3, 0.5)
            problems.append(
                Problem(
                    Place(op),
                    "nothing in the checkout has this name",
                    "a query, a loader, an operation class or a perf file member, with or without what its kind adds",
                    f"did you mean {', '.join(near)}?" if near else "",
                    "doctor-op",
                )
            )
    if problems:
        raise SpecError(problems)
    return [f for f in findings if _asked_for(f, ops)]


def _asked_for(finding: Finding, ops: Sequence[str]) -> bool:
    return not ops or any(_is_of(name, op) for op in ops for name in finding.names)


def _names(subject: Subject) -> list[str]:
    found = {*subject.code.members, *subject.tables.loaders, *subject.tables.filled, *subject.queries.op_names}
    found |= {q.definition.name for q in subject.queries.found} | subject.queries.database_methods
    for variant in subject.compiled.variants if subject.compiled is not None else ():
        found.update(names_of(variant))
    return sorted(found)


def _is_of(name: str, op: str) -> bool:
    """Whether a name of the tree is one of the op's: the op's own name with what marks its kind and phase around it."""
    plain, wanted = _bare(name), _bare(op)
    return name == op or (bool(wanted) and plain == wanted)


AROUND = ("query", "load", "data", "table", "context", "generation", "raw")


def _bare(name: str) -> str:
    words = [w for w in name.strip("_").split("_") if w]
    while words and words[0].lower() in AROUND:
        words.pop(0)
    while words and words[-1].lower() in AROUND:
        words.pop()
    text = "".join(words).lower()
    for phase in ("context", "generation"):
        if not words[1:] and text.startswith(phase) and text != phase:
            text = text.removeprefix(phase)
    return text
