"""A run over a checkout from beginning to end: planned, then written by `write`, which plans nothing itself.

The order is always the same: the lock, what an earlier run left, planning (again, where files changed since), writing.
"""

from .apply import apply_plan, refs
from .remove import plan_removal, remove_op
from .update import update_op

__all__ = ["apply_plan", "plan_removal", "refs", "remove_op", "update_op"]
