"""Words of code for 0.7 and 0.8: a loader opens its file, and its table gets a wrapper."""

from __future__ import annotations

from ....guard.vocabulary import merged
from ...python import words as common
from ..words import METHODS, PLAIN_FILE, WRAPPED

WORDS = merged(METHODS, {"loader": PLAIN_FILE, "registration": WRAPPED, "query": common.WRAPPED})
