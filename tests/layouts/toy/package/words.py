"""Words of code for the toy: an entry in its table of ops, and a function that answers."""

from __future__ import annotations

from ...guard.vocabulary import Vocabulary, words
from ..python import words as common

WORDS = {
    "enum": Vocabulary(nodes=words("Dict"), strings=words("{phase}_{op} {query}")),
    "query": common.VALUES
    | common.FORMULA
    | Vocabulary(
        nodes=words("Expr FunctionDef Return"),
        globals=words("MEM_BW"),
        locals=words("b s x"),
        calls=words("peak"),
        definitions=words("{query}"),
    ),
}
