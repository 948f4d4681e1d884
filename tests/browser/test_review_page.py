"""The review page in a real browser: at a phone's and a desktop's width, light and dark, without scripts, by keyboard."""

from __future__ import annotations

import itertools
import json

import pytest
from browser.pages import EXAMPLES, example, harmful

WIDTHS = (390, 1280)
HEADINGS = ["What will change, and why", "Step by step", "File by file", "SOL and roofline", "Verification", "The spec"]

# Elements that stick out of the window and are in no box of their own that scrolls.
STICKING_OUT = """
(() => {
  const wide = document.documentElement.clientWidth, out = [];
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest(".skip, svg")) continue;
    if (e.getBoundingClientRect().right <= wide + 0.5) continue;
    let p = e.parentElement;
    while (p && !["auto", "scroll", "hidden"].includes(getComputedStyle(p).overflowX)) p = p.parentElement;
    if (!p) out.push(e.tagName + "." + e.className);
  }
  return out;
})()
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(d => { d.open = true })"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """By name: a page of one op, of all, and of harmful texts."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {"one": example(EXAMPLES[1]), "all": example(), "harm": harmful(folder)}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", ["one", "all", "harm"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(browser, pages, name, width):
    browser.open(pages[name], width=width, scripts=False)
    for unfold in ("0", OPEN_ALL):
        browser.evaluate(unfold)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(STICKING_OUT) == []


def test_negative_control_a_wide_element_is_noticed(browser, pages):
    browser.open(pages["one"], width=390, scripts=False)
    browser.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<table><td>' + 'x'.repeat(900))")
    assert browser.evaluate(STICKING_OUT) != []


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_there_without_scripts(browser, pages, width):
    browser.open(pages["all"], width=width, scripts=False)
    shown = """[...document.querySelectorAll('main > section > h2')].map(h =>
        h.checkVisibility() && h.getBoundingClientRect().height > 10 ? h.textContent.trim() : '')"""
    assert browser.evaluate(shown) == HEADINGS
    levels = browser.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    plots = browser.evaluate("[...document.querySelectorAll('figure > svg')].map(s => s.getBoundingClientRect().width)")
    assert len(plots) >= 3 * len(EXAMPLES)
    assert all(width > 250 for width in plots)


def test_the_browser_has_nothing_to_complain_of_and_loads_nothing(browser, pages):
    """A style that its policy forbids, an attribute that it ignores, a file that is not there: all would be logged."""
    for name in ("all", "harm"):
        browser.open(pages[name])
        assert browser.heard("Log.entryAdded") == []
        assert browser.heard("Runtime.exceptionThrown") == []
        requests = [e["request"]["url"] for e in browser.heard("Network.requestWillBeSent")]
        assert [url for url in requests if not url.startswith("file:")] == []
        assert len(requests) == 1
        assert "owned" not in browser.evaluate("document.title")
    assert browser.evaluate("document.scripts.length + document.images.length") == 0


def test_negative_control_the_policy_keeps_a_script_from_running(browser, pages, tmp_path):
    """If a text did get out of its place, the policy would still hold it."""
    text = pages["one"].read_text(encoding="utf-8")
    broken = text.replace("<main", "<script>document.title = 'owned'</script><img src=x><main", 1)
    for policed in (True, False):
        page = tmp_path / f"{policed}.html"
        page.write_text(broken if policed else broken.replace("Content-Security-Policy", "x", 1), encoding="utf-8")
        browser.open(page)
        assert (browser.evaluate("document.title") == "owned") is not policed
        assert bool(browser.heard("Log.entryAdded"))


def test_light_and_dark(browser, pages):
    grounds = {}
    for dark in (False, True):
        browser.open(pages["one"], dark=dark, scripts=False)
        grounds[dark] = [
            browser.evaluate(f"getComputedStyle(document.querySelector({json.dumps(selector)})).{what}")
            for selector, what in (("body", "backgroundColor"), ("body", "color"), (".add", "backgroundColor"),
                                   (".curve.compute", "stroke"))
        ]  # fmt: skip
    assert not set(grounds[False]) & set(grounds[True])
    assert grounds[False][0] == "rgb(255, 255, 255)"
    assert sum(int(part) for part in grounds[True][0][4:-1].split(",")) < 100


def test_the_picture_is_dark_where_dark_is_wanted(browser, pages, tmp_path):
    """What is painted, not what is computed: most of a screenshot's pixels."""
    image = pytest.importorskip("matplotlib.image")
    for dark in (False, True):
        browser.open(pages["one"], dark=dark, width=390, scripts=False)
        browser.screenshot(tmp_path / "page.png")
        pixels = image.imread(str(tmp_path / "page.png"))[..., :3]
        assert pixels.shape[:2] == (900, 390)
        assert bool(pixels.mean() < 0.25) is dark
        assert pixels.std() > 0.05  # and something is written on it


def focused(browser):
    return browser.evaluate("""(() => { const e = document.activeElement, r = e.getBoundingClientRect();
        return {tag: e.tagName, text: e.textContent.trim().slice(0, 40), href: e.getAttribute('href'),
                label: e.getAttribute('aria-label'), outline: getComputedStyle(e).outlineStyle,
                seen: r.bottom > 0 && r.top < innerHeight && r.width > 0}; })()""")


def test_by_keyboard(browser, pages):
    browser.open(pages["one"], scripts=False)
    browser.press("Tab", 9)
    skip = focused(browser)
    assert (skip["href"], skip["seen"], skip["outline"]) == ("#main", True, "solid")
    browser.press("Enter", 13)
    assert browser.evaluate("location.hash") == "#main"
    assert browser.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(60):
        browser.press("Tab", 9)
        now = focused(browser)
        if now["tag"] == "BODY":
            break  # the end of the page, from where a browser goes on to its own buttons
        assert now["seen"], now
        assert now["outline"] == "solid", now
        reached.append(now)
    assert len(reached) > 15
    assert {"A", "SUMMARY", "PRE"} <= {now["tag"] for now in reached}
    # What scrolls can be scrolled by keyboard, and says what it is.
    assert all(now["label"] for now in reached if now["tag"] in ("PRE", "DIV"))


def test_details_open_and_close_by_keyboard(browser, pages):
    browser.open(pages["one"], scripts=False)
    browser.evaluate("document.querySelector('summary').focus()")
    states = []
    for _ in range(2):
        browser.press("Enter", 13)
        states.append(browser.evaluate("document.querySelector('details').open"))
    assert states == [False, True]


def test_landmarks_and_names_for_those_who_listen(browser, pages):
    browser.open(pages["all"], scripts=False)
    browser.call("Accessibility.enable")
    nodes = [n for n in browser.call("Accessibility.getFullAXTree")["nodes"] if not n.get("ignored")]
    browser.call("Accessibility.disable")
    names = {}
    for node in nodes:
        names.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    assert len(names["banner"]) == len(names["main"]) == len(names["contentinfo"]) == 1
    assert names["navigation"] == ["Contents"]
    assert [name for name in names["region"] if name in HEADINGS] == HEADINGS
    assert all(names["link"]) and all(names["heading"]) and all(names["region"])
    plots = [name for name in names.get("img", []) + names.get("image", []) + names.get("SvgRoot", []) if name]
    assert len(plots) >= 3 * len(EXAMPLES)


def test_anchors_of_the_contents_lead_to_their_headings(browser, pages):
    browser.open(pages["all"], scripts=False)
    for link in browser.evaluate("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))"):
        browser.evaluate(f"document.querySelector('nav a[href={json.dumps(link)}]').click()")
        top = browser.evaluate(f"document.querySelector({json.dumps(link)}).getBoundingClientRect().top")
        end = browser.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight - 1")
        assert -1 <= top < 60 or end, link
