"""Writing to a checkout: transactions that are recoverable to all-old or all-new, receipts, removal, recovery."""

from .apply import Receipt, apply_plan, check_plan
from .errors import Stopped
from .receipts import OpReceipt
from .record import SpecRef
from .recover import RecoveryReport, recover
from .remove import remove_op
from .state import Home
from .status import FileStatus, OpStatus, Status, status
from .update import update_op

__all__ = [
    "FileStatus",
    "Home",
    "OpReceipt",
    "OpStatus",
    "Receipt",
    "RecoveryReport",
    "SpecRef",
    "Status",
    "Stopped",
    "apply_plan",
    "check_plan",
    "recover",
    "remove_op",
    "status",
    "update_op",
]
