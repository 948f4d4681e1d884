"""The tests can fail: each guard is taken out in turn, and the tests that stand for it must notice.

    python -m tests.safety.sabotage [--jobs N] [NAME...]
    python -m tests.safety.sabotage --random [...]    seeded changes anywhere, asked of two suites: seeded/compare.py

A guard is a piece of source text and what takes its place when it is gone. For each of them a forked process loads the
package with that one file changed and runs the few tests named, which must fail. With nothing taken out the same tests
must pass, or the figure would mean nothing. Nothing of the package is loaded before the fork.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
TIMEOUT = 300  # seconds; a test that hangs without its guard has noticed, too


def package() -> Path:
    """The directory of the package, which is not imported for that."""
    spec = importlib.util.find_spec("newop_gen")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


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
SOURCE = "tests/spec/test_source.py"
TEXT = "tests/spec/test_text.py"
ALLOWED = "tests/guard/test_guard.py"

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
          "tests/safety/test_io_faults.py -k right_after_the_commit"),
    Guard("receipts after the commit", "write/transaction.py",
          "    receipts.install(home, log.receipts)\n", "", CRASH),
    Guard("recovery completes what was committed", "write/recover.py",
          'if phase == "committed":\n            finish(', 'if phase == "none":\n            finish(', CRASH),
    Guard("pre-images without a journal are cleared", "write/recover.py",
          "for name in journal.remains(state):\n                if", "for name in ():\n                if", CRASH),
    Guard("directories that were made go again", "write/undo.py",
          "clear(home, base, journal, reversed(journal.made))", "clear(home, base, journal, ())", CRASH),
    Guard("files beside targets go", "write/undo.py",
          "if fs.exists(fd, name):\n                    fs.unlink(fd, name)\n    for path in dropped",
          "pass\n    for path in dropped", CRASH),
    # looking before and after
    Guard("a look after the exchange", "write/transaction.py",
          "elif not _holds(fd, stage, target.before):", "elif False:", f"{RECOVERY} -k save_at_any_moment"),
    Guard("late writes are kept", "write/transaction.py",
          "    _rescue(home, base, log, notes)\n", "", f"{RECOVERY} -k open_before"),
    Guard("creating does not overwrite", "write/undo.py",
          "if fs.link(fd, aside, name) or fs.rename_new(fd, aside, name):\n        return\n    if fs.exists(fd, name):\n        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)",
          "pass", f"{RECOVERY} -k comes_where"),
    Guard("an edit after a crash stops recovery", "write/undo.py",
          "if human and not keep_edits:", "if False:", f"{RECOVERY} -k never_lost"),
    Guard("an untouched file is told by what lies beside it", "write/undo.py",
          "if stage is not None and stage.digest == entry.after:\n        return Need.CLEAN", "if False:\n        return Need.CLEAN",
          f"{RECOVERY} -k not_reached"),
    Guard("stale plans", "write/targets.py",
          "return any(fs.content(root, path) != data for path, data in plan.sources.items())", "return False",
          f"{RECOVERY} -k 'stale'"),
    Guard("the postcondition", "plan/prepared.py", "        check_postcondition(changes)\n", "", f"{TARGETS} -k breaks_its_promise"),
    Guard("a file of a kind that is not known", "plan/postcondition.py",
          'yield _fault(change, "nothing here can tell whether a file of this kind is sound")', "pass",
          "tests/plan/test_kinds.py -k no_kind"),
    Guard("Rust is parsed", "kinds/kind.py", "raise Unsound(*fault)", "pass", "tests/plan/test_kinds.py -k breaks"),
    # links, paths, special files
    Guard("links are not followed", "write/fs.py",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent", f"{RECOVERY} -k swapped_for_a_link"),
    Guard("links that lead out", "write/paths.py",
          "if not real.is_relative_to(base):", "if False:", f"{TARGETS} -k 'leads_out or nowhere'"),
    Guard("links into git's directory", "write/paths.py",
          "        if not contained(found):\n", "        if False:\n", f"{TARGETS} -k into_the_git"),
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
    Guard("a file under two names", "write/targets.py", "if path in targets:", "if False:", f"{TARGETS} -k under_two_names"),
    Guard("read-only files", "write/paths.py",
          "if status is not None and not (status.st_mode & 0o222 and _allowed(base, path, os.W_OK)):", "if False:",
          f"{TARGETS} -k read_only"),
    Guard("read-only directories", "write/paths.py",
          'if not (mode & 0o222 and os.access(".", os.W_OK | os.X_OK, dir_fd=fd)):', "if False:", f"{TARGETS} -k read_only"),
    Guard("hard links are said", "write/transaction.py",
          "if status.st_nlink > 1 and target.after is not None:", "if False:", f"{TARGETS} -k hard_link"),
    Guard("modes are kept", "write/transaction.py",
          "mode = target.mode & ~mask if status is None else status.st_mode & 0o7777", "mode = target.mode & ~mask",
          f"{TARGETS} -k 'modes_and_owners'"),
    Guard("the umask", "write/transaction.py", "target.mode & ~mask if", "target.mode if", f"{TARGETS} -k umask"),
    # one at a time
    Guard("the lock", "write/state.py", "                self._flock(fd, wait)\n", "", f"{RECOVERY} -k waits_too_long"),
    Guard("recovery comes first", "write/session.py", "recover_held(home))", "RecoveryReport())", "tests/write/test_removal.py -k next_command"),
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
    Guard("a broken repository is one", "write/git.py", "            if not broken:\n", "            if True:\n",
          f"{GIT} -k broken"),
    Guard("a commit that is lost", "write/git.py", '"--verify", "HEAD^{commit}") is not None',
          '"--verify", "HEAD^{commit}", check=False) is not None', f"{GIT} -k broken"),
    Guard("state outside the tree", "write/state.py", "if state.is_relative_to(real):", "if False:", f"{GIT} -k outside_the_tree"),
    Guard("state is no link", "write/fs.py",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent",
          "os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent", f"{GIT} -k linked_state"),
    # taking out
    Guard("an edited insertion stops a removal", "write/remove.py", "            if not force:\n", "            if False:\n",
          "tests/safety/test_edits.py -k exactly"),
    Guard("an edited file stops a removal", "write/remove.py", "        elif file_.intact or force:\n", "        elif True:\n",
          "tests/write/test_removal.py -k created_file"),
    Guard("what is left can be read", "write/remove.py",
          "if kind.unsound(data) is None and kind.unsound(after) is not None:", "if False:",
          "tests/safety/test_edits.py -k exactly"),
    Guard("a removal without receipt is proved", "runs/remove.py",
          "        if found_out and not force:\n", "        if False:\n", "tests/write/test_removal.py -k proved"),
    Guard("a copy before force", "write/remove.py",
          "                removal.copies[_copy_name(path)] = file.data\n", "", "tests/write/test_removal.py -k force"),
    # specs
    Guard("the size of a spec", "spec/source.py", "    if size > MAX_BYTES:\n", "    if False:\n", SOURCE),
    Guard("the depth of a spec", "spec/source.py", "if len(self._stack) > MAX_DEPTH:", "if False:", SOURCE),
    Guard("the number of values in a spec", "spec/source.py", "if self._nodes > MAX_NODES:", "if False:", SOURCE),
    Guard("no aliases", "spec/source.py",
          """            self._refuse(start, f"alias '*{event.anchor}'", "the value itself", "write it out", "alias")\n""", "",
          SOURCE),
    Guard("no tags", "spec/source.py", "        if tag is not None:\n", "        if False:\n", SOURCE),
    Guard("no merge keys", "spec/source.py", 'if node.plain and node.text == "<<":', "if False:", SOURCE),
    Guard("each key once", "spec/source.py", "if (first := top.seen.get(node.text)) is not None:",
          "if (first := None) is not None:", SOURCE),
    Guard("hidden characters", "spec/source.py", "    if hidden:\n", "    if False:\n", SOURCE),
    Guard("one file, a regular one", "spec/source.py", "        if kind := _special(os.stat(path).st_mode):\n",
          "        if False:\n", SOURCE),
    Guard("text that tools act on", "spec/text.py", "for pattern, what in _TOOL_TEXT:", "for pattern, what in ():",
          f"{TEXT} -k tools_act"),
    Guard("text that leaves its docstring", "spec/text.py", "return _breakout(text) if human else None", "return None",
          f"{TEXT} -k breakouts"),
    Guard("the length of a formula", "sol/tokens.py", "if len(text) > MAX_LENGTH:", "if False:", "tests/sol/test_parse.py"),
    Guard("the depth of a formula", "sol/parse.py", "if self.depth > MAX_DEPTH:", "if False:", "tests/sol/test_parse.py"),
    Guard("bounds of every expression", "sol/check.py", "    if bounded and not findings:\n", "    if False:\n",
          "tests/spec/test_rules.py -k can_fail"),
    # what is rendered
    Guard("the allow-list", "prepare.py", "    check(plan, ops, layout.words())\n", "",
          f"{ALLOWED} -k hole"),
    Guard("calls in the allow-list", "guard/python/walk.py",
          "self._refuse(f\"a call of {target or 'something that is no name'}\")", "pass", f"{ALLOWED} -k only_look_alike"),
    Guard("comments in the allow-list", "guard/python/fragments.py", " or _CONTROL.search(comment):", ":",
          f"{ALLOWED} -k only_look_alike"),
    Guard("new files in the allow-list", "guard/check.py", " or not words.places(edit.path):", ":",
          f"{ALLOWED} -k own_names"),
    Guard("lines of a sidecar in the allow-list", "guard/lines.py", "        if line not in known and not any(form.fullmatch(line) for form in forms):\n", "        if False:\n",
          f"{ALLOWED} -k sidecar"),
    Guard("a file that no reader of the allow-list reads", "guard/check.py",
          """            yield Found(0, f"a change of {name!a}, a file that nothing here reads")\n""", "            pass\n",
          "tests/guard/test_kinds.py -k none_passes"),
    Guard("tables that are there", "guard/tables.py", 'yield Found(0, "a change of a table")', "yield from ()",
          "tests/guard/test_kinds.py -k none_passes"),
    Guard("a step without words", "guard/check.py", 'yield Found(0, "code, in a step that has none")', "pass",
          "tests/guard/test_kinds.py -k no_words"),
]  # fmt: skip


NOTHING = Guard("nothing", "write/git.py", "def ", "def ", f"{GIT} -k unmerged")
"""What is taken out here is put back: nobody may notice."""


class Without(importlib.abc.MetaPathFinder):
    """Finds the one module whose source is changed."""

    def __init__(self, guard: Guard) -> None:
        self.file = package() / guard.file
        source = self.file.read_text(encoding="utf-8")
        assert source.count(guard.old) == 1 or guard.old == guard.new, (
            f"{guard.name}: its text occurs {source.count(guard.old)} times"
        )
        self.code = source.replace(guard.old, guard.new).encode()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's spec, with a loader that has the changed source; None for any other module."""
        if not name.startswith("newop_gen"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.origin is not None and Path(spec.origin) == self.file:
            spec.loader = _Changed(name, spec.origin, self.code)
        return spec


class _Changed(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, code: bytes) -> None:
        super().__init__(name, path)
        self.changed = code

    def get_code(self, fullname: str) -> Any:
        return compile(self.changed, self.path, "exec", dont_inherit=True)


def in_child(guard: Guard | None, tests: str) -> tuple[int, Any]:
    """Start a process that runs the tests without the guard; its id, and the file that it writes what it says to."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    child = os.fork()
    if child:
        return child, out
    code = 99
    try:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        os.chdir(REPOSITORY)
        signal.alarm(TIMEOUT)
        assert not any(name.split(".")[0] == "newop_gen" for name in sys.modules)
        if guard:
            sys.meta_path.insert(0, Without(guard))
        sys.dont_write_bytecode = True
        options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
        pytest = importlib.import_module("pytest")
        code = int(pytest.main([*options, *shlex.split(tests)]))
        sys.stdout.flush()
    finally:
        os._exit(code)


def outcomes(todo: Sequence[tuple[Guard | None, str]], jobs: int) -> Iterator[tuple[int, bool, str]]:
    """(which, whether its tests failed, what they said) of each, as they end."""
    for name in ("pytest", "hypothesis", "yaml", "click", "_pytest.assertion.rewrite", "xml.etree.ElementTree"):
        importlib.import_module(name)  # once, before the forks
    running: dict[int, tuple[int, Any]] = {}
    waiting = list(enumerate(todo))
    while waiting or running:
        while waiting and len(running) < jobs:
            number, (guard, tests) = waiting.pop(0)
            child, out = in_child(guard, tests)
            running[child] = number, out
        child, status = os.wait()
        number, out = running.pop(child)
        out.seek(0)
        said = out.read().decode(errors="replace")
        out.close()
        hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        code = os.waitstatus_to_exitcode(status)
        if not hung and code not in (0, 1):
            raise AssertionError(f"{todo[number]}: pytest ended with {code}: {said[-3000:]}")
        yield number, hung or code == 1, said


@dataclass(frozen=True)
class Result:
    """`missed`: guards whose loss nobody noticed. `broken`: tests that fail with every guard in place."""

    guards: int
    missed: list[str]
    broken: list[str]

    def __str__(self) -> str:
        return f"{self.guards - len(self.missed)} of {self.guards} guards noticed when they were taken out"


def sweep(guards: Sequence[Guard], jobs: int = 1, *, control: bool = True) -> Result:
    """Each guard out in turn; then, as `control`, each selection of tests with nothing taken out."""
    suites = sorted({guard.tests for guard in guards}) if control else []
    todo = [(guard, guard.tests) for guard in guards] + [(None, tests) for tests in suites]
    failed = {number: (seen, said) for number, seen, said in outcomes(todo, jobs)}
    missed = [guard.name for number, guard in enumerate(guards) if not failed[number][0]]
    broken = [f"{t}\n{failed[n][1][-1500:]}" for n, t in enumerate(suites, len(guards)) if failed[n][0]]
    return Result(len(guards), missed, broken)


def main() -> int:
    if sys.argv[1:2] == ["--random"]:
        return importlib.import_module("tests.safety.seeded.compare").main(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--part", help="K/N: each Nth guard from the Kth on, without the control (the tests run those)")
    options = parser.parse_args()
    guards = [g for g in GUARDS if not options.names or any(n in g.name for n in options.names)]
    if options.part:
        first, step = map(int, options.part.split("/"))
        guards = guards[first - 1 :: step]
    result = sweep(guards, options.jobs, control=not options.part)
    print(f"sabotage: {result}")
    for name in result.missed:
        print(f"  nobody noticed: {name}")
    if options.part:
        return 1 if result.missed else 0
    for tests in result.broken:
        print(f"  fails anyway: {tests}")
    nothing = sweep([NOTHING], control=False)
    print(
        f"  negative controls: with nothing taken out {len(result.broken)} selections of tests fail; "
        f"a guard that is none: {nothing}"
    )
    return 0 if not result.missed and not result.broken and nothing.missed else 1


if __name__ == "__main__":
    sys.exit(main())
