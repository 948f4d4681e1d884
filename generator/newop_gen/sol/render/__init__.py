"""Code from resolved trees, one module per target language.

A renderer takes `tree.Expr` and `formula.Formula`, both resolved: every node has its type, mode names are `Mode`, and
rows of operators are `Chain` in source association. That is what a statically typed target needs to cast at the right
node. A further language is one more module here (`rust.py`), next to `python.py`; nothing else changes.
"""
