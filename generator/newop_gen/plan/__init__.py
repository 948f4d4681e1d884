"""What will change, as data: a `Plan` of `Step`s of `Edit`s, for dry run, patch, check and apply."""

from .model import Creation, Edit, FileChange, Insertion, Replacement, Skip, Span, Step, StepKey, Target
from .prepared import Prepared
from .whole import Plan

__all__ = [
    "Creation", "Edit", "FileChange", "Insertion", "Plan", "Prepared", "Replacement", "Skip", "Span", "Step",
    "StepKey", "Target",
]  # fmt: skip
