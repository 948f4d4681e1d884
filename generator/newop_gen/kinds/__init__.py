"""Kinds of files, told by the suffix: whether bytes can be read as one.

All that changes a checkout asks here. A file of no kind is refused by name: nothing could tell whether it is still
sound afterwards. A kind more is one entry in `KINDS`.
"""

from .kind import KINDS, Kind, Unsound, is_code, is_table, kind_of

__all__ = ["KINDS", "Kind", "Unsound", "is_code", "is_table", "kind_of"]
