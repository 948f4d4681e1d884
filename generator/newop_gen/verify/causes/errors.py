"""What an exception in the checkout's code says about the mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..result import Cause


def explain_error(error: Mapping[str, Any]) -> Cause | None:
    """The cause that an exception names by itself, or None."""
    kind, text, where = error["class"], error["text"], error.get("where", "")
    at = f" (at {where})" if where else ""
    if kind == "KeyError" and "_tc_flops" in text:
        return Cause(
            "flops-key",
            f"the SOL reads {text} from the system, which this release calls otherwise or the system lacks{at}",
        )
    if kind == "KeyError" and "energy" in text:
        return Cause("added-points-without-energy", f"a leaf without energy is read{at}")
    if kind == "KeyError" and "latency" in text:
        return Cause("leaf-factory", f"a leaf is an empty dict{at}")
    if kind == "KeyError" and ("float16" in text):
        return Cause("sixteen-bit-name", f"the 16-bit mode has another name in this release: {text}{at}")
    if kind in ("NameError", "UnboundLocalError"):
        return Cause("name-error", f"{text}{at}")
    if kind == "AttributeError":
        return Cause("attribute-error", f"{text}{at}")
    if kind == "TypeError" and "unhashable" in text:
        return Cause("unhashable", f"a query is cached by its arguments, and one of them can't be hashed: {text}{at}")
    if kind == "TypeError":
        return Cause("type-error", f"{text}{at}")
    return None
