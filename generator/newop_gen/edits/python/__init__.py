"""Edits of Python files: `find` locates with `ast`, `place` puts whole lines between statements, `bracket` puts one
element into a bracketed literal or a call.
"""
