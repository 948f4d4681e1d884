"""Review pages for tests: of every example spec, and of texts that mean harm."""

from __future__ import annotations

import hashlib
from pathlib import Path

from newop_gen.plan import Creation, Insertion, Plan, Skip, Step
from newop_gen.resources import specs_dir
from newop_gen.review.html import Subject, Verification, page
from newop_gen.spec.load import load_spec

EXAMPLES = tuple(sorted(specs_dir().glob("*.yaml")))
LONG = "unbroken_" * 40
HARM = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "</pre></style></title>\"' onload=alert(1) {{ 7 * 7 }} {% raw %} &amp; \u202e \x1b[2J"
)


def example(*specs: Path) -> str:
    """The page of example specs over a small made-up plan."""
    loaded = [load_spec(spec) for spec in specs or EXAMPLES]
    plan = plan_of([spec.spec.op for spec in loaded], "a note", "x = 1")
    return page(plan, plan.changes(), [Subject(loaded[0], report(loaded[0].spec.op)), *map(Subject, loaded[1:])])


def plan_of(ops: list[str], note: str, code: str, path: str = "src/aiconfigurator/sdk/common.py") -> Plan:
    """Three steps for each op: lines in a long file, a test, a table."""
    before = b"".join(b"line_%d = %d\n" % (n, n) for n in range(60))
    steps = []
    for op in ops:
        text = f"{code}  # {op}\n".encode("utf-8", "replace")
        steps += [
            Step(op, "enum", f"name the file {note}", (Insertion(path, before.index(b"line_30"), text),)),
            Step(op, "test", "Unit test", (Creation(f"tests/test_{op}.py", text * 30),), (note,), (Skip(note, note),)),
            Step(
                op, "data", "Perf data files", (Creation(f"data/{op}_perf.txt", b"a,latency\n1,2\n" * 40, data=True),)
            ),
        ]
    return Plan("/checkout", "func_map", tuple(ops), tuple(steps), {path: before})


def report(
    op: str, words: str = "as it should be", failed: bool = False, layout: str = "func_map", sha256: str | None = None
) -> Verification:
    """A verification with one passed check and, if asked for, one that failed."""
    checks = [
        {"check": "leaves", "asserts": f"leaves are {words}", "status": "passed", "points": 65, "worst": 0.0,
         "tolerance": 1e-12, "failed": 0, "failures": [], "cause": None, "note": words},
        {"check": "sol", "asserts": "SOL is the formula's", "status": "failed" if failed else "passed", "points": 12,
         "worst": 0.5 if failed else 1e-16, "tolerance": 1e-9, "failed": int(failed),
         "failures": [{"where": words, "expected": "1", "found": "2"}] if failed else [],
         "cause": {"code": "scale", "words": words} if failed else None, "note": ""},
    ]  # fmt: skip
    spec = specs_dir() / f"{op}.yaml"
    digest = hashlib.sha256(spec.read_bytes()).hexdigest() if sha256 is None and spec.exists() else sha256 or ""
    return Verification.model_validate(
        {"schema": "newop-gen/verify/1", "op": op, "layout": layout, "tables": ["made-up"], "seconds": 1.5,
         "spec_sha256": digest, "checks": checks}
    )  # fmt: skip


def harmful(folder: Path) -> str:
    """A page in which every free text is `HARM`, or one word that is too long for a line."""
    text = (specs_dir() / "new_op.yaml").read_text(encoding="utf-8")
    spec = folder / "new_op.yaml"
    # A spec is refused for some of it already: control characters, template syntax, endless words.
    harm = HARM.partition(" {{")[0]
    text = text.replace("summary: the example op of the integration guide, a projection with a per-sequence cache",
                        f"summary: {_quoted(harm)}")  # fmt: skip
    text = text.replace("meaning: width of the input", f"meaning: {_quoted(LONG[:80])}")
    text += f"# {harm}\n# {LONG}\n"
    spec.write_text(text, encoding="utf-8")
    loaded = load_spec(spec)
    plan = plan_of([loaded.spec.op], HARM + LONG, HARM, path=f"src/<b>{LONG}.txt")
    subject = Subject(loaded, report(loaded.spec.op, HARM + LONG, failed=True, layout="<i>other"))
    return page(plan, plan.changes(), [subject], state=HARM, notes=[HARM, LONG])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
