"""`make docs` builds the pages, every link and anchor in them leads somewhere, and they load nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.applying import ROOT

# What a page loads by itself. Links that a reader may follow are another matter.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc="?(?P<src>[^">\s]+)|<link\b(?P<link>[^>]+)>|url\(["']?(?P<url>[^)"']+)"""
)


def build(directory, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(directory), *arguments],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def loaded(text: str) -> list[str]:
    """Addresses of what a page or style sheet loads."""
    found = []
    for match in LOADED.finditer(text):
        if match["link"]:
            rel = re.search(r'rel="?([\w -]+)', match["link"])
            href = re.search(r'href="?([^">\s]+)', match["link"])
            if rel and href and rel[1].split()[0] not in ("canonical", "next", "prev"):
                found.append(href[1])
        else:
            found.append(match["src"] or match["url"])
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    directory = tmp_path_factory.mktemp("site")
    done = build(directory)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def test_every_page_is_there(site) -> None:
    pages = {p.stem for p in (ROOT / "docs").glob("*.md")}
    assert pages <= {p.stem for p in site.glob("*.html")}
    assert "tutorial" in pages and (site / "schemas").is_dir()


def test_nothing_is_loaded_from_elsewhere(site) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    outside = {
        f"{path.relative_to(site)}: {address}"
        for path in files
        for address in loaded(path.read_text(encoding="utf-8"))
        if re.match(r"(?:https?:)?//", address)
    }
    assert not outside
    assert any(loaded(p.read_text(encoding="utf-8")) for p in files)


def test_what_is_loaded_is_seen() -> None:
    page = (
        '<script src="https://a/x.js"></script><link rel="stylesheet" href="//b/y.css"><a href="https://fine">'
        '<link rel=canonical href="https://fine"><img alt="" src=https://c/z.png> @font-face{src:url("https://d/f")}'
    )
    assert loaded(page) == ["https://a/x.js", "//b/y.css", "https://c/z.png", "https://d/f"]


def test_a_dead_link_fails(tmp_path) -> None:
    pages = tmp_path / "docs"
    pages.mkdir()
    (pages / "index.md").write_text("[nowhere](missing.md)\n", encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    config.write_text("site_name: x\ntheme: material\n", encoding="utf-8")
    assert build(tmp_path / "site", "--config-file", str(config)).returncode != 0
    (pages / "index.md").write_text("[here](index.md)\n", encoding="utf-8")
    done = build(tmp_path / "site", "--config-file", str(config))
    assert done.returncode == 0, done.stdout + done.stderr
