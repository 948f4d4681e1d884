"""The description of a pull request, in Markdown: what, why, files, formula, data, tests, how verified."""

from __future__ import annotations

import functools
import hashlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.op import Op
from ..plan import Creation, StepKey
from ..problems import SpecError
from ..resources import templates_dir
from ..tables.read import read
from ..text import counted, printable
from .html.changes import FileView, file_views
from .html.verification import Verification
from .why import decisions

if TYPE_CHECKING:
    from jinja2 import Environment

    from ..layouts.crate import Crate
    from ..plan import Plan, Prepared
    from ..spec.load import LoadedSpec
    from ..spec.model import Sol

# An underscore inside a word is no markup.
_SPECIAL = re.compile(r"([\\`*{}\[\]<>|~&!]|(?<!\w)_|_(?!\w))")
_REFERENCE = re.compile(r"([@#])(?=\w)|(?<=GH-)(?=\d)")
_LIST = re.compile(r"^(\s*)([-+]|\d+[.)]|#{1,6}|=+)(?=\s|$)")


@dataclass(frozen=True)
class DataRow:
    """A perf table: the file beside the spec, its rows and digest (0 and "" when it isn't there), where it goes."""

    file: str
    place: str
    rows: int
    digest: str


@dataclass(frozen=True)
class OpText:
    """What the template says of one op."""

    op: Op
    decisions: list[tuple[str, str]]
    formula: str
    data: list[DataRow]
    notes: list[str]
    verification: Verification | None
    doubts: list[str]


def pr_text(
    loaded: Sequence[LoadedSpec],
    planned: Prepared | None = None,
    verifications: Mapping[str, Verification] | None = None,
    crate: Crate | None = None,
) -> str:
    """The description for specs; with a plan and its changes, also its files, tests and notes for reviewers.

    `verifications` are by op; `crate` is that of a checkout whose ops are compiled. A layout whose upstream has a
    template of its own for pull requests has one of its name here, too, with those sections.
    """
    plan = planned.plan if planned is not None else None
    files = file_views(planned.plan, planned.changes) if planned is not None else []
    ops = [_op(spec, plan, (verifications or {}).get(spec.spec.op)) for spec in loaded]
    tests = [file for file in files if plan is not None and _is_test(plan, file)]
    rust = [shlex.join(crate.test_command(spec.spec.op)) for spec in loaded] if crate is not None else []
    names = [f"{plan.layout}/pr_text.md.j2"] if plan is not None else []
    template = environment().select_template([*names, "pr_text.md.j2"])
    return template.render(ops=ops, plan=plan, files=files, tests=tests, rust=rust)


def _op(loaded: LoadedSpec, plan: Plan | None, verification: Verification | None) -> OpText:
    op = Op.from_spec(loaded.spec)
    steps = [step for step in plan.steps if step.op == op.name] if plan is not None else []
    notes = [note for step in steps for note in step.notes]
    notes += [f"Left out: {skip.what}: {skip.why}" for step in steps for skip in step.skips]
    doubts: list[str] = []
    if verification is not None:
        doubts += verification.doubts(plan.layout if plan is not None else verification.layout, loaded.sha256)
    return OpText(op, list(decisions(op)), formula_text(op), list(_data(loaded)), notes, verification, doubts)


def _is_test(plan: Plan, file: FileView) -> bool:
    """A new file of tests that pytest runs; those in Rust are cargo's."""
    return file.path.endswith(".py") and any(
        isinstance(edit, Creation) and edit.path == file.path and step.key == StepKey.TEST
        for step, edit in plan.step_edits()
    )


def _data(loaded: LoadedSpec) -> Iterator[DataRow]:
    for entry in loaded.spec.data:
        version = entry.version if isinstance(entry.version, str) else " or ".join(entry.version)
        place = f"{entry.system}/{entry.backend}/{version}"
        yield DataRow(entry.file, place, *_measure(loaded.path.parent / entry.file))


def _measure(path: Path) -> tuple[int, str]:
    """Rows of a table, and the digest of its file; 0 rows for what is no table, or for no file."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
        table = read(path, ()).table
    except (OSError, SpecError):
        return 0, ""
    return len(table.rows) if table is not None else 0, digest.hexdigest()


def formula_text(op: Op) -> str:
    """The SOL formula as the spec has it, phase by phase, for a block of code."""
    alike = all(op.sol(phase) == op.sol(op.phases[0]) for phase in op.phases)
    lines = ["SOL = max(sum of FLOPs / peak at precision, sum of bytes / memory bandwidth)"]
    for phase in op.phases[:1] if alike else op.phases:
        lines += ["", " and ".join(op.phases) if alike else phase, *_formula(op.sol(phase))]
    return "\n".join(lines)


def _formula(sol: Sol) -> Iterator[str]:
    if sol.constants is not None:
        for value, row in sol.constants.rows.items():
            yield f"  for {sol.constants.by} = {value}: " + ", ".join(f"{k} = {v}" for k, v in row.items())
    for name, text in sol.let.items():
        yield f"  let {name} = {text}"
    for part in sol.parts:
        yield f"  {part.name}"
        for label, piece in (("FLOPs", part.flops), ("precision", part.precision), ("bytes", part.bytes)):
            if piece is not None:
                yield f"    {label:<9} {piece}"


@functools.cache
def environment() -> Environment:
    """Templates of `templates/review/` for Markdown: escaping is by what a text is (`md`, `code`, `block`)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader(templates_dir() / "review"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters.update(md=markdown, code=code_span, block=code_block, counted=counted)
    return env


def markdown(text: str) -> str:
    """Free text on one line of Markdown: nothing in it is markup but `code` between backticks, and nobody is called.

    An "@name" or "#12" would notify somebody, or link to something else, in the repository that the text is put into.
    """
    pieces = printable(" ".join(text.split())).split("`")
    if len(pieces) % 2 == 0:  # a backtick without its like
        pieces = ["`".join(pieces)]
    return "".join(code_span(piece) if number % 2 else _plain(piece) for number, piece in enumerate(pieces))


def _plain(text: str) -> str:
    text = _LIST.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
    return _REFERENCE.sub(lambda match: f"{match.group(1) or ''}<!-- -->", text)


def code_span(text: str) -> str:
    """A code span; its fence is longer than any run of backticks inside. A "|" is escaped, for tables."""
    text = printable(" ".join(text.split())).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def code_block(text: str) -> str:
    """A fenced block; the fence is longer than any run of backticks inside."""
    text = printable(text, keep="\n")
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence}text\n{text}\n{fence}"
