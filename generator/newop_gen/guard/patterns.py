"""Words of a layout that are made of an op's names: `test_{answer}_without_data`, `{stem}.txt`.

A list of words says how a name is made, never whether the op has it; here the names are put in. They are those that
`Op` derives from a spec, whatever the layout. A placeholder that is none of these stays as it is written.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from ..model.op import Op

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

Names = Mapping[str, tuple[str, ...]]


def names_of(op: Op) -> Names:
    """What each placeholder stands for.

    - `{op}`, `{camel}`: the op's name, as `new_op` and as `NewOp`;
    - `{phase}`, `{Phase}`: each of its phases, as `context` and as `Context`;
    - `{class}`: each class of operations, `{classes}`: all of them as an import lists them;
    - `{query}`, `{answer}`, `{ANSWER}`: each query (`query_context_new_op`), without `query_`, and that in capitals;
    - `{loader}`, `{table}`, `{member}`, `{stem}`: of each table its loader, its attribute of the database, its member
      of the file names and its file's name without suffix;
    - `{param}`, `{quant}`: each param, each that is a quant mode.
    """
    classes = tuple(op.class_name(phase) for phase in op.phases)
    answers = tuple(query.method.replace("query_", "", 1) for query in op.queries)
    return {
        "op": (op.name,),
        "camel": (op.camel,),
        "phase": tuple(op.phases),
        "Phase": tuple(phase.capitalize() for phase in op.phases),
        "class": classes,
        "classes": (", ".join(sorted(classes)),),
        "query": tuple(query.method for query in op.queries),
        "answer": answers,
        "ANSWER": tuple(answer.upper() for answer in answers),
        "loader": tuple(table.loader for table in op.tables),
        "table": tuple(table.attribute for table in op.tables),
        "member": tuple(table.member for table in op.tables),
        "stem": tuple(table.stem for table in op.tables),
        "param": tuple(op.params),
        "quant": tuple(op.quant_params),
    }


def written_out(words: Vocabulary, names: Names) -> Vocabulary:
    """The words with an op's names in them."""
    changed: dict[str, Any] = {}
    for one in fields(words):
        value = getattr(words, one.name)
        if isinstance(value, frozenset) and any(isinstance(w, str) and "{" in w for w in value):
            changed[one.name] = frozenset(made for word in value for made in _made(word, names))
    return replace(words, **changed)


def _made(word: str, names: Names) -> Iterator[str]:
    """The word with every combination of names in the places of its placeholders."""
    used = list(dict.fromkeys(name for name in _PLACEHOLDER.findall(word) if name in names))
    for combination in itertools.product(*(names[name] for name in used)):
        made = word
        for name, value in zip(used, combination):
            made = made.replace(f"{{{name}}}", value)
        yield made
