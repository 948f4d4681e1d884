"""Words of code for 0.10: each op owns a module of `aiconfigurator.sdk.operations`."""

from __future__ import annotations

from ..words import owned

WORDS = owned(["aiconfigurator.sdk"])
