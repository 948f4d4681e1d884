"""The SOL language: formulas of a spec, from text to a typed tree, and from the tree to code or to numbers."""
