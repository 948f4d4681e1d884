"""Human edits kept: `remove . edit . apply == edit`, byte for byte, and edits inside an insertion refused.

    python -m tests.safety.edits [--seed N] [--count M]

One or two ops are applied, in any order; then a person edits the files anywhere outside what was put in: lines added,
changed and deleted, right beside the insertions, too. Removing the ops, together or one after the other, must leave
exactly those edits. In every third run an insertion itself is edited: that must be refused (exit 4), with nothing
changed.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from newop_gen.plan import FileChange
from newop_gen.problems import Conflict
from newop_gen.runs import remove_op

from . import world as worlds
from .crash import ENOUGH
from .world import World, apply_plan

Remove = Callable[[World, tuple[str, ...]], object]


@dataclass
class Result:
    """`outside`: runs with edits elsewhere; `inside`: runs with an insertion edited."""

    outside: int = 0
    inside: int = 0
    edits: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.outside} runs with {self.edits} edits elsewhere, {self.inside} with an insertion edited, "
            f"{len(self.bad)} wrong"
        )


@dataclass
class Token:
    """A part of a file: a person's (`old` is None), or put in by an op in place of `old`."""

    text: bytes
    old: bytes | None = None


class Marked:
    """A file that knows of each byte where it came from: what the tool's own records are measured against."""

    def __init__(self, data: bytes) -> None:
        self.tokens = [Token(data)]

    def put(self, change: FileChange) -> None:
        """Carry out a change, from what its plan says."""
        rest, self.tokens = self.tokens, []
        cursor = shift = 0
        for span in change.spans:
            self._move(rest, span.start - shift - cursor)
            for token in self._taken(rest, len(span.old)):
                assert token.old is None, "an op replaces what another one put in"
            self.tokens.append(Token(change.after[span.start : span.end], span.old))
            shift += span.end - span.start - len(span.old)
            cursor = span.end - shift
        self.tokens += rest
        assert self.now == change.after

    def _move(self, rest: list[Token], size: int) -> None:
        self.tokens += self._taken(rest, size)

    @staticmethod
    def _taken(rest: list[Token], size: int) -> list[Token]:
        taken = []
        while size > 0:
            token = rest[0]
            if len(token.text) <= size:
                taken.append(rest.pop(0))
            else:
                assert token.old is None, "an op goes into the middle of what another one put in"
                taken.append(Token(token.text[:size]))
                token.text = token.text[size:]
            size -= len(taken[-1].text)
        return taken

    @property
    def now(self) -> bytes:
        return b"".join(t.text for t in self.tokens)

    @property
    def without_ops(self) -> bytes:
        return b"".join(t.text if t.old is None else t.old for t in self.tokens)

    def edit(self, rng: random.Random) -> None:
        """One edit by a person, in bytes that no op put in or between two that did."""
        newline = b"\r\n" if b"\r\n" in self.now else b"\n"
        word = b"%08x" % rng.getrandbits(32)
        kind = rng.choice(("line", "line", "beside", "comment", "number", "delete", "last"))
        own = [t for t in self.tokens if t.old is None]
        token = rng.choice(own)
        if kind == "number" and (found := list(re.finditer(rb"\b[0-9]\.0\b", token.text))):
            at = rng.choice(found)
            token.text = token.text[: at.start()] + b"7.5" + token.text[at.end() :]
        elif kind == "comment" and (found := list(re.finditer(rb"[^'\"\n\r]*[:)](?=\r?\n)", token.text))):
            at = rng.choice(found)
            token.text = token.text[: at.end()] + b"  # " + word + token.text[at.end() :]
        elif kind == "delete" and (found := list(re.finditer(rb"(?m)^[ ]*(#.*)?\r?\n", token.text[1:]))):
            at = rng.choice(found)
            if at.start() > 0:
                token.text = token.text[: at.start() + 1] + token.text[at.end() + 1 :]
        elif kind == "last":
            end = self.tokens[-1]
            if end.text and not self.now.endswith(b"\n"):
                self.tokens.append(Token(newline))
            self.tokens.append(Token(b"_" + word + b" = 1" + newline))
        else:
            self._add_line(rng, rng.choice((b"# " + word, b"")) + newline, beside=kind == "beside")

    def _add_line(self, rng: random.Random, line: bytes, *, beside: bool) -> None:
        """A line of its own: anywhere, or directly before or after what an op put in."""
        places = []
        start = 3 if self.now.startswith(b"\xef\xbb\xbf") else 0
        at = 0
        for number, token in enumerate(self.tokens):
            ends = [0] if beside or token.old is not None else [0, *(m.end() for m in re.finditer(rb"\n", token.text))]
            for inside in ends:
                here = at + inside
                if here == start or (here > start and self.now[here - 1 : here] == b"\n"):
                    places.append((number, inside))
            at += len(token.text)
        if not places:
            return
        number, inside = rng.choice(places)
        token = self.tokens[number]
        if inside == 0:
            self.tokens.insert(number, Token(line))
        else:
            token.text = token.text[:inside] + line + token.text[inside:]


@contextmanager
def state_of(world: World) -> Iterator[None]:
    """The world's state directory for this process."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(world.state)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_STATE_HOME"]
        else:
            os.environ["XDG_STATE_HOME"] = before


def remove(world: World, ops: tuple[str, ...]) -> object:
    return remove_op(world.root, ops)


def one(directory: Path, start: World, rng: random.Random, result: Result, take_out: Remove = remove) -> None:
    """One run: apply, edit, remove, compare."""
    world = worlds.copy(start, directory / "case")
    ops = rng.choice((("demo",), ("demo", "second"), ("second", "demo")))
    marked = {path: Marked(data) for path, data in worlds.FILES.items() if path.endswith(".py") and data}
    with state_of(world):
        for op in ops:
            plan = worlds.plan(world.root, op, rng.randrange(4))
            for change in plan.changes():
                if change.before is not None:
                    marked[change.path].put(change)
            apply_plan(plan)
        for path in rng.sample(sorted(marked), rng.randint(1, len(marked))):
            for _ in range(rng.randint(1, 5)):
                marked[path].edit(rng)
                result.edits += 1
            compile(marked[path].now, path, "exec")
            (world.root / path).write_bytes(marked[path].now)
        if rng.random() < 1 / 3:
            _inside(world, rng, ops, marked, result, take_out)
        else:
            _outside(world, start, rng, ops, marked, result, take_out)
    shutil.rmtree(world.root.parent)


def _outside(
    world: World,
    start: World,
    rng: random.Random,
    ops: tuple[str, ...],
    marked: dict[str, Marked],
    result: Result,
    take_out: Remove,
) -> None:
    result.outside += 1
    order = list(ops)
    rng.shuffle(order)
    if not all(_compiles(path, file.without_ops) for path, file in marked.items()):
        # A line was added after what had been put in at the end of a file without a last newline: taking that out
        # would join two lines. That is to be refused.
        _refused(world, ops, result, take_out)
        return
    try:
        for some in [tuple(order)] if rng.random() < 0.5 else [(op,) for op in order]:
            take_out(world, some)
    except Exception as error:
        result.bad.append(f"run {result.outside}, {ops} out as {order}: {type(error).__name__}: {error}")
        return
    want = worlds.snapshot(start.root)
    for path, file in marked.items():
        want[path] = (*want[path][:2], file.without_ops)
    now = worlds.snapshot(world.root)
    different = sorted(p for p in now.keys() | want.keys() if now.get(p) != want.get(p))
    if different:
        result.bad.append(f"run {result.outside}, {ops} out as {order}: not the edited tree: {different}")


def _compiles(path: str, data: bytes) -> bool:
    try:
        compile(data, path, "exec")
    except SyntaxError:
        return False
    return True


def _refused(world: World, ops: tuple[str, ...], result: Result, take_out: Remove) -> None:
    before = worlds.snapshot(world.root)
    try:
        take_out(world, ops)
    except Conflict as refusal:
        if [p.code for p in refusal.problems] != ["not-alone"] or worlds.snapshot(world.root) != before:
            result.bad.append(f"{ops}: refused for another reason, or with a change: {refusal}")
    else:
        result.bad.append(f"{ops}: taken out, though what is left does not compile")


def _inside(
    world: World,
    rng: random.Random,
    ops: tuple[str, ...],
    marked: dict[str, Marked],
    result: Result,
    take_out: Remove,
) -> None:
    """Change one byte inside something that was put in."""
    path = rng.choice([p for p, m in marked.items() if any(t.old is not None for t in m.tokens)])
    tokens = [t for t in marked[path].tokens if t.old is not None and len(t.text.strip()) > 2]
    token = rng.choice(tokens)
    letters = [i for i, byte in enumerate(token.text) if chr(byte).isalnum()]
    at = rng.choice(letters)
    token.text = token.text[:at] + b"Z" + token.text[at + 1 :]
    (world.root / path).write_bytes(marked[path].now)
    result.inside += 1
    before = worlds.snapshot(world.root)
    try:
        take_out(world, ops)
    except Conflict as refusal:
        if worlds.snapshot(world.root) != before:
            result.bad.append(f"{ops}: refused, but something changed")
        if not any(p.code == "insertion-edited" and p.place.file == path for p in refusal.problems):
            result.bad.append(f"{ops}: refused without naming {path}: {refusal}")
    except Exception as error:
        result.bad.append(f"{ops}, insertion in {path} edited: {type(error).__name__}: {error}")
    else:
        result.bad.append(f"{ops}: an edited insertion in {path} was taken out: {token.text!r}")


def sweep(directory: Path, *, seed: int, count: int, take_out: Remove = remove) -> Result:
    rng = random.Random(seed)
    start = worlds.make(directory / "start")
    result = Result()
    for _ in range(count):
        one(directory, start, rng, result, take_out)
        if len(result.bad) >= ENOUGH:
            break
    return result


def restore_backup(world: World, ops: tuple[str, ...]) -> None:
    """Negative control: whole files are brought back as they were before the apply."""
    shutil.rmtree(world.root)
    for path, data in worlds.FILES.items():
        (world.root / path).parent.mkdir(parents=True, exist_ok=True)
        (world.root / path).write_bytes(data)
    os.chmod(world.root / worlds.OPERATIONS, 0o755)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    with worlds.scratch() as directory:
        total = sweep(directory, seed=options.seed, count=options.count)
    print(f"remove . edit . apply == edit: {total}; seed {options.seed}, count {options.count}")
    for line in total.bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as directory:
        bare = sweep(directory, seed=options.seed, count=50, take_out=restore_backup)
    print(f"  negative control, files restored from a backup: {bare}")
    return 0 if not total.bad and bare.bad else 1


if __name__ == "__main__":
    sys.exit(main())
