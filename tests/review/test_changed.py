"""The diff of an update's dry run is judged by git: applied to the old files it gives the new ones."""

import subprocess

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newop_gen.plan import Target
from newop_gen.review.changed import changed

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"    x\n", b"c \r\n"]), max_size=40).map(b"".join)
TABLE = "src/aiconfigurator/systems/data/a/b/1/op_perf.txt"


def targets(files):
    return [Target(path, *pair, data=path == TABLE) for path, pair in files.items()]


def applied(folder, files, text):
    for path, (before, _) in files.items():
        if before is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(before)
    done = subprocess.run(["git", "apply", "-"], cwd=folder, input=text, capture_output=True)
    assert done.returncode == 0, done.stderr.decode() + text.decode()
    return {path: (folder / path).read_bytes() if (folder / path).is_file() else None for path in files}


@settings(max_examples=40)
@given(LINES, LINES, st.sampled_from([b"", b"no newline"]))
@example(b"", b"a\n", b"")
@example(b"a\n" * 300, b"a\n" * 150 + b"b\n" + b"a\n" * 150, b"no newline")
def test_git_makes_the_new_files_of_the_old_ones(tmp_path_factory, before, after, end):
    files = {
        "m.py": (before, after + end),
        "deep/new file.py": (None, b"x\n" + after),
        "gone.py": (b"x\n" + before, None),
    }
    files = {path: pair for path, pair in files.items() if pair[0] != pair[1]}
    folder = tmp_path_factory.mktemp("changed")
    assert applied(folder, files, changed(targets(files))) == {path: pair[1] for path, pair in files.items()}


def test_context_is_short_and_tables_are_summed_up():
    code = b"".join(b"line %d\n" % n for n in range(500))
    files = {"m.py": (code, code.replace(b"250", b"changed")), TABLE: (None, code)}
    text = changed(targets(files), "inner/", 5).decode()
    assert text.startswith(
        "diff --git a/inner/m.py b/inner/m.py\n--- a/inner/m.py\n+++ b/inner/m.py\n@@ -248,7 +248,7 @@\n"
    )
    assert "-line 250\n+line changed\n" in text and text.count("\n+line ") == 1 + 5
    assert "# and 495 more lines: --full shows all" in text
    assert changed(targets(files)).count(b"\n+line ") == 1 + 500
