"""The grammar: what each production gives, and where each mistake is found."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newop_gen.sol.parse import MAX_DEPTH, MAX_LENGTH, SolSyntax, parse
from newop_gen.sol.tree import (
    Bool,
    Call,
    Chain,
    Choice,
    Compare,
    Expr,
    Int,
    Logic,
    MemBw,
    Name,
    Neg,
    Not,
    Power,
    Real,
    Str,
    children,
    rebuilt,
    walk,
)

A, B, C, D = Name("a"), Name("b"), Name("c"), Name("d")

PRODUCTIONS: list[tuple[str, Expr]] = [
    ("0", Int(0)),
    ("9007199254740992", Int(2**53)),
    ("0.5", Real(0.5)),
    ("1e12", Real(1e12)),
    ("1E+3", Real(1000.0)),
    ("2.5e-3", Real(0.0025)),
    ("0.0", Real(0.0)),
    ("'it is'", Str("it is")),
    ('"it\'s"', Str("it's")),
    ("''", Str("")),
    ("true", Bool(True)),
    ("false", Bool(False)),
    ("a", A),
    ("_a1", Name("_a1")),
    ("  a  ", A),
    ("mem_bw", MemBw()),
    ("(((a)))", A),
    ("-a", Neg(A)),
    ("- a ** 2", Neg(Power(A, 2))),
    ("(-a) ** 2", Power(Neg(A), 2)),
    ("a ** -0.5", Power(A, -0.5)),
    ("a**64", Power(A, 64)),
    ("(a ** 2) ** 3", Power(Power(A, 2), 3)),
    ("a + b - c", Chain(A, (("+", B), ("-", C)))),
    ("(a + b) - c", Chain(A, (("+", B), ("-", C)))),
    ("a - (b - c)", Chain(A, (("-", Chain(B, (("-", C),))),))),
    ("a * b / c // d % 2", Chain(A, (("*", B), ("/", C), ("//", D), ("%", Int(2))))),
    ("a + b * c", Chain(A, (("+", Chain(B, (("*", C),))),))),
    ("(a + b) * c", Chain(Chain(A, (("+", B),)), (("*", C),))),
    ("a * -b", Chain(A, (("*", Neg(B)),))),
    ("-a * b", Chain(Neg(A), (("*", B),))),
    ("a - -b", Chain(A, (("-", Neg(B)),))),
    *((f"a {op} b", Compare(op, A, B)) for op in ("==", "!=", "<", "<=", ">", ">=")),  # type: ignore[arg-type]
    ("a + 1 < b * 2", Compare("<", Chain(A, (("+", Int(1)),)), Chain(B, (("*", Int(2)),)))),
    ("(a < b) == (c < d)", Compare("==", Compare("<", A, B), Compare("<", C, D))),
    ("not a", Not(A)),
    ("not a == b", Not(Compare("==", A, B))),
    ("not a and b", Logic("and", (Not(A), B))),
    ("a and b and c", Logic("and", (A, B, C))),
    ("a or b and c or d", Logic("or", (A, Logic("and", (B, C)), D))),
    ("(a or b) and c", Logic("and", (Logic("or", (A, B)), C))),
    ("a if b else c", Choice(A, B, C)),
    ("a if b else c if d else a", Choice(A, B, Choice(C, D, A))),
    ("(a if b else c) if d else a", Choice(Choice(A, B, C), D, A)),
    ("a or b if c or d else a + b", Choice(Logic("or", (A, B)), Logic("or", (C, D)), Chain(A, (("+", B),)))),
    ("min(a, b)", Call("min", (A, B))),
    ("max(a, b, c)", Call("max", (A, B, C))),
    ("min(a,b,c,d,a,b,c,d)", Call("min", (A, B, C, D, A, B, C, D))),
    ("ceil_div(a + b, c)", Call("ceil_div", (Chain(A, (("+", B),)), C))),
    ("flops(a)", Call("flops", (A,))),
    ("bytes_of(a if b else c)", Call("bytes_of", (Choice(A, B, C),))),
]


@pytest.mark.parametrize(("text", "tree"), PRODUCTIONS, ids=[text for text, _ in PRODUCTIONS])
def test_production(text: str, tree: Expr) -> None:
    assert parse(text) == tree


def test_dotted_names_are_whole_names() -> None:
    tree = parse("self._num_layers // self.config.tp_size", dotted=True)
    assert tree == Chain(Name("self._num_layers"), (("//", Name("self.config.tp_size")),))


def test_primitives_of_a_gpu_are_plain_names_in_wiring() -> None:
    assert parse("mem_bw", dotted=True) == Name("mem_bw")


def test_spans_are_offsets_into_the_text() -> None:
    text = " a + min(b, (c)) ** 2 "
    tree = parse(text)
    spans = [text[slice(*node.span)] for node in walk(tree)]
    assert spans == ["a + min(b, (c)) ** 2", "a", "min(b, (c)) ** 2", "min(b, (c))", "b", "(c)"]


def test_every_node_is_rebuilt_from_its_operands() -> None:
    for text, tree in PRODUCTIONS:
        for node in walk(parse(text)):
            assert rebuilt(node, children(node)) == node, text
        assert tree in list(walk(tree))


# (text, offset, length, part of `found`, part of `expected`, part of `suggestion`)
ERRORS: list[tuple[str, int, int, str, str, str]] = [
    ("", 0, 0, "the end", "a value", ""),
    ("   ", 3, 0, "the end", "a value", ""),
    ("a +", 3, 0, "the end", "a value", ""),
    ("a b", 2, 1, "'b'", "an operator or the end", ""),
    ("a 1", 2, 1, "'1'", "an operator", ""),
    ("(a", 2, 0, "the end", "')'", ""),
    ("a)", 1, 1, "')'", "the end", "no '('"),
    ("()", 1, 1, "')'", "a value", ""),
    ("a, b", 1, 1, "','", "an operator or the end", ""),
    ("+a", 0, 1, "'+'", "a value", "leave the sign out"),
    ("a + + b", 4, 1, "'+'", "a value", "leave the sign out"),
    ("a * not b", 4, 3, "'not'", "a value", "parentheses"),
    ("a < b < c", 6, 1, "'<'", "one comparison", "don't chain"),
    ("a == b != c", 7, 2, "'!='", "one comparison", "don't chain"),
    ("a if b", 6, 0, "the end", "'else'", "a if c else b"),
    ("a if b else", 11, 0, "the end", "a value", ""),
    ("if a else b", 0, 2, "'if'", "a value", ""),
    ("a ** b", 5, 1, "'b'", "a number as exponent", "constant"),
    ("a ** (2)", 5, 1, "'('", "a number as exponent", "constant"),
    ("a ** 2 ** 3", 7, 2, "'**'", "one power", ""),
    ("a ** 65", 5, 2, "the exponent '65'", "at most 64", ""),
    ("a ** 1e3", 5, 3, "the exponent", "at most 64", ""),
    ("a ** --2", 6, 1, "'-'", "a number", ""),
    ("min(a)", 0, 6, "min with 1 argument", "2 to 8 arguments", ""),
    ("max()", 0, 5, "max with 0 arguments", "2 to 8", ""),
    ("min(a,b,c,d,a,b,c,d,a)", 0, 22, "min with 9 arguments", "2 to 8", ""),
    ("ceil_div(a)", 0, 11, "ceil_div with 1", "2 arguments", ""),
    ("flops(a, b)", 0, 11, "flops with 2", "1 argument", ""),
    ("min(a, b", 8, 0, "the end", "',' or ')'", ""),
    ("min(a,)", 6, 1, "')'", "a value", ""),
    ("min + 1", 4, 1, "'+'", "'(' after the function", ""),
    ("mni(a, b)", 0, 3, "a call of 'mni'", "min, max", "'min'"),
    ("abs(a)", 0, 3, "a call of 'abs'", "one of the functions", ""),
    ("2(a)", 1, 1, "'('", "an operator", "'*'"),
    ("(a)(b)", 3, 1, "'('", "an operator", "'*'"),
    ("a = 1", 2, 1, "'='", "", "'=='"),
    ("a ^ 2", 2, 1, "'^'", "", "'**'"),
    ("a.b", 1, 1, "'.'", "an operator", "attributes"),
    ("1.real", 0, 6, "not a number", "digits", ""),
    ("1.", 0, 2, "not a number", "0.5", ""),
    (".5", 0, 1, "'.'", "", "starts with a digit"),
    ("007", 0, 3, "not a number", "", ""),
    ("0x10", 0, 4, "not a number", "", ""),
    ("1_000", 0, 5, "not a number", "", ""),
    ("1j", 0, 2, "not a number", "", ""),
    ("1e", 0, 2, "not a number", "", ""),
    ("1.2.3", 0, 5, "not a number", "", ""),
    ("9007199254740993", 0, 16, "the integer", "at most 2**53", "real"),
    ("1e400", 0, 5, "the number", "finite", ""),
    ("1e-400", 0, 6, "too small", "", ""),
    ("a + 'b", 4, 1, "a string without an end", "closing '", ""),
    ("'a\\n'", 0, 5, "the string", "without a backslash", ""),
    ("'\t'", 0, 3, "the string", "printable ASCII", ""),
    ("'" + "x" * 65 + "'", 0, 67, "the string", "at most 64", ""),
    ("f'a'", 1, 3, "", "an operator or the end", ""),
    ("a\n+ b", 1, 1, "'\\n'", "", "'>-'"),
    ("a\t+ b", 1, 1, "'\\t'", "", "spaces"),
    ("a # b", 2, 1, "'#'", "", "comments"),
    ("a; b", 1, 1, "';'", "", ""),
    ("a[0]", 1, 1, "'['", "", "subscripts"),
    ("\uff45val", 0, 1, "'\\uff45'", "ASCII", ""),
    ("b\u200ba", 1, 1, "'\\u200b'", "ASCII", ""),
    ("a \ud800", 2, 1, "'\\ud800'", "ASCII", ""),
    ("\x00", 0, 1, "'\\x00'", "", ""),
    ("True", 0, 4, "reserved word 'True'", "", "'true'"),
    ("lambda", 0, 6, "reserved word", "", ""),
    ("a in b", 2, 2, "reserved word 'in'", "", ""),
    ("a is b", 2, 2, "reserved word 'is'", "", ""),
    ("__import__", 0, 10, "the name", "double underscores", ""),
    ("a" * 65, 0, 65, "a name of 65", "at most 64", ""),
]


@pytest.mark.parametrize(("text", "offset", "length", "found", "expected", "suggestion"), ERRORS)
def test_error(text: str, offset: int, length: int, found: str, expected: str, suggestion: str) -> None:
    with pytest.raises(SolSyntax) as caught:
        parse(text)
    first = caught.value.findings[0]
    assert (first.offset, first.length) == (offset, length)
    assert found in first.found
    assert expected in first.expected
    assert suggestion in first.suggestion


DOTTED_ERRORS = [
    ("self.", 4),
    ("self..a", 4),
    ("self.__class__", 5),
    ("self.import", 5),
    ("self.a()", 0),
    ("self.a[0]", 6),
    ("flops(self.q)", 0),
    (".a", 0),
    ("self. a", 4),
]


@pytest.mark.parametrize(("text", "offset"), DOTTED_ERRORS)
def test_error_in_wiring(text: str, offset: int) -> None:
    with pytest.raises(SolSyntax) as caught:
        parse(text, dotted=True)
    assert caught.value.findings[0].offset == offset


def test_every_refused_character_is_found() -> None:
    with pytest.raises(SolSyntax) as caught:
        parse("a ? b : 1_0 ; 'x")
    assert [f.offset for f in caught.value.findings] == [2, 6, 8, 12, 14]


# Whatever Python can say and the language can't; each would run, or leave a value that is not a number.
INJECTIONS = [
    "__import__('os').system('touch canary')",
    "open('canary', 'w')",
    "eval('1')",
    "().__class__.__bases__[0].__subclasses__()",
    "a.__class__",
    "a[0]",
    "a[0:1]",
    "[a]",
    "[a for a in b]",
    "(a for a in b)",
    "{a}",
    "{a: b}",
    "{a for a in b}",
    "{a: b for a in b}",
    "lambda: a",
    "(a := b)",
    "f'{a}'",
    "b'a'",
    "r'a'",
    "'''a'''",
    "'a' 'b'",
    "a; b",
    "a\nimport os",
    "a\rimport os",
    "a # b",
    "a \\\n + b",
    "1j",
    "a & b",
    "a | b",
    "a ^ b",
    "~a",
    "a << b",
    "a >> b",
    "a @ b",
    "a in b",
    "a not in b",
    "a is b",
    "a is not b",
    "await a",
    "yield a",
    "*a",
    "**a",
    "min(*a)",
    "min(a, key=b)",
    "min(a, b)(c)",
    "a, b",
    "(a, b)",
    "()",
    "...",
    "None",
    "True",
    "a ** b",
    "9**9**9**9",
    "1 << 10 ** 10",
    "print(a)",
    "a()",
    "a = b",
    "a += b",
    "a -> b",
    "a: int",
    "@a",
    "`a`",
    "$a",
    "a!",
    "{{ a }}",
    "{% a %}",
    "{# a #}",
    "\u202ea",
    "a\u2028b",
    "a\x0cb",
    "a\x85b",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("dotted", [False, True])
def test_nothing_else_of_python_is_accepted(text: str, dotted: bool) -> None:
    with pytest.raises(SolSyntax) as caught:
        parse(text, dotted=dotted)
    assert all(0 <= f.offset < len(text) for f in caught.value.findings)


SHAPES: dict[str, Any] = {
    "parentheses": lambda n: "(" * n + "a" + ")" * n,
    "open parentheses": lambda n: "(" * n,
    "minus": lambda n: "-" * n + "a",
    "not": lambda n: "not " * n + "a",
    "sum": lambda n: "a" + "+a" * n,
    "powers": lambda n: "a" + "**9" * n,
    "choices": lambda n: "a if a else " * n + "a",
    "arms": lambda n: "(" * n + "a" + " if a else a)" * n,
    "calls": lambda n: "min(a," * n + "a" + ")" * n,
    "digits": lambda n: "9" * n,
    "exponent": lambda n: "1e" + "9" * n,
    "name": lambda n: "a" * n,
    "dots": lambda n: "a" + ".a" * n,
    "string": lambda n: "'" + "a" * n + "'",
    "quotes": lambda n: "'" * n,
    "spaces": lambda n: " " * n,
    "refused": lambda n: "$" * n,
}


@pytest.mark.parametrize("size", [10, MAX_DEPTH, MAX_DEPTH + 1, MAX_LENGTH, 10_000, 100_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_size_is_refused_at_once(shape: str, size: int) -> None:
    text = SHAPES[shape](size)
    start = time.process_time()
    for dotted in (False, True):
        try:
            parse(text, dotted=dotted)
        except SolSyntax:
            continue
        assert len(text) <= MAX_LENGTH
    assert time.process_time() - start < 1


@pytest.mark.parametrize("shape", ["parentheses", "minus", "not", "choices", "calls"])
def test_depth_limit_is_exact(shape: str) -> None:
    deepest = MAX_DEPTH - 1
    parse(SHAPES[shape](deepest))
    with pytest.raises(SolSyntax, match="nested deeper"):
        parse(SHAPES[shape](deepest + 1))


def test_a_long_row_is_flat() -> None:
    tree = parse("a" + "+a" * 255)
    assert isinstance(tree, Chain) and len(tree.rest) == 255


def _within(frames: int, action: Any) -> Any:
    return action() if frames == 0 else _within(frames - 1, action)


def test_deepest_text_needs_few_frames() -> None:
    level = "(a if a or a and not a<a+a*-"
    text = level * (MAX_LENGTH // (len(level) + 8)) + "a"
    text += " else a)" * text.count("(")
    assert len(text) <= MAX_LENGTH
    try:
        _within(400, lambda: parse(text))
    except SolSyntax as error:
        assert "nested deeper" in error.findings[0].found


_pieces = st.lists(
    st.sampled_from(
        [
            "a",
            "b.c",
            "min",
            "flops",
            "mem_bw",
            "(",
            ")",
            ",",
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "==",
            "!=",
            "<",
            "<=",
        ]
        + [
            ">",
            ">=",
            "=",
            "and",
            "or",
            "not",
            "if",
            "else",
            "true",
            "0",
            "12",
            "0.5",
            "1e12",
            "'x'",
            '"',
            "'",
            " ",
            ".",
        ]
    ),
    max_size=60,
).map("".join)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=600), _pieces, _pieces.map(lambda text: text.replace("a", " a "))), st.booleans())
@example("a" * 513, False)
@example("(" * 512, True)
def test_fuzz_only_the_one_exception(text: str, dotted: bool) -> None:
    try:
        tree = parse(text, dotted=dotted)
    except SolSyntax as error:
        assert error.findings
        for f in error.findings:
            assert 0 <= f.offset <= len(text) and 0 <= f.length <= len(text) - f.offset
            assert f.found and (f.found + f.expected + f.suggestion).isascii()
            assert (f.found + f.expected + f.suggestion).isprintable()
    else:
        assert text.isascii() and len(text) <= MAX_LENGTH
        for node in walk(tree):
            start, end = node.span
            assert 0 <= start < end <= len(text)
