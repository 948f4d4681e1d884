"""What the code alone can't prove: a defect that depends on the values that were collected, and is run to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .finding import Finding
from .loaders import Loader


@dataclass(frozen=True)
class Suspicion:
    """One suspected defect.

    `finding` is what is said if it is one. `task` goes to the child with the files of `loader`; `proof` says from its
    answer what was measured, or None when the suspicion was wrong. A suspicion that can't be run is dropped.
    """

    finding: Finding
    loader: Loader
    task: dict[str, Any]
    proof: Callable[[dict[str, Any]], str | None]
