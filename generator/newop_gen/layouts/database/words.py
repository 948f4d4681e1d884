"""Words of layouts whose queries are methods of `PerfDatabase`."""

from __future__ import annotations

from collections.abc import Mapping

from ...guard.vocabulary import Vocabulary, merged, words
from ...plan import StepKey
from ..common import words as filed
from ..python import words as common

_PACKAGES = ("aiconfigurator.sdk",)

# A loader that opens its one file.
_PLAIN_FILE = Vocabulary(
    nodes=words("With withitem"),
    locals=words("f"),
    calls=words("os.path.exists csv.DictReader list"),
    exact=frozenset({"open({op}_file, encoding='utf-8')", "open(perf_file, encoding='utf-8')"}),
)

# Tables that are registered with a wrapper around them.
_WRAPPED = Vocabulary(
    nodes=words("Dict"),
    globals=words("PerfDataFilename {loader}"),
    attributes=words("{member}"),
    calls=words("_load_op_data"),
)

_GRIDS = Vocabulary(attributes=words("loaded"), calls=words("self._extrapolate_data_grid"))

_INTERPOLATION = Vocabulary(
    calls=words("self._interp_1d self._interp_2d_linear self._interp_3d self._nearest_1d_point_helper")
    | words("self._interpolate_{op} self._interpolate_{phase}_{op}"),
    definitions=words("{query} _interpolate_{op} _interpolate_{phase}_{op}"),
)

_SUPPORT = Vocabulary(exact=frozenset({"getattr(self, 'supported_quant_mode', {})"}))

_TEST = Vocabulary(
    calls=words("ops.{class}"),
    strings=words("{stem}.txt"),
    definitions=words("test_{answer}_answers_in_five_modes test_{phase}_operation_of_{op}_hands_on_its_axes"),
) | common.imports(
    _PACKAGES,
    " import common",
    " import operations as ops",
    ".perf_database import PerfDatabase",
    ".perf_database import PerfDatabase, PerfDataNotAvailableError",
)

# What all of them have; how a table is read, registered and asked for is each layout's own.
_METHODS: Mapping[str, Vocabulary] = {
    StepKey.ENUM: common.ENUM | Vocabulary(strings=words("{stem}.txt")),
    StepKey.LOADER: common.VALUES | common.LOADER,
    StepKey.REGISTRATION: Vocabulary(nodes=words("Assign"), globals=words("self"), targets=words("self.{table}")),
    StepKey.PRE_INTERPOLATION: common.VALUES | common.GRIDS | _GRIDS,
    StepKey.QUERY: common.VALUES
    | common.FORMULA
    | common.INTERPOLATION
    | _INTERPOLATION
    | common.HEADS
    | common.LOOKUP
    | common.ANSWERS,
    StepKey.OPERATIONS: common.VALUES | common.FORMULA | common.OPERATION,
    StepKey.SUPPORT_MATRIX: common.VALUES | common.SUPPORT | _SUPPORT,
    StepKey.WIRING: common.WIRING,
    StepKey.DATA: Vocabulary(files=words("*/systems/*/{stem}.txt")) | filed.REUSE,
    StepKey.TEST: common.VALUES | common.TEST | _TEST,
}

# 0.6: a table is a dict or None, and a query finds out by itself what it can answer from.
DIRECT = merged(
    _METHODS,
    {
        StepKey.LOADER: _PLAIN_FILE,
        StepKey.REGISTRATION: Vocabulary(
            globals=words("data_dir common"),
            attributes=words("PerfDataFilename value {member}"),
            calls=words("os.path.join {loader}"),
        ),
        StepKey.QUERY: Vocabulary(
            globals=words("Exception self common"),
            attributes=words("system backend version PerfDataFilename value {member}"),
            calls=words("logger.exception"),
            messages=words("logger.exception"),
        ),
    },
)

# 0.7 and 0.8: a loader opens its file, and its table gets a wrapper.
FUNC_MAP = merged(
    _METHODS, {StepKey.LOADER: _PLAIN_FILE, StepKey.REGISTRATION: _WRAPPED, StepKey.QUERY: common.WRAPPED}
)

# 0.9: a loader reads its sources through a helper.
_SOURCES = Vocabulary(calls=words("_read_filtered_rows"))
SOURCES = merged(_METHODS, {StepKey.LOADER: _SOURCES, StepKey.REGISTRATION: _WRAPPED, StepKey.QUERY: common.WRAPPED})
