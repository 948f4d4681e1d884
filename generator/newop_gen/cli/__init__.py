"""The command line. `main` is the console script."""

from .group import cli, main

__all__ = ["cli", "main"]
