"""Hostile specs: refused, with nothing changed in the tree or in `.git`, no traceback, and nothing of them run.

    python -m tests.safety.hostile [--seed N] [--count M] [--fuzz M] [--jobs N]

Each case is given to `newop-gen apply` on a checkout under git, in a process of its own limits (see `quarantine`): it
must end with exit code 2 (or 3, where only the checkout can tell: a name that is not in scope). The fuzzed inputs are
valid specs with pieces of hostile ones put in, and mutations of bytes and lines; each must end in a list of problems or
in a plan that passes the guard, and change nothing. A refusal by the guard is wrong, too: a hole in what comes before
it. Times are those of the processor, so that a busy machine does not matter.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkouts import copy_git_fixture

from . import hostile_specs as specs
from .quarantine import Case, Hole, Kind, Result, Still, sweep

if TYPE_CHECKING:
    from newop_gen.checkout.tree import Tree

FIXTURES = ("v0_8", "v0_11")  # one of each family


def hand_made(count: int | None, seed: int) -> list[Case]:
    """All cases, or `count` of them, drawn."""
    every = list(specs.cases())
    return every if count is None else random.Random(seed).sample(every, count)


def fuzzed(count: int, seed: int) -> Iterator[Case]:
    """Valid specs with one to three things put in, and what mutations make of them."""
    from spec.test_fuzz import TEXTS, mutate

    rng = random.Random(seed)
    hidden = [f"a{char}" for char in specs.HIDDEN]
    pools = {  # what is put into places of each kind, as the hand-made cases have it; and any of it anywhere
        "formula": specs.CODE,
        "wiring": specs.CODE,
        "name": [*specs.UNUSUAL_NAMES, *specs.RESERVED],
        "text": [*specs.BREAKOUTS, *specs.TOOL_TEXT, *hidden],
        "value": [*specs.BREAKOUTS, *specs.TOOL_TEXT, *hidden],
        "file": specs.PATHS,
        "number": specs.ODD_NUMBERS,
    }
    everything = [payload for pool in pools.values() for payload in pool]
    for number in range(count):
        what = f"fuzz {number} of seed {seed}"
        if number % 4 == 0:
            yield what, mutate(rng, rng.choice([*TEXTS, specs.BASE]).encode())
            continue
        text = specs.BASE
        for name in rng.sample(list(specs.SLOTS), rng.randint(1, 3)):
            slot, kind = specs.SLOTS[name], name.partition(":")[0]
            if text.count(slot.old) != 1:
                continue
            pool = pools[kind] if rng.random() < 0.7 else everything
            chosen = rng.choice(pool) if rng.random() < 0.3 else slot.benign or "other"
            if rng.random() < 0.2:
                chosen = _crossed(rng, chosen, rng.choice(pool))
            plain = rng.random() < 0.2 or kind == "number"
            text = text.replace(slot.old, slot.new.replace("{}", chosen if plain else specs.escaped(chosen)))
        raw = text.encode("utf-8", "surrogatepass")
        yield what, mutate(rng, raw) if rng.random() < 0.2 else raw


def _crossed(rng: random.Random, one: str, other: str) -> str:
    return one[: rng.randrange(len(one) + 1)] + other[rng.randrange(len(other) + 1) :]


class Applied:
    """`newop-gen apply` on a checkout under git, through the command line. Every case must be refused."""

    def __init__(self, directory: Path) -> None:
        tree = directory / "tree"
        self.root = copy_git_fixture("v0_8", tree)
        self.spec = _specs_directory(tree)
        (directory / "state").mkdir()
        self.still = Still(tree, self.spec)

    def take(self, what: str, raw: bytes) -> tuple[str, list[str]]:
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
        return f"exit {code}", bad + self.still.changed()

    def end(self) -> list[str]:
        return self.still.changed_after_all()


class Planned:
    """All that comes before writing, against the fixtures in turn, whose files are read and parsed once. A case may
    end in a plan: one that the guard let through."""

    def __init__(self, directory: Path) -> None:
        from newop_gen.checkout.tree import Tree

        tree = directory / "tree"
        self.trees = [Tree.open(copy_git_fixture(name, tree)) for name in FIXTURES]
        self.spec = _specs_directory(tree)
        self.still = Still(tree, self.spec, every=10)
        self.turn = 0

    def take(self, what: str, raw: bytes) -> tuple[str, list[str]]:
        self.spec.write_bytes(raw)
        self.turn += 1
        end, bad = self._plan(self.trees[self.turn % len(self.trees)])
        return end, bad + self.still.changed()

    def _plan(self, tree: Tree) -> tuple[str, list[str]]:
        from support.applying import prepare

        from newop_gen.problems import NewopError
        from newop_gen.spec.load import load_specs

        try:
            prepare(load_specs([self.spec]), tree)
        except NewopError as error:
            codes = {problem.code for problem in error.problems}
            internal = [str(p) for p in error.problems if p.code in ("guard", "postcondition")]
            end = "refused" if int(error.exit_code) == 2 else "refused by the checkout"
            return end, [f"got as far as {', '.join(codes)}: {internal[0]}"] if internal else []
        except Exception as error:
            return "exception", [f"{type(error).__name__}: {error}"]
        return "planned", []

    def end(self) -> list[str]:
        return self.still.changed_after_all()


def _specs_directory(tree: Path) -> Path:
    """The spec that cases are written to, in a directory with a table beside it."""
    beside = tree / "specs"
    (beside / "data").mkdir(parents=True)
    (beside / "data/new_op.csv").write_text(specs.TABLE, encoding="utf-8")
    return beside / "spec.yaml"


def run_command(arguments: Sequence[str], out: io.StringIO, err: io.StringIO) -> int:
    """The exit code of a command of `newop-gen`, run here."""
    from newop_gen.cli import cli

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(list(arguments), prog_name="newop-gen")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def refusals_for_their_own_reason() -> list[str]:
    """The control of all cases: `BASE` and each place with something benign is planned, or it could refuse anything."""
    cases = [("the spec itself", specs.BASE.encode())]
    for name, slot in specs.SLOTS.items():
        if slot.benign:
            scalar = slot.benign if name.startswith("number") else specs.escaped(slot.benign)
            cases.append((f"{name} {slot.benign}", slot.holding(scalar).encode()))
    result = sweep(cases, Planned)
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
        os.utime(Path.cwd().parent / "tree" / "v0_8" / ".git" / "HEAD")
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


def loading_leaves_something() -> None:
    from newop_gen.spec import load

    read_source = load.read_source

    def and_leave(path: Any) -> Any:
        Path(path).parent.parent.joinpath("v0_8/.git/left").touch()
        return read_source(path)

    load.read_source = and_leave  # type: ignore[assignment]


def texts_are_put_in_raw() -> None:
    from newop_gen.spec import shape

    rendering = importlib.import_module("newop_gen.render.environment")
    shape.text_fault = lambda text, **human: None  # type: ignore[assignment]
    rendering.docstring = lambda text, *sizes: text  # type: ignore[attr-defined]
    rendering.environment.cache_clear()


HAND_MADE: dict[str, tuple[Hole, str, str]] = {
    # the hole, the cases that show it, and what is to be said of them
    "formulas are evaluated": (formulas_are_evaluated, 'formula: flops "open', "something of it was run"),
    "YAML is constructed": (yaml_is_constructed, "tag ", "something of it was run"),
    "a refusal touches .git": (a_refusal_touches_the_tree, "text: unit", "changed: "),
    "an exception gets out": (an_exception_gets_out, "name: op", "exit 70"),
    "a process dies": (a_deep_spec_kills, "nested lists", "the process died (SIGSEGV)"),
}
FUZZED: dict[str, tuple[Hole, str]] = {
    # the same over fuzzed inputs
    "fuzzed formulas are evaluated": (formulas_are_evaluated, "something of it was run"),
    "loading leaves a file in .git": (loading_leaves_something, "changed: "),
    "an exception gets out of a fuzzed input": (an_exception_gets_out, "KeyError"),
    "fuzzed texts are put in raw": (texts_are_put_in_raw, "got as far as"),
}
CONTROL = 400  # fuzzed inputs


def noticed(name: str) -> int:
    """In how many cases a hole is noticed, for what it is."""
    kind: Kind
    if name in HAND_MADE:
        hole, word, said = HAND_MADE[name]
        cases, kind = [case for case in specs.cases() if case[0].startswith(word)], Applied
    else:
        hole, said = FUZZED[name]
        cases, kind = list(fuzzed(CONTROL, seed=1)), Planned
    result = sweep(cases, kind, hole=hole)
    return sum(said in line for line in result.bad)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="hand-made specs, drawn (default: all)")
    parser.add_argument("--fuzz", type=int, default=100_000, help="fuzzed inputs (default: 100,000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    cases = hand_made(options.count, options.seed)
    refused = sweep(cases, Applied, jobs=options.jobs)
    good = refused.cases - len({line.split(": ")[0] for line in refused.bad})
    print(
        f"hostile specs: {good} of {len(cases)} refused; {refused}; seed {options.seed}, count {len(cases)}", flush=True
    )
    fuzz = Result()
    for start in range(0, options.fuzz, 4000):
        some = min(4000, options.fuzz - start)
        fuzz.add(sweep(list(fuzzed(some, options.seed + start)), Planned, jobs=options.jobs))
        print(f"  so far: {fuzz}", file=sys.stderr, flush=True)
    print(f"fuzzed: {fuzz}; seed {options.seed}, count {options.fuzz}")
    for line in [*refused.bad, *fuzz.bad][:20]:
        print(f"  {line}")
    others = refusals_for_their_own_reason()
    print(f"  control, each place with something benign: {others or 'all planned'}")
    holes = {name: noticed(name) for name in (*HAND_MADE, *FUZZED)}
    print("  negative controls: " + "; ".join(f"{name}: noticed {count} times" for name, count in holes.items()))
    complete = refused.cases == len(cases) and fuzz.cases == options.fuzz
    return 0 if complete and refused.good and fuzz.good and not others and all(holes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
