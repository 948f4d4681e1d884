"""`load_specs`: files to checked specs, with every error of every file at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..problems import Problem, SpecError
from .check import check_spec
from .limits import validated
from .model import Spec
from .places import Places
from .shape import Shaped, shape
from .source import Source, read_source

MAX_PROBLEMS = 100
"""Problems reported per file; the rest is counted."""


@dataclass(frozen=True)
class LoadedSpec:
    """A spec that passed every check.

    `text` is the file's text, `sha256` the digest of its bytes, `places` turns a loc such as ('nesting', 'keys', 0,
    'param') into file, line and column. `warnings` are for the user to see; they refuse nothing.
    """

    path: Path
    text: str = field(repr=False)
    spec: Spec
    places: Places = field(repr=False)
    sha256: str
    warnings: list[Problem] = field(default_factory=list)


def load_spec(path: Path) -> LoadedSpec:
    """Read one spec.

    :raises SpecError: with everything that is wrong with it, in the order of the file.
    """
    source = read_source(path)
    shaped = shape(source.document, source.root, Spec)
    spec, limits = validated(Spec, shaped)
    problems = [*source.problems, *shaped.problems, *limits]
    # Even a spec that is refused is looked at as far as it goes: whoever wrote it wants to know everything at once.
    findings = check_spec(spec or shaped.value, shaped.places, skip=shaped.incomplete, said=shaped.reported)
    problems += findings.errors
    if spec is not None:
        problems += _outside(path, spec, shaped.places)
    if problems or spec is None:
        raise SpecError(_listed(problems))
    return _loaded(path, source, spec, shaped, findings.warnings)


def load_specs(paths: Iterable[Path]) -> list[LoadedSpec]:
    """Read several specs; two of them may not describe the same op.

    :raises SpecError: with everything that is wrong with any of them.
    """
    loaded: list[LoadedSpec] = []
    problems: list[Problem] = []
    first: dict[str, LoadedSpec] = {}
    for path in paths:
        try:
            spec = load_spec(path)
        except SpecError as error:
            problems += error.problems
            continue
        loaded.append(spec)
        if other := first.get(spec.spec.op):
            found = f"op {spec.spec.op!r} again, already in {other.places(('op',))}"
            problems.append(Problem(spec.places(("op",)), found, "one spec per op", code="duplicate-op"))
        first.setdefault(spec.spec.op, spec)
    if problems:
        raise SpecError(problems)
    return loaded


def _outside(path: Path, spec: Spec, places: Places) -> list[Problem]:
    """Data files that a link leads out of the spec's directory: what a stranger's spec names would be copied into the
    checkout, whatever it is. Nothing of them is read."""
    home = os.path.realpath(path.parent)
    found = "{0!a} is, or is below, a link that leads out of the spec's directory"
    return [
        Problem(places(("data", number, "file")), found.format(entry.file), "a file below it", "copy it there", "path")
        for number, entry in enumerate(spec.data)
        if not Path(os.path.realpath(path.parent / entry.file)).is_relative_to(home)
    ]


def _loaded(path: Path, source: Source, spec: Spec, shaped: Shaped, warnings: list[Problem]) -> LoadedSpec:
    digest = hashlib.sha256(source.raw).hexdigest()
    return LoadedSpec(path, source.document.text, spec, shaped.places, digest, _listed(warnings))


def _listed(problems: list[Problem]) -> list[Problem]:
    """In the order of the file, each once, and not without end."""
    listed = sorted(dict.fromkeys(problems), key=lambda p: (p.place, p.found))
    if len(listed) > MAX_PROBLEMS:
        more = Problem(listed[MAX_PROBLEMS].place, f"{len(listed) - MAX_PROBLEMS} more problems from here", code="more")
        listed = [*listed[:MAX_PROBLEMS], more]
    return listed
