"""A first spec from answers. Each question has a default, and a line that says what the answer decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from ..spec.model import MOST_KEYS, NAME_PATTERN, PhaseName
from ..spec.reserved import reserved_op, reserved_param
from ..spec.rules.names import MODES
from .draft import Draft, EntryDraft, KeyDraft, NestingDraft, ParamDraft
from .profile import Column

QUANT_WORDS = {
    "gemm": "GEMMQuantMode",
    "moe": "MoEQuantMode",
    "fmha": "FMHAQuantMode",
    "kv": "KVCacheQuantMode",
    "comm": "CommQuantMode",
}
FIRST_MODES = ("bfloat16", "half", "fp8")
"""Modes that a quant param is given first, as far as its enum has them."""


class Ask(Protocol):
    """Asks one question: `why` in one line, `check` gives what is wrong with an answer, or ""."""

    def __call__(
        self, question: str, why: str, default: str, *, among: Sequence[str] = (), check: Callable[[str], str] = ...
    ) -> str: ...


@dataclass(frozen=True)
class Known:
    """What the command line has said already, and is not asked."""

    op: str = ""
    phase: PhaseName | None = None


def draft_from_answers(ask: Ask, known: Known) -> Draft:
    """The draft that the answers make."""
    op = known.op or ask("name of the op", "names the query, the classes and the table", "my_op", check=_op)
    summary = ask("what it computes, in one line", "stands in every docstring", f"TODO what {op} computes", check=_line)
    used = _phases(ask, known)
    query, why = _axis_decision(ask)
    prefix = "none"
    if query == "b,s" and "context" in used:
        prefix = ask(
            "a cached prefix of the prompt: none, quadratic or sol_ratio",
            "none: it changes nothing; quadratic: as attention, (s+prefix)^2 - prefix^2; sol_ratio: as your SOL says",
            "none",
            among=("none", "quadratic", "sol_ratio"),
        )
    filing = "one"
    if len(used) > 1:
        filing = ask(
            "how the measurements are filed: one table, per_phase, phase_column",
            "one: both phases read one table; per_phase: a file for each; phase_column: a column tells them apart",
            "one" if query == "x" else "per_phase",
            among=("one", "per_phase", "phase_column"),
        )
    params = _params(ask)
    nesting = _nesting(ask, query, params)
    files = [(f"{op}_{p}_perf.csv", p) for p in used] if filing == "per_phase" else [(f"{op}_perf.csv", None)]
    return Draft(
        op=op,
        summary=summary,
        origin="answers",
        params=params,
        used=used,
        table=filing,
        query=query,
        query_why=why,
        nestings=dict.fromkeys(used, nesting),
        phase_column="phase" if filing == "phase_column" else "",
        prefix=prefix,
        entries=tuple(EntryDraft(file, phase, "h200_sxm", "trtllm", blank=("file",)) for file, phase in files),
    )


def _phases(ask: Ask, known: Known) -> tuple[PhaseName, ...]:
    if known.phase:
        return (known.phase,)
    answer = ask(
        "phases it runs in: context, generation or both",
        "which op lists of a model it can go into",
        "both",
        among=("context", "generation", "both"),
    )
    return ("context", "generation") if answer == "both" else (cast(PhaseName, answer),)


def _axis_decision(ask: Ask) -> tuple[str, str]:
    """As the guide asks it: token-equivalent or not."""
    answer = ask(
        "do 8 requests of 512 tokens cost what one request of 4096 does: yes or no",
        "yes: token-equivalent, as a GEMM, queried by x; no: as attention, queried by b and s. It decides the query, "
        "the columns of the table and what operations pass",
        "no",
        among=("yes", "no"),
    )
    return ("x", "token-equivalent") if answer == "yes" else ("b,s", "not token-equivalent")


def _params(ask: Ask) -> dict[str, ParamDraft]:
    answer = ask(
        "sizes and modes that the cost depends on: name or name:type, with commas; - for none",
        f"exact keys of the table, arguments of the query; types: int (default), str, {', '.join(QUANT_WORDS)} (modes)",
        "hidden_size",
        check=_wrong_params,
    )
    params = {}
    for name, kind in _split(answer):
        known = MODES.get(QUANT_WORDS.get(kind, ""), ())
        modes = tuple(mode for mode in FIRST_MODES if mode in known)
        params[name] = ParamDraft(QUANT_WORDS.get(kind, kind), modes, wide=kind == "int" and name != "num_heads")
    return params


def _nesting(ask: Ask, query: str, params: dict[str, ParamDraft]) -> NestingDraft:
    usual = {"x": "num_tokens", "b": "batch_size", "s": "seq_len"}
    taken = set(params)
    axes = []
    for axis in query.split(","):
        default = usual[axis] if usual[axis] not in taken else f"run_{usual[axis]}"
        column = ask(
            f"column of {axis} in the table",
            "what the collector calls it",
            default,
            check=lambda text: _column(text) or ("a param or another axis has this column" if text in taken else ""),
        )
        taken.add(column)
        axes.append((axis, column))
    unit = ask(
        "unit of the column latency: ms, us, ns or s",
        "tables are in ms once loaded",
        "ms",
        among=("ms", "us", "ns", "s"),
    )
    keys = tuple(KeyDraft((name,), (name,)) for name in params)
    return NestingDraft(keys, tuple(axes), "linear" if len(axes) == 1 else "bilinear", unit=unit)


def _op(text: str) -> str:
    if not re.fullmatch(NAME_PATTERN, text):
        return "2 to 48 lower-case letters, digits and underscores, a letter first"
    return reserved_op(text)


def _line(text: str) -> str:
    from ..spec.text import text_fault

    fault = text_fault(text, human=True) if text.strip() else None
    return "one line of text" if not text.strip() or len(text) > 300 else fault.found if fault else ""


def _column(text: str) -> str:
    fine = Column(text, "int", (), 0).readable and text not in ("latency", "power", "phase")
    return "" if fine else "the name of a column of its own: letters, digits and underscores"


def _split(text: str) -> list[tuple[str, str]]:
    """(name, type) of each param; `int` where no type is given."""
    parts = [part.strip() for part in text.split(",") if part.strip() not in ("", "-")]
    return [(name.strip(), kind.strip() or "int") for name, _, kind in (part.partition(":") for part in parts)]


def _wrong_params(text: str) -> str:
    seen = set()
    for name, kind in _split(text):
        if not re.fullmatch(NAME_PATTERN, name):
            return f"{name!a}: 2 to 48 lower-case letters, digits and underscores, a letter first"
        if why := reserved_param(name):
            return f"{name!a}, {why}: another name, such as {name}_size"
        if kind not in ("int", "str", *QUANT_WORDS):
            return f"{kind!a} is no type: int, str, {', '.join(QUANT_WORDS)}"
        if name in seen:
            return f"{name!a} is there twice"
        seen.add(name)
    return f"at most {MOST_KEYS}, one for each level" if len(seen) > MOST_KEYS else ""
