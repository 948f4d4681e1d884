"""The patch is judged by git: it must apply, and give the very bytes that applying the plan gives."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newop_gen.plan import Creation, Insertion, Plan, Replacement, Skip, Step
from newop_gen.problems import Conflict
from newop_gen.review.diff import git_prefix, patch, quoted, step_diffs, unified_diff
from newop_gen.review.hunks import FileState

LONG = b"".join(b"line %d\n" % i for i in range(1, 31))


def plan(*steps, sources):
    return Plan("/r", "toy", ("op",), tuple(steps), sources)


def step(*edits, key="loader", **kwargs):
    return Step("op", key, "read the table", edits, **kwargs)


def git(directory, *args, **kwargs):
    return subprocess.run(["git", *args], cwd=directory, capture_output=True, **kwargs)


def by_git(directory, plan, prefix=""):
    """The plan's files after `git apply` of its patch in a directory that holds the sources."""
    directory.mkdir(parents=True, exist_ok=True)
    for path, data in plan.sources.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    text = patch(plan, prefix)
    for command in (["apply", "--check", "-"], ["apply", "-"]):
        done = git(directory, *command, input=text)
        assert done.returncode == 0, done.stderr.decode() + text.decode("utf-8", "replace")
    return {change.path: (directory / change.path).read_bytes() for change in plan.changes()}


def check(directory, plan, prefix=""):
    assert by_git(directory, plan, prefix) == {change.path: change.after for change in plan.changes()}


def test_the_text_of_a_small_diff():
    edits = step(Insertion("m.py", 0, b"zero\n")), step(Insertion("m.py", 14, b"two and a half\n"), key="query")
    diff = unified_diff(plan(*edits, sources={"m.py": LONG}))
    assert diff == (
        "# Step 1 of 2 \u2014 op, loader: read the table\n"
        "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n"
        "@@ -1,3 +1,4 @@\n+zero\n line 1\n line 2\n line 3\n"
        "# Step 2 of 2 \u2014 op, query: read the table\n"
        "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n"
        "@@ -1,6 +1,7 @@\n zero\n line 1\n line 2\n+two and a half\n line 3\n line 4\n line 5\n"
    )


def test_notes_and_skips_are_shown_and_steps_that_are_done_say_so():
    first = step(Insertion("m.py", 0, b"line 1\n", done=True))
    second = step(key="wiring", notes=("mixed steps are\nan approximation",), skips=(Skip("Qwen", "no such model"),))
    diff = unified_diff(plan(first, second, step(Insertion("m.py", 0, b"x\n")), sources={"m.py": LONG}))
    assert "# Step 1 of 3 \u2014 op, loader: read the table (done already)\n# Step 2" in diff
    assert "# note: mixed steps are\\nan approximation\n# skipped: Qwen: no such model\n" in diff


def test_nothing_pending_gives_no_patch():
    assert patch(plan(step(Insertion("m.py", 0, b"line 1\n", done=True)), sources={"m.py": LONG})) == b""


CASES = {
    "several steps in one file, out of order": (
        {"m.py": LONG},
        [
            step(Insertion("m.py", 70, b"late\n"), Insertion("m.py", 7, b"early\n")),
            step(Insertion("m.py", 7, b"first\n", stacks=True), Insertion("m.py", 77, b"later\n")),
            step(Insertion("m.py", 7, b"last\n")),
        ],
    ),
    "inside lines": (
        {"m.py": b"f(a, b)\ng(c)\n"},
        [step(Insertion("m.py", 6, b", x")), step(Insertion("m.py", 3, b", y"))],
    ),
    "twice in one line": (
        {"m.py": LONG},
        [step(Insertion("m.py", 1, b"A\nB"), Insertion("m.py", 3, b"C"), Insertion("m.py", 7, b"D\n"))],
    ),
    "line and inside of it": ({"m.py": LONG}, [step(Insertion("m.py", 7, b"D\n"), Insertion("m.py", 9, b"E"))]),
    "no final newline": ({"m.py": b"a\nb"}, [step(Insertion("m.py", 3, b"\nc")), step(Insertion("m.py", 3, b"\nd"))]),
    "no final newline, elsewhere": ({"m.py": b"a\nb"}, [step(Insertion("m.py", 0, b"c\n"))]),
    "crlf": ({"m.py": b"a\r\nb\r\n"}, [step(Insertion("m.py", 3, b"c\r\n")), step(Insertion("m.py", 1, b"x"))]),
    "byte order mark, latin-1": ({"m.py": b"\xef\xbb\xbfa\n\xe9\n"}, [step(Insertion("m.py", 3, b"c\n"))]),
    "empty file": ({"m.py": b""}, [step(Insertion("m.py", 0, b"c\n"))]),
    "replacement": (
        {"m.py": LONG},
        [step(Replacement("m.py", 7, 18, b"ne", LONG[7:18])), step(Insertion("m.py", 18, b"x"))],
    ),
    "removal of everything": ({"m.py": b"a\n"}, [step(Replacement("m.py", 0, 2, b"", b"a\n"))]),
    "looks like a diff": (
        {"m.py": b"-- a\n++ b\n@@ -1 +1 @@\n"},
        [step(Insertion("m.py", 5, b"-- x\n")), step(Insertion("m.py", 0, b"y\n"))],
    ),
    "new files": (
        {"m.py": b"a\n"},
        [
            step(
                Creation("d/n.py", b"a\nb\n"),
                Creation("d/x", b"x", 0o755),
                Creation("d/empty", b""),
                Creation("d/tail", b"\n"),
            )
        ],
    ),
    "new binary files": (
        {},
        [step(Creation("b.parquet", bytes(range(256)) * 40, data=True), Creation("c.bin", b"\0"))],
    ),
    "odd names": (
        {"a b.py": b"a\n", "\u00e9.py": b"a\n"},
        [step(Insertion("a b.py", 0, b"x\n"), Insertion("\u00e9.py", 2, b"x\n"), Creation('q"\\.txt', b"1\n"))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_git_takes_the_patch(name, tmp_path):
    sources, steps = CASES[name]
    check(tmp_path, plan(*steps, sources=sources))


def test_modes_of_new_files(tmp_path):
    check(tmp_path, plan(step(Creation("x", b"x", 0o755), Creation("y", b"y")), sources={}))
    assert (tmp_path / "x").stat().st_mode & 0o100
    assert not (tmp_path / "y").stat().st_mode & 0o100


def test_paths_of_a_checkout_inside_a_repository(tmp_path):
    inside = tmp_path / "lib" / "src"
    git(tmp_path, "init", "-q", check=True)
    inside.mkdir(parents=True)
    assert git_prefix(tmp_path) == ""
    assert git_prefix(inside) == "lib/src/"
    check(
        inside, plan(step(Insertion("m.py", 0, b"x\n"), Creation("n.py", b"1\n")), sources={"m.py": LONG}), "lib/src/"
    )


def test_quoting():
    assert quoted("a/b c.py") == "a/b c.py"
    assert quoted("a/\u00e9\n") == '"a/\\303\\251\\012"'


@st.composite
def plans(draw):
    before = draw(st.text("ab\n", max_size=60)).encode()
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        edits = []
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(before)))
            text = draw(st.text("xy\n", min_size=1, max_size=6)).encode()
            if draw(st.integers(0, 4)) == 0:
                end = draw(st.integers(at, len(before)))
                edits.append(Replacement("m", at, end, text, before[at:end]))
            else:
                edits.append(Insertion("m", at, text, stacks=draw(st.booleans())))
        steps.append(step(*edits))
    return plan(*steps, sources={"m": before})


@given(plans())
def test_states_after_all_steps_are_the_merged_file(drawn):
    from newop_gen.plan.merge import edits_by_file

    try:
        (change,) = drawn.changes()
    except Conflict:
        return
    state = FileState(change.before)
    placed = edits_by_file(drawn)["m"].placed
    for index in range(len(drawn.steps)):
        before = state.data
        hunks = state.take([edit for edit in placed if edit.step == index])
        assert replayed(before, hunks) == state.data
    assert state.data == change.after


def replayed(before, hunks):
    """A patch tool in ten lines that insists on every line number and every line of context."""
    old = before.split(b"\n")
    old = [line + b"\n" for line in old[:-1]] + ([old[-1]] if old[-1] else [])
    out, cursor = [], 0
    for hunk in hunks:
        assert hunk.old - 1 >= cursor
        out += old[cursor : hunk.old - 1]
        cursor = hunk.old - 1
        assert hunk.new == len(out) + 1
        for line in hunk.lines:
            if line.sign != "+":
                assert old[cursor] == line.data
                cursor += 1
            if line.sign != "-":
                out.append(line.data)
    return b"".join(out + old[cursor:])


@settings(max_examples=60)
@given(plans())
def test_git_takes_any_patch(tmp_path_factory, drawn):
    try:
        if all(change.before == change.after for change in drawn.changes()):
            return
    except Conflict:
        return
    check(tmp_path_factory.mktemp("git"), drawn)


def test_negative_control_git_refuses_a_patch_for_other_bytes(tmp_path):
    drawn = plan(step(Insertion("m.py", 70, b"x\n")), sources={"m.py": LONG})
    (tmp_path / "m.py").write_bytes(LONG.replace(b"line 9\n", b"line nine\n"))
    assert git(tmp_path, "apply", "--check", "-", input=patch(drawn)).returncode != 0


def test_only_inserted_lines_are_added_in_pure_insertions():
    """No line that was there comes out as removed when whole lines are inserted between others."""
    text = b"    return 1\n\n"  # alike what follows: a comparing diff shifts such hunks
    before = b"def f():\n    return 1\n\ndef g():\n    return 1\n\n"
    (diff,) = step_diffs(plan(step(Insertion("m.py", 9, text)), sources={"m.py": before}))
    lines = diff.files[0].hunks[0].lines
    assert [line.data for line in lines if line.sign == "+"] == text.splitlines(keepends=True)
    assert not [line for line in lines if line.sign == "-"]


@pytest.mark.parametrize("content", [LONG, b"PAR1\0" + bytes(range(256))])
def test_a_summed_up_table_is_no_patch(tmp_path, content):
    made = plan(step(Creation("d", content, data=True), Creation("t.py", LONG)), sources={})
    check(tmp_path / "whole", made)
    text = patch(made, most=4)
    assert b"for `git apply`\n" in text and len(text) < len(patch(made)) and LONG.replace(b"l", b"+l") in text
    (tmp_path / "cut").mkdir()
    done = git(tmp_path / "cut", "apply", "-", input=text)
    assert done.returncode and not list((tmp_path / "cut").iterdir())
    assert patch(made, most=1000) == patch(made) or content is not LONG
