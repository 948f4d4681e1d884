"""`newop-gen verify` as a user meets it: what it prints, how it ends, and that it leaves the checkout alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from support.applying import ROOT, SPECS, apply_specs

from newop_gen.resources import schemas_dir
from verify.catalogue import MISTAKES

SPEC = SPECS / "new_op.yaml"


@pytest.fixture
def checkout(release) -> Path:
    tree = release("0.8.0")
    (tree.systems / "data" / "h200_sxm" / "trtllm" / "1.0.0").mkdir(parents=True, exist_ok=True)
    apply_specs(tree.root, [SPEC], lint=False)
    return tree.root


def verify(checkout: Path, *words: object, spec: Path = SPEC) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "newop_gen", "verify", str(spec), "--checkout", str(checkout), *map(str, words)],
        capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip


def content(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in root.rglob("*") if p.is_file()
    }


def edit(checkout: Path, old: str, new: str) -> None:
    path = checkout / "src" / "aiconfigurator" / "sdk" / "operations.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("class ContextNewOp(")
    at = text.index(old, start)
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")


def test_a_correct_op_then_a_wrong_one(checkout) -> None:
    before = content(checkout)
    done = verify(checkout, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(checkout) == before
    report = json.loads(done.stdout)
    schema = json.loads((schemas_dir() / "verify-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    assert report["passed"] and not report["causes"]
    assert report["tables"] == ["made-up", "spec's h200_sxm/trtllm"]
    kinds = {c["check"].partition(":")[0] for c in report["checks"] if c["status"] == "passed"}
    assert kinds >= {
        "inserted", "leaves", "registration", "measured", "between", "outside", "sol", "sol-full", "empirical",
        "missing", "hybrid", "table-unchanged", "caching", "operation", "weights", "wiring", "estimate", "unit-test",
    }  # fmt: skip
    assert all(c["worst"] <= c["tolerance"] for c in report["checks"] if c["worst"] is not None)

    edit(checkout, ', kwargs["s"]', ', kwargs["x"]')
    done = verify(checkout)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "probable cause: the op hands on x, the number of tokens, as s [s-is-x]" in " ".join(done.stdout.split())
    assert re.search(r"assertions, \d+ failed", " ".join(done.stdout.split()))


def test_tables_of_the_user(checkout, tmp_path) -> None:
    rows = (SPECS / "data" / "new_op_context_perf.csv").read_text(encoding="utf-8").splitlines()
    own = tmp_path / "new_op_context_measured.csv"
    own.write_text("\n".join([rows[0] + ",power", *(f"{r},250.5" for r in rows[1:])]), encoding="utf-8")
    done = verify(checkout, "--data", own, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    measured = next(c for c in report["checks"] if c["check"] == "measured:query_context_new_op (--data)")
    assert measured["points"] == len(rows) - 1 and measured["worst"] <= 1e-12

    own.write_text("\n".join([*rows[:3], rows[3].rsplit(",", 1)[0] + ",fast"]), encoding="utf-8")
    done = verify(checkout, "--data", own)
    assert done.returncode == 2
    assert ":4" in done.stderr and "could not convert" in done.stderr

    nameless = tmp_path / "table.csv"
    nameless.write_text("\n".join(rows), encoding="utf-8")
    done = verify(checkout, "--data", nameless)
    assert done.returncode == 2
    assert "it can't be told which table this is" in done.stderr


def test_the_command_line_on_the_patched_tree(release) -> None:
    """On real tables; 0.6 is the release that brings a model of the example's sizes."""
    tree = release("0.6.0", systems=("h200_sxm",))
    apply_specs(tree.root, [SPEC], lint=False)
    done = verify(tree.root, "--cli", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = next(c for c in json.loads(done.stdout)["checks"] if c["check"] == "cli")
    assert found["status"] == "passed" and found["points"] == 3
    shares = [float(s) for s in re.findall(r"([\d.]+) %", found["note"])]
    assert found["note"].startswith("QWEN2.5_7B chose ") and len(shares) == 2 and all(0 < s < 100 for s in shares)


def test_interpreters_that_cannot_run_the_checkout(checkout, tmp_path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', encoding="utf-8")
    bare.chmod(0o755)
    done = verify(checkout, "--python", bare)
    assert done.returncode == 5
    assert re.search(r"can't import what the checkout needs: No module named '\w+'", done.stderr)
    assert "--python" in done.stderr
    done = verify(checkout, "--python", tmp_path / "nothing")
    assert done.returncode == 5
    assert "can't be started" in done.stderr


def test_a_checkout_that_is_not_ready(release, checkout) -> None:
    done = verify(release("0.8.0").root)
    assert done.returncode == 3
    assert "is not in this checkout" in done.stderr and "newop-gen apply" in done.stderr
    models = checkout / "src" / "aiconfigurator" / "sdk" / "models.py"
    models.write_text(models.read_text(encoding="utf-8") + "\n)\n", encoding="utf-8")
    done = verify(checkout)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "SyntaxError" in done.stdout and "[check-error]" in done.stdout


CODE = re.compile(r'Cause\(\s*f?"([a-z{][a-z{}-]+)"|^UNIT = "([a-z-]+)"', re.MULTILINE)
EITHER = {"{word}-wrong": ("latency-wrong", "energy-wrong"), "missing-{rule}": ("missing-sol", "missing-raise"),
          "outside-{policy}": ("outside-error", "outside-clamp", "outside-extrapolate")}  # fmt: skip


def test_the_page_names_every_cause_and_no_other() -> None:
    source = "\n".join(
        p.read_text(encoding="utf-8") for p in sorted((ROOT / "generator/newop_gen/verify").rglob("*.py"))
    )
    found = [a or b for a, b in CODE.findall(source)]
    codes = {code for name in found for code in EITHER.get(name, (name,))}
    assert len(codes) > 80
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"^\| `([a-z0-9-]+)` \|", page.partition("## Causes")[2].partition("\n## ")[0], re.MULTILINE)
    )
    assert codes - named == set()
    assert named - codes == set()


def test_the_page_has_the_catalogue_with_causes_that_are_accepted() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    printed = page.partition("## Seeded mistakes")[2]
    assert all(f"| `{code}` |" in page for m in MISTAKES for code in m.right)
    shown = {line.split()[0]: line.split()[1:4] for line in printed.splitlines() if " caught " in line}
    wanted = {m.name: m for m in MISTAKES if {"0.8.0", "0.10.0"} & set(m.releases)}
    assert shown.keys() == wanted.keys()
    for name, (spec, _, cause) in shown.items():
        assert spec == wanted[name].spec and cause in wanted[name].right
