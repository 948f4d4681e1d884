"""A release of aiconfigurator as a practice checkout, and an interpreter that can run it."""

from .cache import cache_dir
from .make import make_sandbox
from .releases import CLONE_ONLY, ENGINES
from .runtime import release_environment, runtime_python
from .wheels import WHEELS, get_wheel

__all__ = [
    "CLONE_ONLY",
    "ENGINES",
    "WHEELS",
    "cache_dir",
    "get_wheel",
    "make_sandbox",
    "release_environment",
    "runtime_python",
]
