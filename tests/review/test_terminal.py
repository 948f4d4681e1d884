"""What the terminal gets: colours only where wanted, nothing that acts on it, long data shortened."""

import io
import re

import pytest

from newop_gen.plan import Creation, Insertion, Plan, Skip, Step
from newop_gen.review.diff import patch
from newop_gen.review.terminal import DATA_LINES, show, wants_colour
from newop_gen.text import printable

TABLE = b"".join(b"%d,1.5\n" % i for i in range(40))
EVIL = b"# \x1b[2J\xe2\x80\xae evil \x07\n"
PLAN = Plan(
    "/r",
    "toy",
    ("op",),
    (
        Step("op", "loader", "read \x1b[31m", (Insertion("m.py", 0, EVIL),), ("a note",), (Skip("Qwen", "absent"),)),
        Step("op", "data", "the table", (Creation("d.txt", TABLE, data=True), Creation("t.py", TABLE))),
    ),
    {"m.py": b"x = 1  # " + b"long " * 60 + b"\n"},
)


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


def shown(terminal=True):
    stream = Stream(terminal)
    show(PLAN, stream)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_colours_on_a_terminal_only(monkeypatch):
    assert "\x1b[32m" in shown()
    assert "\x1b" not in shown(terminal=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown()


def test_a_dumb_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Stream(True))


def test_nothing_in_the_files_acts_on_the_terminal():
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", shown())
    assert "\x1b" not in without_colours
    assert r"+# \x1b[2J\u202e evil \x07" in without_colours
    assert r"read \x1b[31m" in without_colours


def test_lines_are_not_wrapped_and_data_is_shortened(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown()
    assert "long " * 59 in text
    table, other = text.split("+++ b/t.py")
    assert table.count(",1.5") == DATA_LINES
    assert f"(and {40 - DATA_LINES} more lines)" in table
    assert other.count(",1.5") == 40
    assert patch(PLAN).count(b",1.5") == 80
    assert "# note: a note\n# skipped: Qwen: absent\n" in text


def test_printable():
    assert printable("plain \u00e9\u6f22") == "plain \u00e9\u6f22"
    assert printable("\ud800\u2028\n\t", keep="\t") == "\\ud800\\u2028\\n\t"
