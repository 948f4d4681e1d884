"""The JSON report holds to its committed schema."""

import json

import jsonschema
import pytest

from newop_gen.plan import Creation, Insertion, Plan, Replacement, Skip, Step
from newop_gen.problems import Place, Problem
from newop_gen.resources import schemas_dir
from newop_gen.review.report import report

BEFORE = b"a = 1\nb = 2\n"
PLAN = Plan(
    "/checkout",
    "toy",
    ("op",),
    (
        Step("op", "enum", "name the file", (Insertion("m.py", 0, b"a = 1\n", done=True),)),
        Step(
            "op",
            "wiring",
            "use it",
            (Replacement("m.py", 6, 12, b"c = 3\n", b"b = 2\n"),),
            ("note",),
            (Skip("X", "why"),),
        ),
        Step("op", "data", "the table", (Creation("d.txt", b"1,2\n", data=True),)),
    ),
    {"m.py": BEFORE},
)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((schemas_dir() / "report-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_plan(validator):
    data = report(PLAN, command="apply", mode="dry-run", outcome="pending", exit_code=0, changes=PLAN.changes())
    validator.validate(json.loads(json.dumps(data)))
    assert [step["state"] for step in data["steps"]] == ["done", "pending", "pending"]
    assert data["steps"][1]["skips"] == [{"what": "X", "why": "why"}]
    changed, created = data["files"]
    assert changed["spans"] == [{"start": 6, "end": 12, "step": "op:wiring", "replaced": 6}]
    assert (created["change"], created["sha256_before"]) == ("create", None)


def test_a_failure_before_there_is_a_plan(validator):
    problem = Problem(
        Place("\udcff.yaml", 3, 1), "unknown key 'a\udcff'", "one of b", "did you mean 'b'?", "unknown-key"
    )
    data = report(None, command="apply", mode="apply", outcome="failed", exit_code=2, checkout="/c", problems=[problem])
    json.dumps(data, ensure_ascii=False).encode()
    validator.validate(data)
    assert data["problems"][0]["line"] == 3
    assert data["layout"] is None


def test_the_schema_can_fail(validator):
    data = report(PLAN, command="apply", mode="dry-run", outcome="maybe", exit_code=0)
    assert not validator.is_valid(data)
