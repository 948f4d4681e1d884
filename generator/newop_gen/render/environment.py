"""The Jinja environment. A layout's own templates come before the shared ones, so `{% include %}` finds its idiom.

Templates see objects and text helpers, never a spec's free text as code: `StrictUndefined` refuses a missing name, and
free text reaches a template only through `docstring` and `literal`.
"""

from __future__ import annotations

import ast
import functools
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from ..resources import templates_dir
from . import document, python

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH = 120


@functools.cache
def environment(layout: str | tuple[str, ...]) -> Environment:
    """The environment of a layout: `templates/<layout>/`, then `templates/shared/`. Several names go first to last."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    root = templates_dir()
    names = (layout,) if isinstance(layout, str) else layout
    env = Environment(
        loader=FileSystemLoader([*(root / name for name in names), root / "shared"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters.update(literal=literal, docstring=docstring)
    env.globals.update(assigned_call=assigned_call, call=call, message=message, raised=raised)
    return env


def fragment(layout: str | tuple[str, ...], template: str, **view: Any) -> str:
    """A template rendered for a layout: text with "\\n" newlines that ends with one."""
    text = environment(layout).get_template(template).render(**view)
    return text.rstrip("\n") + "\n"


def literal(value: object) -> str:
    """A Python literal that reads back equal, as ruff writes it: strings in double quotes unless single ones save
    escapes, `1e16` and not `1e+16`."""
    if isinstance(value, str):
        quote = "'" if '"' in value and "'" not in value else '"'
        return quote + value.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    if isinstance(value, tuple) and len(value) == 1:
        return f"({literal(value[0])},)"
    if isinstance(value, tuple):
        return "(" + ", ".join(literal(v) for v in value) + ")"
    return repr(value)


def docstring(text: str, indent: int, hanging: int = 4) -> str:
    """Free text wrapped to the line width, to stand in a docstring at `indent`; safe against ending the string."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip()
    if safe.endswith('"'):
        safe += " "
    lines = textwrap.wrap(safe, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    pad = " " * (indent + hanging)
    rest = textwrap.wrap(" ".join(lines[1:]), WIDTH - indent - hanging, break_long_words=False, break_on_hyphens=False)
    return "\n".join([lines[0], *(pad + line for line in rest)])


def items(values: list[str], indent: int, prefix: str, suffix: str) -> str:
    """`prefix` + comma list + `suffix` as ruff formats it: on one line when it fits, else one item a line.

    `prefix` ends with the opening bracket and stands at `indent` columns; `suffix` starts with the closing one.
    """
    flat = prefix + ", ".join(values) + suffix
    if indent + len(flat) <= WIDTH:
        return flat
    pad = " " * (indent + 4)
    return prefix + "\n" + "".join(f"{pad}{v},\n" for v in values) + " " * indent + suffix


# The code of an element, or the elements of a tuple in it.
Code = Union[str, tuple["Code", ...]]


def tuple_of(value: Code, indent: int, prefix: str = "", suffix: str = "") -> str:
    """`prefix` + the tuple display + `suffix` at `indent` columns as ruff formats it, tuples in it likewise. The first
    line comes without its indentation."""
    flat = f"{prefix}{_flat(value)}{suffix}"
    if indent + len(flat) <= WIDTH:
        return flat
    if isinstance(value, str):
        return prefix + _opened(value, indent, len(prefix), len(suffix)) + suffix
    pad = " " * (indent + 4)
    lines = (pad + tuple_of(v, indent + 4, suffix=",") for v in value)
    return "\n".join([f"{prefix}(", *lines, f"{' ' * indent}){suffix}"])


def _opened(code: str, indent: int, before: int, behind: int) -> str:
    """`code` within brackets that is too long for its line: broken at its operators, or with the brackets that end it
    opened: `name[\n    index\n]`, and a call in them likewise. `before` and `behind` are the columns that other code
    takes on its first and last line. Code without either stays as it is."""
    if indent + before + len(code) + behind <= WIDTH:
        return code
    node = _operation(code)
    if node is not None:
        expressions = python.Expressions(functools.partial(_segment, code))
        text = document.render(
            expressions.doc(node), width=WIDTH, margin=indent, start=indent + before, suffix=" " * behind
        )
        return text.replace("\n", "\n" + " " * indent)
    if code[-1] not in "])":
        return code
    depth, at = 0, len(code)
    while at and (depth or at == len(code)):
        at -= 1
        depth += (code[at] in ")]") - (code[at] in "([")
    head, inner = code[: at + 1], code[at + 1 : -1]
    pad, deeper = " " * indent, indent + 4
    if deeper + len(inner) <= WIDTH:
        return f"{head}\n{' ' * deeper}{inner}\n{pad}{code[-1]}"
    parts = _arguments(inner)
    comma = "," if len(parts) > 1 or code[-1] == ")" else ""
    lines = (f"{' ' * deeper}{_opened(part, deeper, 0, len(comma))}{comma}\n" for part in parts)
    return f"{head}\n{''.join(lines)}{pad}{code[-1]}"


def _operation(code: str) -> ast.expr | None:
    """The expression `code` when it is one that can be broken at operators; a keyword argument or a parameter of a
    function is no expression."""
    try:
        node = ast.parse(code, mode="eval").body
    except SyntaxError:
        return None
    return node if isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)) else None


def _segment(code: str, node: ast.AST) -> str:
    text = ast.get_source_segment(code, node)
    assert text is not None
    return text


def statement(head: str, code: str, indent: int) -> str:
    """`head` + the expression `code` at `indent` columns as ruff formats it, `head` being `x = ` or `return `. The
    first line comes without its indentation."""
    if indent + len(head) + len(code) <= WIDTH:
        return head + code
    node = ast.parse(code, mode="eval").body
    text = python.with_optional_parentheses(
        head, node, "", width=WIDTH, margin=indent, text=functools.partial(_segment, code)
    )
    return text.replace("\n", "\n" + " " * indent)


def _arguments(code: str) -> list[str]:
    """The arguments in a bracket, split at its commas; strings in them hold no quotes of their own kind."""
    parts, depth, quote = [""], 0, ""
    for character in code:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        elif character == "," and not depth:
            parts.append("")
            continue
        else:
            depth += (character in "([{") - (character in ")]}")
        parts[-1] += character
    return [part.strip() for part in parts]


def _flat(value: Code) -> str:
    if isinstance(value, str):
        return value
    return f"({', '.join(map(_flat, value))}{',' if len(value) == 1 else ''})"


def assigned(target: str, value: str, indent: int, sign: str = " =") -> str:
    """`target = value` at `indent` columns as ruff formats it, the value being a name or a string: too long a line gets
    parentheses. With `sign` ":" it is an element of a dict, which has a comma behind it."""
    flat = f"{target}{sign} {value}"
    if indent + len(flat) + (sign == ":") <= WIDTH:
        return flat
    pad = " " * indent
    return f"{target}{sign} (\n{pad}    {value}\n{pad})"


def assigned_call(target: str, function: str, argument: str, indent: int) -> str:
    """`target = function(argument)` at `indent` columns as ruff formats it: a head that is too long for its line gets
    parentheses around all that is behind the sign."""
    if indent + len(f"{target} = {function}(") <= WIDTH:
        return call(f"{target} = {function}", argument, "", indent)
    inner = " " * (indent + 4)
    return f"{target} = (\n{inner}{call(function, argument, '', indent + 4)}\n{' ' * indent})"


def call(prefix: str, arguments: Sequence[Code] | str, suffix: str, indent: int) -> str:
    """`prefix(arguments)suffix` at `indent` columns as ruff formats it: on one line, or the arguments on the next one,
    or each on its own. The first line comes without its indentation."""
    values = [arguments] if isinstance(arguments, str) else arguments
    flat = ", ".join(map(_flat, values))
    if indent + len(prefix) + len(flat) + len(suffix) + 2 <= WIDTH:
        return f"{prefix}({flat}){suffix}"
    pad, inner = " " * indent, " " * (indent + 4)
    if len(inner) + len(flat) <= WIDTH:
        return f"{prefix}(\n{inner}{flat}\n{pad}){suffix}"
    if len(values) == 1 and isinstance(values[0], str) and values[0].endswith(")"):
        return f"{prefix}(\n{inner}{_opened(values[0], indent + 4, 0, 0)}\n{pad}){suffix}"
    lines = (inner + tuple_of(v, indent + 4, suffix=",") + "\n" for v in values)
    return f"{prefix}(\n" + "".join(lines) + f"{pad}){suffix}"


def message(text: str, indent: int) -> list[str]:
    """An f-string `text` as literals that each fit at `indent`; pieces break at spaces outside of braces."""
    if indent + len(text) + 3 <= WIDTH:
        return [_quoted(text)]
    words, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        words[-1] += character
        if character == " " and not depth:
            words.append("")
    lines = [""]
    for word in words:
        if lines[-1] and indent + len(lines[-1]) + len(word) + 3 > WIDTH:
            lines.append("")
        lines[-1] += word
    return [_quoted(line) for line in lines]


def raised(text: str, indent: int, suffix: str = "", prefix: str = "raise PerfDataNotAvailableError") -> str:
    """`raise PerfDataNotAvailableError(f"text")` at `indent` columns, as ruff formats it."""
    whole = _quoted(text)
    if indent + len(prefix) + len(whole) + len(suffix) + 2 <= WIDTH:
        return f"{prefix}({whole}){suffix}"
    pad, inner = " " * indent, " " * (indent + 4)
    lines = message(text, indent + 4)
    return f"{prefix}(\n" + "".join(f"{inner}{line}\n" for line in lines) + f"{pad}){suffix}"


def _quoted(text: str) -> str:
    return f'{"f" if "{" in text else ""}"{text}"'
