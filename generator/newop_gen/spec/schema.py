"""The JSON Schema of a spec, for editors: what the models say, in the form that a spec's author may write.

`python -m newop_gen.spec.schema > specs/newop-spec.schema.json` writes the committed copy.
"""

from __future__ import annotations

import json
from typing import Any

from .model import Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "newop-gen op spec"
FILE_NAME = "newop-spec.schema.json"

_DESCRIPTION = (
    "One operation for aiconfigurator: its parameters, phases, axis decision, SOL formula and perf table, and the "
    "models that use it. Rules across fields (a nesting that fits the axis decision, names in formulas) are checked by "
    "`newop-gen validate`."
)


def schema_text() -> str:
    """The schema as JSON text with a final newline; the same text on every run."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"


def schema() -> dict[str, Any]:
    """The schema as data, draft 2020-12."""
    raw = _cleaned(Spec.model_json_schema())
    definitions = raw.pop("$defs")
    head = {"$schema": DIALECT, "title": TITLE, "description": _DESCRIPTION}
    body = {key: value for key, value in raw.items() if key not in head}
    return {**head, **body, "$defs": dict(sorted(definitions.items()))}


def _cleaned(node: Any) -> Any:
    """A subschema without what a spec cannot say (null) and what says nothing (titles made of field names)."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    named = {"properties", "patternProperties", "$defs"}
    cleaned = {
        key: {name: _cleaned(sub) for name, sub in value.items()} if key in named else _cleaned(value)
        for key, value in node.items()
        if key != "title" and not (key == "default" and value in (None, {}, [], ""))
    }
    if "anyOf" in cleaned:
        options = [option for option in cleaned.pop("anyOf") if option != {"type": "null"}]
        # What is said about the field wins over what is said about its type.
        cleaned = {**options[0], **cleaned} if len(options) == 1 else {**cleaned, "anyOf": options}
    if len(cleaned.get("allOf", ())) == 1:  # how older pydantic puts a description beside a reference
        cleaned = {**cleaned.pop("allOf")[0], **cleaned}
    if "const" in cleaned:
        cleaned.pop("enum", None)
    if "propertyNames" in cleaned and not cleaned["propertyNames"].keys() - {"description"}:
        cleaned.pop("propertyNames")
    if "patternProperties" in cleaned:
        cleaned.pop("propertyNames", None)
        cleaned["additionalProperties"] = False
    return {key: cleaned[key] for key in sorted(cleaned, key=_position)}


_ORDER = ("$ref", "title", "description", "type", "const", "enum", "pattern", "default", "properties", "required")


def _position(key: str) -> tuple[int, str]:
    """One order of the keys of a subschema, whichever pydantic it comes from."""
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


if __name__ == "__main__":
    print(schema_text(), end="")
