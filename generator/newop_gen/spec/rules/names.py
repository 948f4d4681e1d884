"""Names of the op and its params, and what a param is."""

from __future__ import annotations

from ...sol.quants import SIXTEEN_BIT, SIXTEEN_BIT_NAMES
from ..model import Param
from ..nodes import Loc
from ..report import Report
from ..reserved import reserved_class, reserved_op, reserved_param

MODES: dict[str, tuple[str, ...]] = {
    "GEMMQuantMode": ("bfloat16", "int8_wo", "int4_wo", "fp8", "fp8_static", "sq", "fp8_block", "fp8_ootb", "nvfp4"),
    "MoEQuantMode": (
        *("bfloat16", "fp8", "int4_wo", "fp8_block", "w4afp8", "nvfp4", "w4a16_mxfp4", "w4a8_mxfp4_mxfp8"),
        *("w4a8_mxfp4_mxfp8_trtllm", "w4a16_mxfp4_cutlass"),
    ),
    "FMHAQuantMode": ("bfloat16", "fp8", "fp8_block"),
    "KVCacheQuantMode": ("bfloat16", "int8", "fp8"),
    "CommQuantMode": ("half", "int8", "fp8"),
}
"""Members of the quant enums of `sdk/common.py`, all of aiconfigurator 0.6 to 0.11; the 16-bit one by one name."""


def check_names(report: Report) -> None:
    """The op's own names."""
    spec = report.spec
    if why := reserved_op(spec.op):
        report.error(("op",), "reserved-name", f"op {spec.op!a}, {why}", "another name")
    if spec.class_name is not None and (why := reserved_class(spec.class_name)):
        report.error(("class_name",), "reserved-name", f"class name {spec.class_name!a}, {why}", "another name")
    if not spec.summary.strip():
        report.error(("summary",), "empty-text", "an empty summary", "one line that says what the op computes")


def check_params(report: Report) -> None:
    """Names of the params, and the modes of those that are quant modes."""
    for name, param in report.spec.params.items():
        loc = ("params", name)
        if why := reserved_param(name):
            report.error(
                loc, "reserved-name", f"param {name!a}, {why}", "another name", f"for example '{name}_size'", key=True
            )
        if param.type in MODES:
            _quant(report, loc, name, param)
            continue
        for field in ("modes", "otherwise"):
            if field in param.model_fields_set:
                found = f"{field} of {name!a}, which is of type {param.type}"
                report.error((*loc, field), "quant-only", found, "only for quant params", key=True)


def _quant(report: Report, loc: Loc, name: str, param: Param) -> None:
    known = MODES[param.type]
    if not param.modes:
        report.error(
            loc, "modes", f"quant param {name!a} without modes", f"modes: some of {', '.join(known)}", key=True
        )
    for number, mode in enumerate(param.modes):
        at = (*loc, "modes", number)
        _known_mode(report, at, param.type, mode)
        if mode in param.modes[:number]:
            report.error(at, "modes", f"mode {mode!a} again", "each mode once")
    if param.otherwise is not None and param.modes and param.otherwise not in param.modes:
        report.unknown((*loc, "otherwise"), "modes", "mode", param.otherwise, param.modes)


def _known_mode(report: Report, loc: Loc, enum: str, mode: str) -> None:
    known = MODES[enum]
    if mode in known:
        return
    if mode in SIXTEEN_BIT_NAMES or mode == "half":
        name = SIXTEEN_BIT if SIXTEEN_BIT in known else "half"
        report.error(
            loc, "modes", f"mode {mode!a}", f"one of {', '.join(known)}", f"the 16-bit mode is called {name!r} here"
        )
        return
    report.unknown(loc, "modes", f"{enum} mode", mode, known)
