"""The reference page of the spec format, made from the JSON Schema so that the two cannot disagree.

`python -m newop_gen.spec.reference > docs/spec-reference.md` writes the committed page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from .model import (
    ANCHOR_PATTERN,
    AXIS_PATTERN,
    CLASS_PATTERN,
    COLUMN_PATTERN,
    DIRECTORY_PATTERN,
    FILE_PATTERN,
    NAME_PATTERN,
    OP_NAME_PATTERN,
    PATTERN_WORDS,
)
from .schema import FILE_NAME, schema
from .source import MAX_BYTES, MAX_DEPTH, MAX_NODES
from .yaml_types import MAX_INTEGER

WIDTH = 120

_KINDS = {
    NAME_PATTERN: "name",
    OP_NAME_PATTERN: "op name",
    AXIS_PATTERN: "axis",
    CLASS_PATTERN: "class name",
    COLUMN_PATTERN: "column",
    ANCHOR_PATTERN: "anchor",
    DIRECTORY_PATTERN: "directory",
    FILE_PATTERN: "path",
}
"""What the tables call a text that follows a pattern."""

_NOTES = {
    "Param": "`modes` and `otherwise` are for quant params only; `otherwise` is needed where the op is wired.",
    "Phases": "`column` and `values` only with `table: phase_column`. With `per_phase` each data file names its phase.",
    "Axis": "A prefix rule needs `query: b,s`, the context phase, and a formula that uses `prefix`.",
    "Sol": (
        "Names in scope: the params, `x` or `b` and `s` as the axis decision says, in context also `prefix` where "
        "there is a prefix rule, the columns of `constants`, and earlier lets."
    ),
    "SubComputation": "`flops` and `precision` go together.",
    "Key": (
        "Everything but `columns` and `alike` goes with `param`; `alias`, `only` and `fallback` are for str and quant "
        "params, `nearest` for int params."
    ),
    "Nesting": (
        "The axes follow the axis decision: `x`, or `b` and `s`, besides int params; in generation one of `b` and `s` "
        "is enough. A param is one level at most. "
        "The CLI of 0.6 to 0.11 searches batches up to 512 (prefill workers take one request). Where a table ends "
        "before, `error` makes it drop the candidate, and it says so nowhere; with `clamp` the value at the edge "
        "answers, with `extrapolate` the line goes on; from 0.11 on the utilization at the edge is "
        "held, whatever is said here."
    ),
    "Targets": "Each axis of the nesting has an entry; numbers rise.",
    "Wiring": "`args` has an entry for each param. Expressions may use names and attributes that are in scope there.",
    "DataFile": "`phase` with `table: per_phase`, and only then.",
}
"""What the schema cannot say, by definition; `spec.check` says it with a place."""


def reference_text() -> str:
    """The page as Markdown with a final newline."""
    return "\n".join(_page(schema())).rstrip("\n") + "\n"


def _page(root: dict[str, Any]) -> Iterator[str]:
    yield "# Spec reference"
    yield ""
    yield "<!-- Made by `python -m newop_gen.spec.reference` from the JSON Schema; edit the models instead. -->"
    yield ""
    yield from _wrapped(
        "One YAML file describes one op. Its first line lets editors complete and check it (the path is relative to "
        "the file; `newop-gen schema` prints the schema):"
    )
    yield ""
    yield "```yaml"
    yield f"# yaml-language-server: $schema={FILE_NAME}"
    yield "```"
    yield ""
    yield from _reading()
    yield "## Top level"
    yield ""
    yield from _table(root)
    for name in _in_order(root):
        definition = root["$defs"][name]
        yield f"## {name}"
        yield ""
        yield from _wrapped(definition.get("description", ""))
        yield ""
        if name in _NOTES:
            yield from _wrapped(_NOTES[name])
            yield ""
        yield from _table(definition)


def _reading() -> Iterator[str]:
    yield "## How a file is read"
    yield ""
    yield from _wrapped(
        "A spec is plain YAML: mappings, lists and values. Anchors, aliases, tags, merge keys, directives, several "
        f"documents and duplicate keys are refused, and so are files over {MAX_BYTES // 1024} KiB, deeper than "
        f"{MAX_DEPTH} levels or with more than {MAX_NODES} values. UTF-8 without a byte order mark; no control, "
        "bidirectional or invisible characters."
    )
    yield ""
    yield from _wrapped("The schema decides what a value is, never its spelling:")
    yield ""
    for kind, rule in (
        ("text", "as written, quoted or not; at most 100 characters where nothing else is said"),
        ("text that YAML reads as something else", 'quoted: `"NO"`, `"1.10"`, `"on"`, `"2024-01-01"`'),
        ("text for humans", "printable ASCII and Latin letters on one line, without backslashes"),
        ("expression", "as text; a bare number such as `0` or `1e12` needs no quotes; `>-` folds long ones"),
        ("whole number", f"`-?[0-9]+` without leading zeros, within +-{MAX_INTEGER}"),
        ("number", "a whole number, or decimal or exponent form: `0.7`, `1e12`; finite"),
        ("boolean", "`true` or `false`"),
        ("null", "refused; a key that does not apply is left out"),
    ):
        yield f"- {kind}: {rule}"
    yield ""
    yield from _wrapped("Texts with a form of their own, as the tables below call them:")
    yield ""
    for pattern, kind in _KINDS.items():
        yield f"- {kind}: {PATTERN_WORDS[pattern]}"
    yield ""
    yield "`[name, ...]` is a list of names, `{name: expression}` a mapping."
    yield ""


def _in_order(root: dict[str, Any]) -> list[str]:
    """Names of the definitions in the order in which the page first needs them."""
    found: dict[str, None] = {}

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if (reference := node.get("$ref")) and (name := reference.rsplit("/", 1)[1]) not in found:
                found[name] = None
                visit(root["$defs"][name])
            for key, value in node.items():
                if key != "$defs":
                    visit(value)
        elif isinstance(node, list):
            for item in node:
                visit(item)

    visit({key: value for key, value in root.items() if key != "$defs"})
    return list(found)


def _table(definition: dict[str, Any]) -> Iterator[str]:
    required = definition.get("required", [])
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in definition["properties"].items():
        default = "required" if name in required else f"`{_yaml(field['default'])}`" if "default" in field else ""
        yield f"| `{name}` | {_cell(_kind(field))} | {default} | {_cell(field.get('description', ''))} |"
    yield ""


def _kind(field: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(option) for option in field["anyOf"]))
    if "const" in field:
        return f"`{_yaml(field['const'])}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"[{_kind(field['items'])}, ...]"
    if field.get("type") == "object":
        return f"{{{_keys(field)}: {_kind(_values(field))}}}"
    return _scalar(field)


def _values(field: dict[str, Any]) -> dict[str, Any]:
    if "patternProperties" in field:
        values: dict[str, Any] = next(iter(field["patternProperties"].values()))
        return values
    return dict(field["additionalProperties"])


def _keys(field: dict[str, Any]) -> str:
    if "patternProperties" in field:
        return _KINDS[next(iter(field["patternProperties"]))]
    return "phase" if "enum" in field.get("propertyNames", {}) else "text"


def _scalar(field: dict[str, Any]) -> str:
    kind = field.get("type")
    if kind == ["string", "number"]:
        return "expression"
    if kind == "boolean":
        return "`true`, `false`"
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + _range(field)
    if pattern := field.get("pattern"):
        return _KINDS[pattern]
    limit = field.get("maxLength", 100)
    return "text" if limit == 100 else f"text, at most {limit} characters"


def _range(field: dict[str, Any]) -> str:
    low, high = (f"{bound:.10g}" if bound is not None else None for bound in map(field.get, ("minimum", "maximum")))
    if low is not None and high is not None:
        return f", {low} to {high}"
    return f", at least {low}" if low is not None else ""


def _yaml(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") if "`<" not in text else text.replace("|", "\\|")


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(reference_text(), end="")
