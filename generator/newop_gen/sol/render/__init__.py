"""Code from resolved trees: what a formula computes in which order (`lower`), and the spelling of each language.

Both take `tree.Expr` and `formula.Formula` when they are resolved: every node has its type, mode names are `Mode`, and
rows of operators are `Chain` in source association. That is what a statically typed target needs to cast at the right
node. A further language spells the statements of `lower`, next to `python.py`.
"""
