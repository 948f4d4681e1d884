"""Writing to a checkout: transactions that are recoverable to all-old or all-new, receipts, removal, recovery.

Nothing is planned here: what is written was made before, and whoever finds it stale makes it again (`runs`).
"""

from .apply import Receipt, check_plan
from .errors import Stopped
from .receipts import OpReceipt
from .record import SpecRef
from .recover import RecoveryReport, recover
from .state import Home
from .status import FileStatus, OpStatus, Status, status

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
    "check_plan",
    "recover",
    "status",
]
