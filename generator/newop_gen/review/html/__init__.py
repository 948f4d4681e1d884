"""One self-contained page for the reviewer of a pull request: `page`, and `read_verification` for what it shows."""

from .page import Subject, page
from .verification import Verification, read_verification

__all__ = ["Subject", "Verification", "page", "read_verification"]
