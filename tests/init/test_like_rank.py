"""`newop-gen init --like --spec MINE.yaml`: ops of a checkout by closeness to a spec."""

from __future__ import annotations

import json

import jsonschema
import pytest
from checkouts import built
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.checkout.tree import Tree
from newop_gen.cli import cli
from newop_gen.init.like.existing import existing
from newop_gen.init.like.rank import rank
from newop_gen.init.like.start import like
from newop_gen.init.write import checked
from newop_gen.model.op import Op
from newop_gen.resources import schemas_dir
from newop_gen.spec.load import load_spec

LAYOUTS = ("v0_6", "v0_7", "v0_8", "v0_9", "v0_10", "v0_11")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_op_is_closest_to_the_spec_that_was_begun_from_it(layout) -> None:
    ops = existing(Tree.open(built(layout)))
    for op in ops:
        ranked = rank(ops, Op.from_spec(checked(like(op).text).spec))
        assert ranked[0].op.name == op.name
        assert ranked[0].distance < ranked[1].distance


@pytest.mark.parametrize("version", ("0.6.0", "0.8.0", "0.10.0"))
def test_replayed_ops_are_closest_to_their_specs(version, release) -> None:
    ops = existing(Tree.open(release(version).root))
    named = {op.name for op in ops if not op.unread}
    compared = 0
    for path in (SPECS / "upstream").glob("*.yaml"):
        if path.stem in named - {"context_dsa_module", "generation_dsa_module"}:
            ranked = rank(ops, Op.from_spec(load_spec(path).spec))
            assert path.stem in [c.op.name for c in ranked if c.distance == ranked[0].distance], path.stem
            compared += 1
    assert compared >= 5


def spec_of(text: str) -> Op:
    return Op.from_spec(checked(text).spec)


MINE = """\
newop: 1
op: mine
summary: mine
params:
  quant: {type: GEMMQuantMode, modes: [bfloat16]}
  part: {type: str}
  heads: {type: int}
phases: {used: [generation], table: one}
axis: {query: x}
sol: {parts: [{name: all, flops: 2 * x * heads, precision: bfloat16}]}
nesting:
  keys: [{param: quant, column: bmm_dtype}, {param: part, column: op_name}, {param: heads, column: num_heads}]
  axes: [{axis: x, column: num_tokens}]
  method: linear
empirical: 0.8
"""


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("used: [generation]", "used: [context, generation]", "phases: generation, not context, generation"),
        ("type: GEMMQuantMode", "type: CommQuantMode", "quant: more: 1 GEMMQuantMode"),
        ("{type: str}", "{type: int}", "keys: more: 1 str"),
        ("column: num_tokens", "column: tokens", "columns: num_tokens"),
        ("[{param: quant, column: bmm_dtype}, {param: part, column: op_name},",
         "[{param: part, column: op_name}, {param: quant, column: bmm_dtype},", "the same types in another order"),
        ("[{axis: x, column: num_tokens}]", "[{axis: heads}, {axis: x}]", "axes: [x], not [size, x]"),
    ],
)  # fmt: skip
def test_each_difference_counts_and_is_said(old, new, said) -> None:
    op = next(op for op in existing(Tree.open(built("v0_8"))) if op.name == "mla_bmm")
    (same,) = rank([op], spec_of(MINE))
    assert same.distance == 0 and not same.differs
    text = MINE.replace(old, new)
    if "heads}, {axis" in text:
        text = text.replace(", {param: heads, column: num_heads}]", "]")
    text = text.replace("modes: [bfloat16]", "modes: [half]") if "Comm" in text else text
    assert text != MINE
    (other,) = rank([op], spec_of(text))
    assert other.distance > 0 and any(said in line for line in other.differs), other.differs


def test_on_the_command_line(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = SPECS / "upstream" / "context_mla.yaml"
    args = ["init", "--like", "--spec", str(mine), "--checkout", str(built("v0_8"))]
    result = CliRunner().invoke(cli, args, catch_exceptions=False)
    assert result.exit_code == 0 and result.stdout.startswith("1. context_mla  distance 0")
    assert "next: newop-gen init NEW.yaml --like context_mla" in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_ranking_as_json() -> None:
    mine = SPECS / "upstream" / "context_mla.yaml"
    args = ["init", "--like", "--spec", str(mine), "--checkout", str(built("v0_8"))]
    told = CliRunner().invoke(cli, args).stdout
    data = json.loads(CliRunner().invoke(cli, [*args, "--json"]).stdout)
    schema = json.loads((schemas_dir() / "like-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(data)
    first = data["ops"][0]
    assert (first["op"], first["distance"], data["spec"]) == ("context_mla", 0, str(mine))
    assert f"1. context_mla  distance 0  {first['file']}:{first['line']}:" in told
    distances = [op["distance"] for op in data["ops"]]
    assert distances == sorted(distances) and len(distances) > 3
    wrong = CliRunner().invoke(cli, ["init", "--yes", "--json"])
    assert wrong.exit_code == 2 and "--json is for --like" in wrong.stderr
