"""Hostile specs: refused, with nothing changed in the tree or in `.git`, no traceback, and nothing of them run.

    python -m tests.safety.hostile [--seed N] [--count M] [--fuzz M] [--jobs N]

Each case is given to `newop-gen apply` on a checkout under git, in a process of its own limits: it must end with exit
code 2 (or 3, where only the checkout can tell: a name that is not in scope). The fuzzed inputs are valid specs with
pieces of hostile ones put in, and mutations of bytes and lines; each must end in a list of problems or in a plan that
passes the guard. A process that dies by a signal, an exception of any other kind, a refusal by the guard (a hole in
what comes before it), a file that a payload leaves behind or only tries to open, a changed byte: each counts as wrong.
The time is that of the processor, so that a busy machine does not matter.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import os
import pickle
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkouts import copy_fixture, copy_git_fixture

from . import hostile_specs as specs
from . import world as worlds

MEMORY = 2 << 30  # bytes of address space that a child may take on top of what its parent has mapped
SECONDS = 10.0  # of the processor, for one case; the goal is one, which is printed
BATCH = 400
FIXTURES = ("v0_8", "v0_11")  # one of each family
Case = tuple[str, bytes]
Hole = Callable[[], None]


@dataclass
class Result:
    """`ends`: how many cases ended in which way. `bad`: what must not have been."""

    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""
    bad: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.cases += other.cases
        self.ends += other.ends
        self.bad += other.bad
        if other.slowest > self.slowest:
            self.slowest, self.slowest_case = other.slowest, other.slowest_case

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return f"{self.cases} inputs: {ends}; slowest {self.slowest:.2f} s; {len(self.bad)} wrong"


def hand_made(count: int | None, seed: int) -> list[Case]:
    """All cases, or `count` of them, drawn."""
    every = list(specs.cases())
    return every if count is None else random.Random(seed).sample(every, count)


def fuzzed(count: int, seed: int) -> Iterator[Case]:
    """Valid specs with one to three things put in, and what mutations make of them."""
    from spec.test_fuzz import TEXTS, mutate

    rng = random.Random(seed)
    payloads = [*specs.CODE, *specs.UNUSUAL_NAMES, *specs.TOOL_TEXT, *specs.BREAKOUTS, *specs.PATHS, *specs.RESERVED]
    payloads += [f"a{char}" for char in specs.HIDDEN]
    slots, numbers = list(specs.SLOTS.values()), list(specs.NUMBERS.values())
    for number in range(count):
        what = f"fuzz {number} of seed {seed}"
        if number % 4 == 0:
            yield what, mutate(rng, rng.choice([*TEXTS, specs.BASE]).encode())
            continue
        text = specs.BASE
        for slot in rng.sample(slots, rng.randint(1, 3)):
            if text.count(slot.old) == 1:
                chosen = rng.choice(payloads) if rng.random() < 0.3 else slot.benign or "other"
                if rng.random() < 0.2:
                    chosen = _crossed(rng, chosen, rng.choice(payloads))
                scalar = chosen if rng.random() < 0.2 or slot in numbers else specs.escaped(chosen)
                text = text.replace(slot.old, slot.new.replace("{}", scalar))
        raw = text.encode("utf-8", "surrogatepass")
        yield what, mutate(rng, raw) if rng.random() < 0.2 else raw


def _crossed(rng: random.Random, one: str, other: str) -> str:
    return one[: rng.randrange(len(one) + 1)] + other[rng.randrange(len(other) + 1) :]


class Checkout:
    """A checkout under git with a spec's directory beside it. What is there may not change."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = copy_git_fixture("v0_8", directory)
        self.beside = directory / "specs"
        (self.beside / "data").mkdir(parents=True)
        (self.beside / "data/new_op.csv").write_text(specs.TABLE, encoding="utf-8")
        self.spec = self.beside / "spec.yaml"
        self.spec.touch()
        (directory / "state").mkdir()
        self.signature = self.look()
        self.contents = worlds.snapshot(self.root, git=True)

    def look(self) -> list[tuple[str, int, int, int, int]]:
        """Every entry with what changes when it is written; the spec's own directory by names alone."""
        seen = []
        for parent, folders, names in os.walk(self.directory):
            for name in [*folders, *names]:
                path = os.path.join(parent, name)
                if parent.startswith(str(self.beside)):
                    seen.append((path, 0, 0, 0, 0)) if path != str(self.spec) else None
                else:
                    s = os.lstat(path)
                    seen.append((path, s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns))
        return sorted(seen)

    def apply(self, what: str, raw: bytes) -> tuple[str, list[str]]:
        """(how it ended, what was wrong) for one spec, through the command line."""
        self.spec.write_bytes(raw)
        out, err = io.StringIO(), io.StringIO()
        code = run_command(["apply", str(self.spec), "--checkout", str(self.root)], out, err)
        bad = [] if code in (2, 3) else [f"exit {code}: {err.getvalue()[-300:]}"]
        said = err.getvalue()
        if "Traceback" in said or "internal" in said:
            bad.append(f"not a refusal: {said[-300:]}")
        if "error: " not in said:
            bad.append("refused without a word")
        if not all(c == "\n" or " " <= c <= "~" or c.isalpha() for c in said + out.getvalue()):
            bad.append(f"characters for a terminal to act on: {said!a}")
        now = self.look()
        if now != self.signature:
            changed = {one[0] for one in set(now) ^ set(self.signature)}
            bad.append(f"changed: {sorted(changed)}")
            self.signature = now
        return f"exit {code}", [f"{what}: {one}" for one in bad]

    def unchanged(self) -> list[str]:
        """By content, at the end of a batch."""
        now = worlds.snapshot(self.root, git=True)
        different = sorted(p for p in now.keys() | self.contents.keys() if now.get(p) != self.contents.get(p))
        return [f"changed after all: {different}"] if different else []


def run_command(arguments: Sequence[str], out: io.StringIO, err: io.StringIO) -> int:
    """The exit code of a command of `newop-gen`, run here."""
    from newop_gen.cli import cli

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(list(arguments), prog_name="newop-gen")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


class Planner:
    """Plans specs against the fixtures in turn, whose files are read and parsed once."""

    def __init__(self, directory: Path) -> None:
        from newop_gen.checkout.tree import Tree

        (directory / "data").mkdir()
        (directory / "data/new_op.csv").write_text(specs.TABLE, encoding="utf-8")
        self.spec = directory / "spec.yaml"
        self.trees = [Tree.open(copy_fixture(name, directory)) for name in FIXTURES]
        self.turn = 0

    def plan(self, what: str, raw: bytes) -> tuple[str, list[str]]:
        """(how it ended, what was wrong) for one spec, up to a checked plan."""
        from newop_gen.prepare import prepare
        from newop_gen.problems import NewopError
        from newop_gen.spec.load import load_specs

        self.spec.write_bytes(raw)
        self.turn += 1
        tree = self.trees[self.turn % len(self.trees)]
        try:
            prepare(load_specs([self.spec]), tree.root, tree)
        except NewopError as error:
            codes = {problem.code for problem in error.problems}
            internal = [str(p) for p in error.problems if p.code in ("guard", "postcondition")]
            end = "refused" if int(error.exit_code) == 2 else "refused by the checkout"
            return end, [f"{what}: got as far as {', '.join(codes)}: {internal[0]}"] if internal else []
        except Exception as error:
            return "exception", [f"{what}: {type(error).__name__}: {error}"]
        return "planned", []


def batch(cases: Sequence[Case], how: str, hole: Hole | None = None) -> Result:
    """Run cases in a child with limits. When it dies, that case is wrong, and the rest goes on in another child."""
    total = Result()
    rest = list(cases)
    while rest:
        done, died = _child(rest, how, hole)
        total.add(done)
        if died is None:
            break
        number = done.cases
        total.bad.append(f"{rest[number][0]}: the process died ({died})")
        total.cases += 1
        total.ends["died"] += 1
        rest = rest[number + 1 :]
    return total


def _child(cases: Sequence[Case], how: str, hole: Hole | None) -> tuple[Result, str | None]:
    """What a child made of the cases, and how it died, if it did. It says after each case what came of it."""
    with worlds.scratch() as directory:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "wb") as stream:
                try:
                    _run(cases, how, hole, directory, lambda one: _send(stream, one))
                except BaseException as error:
                    _send(stream, ("harness", 0.0, [f"{type(error).__name__}: {error}"]))
                    stream.flush()
                    os._exit(3)
            os._exit(0)
        os.close(writer)
        result = Result()
        with os.fdopen(reader, "rb") as stream:
            for end, seconds, bad in _received(stream):
                assert end != "harness", f"the harness failed: {bad}"
                result.bad += bad
                if end == "end":
                    continue
                what = cases[result.cases][0]
                result.cases += 1
                result.ends[end] += 1
                if seconds > result.slowest:
                    result.slowest, result.slowest_case = seconds, what
        _, status = os.waitpid(child, 0)
    return result, signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else None


def _send(stream: Any, one: tuple[str, float, list[str]]) -> None:
    pickle.dump(one, stream)
    stream.flush()


def _received(stream: Any) -> Iterator[tuple[str, float, list[str]]]:
    while True:
        try:
            yield pickle.load(stream)
        except (EOFError, pickle.UnpicklingError):
            return


def _run(cases: Sequence[Case], how: str, hole: Hole | None, directory: Path, tell: Callable[..., None]) -> None:
    """In the child: limits, eyes, then case by case."""
    os.environ.update(XDG_STATE_HOME=str(directory / "state"), HOME=str(directory), NO_COLOR="1")
    cwd = directory / "cwd"
    cwd.mkdir()
    os.chdir(cwd)
    checkout = Checkout(directory / "tree") if how == "apply" else None
    planner = Planner(directory) if checkout is None else None
    if hole:
        hole()
    attempts: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, attempts))
    # On top of what this process has mapped: a test runner may have more than the limit by itself.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.disable()
    for what, raw in cases:
        used = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 3 * SECONDS), resource.RLIM_INFINITY))
        end, bad = checkout.apply(what, raw) if checkout else planner.plan(what, raw)  # type: ignore[union-attr]
        seconds = time.process_time() - used
        if attempts:
            bad = [*bad, f"{what}: something of it was run: {attempts}"]
            attempts.clear()
        if seconds > SECONDS:
            bad = [*bad, f"{what}: took {seconds:.1f} s"]
        tell((end, seconds, bad))
    left = [str(path) for path in directory.rglob("*canary*")]
    bad = [f"left behind: {left}"] if left else []
    tell(("end", 0.0, bad + (checkout.unchanged() if checkout else [])))


def _watch(event: str, arguments: tuple[Any, ...], attempts: list[str]) -> None:
    """An audit hook: what a payload would do, were it run, is noted even when it fails."""
    starts = event in ("os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn")
    touches = event in ("open", "import", "subprocess.Popen", "os.mkdir", "os.rename") and "canary" in repr(arguments)
    if starts or touches:
        attempts.append(f"{event}{arguments!r}"[:200])


def sweep(cases: Sequence[Case], how: str, *, jobs: int = 1, hole: Hole | None = None) -> Result:
    """All cases, in batches."""
    total = Result()
    batches = [cases[at : at + BATCH] for at in range(0, len(cases), BATCH)]
    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(lambda some: batch(some, how, hole), batches):
            total.add(one)
    return total


def refusals_for_their_own_reason() -> list[str]:
    """The control of all cases: `BASE` and each place with something benign is planned, or it could refuse anything."""
    cases = [("the spec itself", specs.BASE.encode())]
    for name, slot in specs.SLOTS.items():
        if slot.benign:
            scalar = slot.benign if name.startswith("number") else specs.escaped(slot.benign)
            cases.append((f"{name} {slot.benign}", slot.holding(scalar).encode()))
    result = batch(cases, "plan")
    return result.bad or ([] if result.ends == {"planned": result.cases} else [str(result)])


# Holes, as negative controls: each lets something through that must be noticed.


def formulas_are_evaluated() -> None:
    from newop_gen.sol import parse

    tokenize = parse.tokenize

    def and_run(text: str, **options: Any) -> Any:
        with contextlib.suppress(Exception):
            eval(text)
        return tokenize(text, **options)

    parse.tokenize = and_run  # type: ignore[assignment]


def yaml_is_constructed() -> None:
    import yaml

    from newop_gen.spec import load

    read_source = load.read_source

    def and_construct(path: Any) -> Any:
        with contextlib.suppress(Exception):
            yaml.unsafe_load(Path(path).read_bytes())
        return read_source(path)

    load.read_source = and_construct  # type: ignore[assignment]


def a_refusal_touches_the_tree() -> None:
    from newop_gen.cli import group

    complain = group.complain

    def and_touch(problems: Any, *rest: Any) -> None:
        head = Path.cwd().parent / "tree" / "v0_8" / ".git" / "HEAD"
        if head.exists():
            os.utime(head)
        complain(problems, *rest)

    group.complain = and_touch  # type: ignore[assignment]


def an_exception_gets_out() -> None:
    from newop_gen.spec import load

    def broken(path: Any) -> Any:
        return {}["op"]

    load.read_source = broken  # type: ignore[assignment]


def a_deep_spec_kills() -> None:
    from newop_gen.spec import load

    read_source = load.read_source

    def dies(path: Any) -> Any:
        if Path(path).read_bytes().count(b"[") > 1000:
            os.kill(os.getpid(), signal.SIGSEGV)
        return read_source(path)

    load.read_source = dies  # type: ignore[assignment]


HOLES: dict[str, tuple[Hole, str, str]] = {
    # the hole, the cases that show it, and what is to be said of them
    "formulas are evaluated": (formulas_are_evaluated, 'formula: flops "open', "something of it was run"),
    "YAML is constructed": (yaml_is_constructed, "tag ", "something of it was run"),
    "a refusal touches .git": (a_refusal_touches_the_tree, "text: unit", "changed: "),
    "an exception gets out": (an_exception_gets_out, "name: op", "exit 70"),
    "a process dies": (a_deep_spec_kills, "nested lists", "the process died (SIGSEGV)"),
}


def noticed(name: str) -> int:
    """In how many cases a hole is noticed, for what it is."""
    hole, word, said = HOLES[name]
    result = sweep([case for case in specs.cases() if case[0].startswith(word)], "apply", hole=hole)
    return sum(said in line for line in result.bad)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="hand-made specs, drawn (default: all)")
    parser.add_argument("--fuzz", type=int, default=100_000, help="fuzzed inputs (default: 100,000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    cases = hand_made(options.count, options.seed)
    refused = sweep(cases, "apply", jobs=options.jobs)
    good = refused.cases - len({line.split(": ")[0] for line in refused.bad})
    print(f"hostile specs: {good} of {refused.cases} refused; {refused}; seed {options.seed}")
    fuzz = Result()
    for start in range(0, options.fuzz, 4000):
        some = min(4000, options.fuzz - start)
        fuzz.add(sweep(list(fuzzed(some, options.seed + start)), "plan", jobs=options.jobs))
    print(f"fuzzed: {fuzz}; seed {options.seed}")
    for line in [*refused.bad, *fuzz.bad][:20]:
        print(f"  {line}")
    others = refusals_for_their_own_reason()
    print(f"  control, each place with something benign: {others or 'all planned'}")
    holes = {name: noticed(name) for name in HOLES}
    print("  negative controls: " + "; ".join(f"{name}: noticed {count} times" for name, count in holes.items()))
    return 0 if not refused.bad and not fuzz.bad and not others and all(holes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
