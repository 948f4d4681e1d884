"""The tests can fail: each guard is taken out in turn, and the tests that stand for it must notice.

    python -m tests.safety.sabotage [--count M] [--jobs N] [NAME...]

A guard is a piece of source text and what takes its place when it is gone. The package is laid out anew with that one
file changed, and the named tests run against it in a process of their own; they must fail. With the file unchanged they
must pass, or the figure would mean nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import newop_gen

from . import world as worlds

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(newop_gen.__file__).parent


@dataclass(frozen=True)
class Guard:
    """`old` in `file` (below the package) gives way to `new`; `tests` (pytest arguments) must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: str


CRASH = "tests/safety/test_crash.py -k kill_point_is_recovered"
TARGETS = "tests/write/test_targets.py"
GIT = "tests/write/test_git.py"
RECOVERY = "tests/write/test_recovery.py"

GUARDS = [
    # the order of a transaction
    Guard("journal before the first file", "write/transaction.py",
          'fs.rename(state, "journal.new", journal.name_of("prepared"))', "pass", CRASH),
    Guard("pre-images", "write/transaction.py",
          "fs.create(images, str(number), target.before, 0o600)", "pass",
          f"{RECOVERY} -k never_lost"),
    Guard("staged before the exchange", "write/transaction.py",
          'self._advance(state, "staged")\n                    self._exchange()',
          'self._exchange()\n                    self._advance(state, "staged")', CRASH),
    Guard("committed after the exchange", "write/transaction.py",
          'self._exchange()\n                    self._advance(state, "committed")',
          'self._advance(state, "committed")\n                    self._exchange()', CRASH),
    Guard("put back after a fault", "write/transaction.py",
          "            self._back(error)\n", "            pass\n", "tests/safety/test_io_faults.py -k leave_all_old"),
    Guard("the phase as the disk has it", "write/transaction.py",
          'if fs.exists(state, journal.name_of("committed")):', "if False:",
          "tests/safety/test_io_faults.py -k leave_all_old"),
    Guard("receipts after the commit", "write/transaction.py",
          "    receipts.install(home, log.receipts)\n", "", CRASH),
    Guard("recovery completes what was committed", "write/recover.py",
          'if phase == "committed":\n            finish(', 'if phase == "none":\n            finish(', CRASH),
    Guard("pre-images without a journal are cleared", "write/recover.py",
          "for name in _remains(state):\n                if", "for name in ():\n                if", CRASH),
    Guard("directories that were made go again", "write/undo.py",
          "clear(home, base, journal, reversed(journal.made))", "clear(home, base, journal, ())", CRASH),
    Guard("files beside targets go", "write/undo.py",
          "if fs.exists(fd, name):\n                    fs.unlink(fd, name)\n    for path in dropped",
          "pass\n    for path in dropped", CRASH),
    # looking before and after
    Guard("a look right before the exchange", "write/transaction.py",
          "if not _holds(fd, name, target.before):\n            raise changed_meanwhile(self.of.home.shown(target.path))\n        self",
          "self", f"{RECOVERY} -k save_at_any_moment"),
    Guard("a look after the exchange", "write/transaction.py",
          "elif not _holds(fd, stage, target.before):", "elif False:", f"{RECOVERY} -k save_at_any_moment"),
    Guard("late writes are kept", "write/transaction.py",
          "    _rescue(home, base, log, notes)\n", "", f"{RECOVERY} -k save_at_any_moment"),
    Guard("creating does not overwrite", "write/undo.py",
          "if fs.link(fd, aside, name) or fs.rename_new(fd, aside, name):\n        return\n    if fs.exists(fd, name):\n        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)",
          "pass", f"{RECOVERY} -k comes_where"),
    Guard("an edit after a crash stops recovery", "write/undo.py",
          "if human and not keep_edits:", "if False:", f"{RECOVERY} -k never_lost"),
    Guard("an untouched file is told by what lies beside it", "write/undo.py",
          "if stage is not None and stage.digest == entry.after:\n        return Need.CLEAN", "if False:\n        return Need.CLEAN",
          f"{RECOVERY} -k not_reached"),
    Guard("stale plans", "write/apply.py",
          "return any(fs.content(root, path) != data for path, data in plan.sources.items())", "return False",
          f"{RECOVERY} -k 'stale'"),
    Guard("the postcondition", "write/apply.py", "    verify(changes)\n", "", f"{TARGETS} -k breaks_its_promise"),
    # links, paths, special files
    Guard("links are not followed", "write/fs.py",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent", f"{RECOVERY} -k swapped_for_a_link"),
    Guard("links that lead out", "write/paths.py",
          "if not real.is_relative_to(base):", "if False:", f"{TARGETS} -k 'leads_out or nowhere'"),
    Guard("links into git's directory", "write/paths.py",
          "        if not contained(found):\n", "        if False:\n", f"{TARGETS} -k into_the_git"),
    Guard("linked files", "write/paths.py", "if (base / found).is_symlink():", "if False:", f"{TARGETS} -k 'linked_file or what_exists'"),
    Guard("contained paths", "write/paths.py",
          'return all(part not in ("", ".", "..") and part.casefold() not in _GIT_NAMES for part in path.split("/"))',
          "return True", f"{TARGETS} -k leave_the_checkout"),
    Guard("contained paths in a journal", "write/journal.py",
          "not contained(raw) or ", "", f"{RECOVERY} -k names_anything_else"),
    Guard("names of its own in a journal", "write/journal.py",
          ' or os.path.basename(raw).startswith(".newop-gen-")', "", f"{RECOVERY} -k names_anything_else"),
    Guard("one file once in a journal", "write/journal.py",
          "if len({e.path for e in journal.entries}) != len(journal.entries):", "if False:",
          f"{RECOVERY} -k names_anything_else"),
    Guard("checksums", "write/sealed.py", "if said != _digest(document) or", "if", f"{RECOVERY} -k 'flipped or broken_receipt'"),
    Guard("one journal", "write/journal.py", "if len(found) > 1:", "if False:", f"{RECOVERY} -k two_journals"),
    Guard("a file under two names", "write/apply.py", "if path in targets:", "if False:", f"{TARGETS} -k under_two_names"),
    Guard("read-only files", "write/paths.py",
          "if status is not None and not (status.st_mode & 0o222 and _allowed(base, path, os.W_OK)):", "if False:",
          f"{TARGETS} -k read_only"),
    Guard("read-only directories", "write/paths.py",
          'if not (mode & 0o222 and os.access(".", os.W_OK | os.X_OK, dir_fd=fd)):', "if False:", f"{TARGETS} -k read_only"),
    Guard("special files", "write/fs.py", "if not stat.S_ISREG(status.st_mode):", "if False:", f"{TARGETS} -k 'what_exists'"),
    Guard("hard links are said", "write/transaction.py",
          "if status.st_nlink > 1 and target.after is not None:", "if False:", f"{TARGETS} -k hard_link"),
    Guard("modes are kept", "write/transaction.py",
          "mode = target.mode & ~mask if status is None else status.st_mode & 0o7777", "mode = target.mode & ~mask",
          f"{TARGETS} -k 'modes_and_owners'"),
    Guard("the umask", "write/transaction.py", "target.mode & ~mask if", "target.mode if", f"{TARGETS} -k umask"),
    # one at a time
    Guard("the lock", "write/state.py", "                self._flock(fd, wait)\n", "", f"{RECOVERY} -k waits_too_long"),
    Guard("recovery comes first", "write/apply.py", "        recovered = recover_held(home)\n",
          "        recovered = RecoveryReport()\n", "tests/write/test_removal.py -k next_command"),
    # git
    Guard("dirty targets", "write/dirt.py", "        if found:\n", "        if False:\n", f"{GIT} -k dirty"),
    Guard("staged changes", "write/dirt.py", "if as_staged and entry.head == entry.index:", "if as_staged:", f"{GIT} -k dirty_target"),
    Guard("merges under way", "write/dirt.py", "    if busy:\n", "    if False:\n", f"{GIT} -k 'unmerged or under_way'"),
    Guard("the unmerged index", "write/git.py",
          '"an unmerged index" if _run(self.top, "ls-files", "--unmerged", "-z") else None', "None", f"{GIT} -k unmerged"),
    Guard("git's variables", "write/git.py", 'if not k.startswith("GIT_")', "", f"{GIT} -k inherited"),
    Guard("no fsmonitor", "write/git.py", '    "core.fsmonitor=false",\n', '    "core.bare=false",\n',
          f"{GIT} -k configures"),
    Guard("files that git has but the tree hasn't", "write/dirt.py",
          "            if entry.head or entry.index:\n", "            if False:\n", f"{GIT} -k sparse"),
    Guard("state outside the tree", "write/state.py", "if state.is_relative_to(real):", "if False:", f"{GIT} -k outside_the_tree"),
    Guard("state is no link", "write/fs.py",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent", f"{GIT} -k linked_state"),
    # taking out
    Guard("an edited insertion stops a removal", "write/remove.py", "            if not force:\n", "            if False:\n",
          "tests/safety/test_edits.py -k exactly"),
    Guard("an edited file stops a removal", "write/remove.py", "        elif file_.intact:\n", "        elif True:\n",
          "tests/write/test_removal.py -k created_file"),
    Guard("what is left compiles", "write/remove.py",
          'if path.endswith(".py") and _compiles(data) and not _compiles(after):', "if False:",
          "tests/safety/test_edits.py -k exactly"),
    Guard("what ops share goes with the last", "write/record.py",
          "if piece.once and region is not None and _around(statements, region) in mine:", "if False:",
          "tests/safety/test_edits.py -k exactly"),
    Guard("a removal without receipt is proved", "write/remove.py",
          "    if found_out and plan_over and not force:\n", "    if False:\n", "tests/write/test_removal.py -k proved"),
    Guard("a copy before force", "write/remove.py",
          "                removal.copies[_copy_name(path)] = file.data\n", "", "tests/write/test_removal.py -k force"),
]  # fmt: skip


def laid_out(directory: Path, guard: Guard | None) -> Path:
    """The package with one file changed; everything else is linked."""
    root = directory / "newop_gen"
    changed = Path(guard.file) if guard else None
    _link(PACKAGE, root, changed)
    if guard and changed:
        source = (PACKAGE / changed).read_text()
        assert source.count(guard.old) == 1, f"{guard.name}: its text occurs {source.count(guard.old)} times"
        (root / changed).write_text(source.replace(guard.old, guard.new))
    return directory


def _link(source: Path, target: Path, changed: Path | None) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name == "__pycache__":
            continue
        if changed and entry.name == changed.parts[0]:
            if len(changed.parts) > 1:
                _link(entry, target / entry.name, Path(*changed.parts[1:]))
        else:
            (target / entry.name).symlink_to(entry)


def fails(guard: Guard | None, tests: str) -> tuple[bool, str]:
    """Whether the tests fail with the guard gone, and the end of what they said."""
    import shlex

    with worlds.scratch() as directory:
        environment = {**os.environ, "PYTHONPATH": str(laid_out(directory, guard)), "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
            + shlex.split(tests),
            cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
    if run.returncode not in (0, 1):
        raise AssertionError(f"{tests}: pytest ended with {run.returncode}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    return run.returncode == 1, run.stdout[-1500:]


def sweep(guards: Sequence[Guard], jobs: int) -> tuple[list[str], list[str]]:
    """(guards whose loss nobody noticed, tests that fail with every guard in place)."""
    with ThreadPoolExecutor(jobs) as pool:
        noticed = list(pool.map(lambda guard: fails(guard, guard.tests)[0], guards))
        suites = sorted({guard.tests for guard in guards})
        broken = [
            tests
            for tests, (failed, _) in zip(suites, pool.map(lambda t: fails(None, t), suites), strict=True)
            if failed
        ]
    return [guard.name for guard, seen in zip(guards, noticed, strict=True) if not seen], broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--count", type=int, help="how many of the guards (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    guards = [g for g in GUARDS if not options.names or any(n in g.name for n in options.names)][: options.count]
    missed, broken = sweep(guards, options.jobs)
    print(f"sabotage: {len(guards) - len(missed)} of {len(guards)} guards missed by the tests when they are gone")
    for name in missed:
        print(f"  nobody noticed: {name}")
    print(f"  negative control, nothing taken out: {len(broken)} test selections fail")
    for tests in broken:
        print(f"  fails anyway: {tests}")
    return 1 if missed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
