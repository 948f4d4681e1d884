"""Mistakes that are made when an op is integrated, as edits of a checkout to which the example specs were applied."""

from __future__ import annotations

from .base import Mistake
from .loading import LOADING
from .modes import MODES
from .operations import OPERATIONS
from .owned import OWNED_MISTAKES
from .queries import QUERIES
from .wiring import WIRING

MISTAKES: tuple[Mistake, ...] = (*LOADING, *QUERIES, *MODES, *OPERATIONS, *WIRING, *OWNED_MISTAKES)

__all__ = ["MISTAKES", "Mistake"]
