"""The review page without a browser: what it says, that it loads and runs nothing, that it can't be broken out of."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from browser.pages import EXAMPLES, HARM, example, harmful, plan_of, report

from newop_gen.plan import Creation, Insertion, Plan, Prepared, Replacement, Step
from newop_gen.problems import IoFault, SpecError
from newop_gen.resources import specs_dir
from newop_gen.review.html import Subject, page, read_verification
from newop_gen.review.html.changes import DATA_LINES, file_views
from newop_gen.review.html.chart import Curve, LogAxis, draw, short
from newop_gen.review.html.environment import style, ticks
from newop_gen.review.html.figures import figures_of
from newop_gen.review.html.page import _facts
from newop_gen.review.html.verification import Build
from newop_gen.review.pr_text import pr_text
from newop_gen.spec.load import load_spec

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr", "rect", "circle", "path"}


class Reader(HTMLParser):
    """Elements with their attributes, ids, links, and whether every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.stack, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]

    @property
    def text(self):
        return "".join(self.words)


@pytest.fixture(scope="module")
def examples():
    return example()


@pytest.fixture(scope="module")
def harm(tmp_path_factory):
    return harmful(tmp_path_factory.mktemp("harm"))


def test_the_page_is_well_formed_and_says_everything(examples):
    read = Reader(examples)
    assert read.stack == []
    assert len(set(read.ids)) == len(read.ids)
    for wanted in ("What will change, and why", "Step by step", "File by file", "SOL and roofline", "Verification",
                   "The spec"):  # fmt: skip
        assert wanted in read.text
    for spec in map(load_spec, EXAMPLES):
        assert spec.spec.summary in read.text
        assert spec.sha256 in read.text
        assert all(line in read.text for line in spec.text.splitlines())
    assert "2 checks, 77 assertions" in read.text
    assert len(read.named("svg")) > 3 * len(EXAMPLES)


def test_every_link_has_its_place(examples):
    read = Reader(examples)
    links = [a["href"] for a in read.named("a")]
    assert len(links) > 20
    assert {link for link in links if link[1:] not in read.ids} == set()
    named = {
        name
        for _, attrs in read.elements
        for key in ("aria-labelledby", "aria-describedby")
        for name in attrs.get(key, "").split()
    }
    assert named <= set(read.ids)


@pytest.mark.parametrize("which", ["examples", "harm"])
def test_it_loads_and_runs_nothing(which, request):
    read = Reader(request.getfixturevalue(which))
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "audio", "video", "b0"}
    for tag, attrs in read.elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "src", "srcdoc")], (tag, attrs)
        assert attrs.get("href", "#").startswith("#")
    policy = next(m["content"] for m in read.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src '{style()[1]}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", style()[0])


def test_harm_is_shown_and_does_nothing(harm):
    read = Reader(harm)
    assert read.stack == []
    assert "<script>document.title='owned'</script><img src=x" in read.text
    assert "{{ 7 * 7 }}" in read.text and "49" not in harm.split("</style>")[1].split("data-n")[0]
    assert "\u202e" not in harm and "\x1b" not in harm
    assert r"\u202e \x1b[2J" in read.text
    assert "src/<b>unbroken_" in read.text
    assert "The verification was made on layout <i>other; this plans for func_map." in read.text
    # Negative control: the same reader sees what is not escaped.
    assert "script" in {tag for tag, _ in Reader(HARM.split("</script>")[0] + "</script>").elements}


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a `b` c", "a <code>b</code> c"),
        ("`<b>` <i> `&`", "<code>&lt;b&gt;</code> &lt;i&gt; <code>&amp;</code>"),
        ("one ` alone <b>", "one ` alone &lt;b&gt;"),
        ("`\u202e`", "<code>\\u202e</code>"),
        ("", ""),
    ],
)
def test_code_between_backticks(text, shown):
    assert str(ticks(text)) == shown


def test_the_same_input_gives_the_same_page(examples):
    assert example() == examples


def test_a_diff_shows_the_whole_change_of_a_file_with_its_steps():
    before = b"".join(b"%d\n" % n for n in range(50))
    at = before.index
    plan = Plan(
        "/c", "toy", ("op",),
        (
            Step("op", "enum", "a", (Insertion("m.txt", at(b"10\n"), b"new\n"), Insertion("m.txt", at(b"40\n"), b"x\r\n"))),
            Step("op", "wiring", "b", (Replacement("m.txt", at(b"12\n"), at(b"13\n"), b"twelve\n", b"12\n"),)),
            Step("op", "data", "c", (Creation("d.bin", b"\0\1"), Creation("t.txt", b"1\n" * 99, data=True))),
        ),
        {"m.txt": before},
    )  # fmt: skip
    changed, binary, table = file_views(plan, plan.changes())
    assert (changed.added, changed.removed, changed.steps) == (3, 1, (1, 2))
    assert [hunk.steps for hunk in changed.hunks] == [(1, 2), (1,)]
    after = plan.changes()[0].after.decode().split("\n")
    old = before.decode().split("\n")
    lines = [line for hunk in changed.hunks for line in hunk.lines]
    assert all(line.text == after[line.new - 1].removesuffix("\r") for line in lines if line.sign != "-")
    assert all(line.text == old[line.old - 1] for line in lines if line.sign != "+")
    assert (binary.binary, binary.hunks, binary.size) == (True, (), 2)
    assert (table.hidden, len(table.hunks[0].lines), table.open) == (99 - DATA_LINES, DATA_LINES, False)


@pytest.mark.parametrize(
    ("lines", "created", "shown"),
    [(1000, False, True), (2000, False, False), (100, True, True), (300, True, False)],
)
def test_what_changes_upstream_is_shown_at_once_and_a_long_test_is_folded(lines, created, shown):
    before, text = b"first = 1\nlast = 2\n", b"line = 1\n" * lines
    edit = Creation("tests/a.py", text) if created else Insertion("src/a.py", before.index(b"last"), text)
    sources = {} if created else {"src/a.py": before}
    plan = Plan("/checkout", "direct", ("new_op",), (Step("new_op", "test", "Unit test", (edit,)),), sources)
    assert [view.open for view in file_views(plan, plan.changes())] == [shown]


def test_the_headline_tells_a_missing_and_a_failed_verification(tmp_path):
    loaded = load_spec(specs_dir() / "new_op.yaml")
    plan = plan_of(["new_op"], "n", "x")

    def headline(verification):
        text = page(plan, plan.changes(), [Subject(loaded, verification)])
        return re.search(r'class="facts">(.*?)</ul>', text, re.DOTALL).group(1)

    assert "<b>none</b> verification" in headline(None)
    assert '<li class="good"><b>0</b> of 2 checks failed' in headline(report("new_op"))
    assert '<li class="bad"><b>1</b> of 2 checks failed' in headline(report("new_op", failed=True))
    doubtful = headline(report("new_op", sha256="0" * 64))
    assert '<li class="bad"><b>0</b> of 2 checks failed, in doubt' in doubtful
    unbuilt = report("new_op").model_copy(update={"build": Build(built=False, why="--no-build", toolchain="")})
    assert '<li class="bad"><b>0</b> of 2 checks failed, in doubt' in headline(unbuilt)
    text = page(plan, plan.changes(), [Subject(loaded, unbuilt)])
    assert "Not built (--no-build): the op is compiled" in text
    empty = report("new_op").model_copy(update={"checks": []})
    assert '<li class="bad">' in headline(empty)
    assert _facts(plan, [], [])[-1] == ("none", "verification", "")


def test_a_verification_file_must_be_one(tmp_path):
    file = tmp_path / "verify.json"
    good = report("new_op").model_dump_json(by_alias=True)
    file.write_text(good)
    assert read_verification(file).passed
    for bad in ("", "[]", "{}", good.replace("verify/1", "verify/9"), good.replace('"points":65', '"points":"<b>"'),
                good[:-5], "\udcff".encode("utf-8", "surrogateescape").decode("latin1")):  # fmt: skip
        file.write_text(bad)
        with pytest.raises(SpecError, match="not a verification report"):
            read_verification(file)
    file.write_bytes(b" " * 2**24)
    with pytest.raises(SpecError, match="more than"):
        read_verification(file)
    with pytest.raises(IoFault):
        read_verification(tmp_path)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({}, None),
        ({"layout": "core"}, "made on layout core; this plans for func_map"),
        ({"sha256": "0" * 64}, "of another version of the spec"),
        ({"sha256": ""}, "does not say which version"),
    ],
)
def test_a_verification_of_something_else_is_told(changed, words):
    loaded = load_spec(specs_dir() / "new_op.yaml")
    plan = plan_of(["new_op"], "n", "x")
    verification = report("new_op", **changed)
    page_text = page(plan, plan.changes(), [Subject(loaded, verification)])
    pull_request = pr_text([loaded], Prepared(plan, tuple(plan.changes())), {"new_op": verification})
    for text in (page_text, pull_request):
        assert (words in text) if words else ("Careful:" not in text)


def test_its_own_passed_is_not_believed(tmp_path):
    file = tmp_path / "verify.json"
    file.write_text(report("new_op", failed=True).model_dump_json(by_alias=True).replace('"op"', '"passed":true,"op"'))
    assert not read_verification(file).passed


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda p: p.stem)
def test_figures_are_those_of_explain(spec):
    """Every number that a plot draws is worked out anew here from the formula."""
    from newop_gen.explain.analysis import explain_at
    from newop_gen.explain.systems import find_system
    from newop_gen.model.op import Op

    op = Op.from_spec(load_spec(spec).spec)
    figures = figures_of(op, spec, None)
    system = find_system(figures.system, None)
    assert figures.trouble == ()
    assert {e.phase for e in figures.points} == set(op.phases)
    assert {m.phase for m in figures.measured} == set(op.phases)
    checked = 0
    for chart in figures.charts:
        if chart.name.endswith("roofline"):
            continue
        phase, axis = chart.name.rsplit("-", 2)[1:]
        at = next(e.values for e in figures.points if e.phase == phase)
        for row in chart.rows:
            again = explain_at(op, phase, {**at, axis: int(row[0])}, system)
            assert row[1:5] == tuple(f"{v:.4g}" for v in (again.times.sol, again.times.math, again.times.mem, again.empirical))  # fmt: skip
            checked += 1
        assert any(row[-1] != "-" for row in chart.rows), f"{chart.name}: no measurement lies on the curve"
    assert checked > 10


def test_trouble_with_a_table_is_told_on_the_page(tmp_path):
    for name in ("new_op.yaml", "data/new_op_context_perf.csv", "data/new_op_generation_perf.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((specs_dir() / name).read_bytes())
    (tmp_path / "data/new_op_context_perf.csv").write_text("param1,latency\n1,2\n")
    from newop_gen.model.op import Op

    figures = figures_of(Op.from_spec(load_spec(tmp_path / "new_op.yaml").spec), tmp_path / "new_op.yaml", None)
    assert "Measurements are left out" in figures.trouble[0]
    assert figures.charts


def test_log_axes():
    axis = LogAxis(1, 1000, 0, 300)
    assert [tick.label for tick in axis.ticks()] == ["1", "10", "100", "1k"]
    assert axis.at(1) > 0 and axis.at(1000) < 300
    assert axis.at(100) - axis.at(10) == pytest.approx(axis.at(1000) - axis.at(100), abs=0.02)
    assert len(LogAxis(1e-9, 1e15, 0, 300).ticks()) <= 7
    assert LogAxis(5, 5, 0, 300).ticks()
    for low, high in ((0, 1), (2, 1), (1, float("inf"))):
        with pytest.raises(ValueError):
            LogAxis(low, high, 0, 1)
    assert [short(v) for v in (0, 0.25, 1, 999, 1000, 989e12, 2.5e20)] == [
        "0",
        "0.25",
        "1",
        "999",
        "1k",
        "989T",
        "250E",
    ]


def test_what_a_logarithmic_axis_can_not_show_is_left_out():
    chart = draw(
        "n", "t", "d", ("x", "y"), [Curve("a", "sol", ((1, 0), (2, 3), (4, 5))), Curve("b", "memory", ((1, 0),))]
    )
    assert [curve.label for curve in chart.curves] == ["a"]
    assert chart.curves[0].path.count("L") == 1
    assert draw("n", "t", "d", ("x", "y"), [Curve("a", "sol", ((0, 1),))]) is None


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme):
    """WCAG 2.2: 4.5 for text, 3 for lines and marks of plots."""
    blocks = re.findall(r":root \{(.*?)\}", style()[0], re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[0 if scheme == "light" else 1]))
    assert contrast("#777777", "#ffffff") < 4.5  # negative control: the classic near miss
    for text, ground in (("fg", "bg"), ("fg", "panel"), ("muted", "bg"), ("muted", "panel"), ("accent", "bg"),
                         ("accent", "panel"), ("add-fg", "add-bg"), ("del-fg", "del-bg"), ("hunk-fg", "hunk-bg"),
                         ("good", "bg"), ("good", "panel"), ("bad", "bg"), ("bad", "panel"), ("fg", "warn-bg"),
                         ("muted", "add-bg"), ("muted", "del-bg")):  # fmt: skip
        assert contrast(colours[text], colours[ground]) >= 4.5, (scheme, text, ground)
    for line in ("sol", "compute", "memory", "empirical", "measured"):
        assert contrast(colours[line], colours["bg"]) >= 3, (scheme, line)
