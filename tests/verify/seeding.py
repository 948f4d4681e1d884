"""Making the mistakes of the catalogue in a checkout, and asking `verify` about them.

One base tree per release has the example specs applied. A mistake is written into it, verified, and taken out again.
The interpreter that imports the checkout is warm: it has numpy and the like, and forks for each mistake.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.applying import EXAMPLES, SPECS, apply_specs
from support.releases import Release

from newop_gen.sandbox.runtime import release_environment, runtime_python
from newop_gen.spec.load import LoadedSpec, load_spec
from newop_gen.verify.result import Report
from newop_gen.verify.run import Options, verify_in
from newop_gen.verify.session import Process, begin

from .catalogue import Mistake


class NoSuchPlace(AssertionError):
    """The text that a mistake is made in is not in the checkout, or stands there more than once."""


@dataclass
class Bed:
    """A checkout with the example specs applied, and a warm interpreter to run it with."""

    release: Release
    process: Process
    stamp: int = 1_000_000_000

    @classmethod
    def make(cls, release: Release, folder: Path) -> Bed:
        """Applies the examples to a copy of a release; bytecode goes to `folder`."""
        # The examples put their tables into the newest version's directory.
        (release.systems / "data" / "h200_sxm" / "trtllm" / "1.0.0").mkdir(parents=True, exist_ok=True)
        apply_specs(release.root, EXAMPLES, lint=False)
        return cls.on(release, folder)

    @classmethod
    def on(cls, release: Release, folder: Path) -> Bed:
        """A checkout as it is."""
        environment = release_environment(release.root)
        del environment["PYTHONDONTWRITEBYTECODE"]
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        process = Process(runtime_python(lambda _: None), environment)
        process.request({"verb": "warm"}, 120)
        return cls(release, process)

    def verify(self, spec: str) -> Report:
        """Verifies one of the applied specs, on made-up tables."""
        loaded = own_tables_only(load_spec(SPECS / f"{spec}.yaml"))
        with begin(self.process, self.release.root, fork=True) as session:
            return verify_in(session, loaded, self.release.root, Options(unit_test=False), lambda _: None)

    @contextlib.contextmanager
    def made(self, mistake: Mistake) -> Iterator[None]:
        """The mistake is in the checkout inside this block."""
        before: dict[Path, bytes] = {}
        try:
            for file, scope, old, new in mistake.edits:
                path = self._file(file, scope.partition(" @ ")[0])
                source = path.read_bytes()
                before.setdefault(path, source)
                path.write_bytes(replaced(source.decode(), scope, old, new).encode())
                self._touch(path)
            yield
        finally:
            for path, source in before.items():
                path.write_bytes(source)
                self._touch(path)

    def _touch(self, path: Path) -> None:
        """Bytecode is told from stale bytecode by the second of the change: no two are alike."""
        self.stamp += 1
        os.utime(path, (self.stamp, self.stamp))

    def _file(self, file: str, scope: str) -> Path:
        path = self.release.sdk / file
        if path.is_file() or file != "models.py":
            return path
        for module in sorted((self.release.sdk / "models").glob("*.py")):
            if f"class {scope}(" in module.read_text(encoding="utf-8"):
                return module
        raise NoSuchPlace(f"no class {scope} in models/")

    def close(self) -> None:
        self.process.close()


def own_tables_only(loaded: LoadedSpec) -> LoadedSpec:
    """The spec without its data: made-up tables show every mistake, and sooner."""
    return dataclasses.replace(loaded, spec=loaded.spec.model_copy(update={"data": []}))


def replaced(source: str, scope: str, old: str, new: str) -> str:
    """`source` with `old` put in the place of `new`, inside the function or class `scope`."""
    start, end = 0, len(source)
    scope, _, line = scope.partition(" @ ")
    if scope:
        lines = source.splitlines(keepends=True)
        found = [place for name, *place in definitions(source) if name == scope]
        if len(found) != 1:
            raise NoSuchPlace(f"{len(found)} definitions of {scope}")
        first, last = found[0]
        start, end = sum(map(len, lines[: first - 1])), sum(map(len, lines[:last]))
    if line:
        start = source.index(line, start, end)
        end = source.index(old, start, end) + len(old)
    count = source.count(old, start, end)
    if count != 1:
        raise NoSuchPlace(f"{old!r} stands {count} times in {scope or 'the file'}")
    at = source.index(old, start, end)
    return source[:at] + new + source[at + len(old) :]


@functools.lru_cache(maxsize=32)
def definitions(source: str) -> list[tuple[str, int, int]]:
    """Name, first and last line of every function and class: most mistakes are made in the same few modules."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [(n.name, n.lineno, n.end_lineno) for n in ast.walk(ast.parse(source)) if isinstance(n, kinds)]


@dataclass(frozen=True)
class Outcome:
    """What `verify` made of a mistake."""

    mistake: Mistake
    report: Report
    seconds: float

    @property
    def caught(self) -> bool:
        return not self.report.passed

    @property
    def named(self) -> str:
        """The code of the cause that stands first."""
        causes = self.report.causes
        return causes[0].code if causes else ""

    @property
    def right(self) -> bool:
        return self.named in self.mistake.right


def outcome(bed: Bed, mistake: Mistake) -> Outcome:
    started = time.monotonic()
    with bed.made(mistake):
        report = bed.verify(mistake.spec)
    return Outcome(mistake, report, time.monotonic() - started)
