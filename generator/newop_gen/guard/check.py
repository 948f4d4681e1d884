"""Every pending edit of a plan against what its spec allows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..checkout.opened import source_of
from ..plan import Creation, Replacement
from ..problems import CheckoutRefused, Place, Problem
from .allowed import Allowed
from .copied import FromFile
from .fragments import Unreadable, check_comments, decoded, expression, parsed
from .vocabulary import Vocabulary, union
from .walk import Finding, NothingCopied, Walk

if TYPE_CHECKING:
    from ..model.op import Op
    from ..plan import Edit, Plan, Step
    from .walk import Copied

_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")


def check(plan: Plan, ops: Sequence[Op], words: Mapping[str, Vocabulary]) -> None:
    """Raise `CheckoutRefused` (code "guard") with everything in the plan's pending edits that no spec accounts for.
    `words` are those of the plan's layout.

    A failure is a fault of this program, or of a spec that made it render something that was never foreseen. Nothing
    was written. Edits that are done are the checkout's own text by now and aren't asked about.
    """
    everywhere = union(words.values())
    allowed = {op.name: Allowed.of(op, everywhere) for op in ops}
    check = _Check(plan, words)
    problems = [
        problem
        for step, edit in plan.step_edits()
        if not edit.done
        for problem in check.edit(step, edit, allowed[step.op])
    ]
    if problems:
        raise CheckoutRefused(problems)


class _Check:
    """What is looked up once per file of a plan."""

    def __init__(self, plan: Plan, words: Mapping[str, Vocabulary]) -> None:
        self.plan, self.words = plan, words
        self._files: dict[str, tuple[str, Copied]] = {}

    def edit(self, step: Step, edit: Edit, allowed: Allowed) -> Iterator[Problem]:
        """What is wrong with one edit."""
        if isinstance(edit, Creation):
            yield from self._creation(step, edit, allowed)
        elif edit.path.endswith(".py"):
            yield from self._code(step, edit, edit.text, allowed)
        else:
            yield _problem(edit.path, step, Finding(0, "a change of a file that is no Python"))

    def _creation(self, step: Step, edit: Creation, allowed: Allowed) -> Iterator[Problem]:
        name = edit.path.rpartition("/")[2]
        words = self.words.get(step.key, Vocabulary())
        if not _PLAIN_PATH.fullmatch(edit.path) or name not in allowed.files | words.sidecar:
            yield _problem(edit.path, step, Finding(0, f"a new file {name!a}"))
        elif edit.mode != 0o644:
            yield _problem(edit.path, step, Finding(0, f"a new file with mode {edit.mode:o}"))
        elif name.endswith(".py"):
            yield from self._code(step, edit, edit.content, allowed)
        elif step.key != "data" or "systems" not in edit.path.split("/"):
            yield _problem(edit.path, step, Finding(0, f"a table {name!a} in a place of something else"))
        elif name in words.sidecar:
            yield from _sidecar(step, edit, allowed, words)

    def _code(self, step: Step, edit: Edit, data: bytes, allowed: Allowed) -> Iterator[Problem]:
        words = self.words.get(step.key)
        if words is None:
            yield _problem(edit.path, step, Finding(0, "code, in a step that has none"))
            return
        encoding, copied = self._file(edit.path, step)
        try:
            text = decoded(data, encoding)
            check_comments(text)
            nodes = self._nodes(edit, text)
        except Unreadable as why:
            yield _problem(edit.path, step, Finding(0, str(why)))
            return
        for finding in Walk(words, allowed, copied).over(nodes):
            yield _problem(edit.path, step, finding)

    @staticmethod
    def _nodes(edit: Edit, text: str) -> list[ast.AST]:
        if isinstance(edit, Creation):
            return parsed(text, whole_file=True)
        if isinstance(edit, Replacement):
            try:
                return expression(text)
            except Unreadable:
                return parsed(text)
        return parsed(text)

    def _file(self, path: str, step: Step) -> tuple[str, Copied]:
        """The file's encoding, and what an edit may take over from it."""
        if path not in self._files:
            data = self.plan.sources.get(path)
            if data is None:
                self._files[path] = "utf-8", NothingCopied()
            else:
                encoding = source_of(path, data).encoding
                self._files[path] = encoding, FromFile(data.decode(encoding, "replace").replace("\r\n", "\n"))
        encoding, copied = self._files[path]
        return encoding, copied if self.words[step.key].copies else NothingCopied()


def _sidecar(step: Step, edit: Creation, allowed: Allowed, words: Vocabulary) -> Iterator[Problem]:
    """Lines that say what no sidecar does. It names the op's tables, and the backend and version of its directory."""
    _, backend, version, _ = ("/" + edit.path).rsplit("/", 3)
    stems = allowed.stems or {""}
    known = {line.format(backend=backend, version=version, stem=stem) for line in words.lines for stem in stems}
    for number, line in enumerate(edit.content.decode("utf-8", "replace").split("\n"), 1):
        if line not in known:
            yield _problem(edit.path, step, Finding(number, "a line that says something else"))


def _problem(path: str, step: Step, finding: Finding) -> Problem:
    where = f" (line {finding.line} of it)" if finding.line else ""
    return Problem(
        Place(path),
        f"internal check failed: {step.op}:{step.key} would put in {finding.what}{where}, which is not in the spec",
        "code made of the spec's own names, numbers and strings",
        "nothing was written; please report it with the spec and the release",
        "guard",
    )
