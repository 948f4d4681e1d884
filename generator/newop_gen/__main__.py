"""`python -m newop_gen`."""

from .cli import main

main()
