"""Words of code for 0.9: a loader reads its sources through a helper, and its table gets a wrapper."""

from __future__ import annotations

from ....guard.vocabulary import Vocabulary, merged, words
from ...python import words as common
from ..words import METHODS, WRAPPED

_LOADER = Vocabulary(calls=words("_read_filtered_rows"))

WORDS = merged(METHODS, {"loader": _LOADER, "registration": WRAPPED, "query": common.WRAPPED})
