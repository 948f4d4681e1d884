"""Specs for the tests, and a way to say where a problem is: `@@` in front of it.

`refused(text, code)` loads the text without its markers and compares every problem that is reported, code and place,
with the markers. Nothing else may be reported, so that a case also shows that one mistake is one problem.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from newop_gen.problems import Problem, SpecError
from newop_gen.spec.load import LoadedSpec, load_spec

MARK = "@@"
VALID = sorted((Path(__file__).parent / "valid").glob("*.yaml"))
EXAMPLES = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))

BASE = """\
newop: 1
op: new_op
summary: the op of the tests
params:
  alpha: {type: int, meaning: width, unit: elements}
  beta: {type: int}
  style: {type: str}
  quant: {type: FMHAQuantMode, modes: [bfloat16, fp8], otherwise: bfloat16}
phases:
  used: [context, generation]
  table: per_phase
axis:
  query: b,s
  prefix: none
sol:
  context:
    parts:
      - name: main
        flops: 2 * b * s * alpha * beta
        precision: bfloat16
        bytes: b * s * (alpha + beta)
  generation:
    let:
      total: b * alpha
    parts:
      - {name: main, bytes: total * beta}
nesting:
  keys:
    - param: alpha
    - param: style
    - param: quant
  axes:
    - {axis: b, column: batch_size}
    - {axis: s, column: seq_len}
  method: bilinear
  outside: error
empirical: 0.7
missing: raise
weights: alpha * beta
wiring:
  - model: LLAMAModel
    phase: context
    at: {after: context_attention}
    when: self.is_special
    args: {alpha: self._hidden, beta: 8, style: "'plain'", quant: self.config.fmha_quant_mode}
data:
  - {file: data/new_op.csv, phase: context, system: h200_sxm, backend: trtllm, version: newest}
"""
"""A valid spec with something of everything, that cases change in one place."""


def changed(old: str, new: str) -> str:
    """`BASE` with the one occurrence of `old` replaced."""
    assert BASE.count(old) == 1, f"{BASE.count(old)} x {old!r}"
    return BASE.replace(old, new)


def escaped(text: str) -> str:
    """`text` as a double-quoted YAML scalar of printable ASCII: whatever it holds comes in by escapes."""

    def one(char: str) -> str:
        if " " <= char <= "~" and char not in '"\\':
            return char
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return '"' + "".join(map(one, text)) + '"'


def load_text(text: str | bytes) -> LoadedSpec:
    """`load_spec` of a file with that content."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "spec.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return load_spec(path)


def problems(text: str | bytes) -> list[Problem]:
    """What is wrong with the text; nothing when it loads."""
    try:
        load_text(text)
    except SpecError as error:
        return error.problems
    return []


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without markers, and the line and column of each of them."""
    places = []
    while (index := text.find(MARK)) >= 0:
        before = text[:index]
        places.append((before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1))
        text = before + text[index + len(MARK) :]
    return text, places


def refused(text: str, *codes: str) -> list[Problem]:
    """Check that the problems of a marked text are these codes at these marks, in order, and return them."""
    clean, places = marked(text)
    found = problems(clean)
    assert [(p.code, p.place.line, p.place.column) for p in found] == [
        (code, *place) for code, place in zip(codes, places, strict=True)
    ], "\n".join(map(str, found))
    for problem in found:
        assert_printable(problem)
    return found


def assert_printable(problem: Problem) -> None:
    """Nothing of a hostile text reaches a terminal as it is, and nothing makes a message endless."""
    text = "|".join((problem.found, problem.expected, problem.suggestion))
    assert re.fullmatch(r"[ -~]*", text), repr(text)
    assert len(text) < 2000
