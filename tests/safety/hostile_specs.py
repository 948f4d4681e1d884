"""Specs from strangers: one valid spec, places in it, and what somebody might put there.

Each case is a whole file. What is put in is kept apart from where, so that a place is only used with what it must not
take, and that each place is shown to take something: a spec that is refused for another reason shows nothing.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spec.cases import BASE as SPEC

BASE = SPEC.replace("self.is_special", "self.config.tp_size > 1").replace(  # what a fixture's model has
    "self._hidden,", "self._hidden_size,"
)
TABLE = "alpha,style,quant,batch_size,seq_len,latency\n64,plain,bfloat16,1,16,0.5\n"


@dataclass(frozen=True)
class Slot:
    """A place in `BASE`: `old` gives way to `new`, whose `{}` is what is put in. `benign` is something it takes."""

    old: str
    new: str
    benign: str

    def holding(self, scalar: str) -> str:
        """The spec with a YAML scalar there, as it is."""
        assert BASE.count(self.old) == 1, self.old
        return BASE.replace(self.old, self.new.replace("{}", scalar))

    def saying(self, text: str) -> str:
        """The spec with a text there, quoted, whatever is in it."""
        return self.holding(escaped(text))


_STYLE = "    - param: style\n"
_AXIS = "    - {axis: s, column: seq_len}\n"
FORMULAS = {
    "flops": Slot("flops: 2 * b * s * alpha * beta", "flops: {}", "b * s * alpha"),
    "bytes": Slot("bytes: b * s * (alpha + beta)", "bytes: {}", "b + s"),
    "precision": Slot("precision: bfloat16", "precision: {}", "fp8 if quant == fp8 else bfloat16"),
    "let": Slot("total: b * alpha", "total: {}", "b + alpha"),
    "weights": Slot("weights: alpha * beta", "weights: {}", "alpha + 1"),
    "column": Slot("column: batch_size", "column: {}", "batch_size + step"),
    "lookup": Slot("    - param: alpha\n", "    - {param: alpha, lookup: {}}\n", "max(alpha, beta)"),
    "rows": Slot(_AXIS, _AXIS + "  rows: {}\n", "op_name == 'a'"),
    "latency": Slot(_AXIS, _AXIS + "  latency: {column: {}}\n", "pre + post"),
}
WIRING = {
    "when": Slot("when: self.config.tp_size > 1", "when: {}", "tp_size > 1"),
    "scale": Slot("    when: self", "    scale: {}\n    when: self", "self._num_layers"),
    "argument": Slot("alpha: self._hidden_size", "alpha: {}", "h"),
}
NAMES = {
    "op": Slot("op: new_op", "op: {}", "other_op"),
    "param": Slot("  beta: {type: int}", "  {}: {type: int}\n  beta: {type: int}", ""),
    "let name": Slot("      total: b * alpha", "      {}: b\n      total: b * alpha", "other"),
    "part": Slot("      - name: main", "      - name: {}", "other"),
    "class": Slot("op: new_op", "op: new_op\nclass_name: {}", "OtherOp"),
    "model": Slot("model: LLAMAModel", "model: {}", "LLAMAModel"),
    "anchor": Slot("after: context_attention", "after: {}", "context_qkv_gemm"),
    "wired name": Slot("    when: self", "    name: {}\n    when: self", "context_other"),
}
TEXTS = {
    "summary": Slot("summary: the op of the tests", "summary: {}", "another op, na\u00efve"),
    "meaning": Slot("meaning: width", "meaning: {}", "breadth"),
    "unit": Slot("unit: elements", "unit: {}", "bytes"),
}
VALUES = {
    "alias": Slot(_STYLE, _STYLE + "      alias: {a: {}}\n", "plain"),
    "alias key": Slot(_STYLE, _STYLE + "      alias: {{}: b}\n", "a"),
    "only": Slot(_STYLE, _STYLE + "      only: [{}]\n", "plain"),
    "default": Slot(_STYLE, _STYLE + "      default: {}\n", "plain"),
    "fallback": Slot(_STYLE, _STYLE + "      fallback: {}\n", "plain"),
    "mode": Slot("modes: [bfloat16, fp8]", "modes: [bfloat16, {}]", "fp8"),
    "constants row": Slot(
        "  context:\n    parts:", "  context:\n    constants: {by: style, rows: {{}: {fac: 1}}}\n    parts:", ""
    ),
}
FILES = {
    "file": Slot("file: data/new_op.csv", "file: {}", "data/new_op.csv"),
    "system": Slot("system: h200_sxm", "system: {}", "h200_sxm"),
    "version": Slot("version: newest", "version: {}", "1.0.0"),
    "backend": Slot("backend: trtllm", "backend: {}", "sglang"),
}
NUMBERS = {
    "empirical": Slot("empirical: 0.7", "empirical: {}", "0.5"),
    "argument": Slot("beta: 8,", "beta: {},", "16"),
    "constant": Slot(
        "  context:\n    parts:", "  context:\n    constants: {by: style, rows: {plain: {fac: {}}}}\n    parts:", ""
    ),
    "grid": Slot(_AXIS, _AXIS + "  pre_interpolate: {values: {b: collected, s: [16, {}]}}\n", "32"),
}
SLOTS = {
    f"{kind}: {name}": slot
    for kind, slots in (
        ("formula", FORMULAS), ("wiring", WIRING), ("name", NAMES), ("text", TEXTS), ("value", VALUES),
        ("file", FILES), ("number", NUMBERS),
    )
    for name, slot in slots.items()
}  # fmt: skip


def escaped(text: str) -> str:
    """`text` as a double-quoted YAML scalar of printable ASCII: whatever it holds comes in by escapes."""

    def one(char: str) -> str:
        if " " <= char <= "~" and char not in '"\\':
            return char
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return '"' + "".join(map(one, text)) + '"'


# What is put in. CODE would leave a file named canary behind, were it ever run.
CODE = [
    "__import__('os').system('touch canary')", "open('canary', 'w')", "exec('open(\"canary\", \"w\")')",
    "eval(\"open('canary', 'w')\")", "compile('1', 'canary', 'exec')", "[c for c in open('canary', 'w')]",
    "(lambda: open('canary', 'w'))()", "b if open('canary', 'w') else s", "f\"{open('canary', 'w')}\"",
    "().__class__.__bases__[0].__subclasses__()", "b.__class__", "(b).real", "self.__class__.__init__.__globals__",
    "b.__init__.__globals__['os'].system('touch canary')", "getattr(b, 'real')", "globals()", "vars()", "print(b)",
    "breakpoint()", "input()", "b[0]", "b[0:1]", "[b]", "[b for b in s]", "{b: s}", "{b, s}", "{b for b in s}",
    "(b for b in s)", "(b, s)", "(b := 1)", "b = 1", "b; s", "import os", "lambda: b", "lambda b: s", "yield b",
    "await b", "*b", "**b", "b @ s", "b << s", "b >> s", "b & s", "b | s", "b ^ s", "~b", "b is s", "b in s", "`b`",
    "b!", "b ? s : 1", "$b", "@b", "b\\\n+s", "b # comment", "b /* s */", "b // ", "b ** ", "(b", "b)", "b b", "1j",
    "0x10", "0b1", "0o7", "1_000", "b'x'", "r'x'", "u'x'", "'''x'''", "...", "None", "True + open", "not",
    "b if s", "if b: s", "for b in s: b", "del b", "assert b", "raise b", "with b: s", "global b", "async b",
    "b -> s", "b <- s", "b => s", "b ++ s", "b && s", "b || s", "b <> s", "b == s == 1 == ", "b.", ".b", "b..s", "1.b",
    "{{7*7}}", "{% print(b) %}", "{{ self.__init__.__globals__ }}", "${b}", "$(touch canary)", "%(b)s", "canary",
    "\uff45\uff56\uff41\uff4c(b)", "\u0435val(b)", "b \u00d7 s", "b\u200b", "\u202eb", "b\ns", "b\r+ s", "b\0", "b\x0c+ s",
    "b\u2028+ s", "\ud800", "b +" + " b +" * 200, "(" * 33 + "b" + ")" * 33, "(" * 400, "-" * 400 + "b",
    "b" * 513, "9" * 400, "9 ** 9 ** 9 ** 9", "b ** b", "b ** 100000", "b ** 0.333333333333 ** s", "1e999", "1e-999",
    "b / 0", "b // 0", "b % 0", "b / (s - s)", "1 / (alpha - beta)", "min()", "max(b)", "ceil()", "min(b, s)(b)",
    "min(b=1)", "min(*b)", "unknown", "unknown(b)", "flops(b)", "mem_bw()", "fp8 + 1", "'a' + 1", "b < s < 1 <",
]  # fmt: skip
# Where something of that is a fair thing to say there, it is left out for that place.
FAIR = {
    "column": {"canary", "unknown", "fp8 + 1"},
    "rows": {"b <- s"},
    "latency": {"canary", "unknown", "fp8 + 1"},
}
UNUSUAL_NAMES = [
    "", "1a", "a-b", "a b", "a.b", "a:b", "a(b)", "a;b", "a'b", "$a", "a[0]", "a" * 1000, "__x", "__init__",
    "_ignore_", "_missing_", "__import__", "new_op\n", "new\nop", "new_op ", " new_op", "\tnew_op", "new_op\0",
    "new\u00adop", "\u0001op", "../new_op", "new/op", "new\\op", "~", "{{7*7}}", "{% raw %}", "n\u0435w_op", "nev\u0561_op",
    "\uff4eew_op", "new\u200dop", "n\u0303ew_op", "\u202enew_op", "new_op\u2028", "\ud800new_op", "new_op#", "#new_op",
    "new_op\rimport os", "op'); open('canary', 'w'); ('", 'op"); open("canary", "w"); ("', "op\\", "eval(1)", "a=1",
]  # fmt: skip
RESERVED = sorted(
    name
    for name in {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls", "os", "csv", "math", "common"}
    if name.islower() and name.isascii() and len(name) > 1 and not name.startswith("_")
)
HIDDEN = [
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u2060\ufeff\u00ad",
    *"\x00\x01\x07\b\t\n\v\f\r\x1b\x7f\x80\x85\x9f\u2028\u2029\ud800\udfff\ue000\u0430\u0301\U0001f600",
]
TOOL_TEXT = [
    "# type: ignore", "#type:int", "noqa", "# NOQA: E501", "x  # noqa", "# fmt: off", "fmt:skip", "# pragma: no cover",
    "nosec", "ruff: noqa", "pylint: disable=all", "mypy: ignore", "isort: skip", "<<<<<<< HEAD", "=======", ">>>>>>> x", "bread>>> x",
    "-*- coding: utf-7 -*-", "coding=unicode_escape", "coding: raw_unicode_escape", "vim: set fileencoding=utf-7 coding=x",
    "newop-gen: begin", "{{7*7}}", "{% raw %}", "{# c #}", "{{self.__init__.__globals__}}",
    "{{ cycler.__init__.__globals__.os.system('touch canary') }}",
]  # fmt: skip
BREAKOUTS = [
    '"""', "'''", "\\", "end\\", "\\N{DIGIT ONE}", "\\x41", "\\u0041", '""" + __import__("os").system("touch canary") + """',
    "'''; open('canary', 'w'); '''", '\\"""', "a\nimport os", "a\rimport os", "a\x0cimport os", "a\x85import os",
    'x"""\nopen("canary", "w")\n"""', "x" * 301,
]  # fmt: skip
PATHS = [
    "../new_op.csv", "../../new_op.csv", "data/../../new_op.csv", "/etc/passwd", "/etc/passwd.csv", "~/new_op.csv",
    "data//new_op.csv", "./new_op.csv", "data/./new_op.csv", "data\\new_op.csv", "C:\\new_op.csv", "C:new_op.csv",
    "data/new_op.csv\0", "data/new_op.csv\n", "data/new_op.py", "data/new_op", "data/new_op.csv.py", ".git/config",
    ".git/hooks/pre-commit.csv", "data/.git/x.csv", ".hidden.csv", "-rf.csv", "data/-x.csv", "data/new_op.csv ",
    " data/new_op.csv", "data/new op.csv", "data/new_op.CSV", "file:///etc/passwd.csv", "http://x/y.csv",
    "\\\\host\\share.csv", "$HOME/x.csv", "${x}.csv", "`x`.csv", "$(touch canary).csv", "a" * 300 + ".csv", "",
    "a/b/c/d/e/f/g.csv", "data/new_op.csv/", "/", "..", ".", "*", "data/*.csv", "data/new_op.csv;x.csv", "d\u0430ta/x.csv",
    "data/\u202ex.csv", "data/no_such_file.csv", "data", "{{7*7}}.csv", "canary|x.csv",
]  # fmt: skip
ODD_NUMBERS = [
    ".inf", "-.inf", ".nan", ".NaN", "inf", "nan", "-0.5", "0", "-0.0", "1e400", "1e-400", "true", "yes", "NO", "null",
    "~", "0x10", "0o17", "017", "1:30", "1_000", "9" * 400, "9" * 5000, "2024-01-01", "[1]", "{a: 1}", "'1'",
    "1.2.3", "--1", "1e", "+", "1 2", "0b1", "\u0661", "1,5", "1e1000000",
]  # fmt: skip
FAIR_NUMBERS = {
    "argument": {"0", "true", "inf", "nan", "yes", "[1]", "'1'"},
    "constant": {"-0.5", "0", "-0.0"},
}


def cases() -> Iterator[tuple[str, bytes]]:
    """(what it is, the file) of every hostile spec, without repetition."""
    seen = set()
    for what, text in _cases():
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        if raw not in seen:
            seen.add(raw)
            yield what, raw


def _cases() -> Iterator[tuple[str, str | bytes]]:
    yield from _placed("formula", FORMULAS, CODE, FAIR)
    yield from _placed("wiring", WIRING, CODE, {})
    yield from _placed("name", NAMES, UNUSUAL_NAMES, {})
    for field in ("op", "param"):
        yield from _placed("name", {field: NAMES[field]}, RESERVED, {})
    yield from _placed("text", TEXTS, [f"a{char}b" for char in HIDDEN], {})
    yield from _placed("text", TEXTS, [*TOOL_TEXT, *BREAKOUTS], {})
    yield from _placed("value", VALUES, [f"a{char}b" for char in HIDDEN[::4]], {})
    yield from _placed("value", VALUES, [*TOOL_TEXT[::5], *(text for text in BREAKOUTS if not text.isprintable())], {})
    yield from _placed("path", FILES, PATHS, {})
    for name, slot in NUMBERS.items():
        for number in ODD_NUMBERS:
            if number not in FAIR_NUMBERS.get(name, ()):
                yield f"number: {name} {number[:30]}", slot.holding(number)
    yield from _yaml()
    yield from _shapes()


def _placed(
    kind: str, slots: dict[str, Slot], payloads: Iterable[str], fair: dict[str, set[str]]
) -> Iterator[tuple[str, str]]:
    for name, slot in slots.items():
        for payload in payloads:
            if payload not in fair.get(name, ()):
                yield f"{kind}: {name} {payload[:60]!a}", slot.saying(payload)


def _yaml() -> Iterator[tuple[str, str | bytes]]:
    """YAML that does something behind a reader's back, and files that are none."""
    put = BASE.replace
    for tag in (
        "!!python/object/apply:os.system ['touch canary']", "!!python/name:os.system ''", "!!python/module:os ''",
        "!!python/object/new:os.system ['touch canary']", "!!python/tuple [1]", "!!binary aGVsbG8=", "!!set {a, b}",
        "!!omap [a: 1]", "!!timestamp 2024-01-01", "!!float 0.7", "!custom 0.7", "! 0.7", "!<tag:yaml.org,2002:float> 0.7",
        "&anchor 0.7", "*alias", "!!str 0.7", "!!null ''", "!!merge <<", "!!python/object:newop_gen.problems.Place {}",
    ):  # fmt: skip
        yield f"tag {tag}", put("empirical: 0.7", f"empirical: {tag}")
        yield f"tag {tag} in a list", put("modes: [bfloat16, fp8]", f"modes: [bfloat16, {tag}]")
        yield f"tag {tag} as a summary", put("summary: the op of the tests", f"summary: {tag}")
    for depth in (2, 5, 10, 20, 40):
        names = [f"m{i}" for i in range(depth)]
        yield f"alias bomb {depth}", "m: &m [lol]\n" + _chain(names, lambda p: f"[*{p}, *{p}, *{p}, *{p}]") + BASE
        yield f"merge bomb {depth}", "m: &m {a: 1}\n" + _chain(names, lambda p: f"{{<<: [*{p}, *{p}]}}") + BASE
    for text in (
        "&a [*a]\n",
        "&a {b: *a}\n",
        "a: &a\n  b: *a\n",
        "<<: {op: other}\n",
        "? [a, b]\n: 1\n",
        "? {a: b}\n: 1\n",
    ):
        yield f"recursive {text!a}", text + BASE
        yield f"only recursive {text!a}", text
    for count in (10, 100, 1000, 10000, 60000):
        yield f"nested lists {count}", "op: " + "[" * count
        yield f"nested mappings {count}", "op: " + "{a: " * count
        yield f"nested keys {count}", "? " * count
        yield f"indented {count}", "".join(" " * i + "a:\n" for i in range(min(count, 350)))
        yield f"closed lists {count}", "op: " + "[" * count + "]" * count
        yield f"many keys {count}", BASE + "".join(f"k{i}: 1\n" for i in range(count))
        yield f"many items {count}", put("modes: [bfloat16, fp8]", f"modes: [{', '.join(['fp8'] * count)}]")
        yield f"a long line {count}", put("the op of the tests", "x" * (count + 300))
    lines = BASE.rstrip("\n").split("\n")
    for number, line in enumerate(lines):
        key = line.lstrip(" -").partition(":")[0]
        if ":" in line and "{" not in key:
            again = [*lines[: number + 1], line.replace("- ", "  ", 1), *lines[number + 1 :]]
            if line.rstrip().endswith(":") is False and "- {" not in line and "param: " not in line:
                yield f"key {key} twice", "\n".join(again) + "\n"
    for name, raw in {
        "empty": b"", "a space": b" ", "a comment": b"# nothing\n", "a scalar": b"new_op\n", "a list": b"- a\n",
        "null": b"null\n", "NUL": BASE.encode() + b"\0", "bad UTF-8": BASE.encode() + b"# \xff\n",
        "UTF-16": BASE.encode("utf-16"), "UTF-16BE": b"\xfe\xff" + BASE.encode("utf-16-be"), "UTF-32": BASE.encode("utf-32"),
        "latin-1": BASE.replace("width", "na\xefve").encode("latin-1"), "two documents": (BASE + "---\n" + BASE).encode(),
        "a directive": b"%YAML 1.1\n---\n" + BASE.encode(), "a tag directive": b"%TAG ! tag:x,2000:\n---\n" + BASE.encode(),
        "large": BASE.encode() + b"# " + b"x" * 70000, "huge": b"a" * 3_000_000, "ELF": b"\x7fELF\x02\x01\x01" + bytes(99),
        "ZIP": b"PK\x03\x04" + bytes(99), "pickle": b"\x80\x04cos\nsystem\n(S'touch canary'\ntR.",
        "a script": b"#!/bin/sh\ntouch canary\n", "JSON that ends": b'{"newop": 1, "op": "new_op"', "tabs": b"op:\n\ta: 1\n",
    }.items():  # fmt: skip
        yield f"file: {name}", raw


def _chain(names: list[str], of: object) -> str:
    return "".join(f"{one}: &{one} {of(before)}\n" for before, one in zip(["m", *names], names, strict=False))  # type: ignore[operator]


def _shapes() -> Iterator[tuple[str, str]]:
    """Fields that are missing, unknown or of another kind."""
    lines = BASE.rstrip("\n").split("\n")
    tops = [n for n, line in enumerate(lines) if not line.startswith(" ")]
    for start, end in zip(tops, [*tops[1:], len(lines)], strict=True):
        key = lines[start].partition(":")[0]
        if key in ("data", "wiring", "missing", "weights"):  # optional
            continue
        yield f"without {key}", "\n".join(lines[:start] + lines[end:]) + "\n"
    for start, end in zip(tops, [*tops[1:], len(lines)], strict=True):
        key = lines[start].partition(":")[0]
        rest = "\n".join(lines[:start] + lines[end:]) + "\n"
        for value in ("17", "'text'", "[a, b]", "{a: b}", "true", "null", "2024-01-01", ".nan", "[[[]]]", "''", "0o7"):
            if (key, value) not in {("op", "'text'"), ("summary", "'text'"), ("empirical", "17"), ("weights", "17")}:
                yield f"{key}: {value}", f"{rest}{key}: {value}\n"
        yield f"{key} misspelt", BASE.replace(lines[start], lines[start].replace(key, key[:-1] + "_x", 1), 1)
        yield f"{key} in capitals", BASE.replace(lines[start], lines[start].replace(key, key.upper(), 1), 1)
