"""The support matrix: an op with quant keys registers the modes that the spec lists and the table holds.

One statement at the end of `_update_support_matrix` serves every backend, where upstream writes a line into the dict
of each.
"""

from __future__ import annotations

import textwrap

from ...model.op import Op
from ...model.supported import supported
from ...render.code import WIDTH, statement
from ...render.python import literal
from ..python.facts import PythonFacts


def render_support(op: Op, facts: PythonFacts) -> str:
    """Statements for the end of `_update_support_matrix`, or "" for an op without quant keys."""
    blocks = []
    for entry in supported(op):
        table, param, depth = entry.table, entry.param, len(entry.above)
        modes = [literal(facts.mode_name(m)) for m in op.params[param].modes]
        source = f"(self.{table.attribute} or {{}})"
        levels = f"level0 in {source}.values()" if depth else ""
        for n in range(1, depth):
            levels += f" for level{n} in level{n - 1}.values()"
        last = f"level{depth - 1}" if depth else source
        keys = f"{{key.name {'for ' + levels + ' ' if levels else ''}for key in {last}}}"
        lines = [
            *_comment(f"{op.name} ({', '.join(table.phases)}): the {param} modes that it has kernels for and data of"),
            _statement("supported = ", f"[{', '.join(modes)}]"),
            _statement("collected = ", keys),
            # Upstream makes no matrix for a backend that it doesn't know, which its own tests use.
            _statement("matrix = ", 'getattr(self, "supported_quant_mode", {})'),
            _statement(f'matrix["{entry.name}"] = ', "[mode for mode in supported if mode in collected]"),
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _statement(head: str, code: str) -> str:
    return " " * 8 + statement(head, code, 8)


def _comment(text: str) -> list[str]:
    return [f"        # {line}" for line in textwrap.wrap(text, WIDTH - len("        # "), break_on_hyphens=False)]
