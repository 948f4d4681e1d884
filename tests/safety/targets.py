"""Target files as nobody expects them: refused with nothing changed, or applied so that `remove` gives them back.

    python -m tests.safety.targets [--seed N] [--count M]

Each case damages one target of a checkout (its line ends, encoding, syntax, size, or what stands in it) and runs
`newop-gen apply` in a child. Where Python can still read the file, the op may be applied: then the inserted lines have
the file's own line ends, and after `remove` the tree is byte for byte what it was. Everything else is refused with exit
code 3. A child that dies by a signal fails the sweep. The control is a person's formatter: a damage that is put right on
the way in, which must be noticed.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkouts import copy_fixture

from . import hostile_specs as specs
from . import world as worlds
from .faults import run
from .hostile import run_command

SDK = "src/aiconfigurator/sdk"
TARGETS = {
    "v0_8": [f"{SDK}/{name}.py" for name in ("common", "perf_database", "operations", "models")],
    "v0_10": [f"{SDK}/common.py", f"{SDK}/perf_database.py"],
}
Damage = Callable[[bytes], bytes]


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _mixed(data: bytes) -> bytes:
    lines = data.split(b"\n")
    return (
        b"".join(line + (b"\r\n" if number % 3 == 0 else b"\n") for number, line in enumerate(lines[:-1])) + lines[-1]
    )


def _cut(data: bytes) -> bytes:
    """The first half, and less where that is whole by chance."""
    half = data[: len(data) // 2]
    while half:
        try:
            compile(half, "half", "exec")
        except SyntaxError:
            break
        half = half[:-1]
    return half


def _in_the_middle(text: bytes) -> Damage:
    def damage(data: bytes) -> bytes:
        at = data.index(b"\n", len(data) // 2) + 1
        return data[:at] + text + data[at:]

    return damage


CASES: dict[str, tuple[Damage, frozenset[int]]] = {
    # what is done, and how an apply may end
    "line ends of Windows": (_crlf, frozenset({0})),
    "line ends of both kinds": (_mixed, frozenset({0})),
    "a byte order mark": (lambda data: b"\xef\xbb\xbf" + data, frozenset({0})),
    "no newline at the end": (lambda data: data.rstrip(b"\n"), frozenset({0})),
    "spaces at line ends": (lambda data: data.replace(b":\n", b":  \n"), frozenset({0})),
    "latin-1": (lambda data: b"# -*- coding: latin-1 -*-\n# \xe9\n" + data, frozenset({0})),
    "10 MB": (
        lambda data: data + b"\n" + b"# a comment of some length, again and again\n" * 240_000,
        frozenset({0, 3}),
    ),
    "form feeds": (lambda data: data.replace(b"\nclass ", b"\n\x0cclass "), frozenset({0, 3})),
    "a lone carriage return": (_in_the_middle(b"# one\rtwo\n"), frozenset({3})),
    "bytes that are no UTF-8": (_in_the_middle(b"# \xff\xfe\n"), frozenset({3})),
    "NUL": (_in_the_middle(b"# \0\n"), frozenset({3})),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), frozenset({3})),
    "an end-of-file character": (_in_the_middle(b"\x1a\n"), frozenset({3})),
    "tabs and spaces": (_in_the_middle(b"if True:\n\tpass\n        pass\n"), frozenset({3})),
    "a syntax error": (_in_the_middle(b"def broken(:\n"), frozenset({3})),
    "a conflict": (_in_the_middle(b"<<<<<<< HEAD\n=======\n>>>>>>> other\n"), frozenset({3})),
    "another Python": (_in_the_middle(b"print 'two'\n"), frozenset({3})),
    "nested too deep": (lambda data: data + b"\nx = " + b"(" * 3000 + b"1" + b")" * 3000 + b"\n", frozenset({3})),
    "signs without end": (lambda data: data + b"\nx = " + b"-" * 50_000 + b"1\n", frozenset({3})),
    "an unknown encoding": (lambda data: b"# coding: nonsense\n" + data, frozenset({3})),
    "a pointer of LFS": (
        lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 9\n" % (b"0" * 64),
        frozenset({3}),
    ),
    "nothing": (lambda data: b"", frozenset({3})),
    "cut short": (_cut, frozenset({3})),
}


@dataclass
class Result:
    """How the cases ended. `bad`: what must not have been."""

    cases: int = 0
    refused: int = 0
    applied: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.cases} cases, {self.refused} refused, {self.applied} applied and taken out, {len(self.bad)} wrong"
        )


def drawn(count: int | None, seed: int) -> list[tuple[str, str, str]]:
    """(fixture, target, damage): all, or each damage at `count` targets."""
    rng = random.Random(seed)
    places = [(fixture, path) for fixture, paths in TARGETS.items() for path in paths]
    return [
        (fixture, path, name)
        for name in CASES
        for fixture, path in (places if count is None else rng.sample(places, min(count, len(places))))
    ]


def command(name: str, spec: Path, root: Path) -> tuple[int | None, str]:
    """(exit code, what was said) of a command in a child; no code when an exception got out."""

    def work() -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        return run_command([name, str(spec), "--checkout", str(root)], out, err), err.getvalue()

    outcome = run(work, environment={"XDG_STATE_HOME": str(spec.parent / "state"), "NO_COLOR": "1"})
    return outcome.value or (None, outcome.text)


def sweep(cases: list[tuple[str, str, str]], before_apply: Damage = lambda data: data) -> Result:
    """`before_apply` is a negative control's: what somebody does to the file between a look at it and the apply."""
    result = Result()
    for fixture, path, name in cases:
        damage, ends = CASES[name]
        with worlds.scratch() as directory:
            root, spec = copy_fixture(fixture, directory), directory / "spec.yaml"
            spec.write_text(specs.BASE[: specs.BASE.index("data:")], encoding="utf-8")
            (root / path).write_bytes(damage((root / path).read_bytes()))
            old = worlds.snapshot(root)
            (root / path).write_bytes(before_apply((root / path).read_bytes()))
            code, said = command("apply", spec, root)
            what = f"{fixture}, {path}: {name}: exit {code}"
            result.cases += 1
            if code not in ends or "Traceback" in said or "internal" in said:
                result.bad.append(f"{what}: {said[:300]}")
            if code == 0:
                result.applied += 1
                now = worlds.snapshot(root)
                if now == old:
                    result.bad.append(f"{what}: and nothing was put in")
                again, why = command("remove", spec, root)
                if again != 0:
                    result.bad.append(f"{what}: remove: exit {again}: {why[:300]}")
            else:
                result.refused += 1
            last = worlds.snapshot(root)
            different = sorted(p for p in old.keys() | last.keys() if old.get(p) != last.get(p))
            if different:
                result.bad.append(f"{what}: these differ: {different}")
    return result


def tidied(data: bytes) -> bytes:
    """Negative control: what a formatter does on the way."""
    return data.replace(b"\r\n", b"\n").replace(b" \n", b"\n").rstrip(b"\n") + b"\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="targets per damage, drawn (default: all)")
    options = parser.parse_args()
    cases = drawn(options.count, options.seed)
    total = sweep(cases)
    print(f"hostile targets: {total}; seed {options.seed}, count {len(cases)}")
    for line in total.bad[:20]:
        print(f"  {line}")
    control = sweep([case for case in drawn(1, options.seed) if CASES[case[2]][1] == {0}], tidied)
    print(f"  negative control, tidied on the way: {control}")
    return 0 if not total.bad and total.applied and total.refused and control.bad else 1


if __name__ == "__main__":
    sys.exit(main())
