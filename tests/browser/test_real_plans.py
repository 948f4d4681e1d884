"""The page of every example on real releases, made by the command, in a real browser at both widths."""

from __future__ import annotations

import pytest
from browser.test_review_page import HEADINGS, OPEN_ALL, STICKING_OUT, WIDTHS
from click.testing import CliRunner
from support.applying import EXAMPLES

from newop_gen.cli import cli


@pytest.mark.parametrize("version", ["0.8.0", "0.10.0"])
def test_the_page_of_a_release(browser, release, tmp_path, version):
    made = release(version, systems=("h200_sxm",))
    page = tmp_path / "review.html"
    args = ["apply", *map(str, EXAMPLES), "--checkout", str(made.root), "--dry-run", "--html", str(page)]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    for width in WIDTHS:
        browser.open(page, width=width, scripts=False)
        browser.evaluate(OPEN_ALL)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(STICKING_OUT) == []
        found = browser.evaluate("[...document.querySelectorAll('main > section > h2')].map(h => h.textContent.trim())")
        assert found == HEADINGS
    assert browser.heard("Log.entryAdded") == []
    # What the page shows as added is what the patch adds.
    patch = CliRunner().invoke(cli, [*args[:-2], "--full"]).stdout
    text = [line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert "def load_new_op_data(new_op_file):" in text or version == "0.10.0"
    shown = browser.evaluate("[...document.querySelectorAll('.diff .add')].map(e => e.textContent)")
    assert len(shown) > 500
    assert {line.rstrip("\n")[1:] for line in shown} <= {line.rstrip("\r") for line in text}
