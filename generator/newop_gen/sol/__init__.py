"""The SOL language: formulas of a spec, from text to a typed tree, and from the tree to code or to numbers.

The way of a text: `parse` (text to tree), `check.resolve` (types, names; `check.compile_expr` does both),
`formula.compile_formula` (a spec's whole `sol`), then `render.python` for code and `evaluate` for numbers. The
renderers and the evaluator take resolved trees only.
"""
