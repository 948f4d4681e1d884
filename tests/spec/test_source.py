"""YAML that does something behind a reader's back, and files that are none: refused, with a place, and quickly."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
import yaml
from safety import world as worlds
from safety.ordinary import as_ordinary_user, give_away

from newop_gen.problems import Problem, SpecError
from newop_gen.spec.load import load_spec
from newop_gen.spec.source import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_source
from spec.cases import BASE, changed, load_text, problems, refused

SECONDS = 5.0  # of the processor, in a process that may be large: a bomb takes minutes


def head(line: str) -> str:
    """`BASE` with a first line put in front of its mapping."""
    return line + "\n" + BASE


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # anchors and aliases
        (changed("op: new_op", "op: @@&a new_op"), ["anchor"]),
        (changed("op: new_op\nsummary: the op of the tests", "op: @@&a new_op\nsummary: @@*a"), ["anchor", "alias"]),
        (changed("params:\n", "params: @@&p\n"), ["anchor"]),
        (changed("used: [context, generation]", "used: @@&u [context, @@*u]"), ["anchor", "alias"]),
        (changed("  beta: {type: int}", "  @@*a : {type: int}\n  beta: {type: int}"), ["alias"]),
        # merge keys
        (changed("  beta: {type: int}", "  beta: {@@<<: {type: int}, type: int}"), ["merge-key"]),
        (head("@@<<: {op: other}"), ["merge-key"]),
        (head("@@<<: [@@*a, @@*b]"), ["merge-key", "alias", "alias"]),
        # tags
        (changed("op: new_op", "op: @@!!str new_op"), ["tag"]),
        (changed("op: new_op", "op: @@! new_op"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!float 0.7"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!python/object/apply:os.system ['true']"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!python/name:os.system ''"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!python/object/new:type {args: [a]}"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!binary aGVsbG8="), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!timestamp 2024-01-01"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!!null ''"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!custom 0.7"), ["tag"]),
        (changed("empirical: 0.7", "empirical: @@!<tag:yaml.org,2002:float> 0.7"), ["tag"]),
        (changed("used: [context, generation]", "used: @@!!set {context, generation}"), ["tag"]),
        (changed("used: [context, generation]", "used: @@!!omap [context: 1]"), ["tag"]),
        # directives and documents
        ("@@%YAML 1.1\n--- \n" + BASE, ["directive"]),
        ("@@%TAG ! tag:example.com,2000:\n---\n" + BASE, ["directive"]),
        (BASE + "@@---\nop: other\n", ["documents"]),
        ("--- \n" + BASE + "...\n@@---\n" + BASE, ["documents"]),
        # keys
        (changed("  beta: {type: int}", "  ? @@[a, b]\n  : 1\n  beta: {type: int}"), ["key"]),
        (changed("  beta: {type: int}", "  @@{a: b}: 1\n  beta: {type: int}"), ["key"]),
        # nothing there
        ("@@- op: new_op\n", ["type"]),
        ("@@new_op\n", ["type"]),
        ('@@"op: new_op"\n', ["type"]),
    ],
)  # fmt: skip
def test_refused_before_anything_is_built(text: str, codes: list[str]) -> None:
    refused(text, *codes)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (changed("op: new_op", "op: new_op\n@@op: other"), "2:1"),
        (changed("op: new_op", 'op: new_op\n@@"op": other'), "2:1"),
        (changed("op: new_op", "op: new_op\n@@'op': new_op"), "2:1"),
        (changed("op: new_op", "op: new_op\n? @@op\n: new_op"), "2:1"),
        (changed("op: new_op", 'op: new_op\n@@"\\x6fp": new_op'), "2:1"),
        (changed("  beta: {type: int}", "  beta: {type: int}\n  @@alpha: {type: int}"), "5:3"),
        (changed("  beta: {type: int}", "  beta: {type: int, @@type: int}"), "6:10"),
        (changed("  query: b,s", "  query: b,s\n  @@query: b,s"), "13:3"),
        (changed("        precision: bfloat16", "        precision: bfloat16\n        @@name: main"), "18:9"),
        (changed("      total: b * alpha", "      total: b * alpha\n      @@total: b"), "24:7"),
        (changed("    at: {after: context_attention}", "    at: {after: context_attention, @@after: a}"), "43:10"),
        (changed("  - {file: data/new_op.csv,", "  - {file: x.csv, @@file: y.csv,"), "47:6"),
    ],
)
def test_duplicate_key_names_both_places(text: str, first: str) -> None:
    (problem,) = refused(text, "duplicate-key")
    assert f"first given at {first}" in problem.found


def test_the_first_of_duplicate_keys_is_the_one_that_is_checked() -> None:
    refused(changed("op: new_op", "op: @@New\n@@op: new_op"), "limit", "duplicate-key")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a ['lol']\n" + "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi")),
        "a: &a {x: 1}\n" + "".join(f"m{i}: &m{i} {{<<: [*a, *a]}}\n" for i in range(40)),
        "&a [*a]\n",
        "&a {b: *a}\n",
        "a: &a\n  b: *a\n",
    ],
    ids=["alias bomb", "merge bomb", "recursive list", "recursive mapping", "recursive value"],
)
def test_bombs_do_not_go_off(text: str) -> None:
    started = time.process_time()
    found = problems(text)
    assert time.process_time() - started < SECONDS
    assert {"alias", "anchor"} & {p.code for p in found}


@pytest.mark.parametrize("depth", [10, 40])
def test_merge_bomb_costs_nothing(depth: int) -> None:
    """Each level merges the one before twice: 2**depth keys for PyYAML's constructor."""
    text = "m0: &m0 {a: 1}\n" + "".join(f"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}]}}\n" for i in range(1, depth))
    started = time.process_time()
    assert "merge-key" in {p.code for p in problems(text)}
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("count", [MAX_DEPTH + 1, 100, 1_000, 20_000, 60_000])
@pytest.mark.parametrize("shape", ["[", "{a: ", "- ", "? ", "[{a: ", "a: [", "((", "!!seq [", "&a ["])
def test_deep_nesting(shape: str, count: int) -> None:
    text = (shape * count)[: MAX_BYTES - 1]
    started = time.process_time()
    found = problems(text)
    assert time.process_time() - started < SECONDS
    assert found
    assert all(p.place.line == 1 for p in found)


def test_block_nesting() -> None:
    text = "".join(" " * i + "a:\n" for i in range(300))
    assert [(p.code, p.place.line) for p in problems(text)] == [("too-deep", MAX_DEPTH + 1)]


def test_depth_at_the_limit_is_not_too_deep() -> None:
    text = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "\n"
    assert "too-deep" not in {p.code for p in problems(text)}
    text = "a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n"
    assert [p.code for p in problems(text)] == ["too-deep"]


def test_too_many_values() -> None:
    rows = "".join(f"k{i}: v\n" for i in range(MAX_NODES // 2))
    assert [p.code for p in problems(rows)] == ["too-many"]
    rows = "".join(f"k{i}: v\n" for i in range(MAX_NODES // 2 - 1))
    assert "too-many" not in {p.code for p in problems(rows)}


def test_size_limit_is_in_bytes() -> None:
    comment = "# " + "x" * (MAX_BYTES - len(BASE) - 3) + "\n"
    assert len(comment + BASE) == MAX_BYTES
    assert problems(comment + BASE) == []
    (problem,) = problems(comment + BASE + " ")
    assert problem.code == "too-large"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("op: [a\n", 2, 1),
        ("op: {a: b\n", 2, 1),
        ("op: 'a\n\n\n", 4, 1),
        ("op: a: b\n", 1, 6),
        ("op: a\n sub: b\n", 2, 5),
        ("op: a\n\tsub: b\n", 2, 1),
        ("op: @a\n", 1, 5),
        ("op: `a\n", 1, 5),
        ("op: %a\n", 1, 5),
        ('op: "\\q"\n', 1, 7),
        ("op: - a\n", 1, 5),
        ("op: |9x\n a\n", 1, 7),
        ("op: &\n", 1, 6),
        ("op: *\n", 1, 6),
        ("op: !<\n", 1, 7),
        ("? a\n? b\n : c : d\n", 3, 2),
        ("%FOO bar\nop: a\n", 2, 1),
        ("%YAML 2.0\n---\nop: a\n", 1, 1),
        ('op: "\\UFFFFFFFF"\n', 1, 1),
        ('op: "\\U00110000"\n', 1, 1),
        ("%YAML " + "9" * 5000 + ".1\n---\nop: a\n", 1, 1),
    ],
)
def test_not_yaml_has_a_place(text: str, line: int, column: int) -> None:
    (problem,) = problems(text)
    assert problem.code == "yaml"
    if not (text.startswith("%YAML") or "\\U" in text):  # raised without a mark: near is all that can be said
        assert (problem.place.line, problem.place.column) == (line, column), str(problem)
    assert problem.place.line >= 1


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"# only a comment\n", "empty"),
        (b"---\n...\n", "type"),
        (BASE.encode("utf-16"), "encoding"),
        (BASE.encode("utf-16-be"), "character"),
        (BASE.encode("utf-32"), "encoding"),
        (b"\xef\xbb\xbf" + BASE.encode(), "encoding"),
        (b"op: caf\xe9\n", "encoding"),
        (b"op: \xed\xa0\x80\n", "encoding"),  # a surrogate in UTF-8
        (b"op: \xc0\xaf\n", "encoding"),  # an overlong slash
        (b"op: \xff\n", "encoding"),
        (b"op: a\0b\n", "character"),
        (b"op: a\x1b[31m\n", "character"),
        (b"op: a\rb: c\n", "character"),
        (b"\x04\x22\x4d\x18" + b"\0" * 64, "character"),
    ],
)
def test_not_text(raw: bytes, code: str) -> None:
    assert next(p.code for p in problems(raw)) == code


def test_bad_utf8_has_a_place() -> None:
    (problem,) = problems(b"op: a\nsummary: caf\xe9\n")
    assert (problem.place.line, problem.place.column) == (2, 13)
    assert "0xe9" in problem.found


@pytest.mark.parametrize("where", ["value", "comment", "key"])
@pytest.mark.parametrize(
    "char",
    [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]  # bidirectional
    + [*"\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c"]  # invisible
    + [*"\x00\x01\x07\x08\x0b\x0c\x0e\x1b\x7f\x80\x85\x9f\u2028\u2029\ue000\ufffe\U000e0041"],
)
def test_hidden_characters_are_refused_wherever_they_are(char: str, where: str) -> None:
    text = {
        "value": changed("the op of the tests", f"the @@{char}op"),
        "comment": f"# a @@{char}comment\n" + BASE,
        "key": changed("  beta: {type: int}", f"  be@@{char}ta: {{type: int}}"),
    }[where]
    (problem,) = refused(text, "character")
    assert f"U+{ord(char):04X}" in problem.found


def test_special_files_are_refused_without_waiting(tmp_path: Path) -> None:
    fifo, link, loop, directory = (tmp_path / name for name in ("fifo", "link", "loop", "directory"))
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    loop.symlink_to(loop)
    directory.mkdir()
    (tmp_path / "to-directory").symlink_to(directory)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(tmp_path / "socket"))
    files = {
        fifo: "a FIFO",
        link: "a FIFO",
        loop: "cannot be read",
        directory: "a directory",
        tmp_path / "to-directory": "a directory",
        tmp_path / "socket": "a socket",
        tmp_path / "missing": "cannot be read",
        tmp_path / ("x" * 300): "cannot be read",
        tmp_path / "nul\0": "not a file name",
        Path("/dev/zero"): "a device",
        Path("/dev/null"): "a device",
        Path("/proc/self/mem"): "",
    }
    started = time.process_time()
    for path, found in files.items():
        with pytest.raises(SpecError) as caught:
            load_spec(path)
        (problem,) = caught.value.problems
        assert found in problem.found, path
    bound.close()
    assert time.process_time() - started < SECONDS


def test_a_symlink_to_a_spec_is_a_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("spec.yaml")
    assert load_spec(tmp_path / "link.yaml").spec.op == "new_op"


def test_unreadable_file() -> None:
    """As an ordinary user, for whom the file is one that can be read before it is closed."""
    with worlds.scratch() as directory:
        path = directory / "spec.yaml"
        path.write_text(BASE, encoding="utf-8")
        give_away(directory)
        load_spec(path)  # what it imports, the ordinary user may not be able to read
        assert as_ordinary_user(lambda: load_spec(path).spec.op).value == "new_op"
        path.chmod(0)
        outcome = as_ordinary_user(lambda: load_spec(path))
    assert (outcome.exit_code, outcome.codes) == (2, ["unreadable"])


def test_what_is_refused_here_is_what_a_plain_reader_takes() -> None:
    """The control of this file: the usual reader accepts these, so that the refusals are ours."""
    taken = ["a: 1\na: 2\n", "a: &x 1\nb: *x\n", "<<: {a: 1}\n", "a: !!str 1\n", "a: NO\n"]
    assert all(isinstance(yaml.safe_load(text), dict) for text in taken)
    assert all(problems(text) for text in taken)
    assert load_text(BASE).spec.op == "new_op"


def refusal(path: Path) -> Problem:
    with pytest.raises(SpecError) as caught:
        read_source(path)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("wanted", ["rope_cache.yml", "rope_cahce.yaml", "rope_cache", "Rope_Cache.yaml"])
def test_a_path_that_is_not_there_has_likely_ones(wanted: str, tmp_path: Path) -> None:
    for name in ("rope_cache.yaml", "other.yaml", "rope_cache.txt"):
        (tmp_path / name).write_text("newop: 1\n")
    told = refusal(tmp_path / wanted)
    assert told.code == "unreadable"
    assert told.suggestion == f"did you mean {str(tmp_path / 'rope_cache.yaml')!r}?"
    assert refusal(tmp_path / "quite_different.yaml").suggestion == ""
    assert refusal(tmp_path / "nowhere" / "a.yaml").suggestion == f"there is no directory {str(tmp_path / 'nowhere')!r}"


@pytest.mark.parametrize("name", ["perf.csv", "perf.txt"])
@pytest.mark.parametrize("rows", [3, 10_000], ids=["small", "too large for a spec"])
def test_a_table_is_told_as_one(name: str, rows: int, tmp_path: Path) -> None:
    table = tmp_path / name
    table.write_text("x,hidden_size,latency\n" + "1,4096,0.25\n" * rows)
    told = refusal(table)
    assert (told.code, told.found) == ("table", "this is a table, not a spec")
    assert told.suggestion == f"`newop-gen init --from-csv {table}` begins a spec from it"


@pytest.mark.parametrize("text", ["# a, b, c\nnewop: 1\n", "newop: 1 # a, b, c\n", "{newop: 1, op: a, b: c}\n"])
def test_a_spec_with_commas_is_no_table(text: str, tmp_path: Path) -> None:
    """Negative control, also under a table's name."""
    for name in ("spec.yaml", "spec.csv"):
        (tmp_path / name).write_text(text)
        assert read_source(tmp_path / name).root.entries
