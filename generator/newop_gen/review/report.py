"""The machine-readable report of a run. Its shape is an interface: docs/schemas/report-1.schema.json."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..plan import Creation, Insertion

if TYPE_CHECKING:
    from ..plan import Edit, FileChange, Plan, Step
    from ..problems import Problem

SCHEMA = "newop-gen/report/1"
ERROR_SCHEMA = "newop-gen/error/1"


def report(
    plan: Plan | None,
    *,
    command: str,
    mode: str,
    outcome: str,
    exit_code: int,
    checkout: str = "",
    changes: Iterable[FileChange] = (),
    problems: Iterable[Problem] = (),
    warnings: Iterable[Problem] = (),
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """A run as JSON data. `plan` is None when it failed before there was one. The state of steps and edits is
    that after the run: once it was applied, all are done.

    `mode` is "apply", "dry-run" or "check"; `outcome` is "applied", "pending", "nothing-to-do" or "failed". Offsets of
    edits count bytes of the file before, spans of files bytes of the file after.
    """
    return {
        "schema": SCHEMA,
        "tool": tool(),
        "command": command,
        "mode": mode,
        "outcome": outcome,
        "exit_code": int(exit_code),
        "checkout": plan.root if plan else checkout,
        "layout": plan.layout if plan else None,
        "ops": list(plan.ops) if plan else [],
        "steps": [_step(number, step, outcome == "applied") for number, step in enumerate(plan.steps, 1)]
        if plan
        else [],
        "files": [_file(change) for change in changes],
        "notes": list(notes),
        "warnings": [problem_data(w) for w in warnings],
        "problems": [problem_data(p) for p in problems],
    }


def tool() -> dict[str, str]:
    """Which program a document is from."""
    return {"name": "newop-gen", "version": __version__}


def failure(exit_code: int, problems: Iterable[Problem]) -> dict[str, Any]:
    """A command that failed before it had anything to print: docs/schemas/error-1.schema.json."""
    return {
        "schema": ERROR_SCHEMA,
        "tool": tool(),
        "exit_code": int(exit_code),
        "problems": [problem_data(p) for p in problems],
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem as JSON data; `line` and `column` count from 1, 0 means the file as a whole."""
    return {
        "file": _clean(problem.place.file),
        "line": problem.place.line,
        "column": problem.place.column,
        "found": _clean(problem.found),
        "expected": _clean(problem.expected),
        "suggestion": _clean(problem.suggestion),
        "code": problem.code,
    }


def _clean(text: str) -> str:
    """Lone surrogates (from a file name or a spec) can't be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def _step(number: int, step: Step, applied: bool) -> dict[str, Any]:
    return {
        "number": number,
        "op": step.op,
        "key": step.key,
        "title": step.title,
        "state": "done" if applied or step.done else "pending",
        "edits": [_edit(edit, applied) for edit in step.edits],
        "notes": list(step.notes),
        "skips": [{"what": skip.what, "why": skip.why} for skip in step.skips],
    }


def _edit(edit: Edit, applied: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"path": edit.path, "state": "done" if applied or edit.done else "pending"}
    if isinstance(edit, Creation):
        return data | {"kind": "creation", "bytes": len(edit.content), "data": edit.data}
    if isinstance(edit, Insertion):
        return data | {"kind": "insertion", "offset": edit.offset, "bytes": len(edit.text)}
    return data | {
        "kind": "replacement",
        "offset": edit.start,
        "replaced": edit.end - edit.start,
        "bytes": len(edit.text),
    }


def _file(change: FileChange) -> dict[str, Any]:
    spans = [
        {"start": span.start, "end": span.end, "step": span.label, "replaced": len(span.old)} for span in change.spans
    ]
    return {
        "path": change.path,
        "change": "create" if change.before is None else "modify",
        "sha256_before": change.before_digest,
        "sha256_after": hashlib.sha256(change.after).hexdigest(),
        "spans": spans,
    }
