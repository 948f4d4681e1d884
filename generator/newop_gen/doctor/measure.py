"""Measuring findings: the loader is run on the checkout's own perf files, in a process of the user's interpreter."""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..problems import IoFault
from ..sandbox.runtime import import_roots, release_environment
from .checks.data_files import data_files
from .checks.lost_energy import lossy_helpers
from .columns import POINTER
from .finding import Finding
from .loaders import Loader, readers_of
from .subject import Subject
from .suspicion import Suspicion

MOST_FILES = 4
MOST_BYTES = 24 * 1024 * 1024
SHOWN_FILES = 2
SECONDS = 600
LOADER_CODES = ("lost-rows", "last-row-wins")
HELPER_CODE = "energy-not-interpolated"
KEYS_CODE = "key-made-on-lookup"
CELL_CODE = "empty-cell"


@dataclass(frozen=True)
class Measured:
    """Findings with their effects, and what could not be run."""

    findings: list[Finding]
    notes: list[str]


def measure(
    findings: Iterable[Finding],
    suspicions: Iterable[Suspicion],
    subject: Subject,
    checkout: Path,
    python: Path | None,
    report: Callable[[str], None],
) -> Measured:
    """Runs what the findings are about, and adds what came of it. Findings that can't be run stay as they are;
    suspicions become findings when they are proved.

    Never raises: an interpreter that is missing or can't import the checkout becomes a note.
    """
    found = list(findings)
    suspected = _suspected(suspicions, subject)
    tasks = _tasks(found, subject) | {name: task for name, (_, task) in suspected.items()}
    if not tasks:
        return Measured(found, [])
    try:
        results = _run(tasks, subject, checkout, python, report)
    except IoFault as fault:
        return Measured(found, [f"nothing was run, so no effect was measured: {fault.problems[0]}"])
    notes = [f"{name} could not be run: {result['error']}" for name, result in results.items() if "error" in result]
    proved = [
        suspicion.finding.measured(proof)
        for name, (suspicion, _) in suspected.items()
        if "error" not in results[name] and (proof := suspicion.proof(results[name])) is not None
    ]
    kept = [_with_effect(f, results, subject) for f in found if not _disproved(f, results)]
    return Measured([*kept, *proved], notes)


def _loading_of(finding: Finding) -> str:
    return f"{finding.names[0]} on {finding.place.file}"


def _disproved(finding: Finding, results: dict[str, dict[str, Any]]) -> bool:
    """Whether what was said to fail was run, and did not."""
    return finding.code == CELL_CODE and results.get(_loading_of(finding), {}).get("failed", "") is None


def _suspected(suspicions: Iterable[Suspicion], subject: Subject) -> dict[str, tuple[Suspicion, dict[str, Any]]]:
    """Suspicions that there are files for, with their tasks, by a name of each."""
    files = _files_by_name(subject)
    found = {}
    for suspicion in suspicions:
        loader = suspicion.loader
        chosen = _choose([p for n in _file_names(loader, subject) for p in files.get(n, ())])
        if chosen:
            name = f"{suspicion.finding.names[0]} on what {loader.name} gives ({suspicion.finding.code})"
            task = suspicion.task | _loading(loader, subject) | {"files": [str(p) for p in chosen]}
            found[name] = (suspicion, task)
    return found


def _loading(loader: Loader, subject: Subject) -> dict[str, Any]:
    return {"module": subject.code.module_of(loader.definition.source), "function": loader.name}


def _tasks(findings: list[Finding], subject: Subject) -> dict[str, dict[str, Any]]:
    tasks: dict[str, dict[str, Any]] = {}
    files = _files_by_name(subject)
    for finding in findings:
        if finding.code in LOADER_CODES:
            loader = subject.tables.loaders[finding.names[0]]
            chosen = _choose([p for n in _file_names(loader, subject) for p in files.get(n, ())])
            if chosen:
                tasks[loader.name] = {
                    "kind": "loader",
                    **_loading(loader, subject),
                    "files": [str(p) for p in chosen],
                    "readers": sorted(readers_of(subject.code)),
                    "measured": sorted(_measured_columns(loader)),
                    "branches": sorted(_branch_columns(loader)),
                }
        elif finding.code == CELL_CODE:
            loader = subject.tables.loaders[finding.names[0]]
            path = subject.code.tree.root / finding.place.file
            tasks[_loading_of(finding)] = {"kind": "load", **_loading(loader, subject), "files": [str(path)]}
        elif finding.code == KEYS_CODE:
            for loader in _loaders_of(finding, subject):
                paths = [p for n in _file_names(loader, subject) for p in files.get(n, ())]
                if paths:
                    tasks[f"{loader.name} for keys"] = {
                        "kind": "keys",
                        **_loading(loader, subject),
                        "files": [str(min(paths, key=lambda p: (p.stat().st_size, str(p))))],
                        "wrapped": subject.tables.wrapper is not None,
                    }
        elif finding.code == HELPER_CODE:
            for name, definition in lossy_helpers(subject).items():
                tasks[name] = {
                    "kind": "helper",
                    "module": subject.code.module_of(definition.source),
                    "owner": definition.owner.name if definition.owner else None,
                    "function": name,
                }
    return tasks


def _loaders_of(finding: Finding, subject: Subject) -> list[Loader]:
    return [subject.tables.loaders[name] for name in finding.names if name in subject.tables.loaders]


def _file_names(loader: Loader, subject: Subject) -> list[str]:
    names = (subject.code.file_name(m) for m in subject.tables.members_of(loader.name))
    return [name for name in names if name]


def _files_by_name(subject: Subject) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in data_files(subject):
        full = subject.code.tree.root / path
        with full.open("rb") as file:
            if not file.read(len(POINTER)).startswith(POINTER):
                found.setdefault(full.name, []).append(full)
    return found


def _choose(paths: list[Path]) -> list[Path]:
    """A few files, the largest first, that are read in a moment."""
    chosen: list[Path] = []
    total = 0
    for path in sorted(paths, key=lambda p: (-p.stat().st_size, str(p))):
        size = path.stat().st_size
        if len(chosen) < MOST_FILES and total + size <= MOST_BYTES:
            chosen.append(path)
            total += size
    return chosen


def _measured_columns(loader: Loader) -> set[str]:
    """The columns that a leaf's latency is made of."""
    found: set[str] = set()
    for store in loader.stores:
        leaf = loader.definition.flow.sole(store.value)
        if isinstance(leaf, ast.Dict):
            for key, value in zip(leaf.keys, leaf.values):
                if isinstance(key, ast.Constant) and key.value == "latency":
                    found |= loader.columns(value)
    return found or {"latency"}


def _branch_columns(loader: Loader) -> set[str]:
    """The columns that a loader's branches depend on."""
    return {
        column for node in ast.walk(loader.loop) if isinstance(node, ast.If) for column in loader.columns(node.test)
    }


def _run(
    tasks: dict[str, dict[str, Any]],
    subject: Subject,
    checkout: Path,
    python: Path | None,
    report: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    from ..problems import Place, Problem
    from ..verify.session import chosen_python

    interpreter = str(python or chosen_python(report))
    report(f"running {', '.join(sorted(tasks))} with {interpreter}")
    request = {
        "roots": [str(root) for root in import_roots(checkout)],
        "import": f"{subject.code.module_root}.perf_database",
        "tasks": tasks,
    }
    source = (Path(__file__).parent / "child.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="newop-doctor-") as folder:
        try:
            done = subprocess.run(
                [interpreter, "-c", source],
                input=json.dumps(request),
                cwd=folder,
                env=release_environment(checkout),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            answer = json.loads(done.stdout)
        except (OSError, subprocess.TimeoutExpired, ValueError) as error:
            raise IoFault(Problem(Place(interpreter), f"gave no answer ({type(error).__name__})")) from None
    if "error" in answer:
        raise IoFault(Problem(Place(interpreter), f"can't import the checkout: {answer['error']}"))
    results: dict[str, dict[str, Any]] = answer["results"]
    return results


def _with_effect(finding: Finding, results: dict[str, dict[str, Any]], subject: Subject) -> Finding:
    if finding.code in LOADER_CODES:
        result = results.get(finding.names[0], {})
        root = subject.code.tree.root
        effects = [_effect(finding.code, one, root) for one in result.get("files", ())]
        return finding.measured(_listed([e for e in effects if e]))
    if finding.code == CELL_CODE and (failed := results.get(_loading_of(finding), {}).get("failed")):
        return finding.measured(f"{finding.names[0]} raises {failed}")
    if finding.code == KEYS_CODE:
        for loader in _loaders_of(finding, subject):
            made = results.get(f"{loader.name} for keys", {}).get("made")
            if made:
                return finding.measured(
                    f"looking up a key that {Path(made['file']).name} has not, on level {made['level']}: "
                    f"{made['before']} keys before, {made['after']} after"
                )
    if finding.code == HELPER_CODE:
        helpers = [n for n in lossy_helpers(subject) if n in finding.what and "given" in results.get(n, {})]
        if helpers:
            given = results[helpers[0]]["given"]
            return finding.measured(
                f"halfway between leaves of 1 ms and 2 ms at 500 W, {helpers[0]} gives "
                + ", ".join(f"{k} {v:g}" for k, v in given.items())
                + (", and no energy (750 W*ms)" if "energy" not in given else "")
            )
    return finding


def _listed(effects: list[str]) -> str:
    """What was measured on the first files, and on how many more it was alike."""
    more = len(effects) - SHOWN_FILES
    return "; ".join(effects[:SHOWN_FILES]) + (f"; and the like in {more} more" if more > 0 else "")


def _effect(code: str, file: dict[str, Any], root: Path) -> str:
    """One file's part of what was measured."""
    path = Path(file["file"]).relative_to(root)
    short = "/".join(path.parts[-4:])
    if code == "lost-rows":
        lost = file["lost"]
        if lost is None:
            return ""
        rows = f"{lost['value']} rows" if lost["value"] else "rows"
        return f"{lost['rows']} of {lost['rows']} {rows} dropped in {short} ({file['empty']} empty dicts)"
    if file["differ"]:
        return f"{file['differ']} of {file['leaves']} keys of {short} repeat with another latency, and the last is kept"
    if file["replaced"]:
        return f"a second source takes the place of {file['replaced']} of {file['leaves']} leaves of {short}"
    return ""
