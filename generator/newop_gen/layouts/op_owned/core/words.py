"""Words of code for 0.11: each op owns a module of `aiconfigurator_core.sdk.operations`, its old place has a shim."""

from __future__ import annotations

from ....guard.vocabulary import Vocabulary, merged, words
from ..words import owned, tested

_SHIM = Vocabulary(
    nodes=words("ImportFrom"),
    imports=frozenset({"from aiconfigurator.sdk._compat import alias_module as _alias_module"}),
    exact=frozenset({"_alias_module(__name__, 'aiconfigurator_core.sdk.operations.{op}')"}),
)

# Tests of the old package go through the shims.
WORDS = merged(owned(["aiconfigurator_core.sdk"]), {"operations": _SHIM, "test": tested(["aiconfigurator.sdk"])})
