"""`aiconfigurator cli default`, as the integration guide has it, on the patched tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...checkout.places import Places
from ...model.op import Op
from ...problems import IoFault
from ...sandbox.runtime import release_environment
from ..bench import Bench
from ..candidates import Shelf
from ..causes.errors import explain_error
from ..pulse import Pulse
from ..result import Cause, CheckResult, Tally
from ..session import Process, begin
from .wiring import models_with

SECONDS = 7200
GPUS = 8
LOAD = {"isl": 4000, "osl": 1000, "ttft": 2000, "tpot": 30}  # the guide's
ELSEWHERE = ("h200_sxm", "trtllm")  # for a spec without data
SHOWN = 3  # of the op's refusals
POINTER = b"version https://git-lfs"


def command(
    bench: Bench, catalogue: Mapping[str, Any], wanted: str | None, report: Callable[[str], None]
) -> CheckResult:
    """Runs the command for the model `wanted`, or for the first one of the checkout's that has the op, and names the
    op's share of the configuration that it chooses. Minutes; `report` gets what the command says meanwhile."""
    op = bench.op
    system, backend = next(((d.system, d.backend) for d in op.spec.data), ELSEWHERE)
    asserts = (
        f"`aiconfigurator cli default` for {GPUS} GPUs of {system} chooses a configuration; the op has a share of it"
    )
    tally = Tally("cli", asserts)
    if not op.spec.wiring:
        tally.note = "the spec wires the op into no model"
        return tally.result()
    if not _has_tables(bench.session.checkout, system, backend):
        tally.note = f"the checkout has no measured tables of {system}/{backend} (Git LFS pointers are none)"
        return tally.result()
    model = wanted or _model(bench, catalogue)
    if model is None:
        tally.note = "no model whose configuration the checkout brings has the op; name one with --model"
        return tally.result()
    ours = [op.class_name(p) for p in op.phases]
    options = {"model": model, "total_gpus": GPUS, "system": system, "backend": backend, **LOAD}
    process = Process(bench.session.python, release_environment(bench.session.checkout))
    try:
        with begin(process, bench.session.checkout, offline=False, extension=bench.session.extension) as conversation:
            told = Pulse("cli", report)
            found = conversation.attempt("command", seconds=SECONDS, told=told, options=options, op=op.name, ours=ours)
            shares = found
            if "error" not in found:
                shares = conversation.attempt("share", model=model, row=found["row"], ours=ours)
    except IoFault as gone:  # this check's own process: the others don't need it
        tally.holds(False, model, "an answer", str(gone))
        tally.blame(Cause("cli-ended", f"the process that runs the command is gone: {gone}"))
        return tally.result()
    finally:
        process.close()
    if "error" in found:
        _fails(tally, model, found, process)
    elif "error" in shares:
        _fails(tally, f"{model}, its choice once more", shares, process)
    else:
        _shares(tally, op, model, found, shares)
    tally.note = "; ".join(filter(None, [tally.note, dropped(op, found.get("refused", {}))]))
    return tally.result()


def dropped(op: Op, refused: Mapping[str, Any]) -> str:
    """What the op had no answer for while the command searched, in words; "" for nothing.

    A search passes over a candidate when an op raises, and says so nowhere: it chooses among fewer than it seems to.
    """
    if not refused.get("count"):
        return ""
    count, batches = refused["count"], sorted(refused["batches"])
    # The op's own sentence: the arguments that a release's database adds differ in every query.
    texts = list(dict.fromkeys(text.partition(". ")[0].removesuffix(".") for text in refused["texts"]))
    at = f", at batch sizes {batches[0]:g} to {batches[-1]:g}" if batches else ""
    more = "; and others" if len(texts) > SHOWN else ""
    clamps = any(op.nesting(phase).outside == "error" for phase in op.phases)
    return (
        f"the search dropped candidates that the op has no answer for ({count} queries{at}): "
        f"{'; '.join(texts[:SHOWN])}{more}. Collect what it asks for"
        + (", or let the spec say `outside: clamp`" if clamps else "")
    )


def _model(bench: Bench, catalogue: Mapping[str, Any]) -> str | None:
    shelf = Shelf(bench, catalogue)
    return next((b.model for b in models_with(bench, shelf) if b.model in catalogue and not b.taken), None)


def _has_tables(checkout: Path, system: str, backend: str) -> bool:
    for table in (checkout / Places.of(checkout).systems / "data" / system / backend).glob("**/gemm_perf.*"):
        with table.open("rb") as stream:
            if not stream.read(len(POINTER)).startswith(POINTER):
                return True
    return False


def _fails(tally: Tally, where: str, failed: Mapping[str, Any], process: Process) -> None:
    error = failed["error"]
    words = f"{error['class']}: {error['text'][:300]}"
    tally.holds(False, where, "a configuration", f"{words} (it said last: {process.last_words()[:300]})")
    tally.blame(explain_error(error) or Cause("cli-fails", f"the command finds no configuration with the op: {words}"))


def _shares(tally: Tally, op: Op, model: str, found: Mapping[str, Any], shares: Mapping[str, Any]) -> None:
    row = found["row"]
    throughput = row.get("tokens/s/gpu")
    tally.holds(
        isinstance(throughput, (int, float)) and 0 < throughput < float("inf"),
        f"{model}, {row['experiment']}", "a throughput", f"{throughput}",
    )  # fmt: skip
    parts = []
    for phase in dict.fromkeys(w.phase for w in op.spec.wiring):
        told = shares[phase]
        ours = told["whole"] - told["without"]
        tally.holds(ours > 0, f"{model}, {phase}", "time that the op takes", f"{ours:.6g} ms")
        percent = 100 * ours / told["whole"] if told["whole"] else 0.0
        parts.append(
            f"{phase} (batch {told['batch']}, TP {told['tp']}): {ours:.4g} of {told['whole']:.4g} ms, {percent:.1f} %"
        )
    if tally.failed:
        tally.blame(Cause("cli-share", "the op costs nothing in the configuration that was chosen: is it wired there?"))
    tally.note = f"{model} chose {row['experiment']}, {throughput:.5g} tokens/s/GPU; the op's share: {'; '.join(parts)}"
