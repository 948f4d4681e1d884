"""One state of the project with its suite: measured once, then asked about changes.

Everything that is found is kept in files, a test file or a change at a time: what was stopped goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import executed
from .changes import PACKAGE, Change, changed, located

#: A change may make a test run forever: after so many seconds for each second that its tests cost, and so many more for
#: the start, it has noticed.
PATIENCE, START = 20, 120


@dataclass(frozen=True)
class Answer:
    """What a suite says to a change. `noticed` None: no test executes the line. `tests` were asked at most, `left` more
    execute the line and were not, because of the limit; `by` is the one that failed, empty for a time-out."""

    noticed: bool | None
    tests: int
    left: int
    by: str

    def __str__(self) -> str:
        if self.noticed is None:
            return "no test executes it"
        more = f", {self.left} more not asked" if self.left else ""
        return f"noticed by {self.by or 'time-out'}" if self.noticed else f"missed by {self.tests} tests{more}"


class Suite:
    """The suite of the checkout `tree`, which has its own .venv; what is found goes into `state`."""

    def __init__(self, tree: Path, state: Path, folders: Sequence[str]) -> None:
        self.tree, self.state, self.folders = tree, state, folders
        self.lines = state / "lines"
        self.lines.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of_commit(cls, repository: Path, commit: str, state: Path, folders: Sequence[str]) -> Suite:
        """A clone of the commit with its own environment, made where there is none, without a change that a run that
        was stopped has left."""
        tree = state / "tree"
        if not (tree / ".git").exists():
            state.mkdir(parents=True, exist_ok=True)
            subprocess.run(["git", "clone", "-q", "--no-checkout", str(repository), str(tree)], check=True)
        subprocess.run(["git", "checkout", "-q", "--force", commit], cwd=tree, check=True)
        subprocess.run([sys.executable, "scripts/setup.py"], cwd=tree, check=True)
        return cls(tree, state, folders)

    def files(self) -> list[str]:
        """Test files of the folders that are asked, below the tree."""
        found = {path for folder in self.folders for path in (self.tree / folder).rglob("test_*.py")}
        return sorted(path.relative_to(self.tree).as_posix() for path in found if "fixtures" not in path.parts)

    def measure(self) -> Iterator[str]:
        """Run each test file that was not run yet, under coverage; yields its name before."""
        for file in self.files():
            if not self._outcomes(file).exists():
                yield file
                self._measure(file)

    def _outcomes(self, file: str) -> Path:
        return self.lines / (file.replace("/", "+") + ".json")

    def _data(self, file: str) -> Path:
        return self.lines / (file.replace("/", "+") + ".coverage")

    def _measure(self, file: str) -> None:
        with tempfile.TemporaryDirectory(prefix="newop-seeded-") as temporary:
            rc, data, outcomes = (Path(temporary, name) for name in ("rc", "data", "outcomes"))
            rc.write_text(executed.SETTINGS.format(data=data), encoding="utf-8")
            plugin = Path(temporary, "plugin", "newop_executed.py")
            plugin.parent.mkdir()
            shutil.copy(executed.__file__, plugin)
            told = {"NEWOP_GEN_RC": str(rc), "NEWOP_GEN_OUTCOMES": str(outcomes), "PYTHONPATH": str(plugin.parent)}
            done = self._pytest(["-p", "newop_executed", file], told)
            if not outcomes.exists():
                raise RuntimeError(f"{self.tree}: {file} ended with {done.returncode}: {done.stdout[-3000:]}")
            python = self._python()
            subprocess.run(
                [python, "-m", "coverage", "combine", "-q", f"--rcfile={rc}", temporary], cwd=self.tree, check=False
            )
            if data.exists():
                shutil.move(data, self._data(file))
            shutil.move(outcomes, self._outcomes(file))

    def _python(self) -> str:
        return str(self.tree / ".venv" / "bin" / "python")

    def _pytest(
        self, arguments: Sequence[str], told: dict[str, str] | None = None, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COVERAGE_", "COV_CORE"))}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1"} | (told or {})
        command = [self._python(), "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "-n", "0", *arguments]
        with tempfile.TemporaryFile("w+", errors="replace") as out:
            process = subprocess.Popen(
                command, cwd=self.tree, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL, text=True,
                start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(timeout)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, 9)
                    process.wait()
            out.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, out.read())

    def tests_of(self, changes: Sequence[Change]) -> dict[Change, list[tuple[float, str]]]:
        """For each change the tests that execute its line and pass without it: (CPU seconds, test), cheapest first."""
        from coverage import CoverageData

        wanted = {}
        for change in changes:
            function = located(self.tree, change)
            wanted[change] = str((self.tree / PACKAGE / function.file).resolve()), function.line + change.line
        found: dict[Change, list[tuple[float, str]]] = {change: [] for change in changes}
        for file in self.files():
            if not self._data(file).exists():
                continue
            outcomes = json.loads(self._outcomes(file).read_text(encoding="utf-8"))
            data = CoverageData(basename=str(self._data(file)))
            data.read()
            by_file: dict[str, dict[int, list[str]]] = {}
            for change, (path, line) in wanted.items():
                if path not in by_file:
                    by_file[path] = data.contexts_by_lineno(path)
                for test in set(by_file[path].get(line, ())):
                    if outcomes.get(test, {}).get("passed"):
                        found[change].append((outcomes[test]["seconds"], test))
            data.close()
        return {change: sorted(tests) for change, tests in found.items()}

    def ask(self, change: Change, tests: Sequence[tuple[float, str]], limit: float) -> Answer:
        """The tests in turn, for `limit` CPU seconds at most as they were measured, until one fails."""
        asked: list[str] = []
        spent = 0.0
        for seconds, test in tests:
            if asked and spent + seconds > limit:
                break
            asked.append(test)
            spent += seconds
        left = len(tests) - len(asked)
        if not asked:
            return Answer(None, 0, 0, "")
        function = located(self.tree, change)
        path = self.tree / PACKAGE / function.file
        before = path.read_bytes()
        with tempfile.NamedTemporaryFile("w", prefix="newop-seeded-", suffix=".txt") as named:
            named.write("\n".join(asked) + "\n")
            named.flush()
            try:
                path.write_text(changed(before.decode(), function, change), encoding="utf-8")
                os.utime(path, (time.time(), path.stat().st_mtime + 1000))  # no byte code of before is taken for it
                done = self._pytest(["-x", f"@{named.name}"], timeout=START + PATIENCE * spent)
            except subprocess.TimeoutExpired:
                return Answer(True, len(asked), left, "")
            finally:
                path.write_bytes(before)
        if done.returncode == 0:
            return Answer(False, len(asked), left, "")
        if done.returncode not in (1, 2):  # a change can keep tests from being found; so can a wrong name
            found = self._pytest(["--collect-only", *asked])
            if found.returncode != 0:
                raise RuntimeError(f"{self.tree}: tests are not found without a change, too: {found.stdout[-3000:]}")
        lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        by = lines[0].partition(" ")[2].partition(" - ")[0] if lines else f"pytest's end with {done.returncode}"
        return Answer(True, len(asked), left, by)

    def answers(self) -> dict[str, Any]:
        """What was answered before, by what was asked."""
        path = self.state / "answers.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def keep(self, answers: dict[str, Any]) -> None:
        new = self.state / "answers.json.new"
        new.write_text(json.dumps(answers, indent=1), encoding="utf-8")
        new.replace(self.state / "answers.json")
