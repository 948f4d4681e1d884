"""The shape of a spec, as pydantic models. Meaning across fields is checked in `spec.check`.

Every text that is a formula or an expression is kept as text here and compiled by `sol`. Field descriptions are the
source of the JSON Schema and of the reference page, so they say units and defaults.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field


class Reading(enum.Enum):
    """How `spec.shape` reads a text, marked on its type; without a mark it is a name or a value."""

    FORMULA = "formula"
    HUMAN = "human"


MOST_KEYS = 16
"""Exact levels of one nesting: the widest collected tables have 14."""

NAME_PATTERN = r"^[a-z][a-z0-9_]{1,47}$"
AXIS_PATTERN = r"^(x|b|s|[a-z][a-z0-9_]{1,47})$"
CLASS_PATTERN = r"^[A-Z][A-Za-z0-9]{1,63}$"
COLUMN_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
ANCHOR_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
OP_NAME_PATTERN = r"^[a-z][a-z0-9_]{1,63}$"
DIRECTORY_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9_.+-]{0,62}[A-Za-z0-9])?$"
FILE_PATTERN = r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}/){0,4}[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\.(txt|csv|parquet)$"

PATTERN_WORDS = {
    NAME_PATTERN: "2 to 48 lower-case letters, digits and underscores, a letter first",
    AXIS_PATTERN: "x, b, s or the name of an int param",
    CLASS_PATTERN: "2 to 64 letters and digits, a capital letter first",
    COLUMN_PATTERN: "a column name of letters, digits and underscores",
    ANCHOR_PATTERN: "the name of an op: letters, digits, '_', '.' and '-'",
    OP_NAME_PATTERN: "2 to 64 lower-case letters, digits and underscores, a letter first",
    DIRECTORY_PATTERN: "a directory name of letters, digits, '_', '.', '+' and '-'",
    FILE_PATTERN: "a relative path of plain names, ending in .txt, .csv or .parquet",
}
"""What each pattern asks for, for error messages and the reference page."""

# In formulas and expressions a bare number is fine: `flops: 0` needs no quotes.
_FORMULA_SCHEMA: dict[str, Any] = {"type": ["string", "number"]}
# What keys of a mapping may be; older versions of pydantic leave it out of the schema.
_VALUE_KEYS: dict[str, Any] = {"propertyNames": {"minLength": 1, "maxLength": 100}}
_PHASE_KEYS: dict[str, Any] = {"propertyNames": {"enum": ["context", "generation"]}}

Name = Annotated[str, Field(pattern=NAME_PATTERN, description="ASCII snake-case name")]
AxisName = Annotated[str, Field(pattern=AXIS_PATTERN, description="`x`, `b`, `s` or the name of an int param")]
ClassName = Annotated[str, Field(pattern=CLASS_PATTERN)]
Column = Annotated[str, Field(pattern=COLUMN_PATTERN, description="CSV column name")]
Anchor = Annotated[str, Field(pattern=ANCHOR_PATTERN)]
Directory = Annotated[str, Field(pattern=DIRECTORY_PATTERN)]
Value = Annotated[str, Field(min_length=1, max_length=100)]
Expression = Annotated[
    str,
    Field(
        min_length=1, max_length=512, description="expression of the SOL language", json_schema_extra=_FORMULA_SCHEMA
    ),
    Reading.FORMULA,
]
ScopeExpression = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        description="expression over names and attributes",
        json_schema_extra=_FORMULA_SCHEMA,
    ),
    Reading.FORMULA,
]
Text = Annotated[str, Field(max_length=300, description="one line for humans"), Reading.HUMAN]
PhaseName = Literal["context", "generation"]

# One, or several to choose from: the first that fits wins.
Anchors = Union[Anchor, Annotated[list[Anchor], Field(min_length=1, max_length=16)]]
ClassNames = Union[ClassName, Annotated[list[ClassName], Field(min_length=1, max_length=16)]]
Directories = Union[Directory, Annotated[list[Directory], Field(min_length=1, max_length=16)]]
ScopeExpressions = Union[ScopeExpression, Annotated[list[ScopeExpression], Field(min_length=1, max_length=16)]]
Conditions = Union[ScopeExpression, Annotated[list[ScopeExpression], Field(max_length=16)]]
Count = Annotated[int, Field(ge=0)]
Arguments = Union[
    ScopeExpression, Count, Annotated[list[Union[ScopeExpression, Count]], Field(min_length=1, max_length=16)]
]

Scale = Annotated[float, Field(ge=1e-6, le=1e6)]
GridValues = Annotated[list[Annotated[int, Field(ge=1, le=2**31)]], Field(min_length=1, max_length=512)]

QUANT_TYPES = ("GEMMQuantMode", "MoEQuantMode", "FMHAQuantMode", "KVCacheQuantMode", "CommQuantMode")


def _exactly_one(*fields: str) -> Callable[[dict[str, Any]], None]:
    """For the JSON Schema: of `fields` exactly one is there. `spec.check` says the same with a place."""

    def extend(schema: dict[str, Any]) -> None:
        schema["oneOf"] = [{"required": [field]} for field in fields]

    return extend


class Part(BaseModel):
    # Deferred, one validator is built when it is needed, that of the whole spec, and not one for each part.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Param(Part):
    """One structural parameter of the op: an argument of its query and of its `Operation` classes."""

    type: Literal[
        "int", "str", "GEMMQuantMode", "MoEQuantMode", "FMHAQuantMode", "KVCacheQuantMode", "CommQuantMode"
    ] = Field(description="int, str, or the quant-mode enum of the target that it is a member of")
    meaning: Text = Field(default="", description="what the parameter is")
    unit: Text = Field(default="", description="its unit, for humans")
    modes: list[Value] = Field(
        default_factory=list,
        description="quant parameters only: the modes that the op has kernels for; "
        "`bfloat16` is the 16-bit mode on every release (`half` for CommQuantMode)",
    )
    otherwise: Value | None = Field(
        default=None,
        description="quant parameters only: the mode that a wired model uses when it would ask for one not in `modes`",
    )


class Phases(Part):
    """Which phases the op takes part in, and how their measurements are filed."""

    used: list[PhaseName] = Field(min_length=1, max_length=2, description="the phases in which the op runs")
    table: Literal["one", "per_phase", "phase_column"] = Field(
        description="one: one table serves all phases; per_phase: a file per phase; "
        "phase_column: one file with a column that names the phase"
    )
    column: Column = Field(default="phase", description="phase_column only: the column that names the phase")
    values: dict[PhaseName, Value] = Field(
        default_factory=dict,
        description="phase_column only: what the column holds per phase (default: the phase's name)",
        json_schema_extra=_PHASE_KEYS,
    )


class Axis(Part):
    """The axis decision: what the op's cost depends on at run time."""

    query: Literal["x", "b,s"] = Field(
        description="x: token-equivalent, cost depends on the number of tokens; "
        "b,s: batch size and sequence length count separately"
    )
    prefix: Literal["none", "quadratic", "sol_ratio"] = Field(
        default="none",
        description="how a context query with a cached prefix uses a table measured without one; "
        "none: the prefix does not matter; "
        "quadratic: look up s+prefix, scale by ((s+prefix)^2 - prefix^2) / (s+prefix)^2; "
        "sol_ratio: look up s+prefix, scale by the ratio of the SOLs",
    )


class Constants(Part):
    """A lookup table of constants by a str param; its columns are names in the formula."""

    by: Name = Field(description="the str param that selects the row")
    rows: dict[Value, dict[Name, int | float]] = Field(
        min_length=1,
        max_length=64,
        description="value of the param -> {name: number}; every row has the same names",
        json_schema_extra=_VALUE_KEYS,
    )
    otherwise: Value | None = Field(
        default=None, description="the row for values that are not listed (default: an error)"
    )


class SubComputation(Part):
    """One named part of the op: FLOPs at a precision, and bytes moved. At least one of both."""

    name: Name
    flops: Expression | None = Field(default=None, description="floating point operations (FLOPs)")
    precision: Expression | None = Field(
        default=None,
        description="quant expression: a quant param, a mode name (bfloat16, fp8, nvfp4, ...) or a choice between them",
    )
    bytes: Expression | None = Field(default=None, description="bytes read and written")


class Sol(Part):
    """A SOL formula: SOL = max(sum of FLOPs / peak at precision, sum of bytes / memory bandwidth), in ms."""

    let: dict[Name, Expression] = Field(
        default_factory=dict, max_length=64, description="named intermediate values, in order"
    )
    constants: Constants | None = Field(default=None, description="constants by the value of a str param")
    parts: list[SubComputation] = Field(
        min_length=1, max_length=32, description="the sub-computations, with distinct names"
    )


class PhaseSol(Part):
    """A formula for each phase that is used."""

    context: Sol | None = None
    generation: Sol | None = None


class Alike(Part):
    """Which collected tuple stands in for one that was not collected; without one that is alike, nothing does."""

    same: list[Name] = Field(min_length=1, description="params that must have the values asked for")
    nearest: Name | None = Field(
        default=None,
        description="int param that should be as near as possible; of several as near, or without it, the first one "
        "in the file",
    )


class Key(Part):
    """One exact level of the nesting: `param`, or `params` for a tuple."""

    model_config = ConfigDict(json_schema_extra=_exactly_one("param", "params"))

    param: Name | None = Field(default=None, description="the param whose value is the key")
    params: list[Name] | None = Field(default=None, min_length=2, description="several params that make one tuple key")
    column: Expression | None = Field(
        default=None,
        description="the CSV column, or for an int param an expression over columns (`128 // tp_size`); "
        "default: a column of the param's name",
    )
    columns: list[Expression] | None = Field(default=None, description="with `params`: one column or expression each")
    default: Value | int | None = Field(default=None, description="value when the file has no such column")
    alias: dict[Value, Value] = Field(
        default_factory=dict,
        max_length=64,
        description="text in the file -> the value it stands for",
        json_schema_extra=_VALUE_KEYS,
    )
    only: list[Value] = Field(
        default_factory=list, max_length=64, description="rows with another value in this column are left out"
    )
    fallback: Value | None = Field(
        default=None, description="value used when the table has no entry for the one asked for (quant and str params)"
    )
    nearest: bool = Field(
        default=False, description="int params: use the nearest collected value when the one asked for is missing"
    )
    alike: Alike | None = Field(
        default=None, description="with `params`: the tuple to use when the one asked for was not collected"
    )
    lookup: Expression | None = Field(
        default=None, description="expression over the params that gives the key asked for; default: the param itself"
    )


class NestingAxis(Part):
    """One interpolation axis of the nesting."""

    axis: AxisName
    column: Expression | None = Field(
        default=None, description="CSV column or an expression over columns (`isl + step`); default: the axis' name"
    )


class Targets(Part):
    """Pre-interpolation: grid values that are filled in when the table is loaded, for nestings of 2 or 3 axes."""

    values: dict[
        AxisName,
        Union[
            Literal[
                "collected",
                "context_sequence",
                "context_sequence_16",
                "context_batch",
                "generation_batch",
                "generation_sequence",
                "heads",
            ],
            GridValues,
        ],
    ] = Field(
        description="per axis: `collected` (only the values in the file), a named list (`heads` from the fewest "
        "collected heads on), or a list of numbers"
    )
    sqrt_second_axis: bool = Field(
        default=False, description="interpolate the square root along the second axis (quadratic growth)"
    )


Unit = Literal["ms", "us", "ns", "s"]


class Latency(Part):
    """Where the measured latency is."""

    column: Expression = Field(
        default="latency", description="CSV column, or an expression over columns (`pre + post`)"
    )
    unit: Unit = Field(default="ms", description="unit of the column; loaded tables are in ms")


class Nesting(Part):
    """The dict order of the perf table: exact keys, then one to three interpolation axes."""

    keys: list[Key] = Field(default_factory=list, max_length=MOST_KEYS, description="exact levels, outermost first")
    axes: list[NestingAxis] = Field(
        min_length=1, max_length=3, description="interpolation levels below the keys, in the order of the dict"
    )
    method: Literal["linear", "bilinear", "cubic"] = Field(
        description="linear: 1 or 2 axes (2: scipy's triangles, as the target's 2-D helper); "
        "bilinear: 2 or 3 axes; cubic: 3 axes"
    )
    outside: Literal["error", "clamp", "extrapolate"] = Field(
        default="error", description="what a query outside the collected range gets"
    )
    pre_interpolate: Targets | None = Field(default=None, description="grid values to fill in when the table is loaded")
    latency: Latency = Field(default_factory=Latency.model_construct, description="where the measured latency is")
    rows: Expression | None = Field(
        default=None, description="condition over columns (`op_name == 'pre'`); other rows are left out"
    )


class PhaseNesting(Part):
    """A nesting for each phase that is used."""

    context: Nesting | None = None
    generation: Nesting | None = None


class PhaseNumber(Part):
    """A number for each phase that is used."""

    context: Scale | None = None
    generation: Scale | None = None


class PhaseExpression(Part):
    """An expression for one phase or both."""

    context: Expression | None = None
    generation: Expression | None = None


class Place(Part):
    """Where the op stands in a model's op list: exactly one of the three. Of several names the first one found wins."""

    model_config = ConfigDict(json_schema_extra=_exactly_one("before", "after", "replace"))

    before: Anchors | None = Field(default=None, description="put in front of it")
    after: Anchors | None = Field(default=None, description="put behind it")
    replace: Anchors | None = Field(default=None, description="put in its place; what it replaces is recorded")


class Wiring(Part):
    """One model class and phase that uses the op."""

    model: ClassNames = Field(description="model class; of several names the first one that the tree has")
    phase: PhaseName = Field(description="the op list that it goes into")
    at: Place = Field(description="where in that list")
    when: Conditions | None = Field(
        default=None,
        description="condition over what is in scope there; of several the first whose names are all in scope. "
        "Without one the op is always there; `[]` says that this is meant",
    )
    scale: ScopeExpressions | None = Field(
        default=None,
        description="scale factor expression (default: the one of the op it is placed at). "
        "The MTP factor is added in generation where the class has one",
    )
    args: dict[Name, Arguments] = Field(
        default_factory=dict,
        description="param -> expression over what is in scope there; of several the first whose names are in scope",
    )
    name: str | None = Field(
        default=None,
        pattern=OP_NAME_PATTERN,
        description="the op's name in the model (default: `<phase>_<op>`). "
        "`context_attention` and `generation_attention` are costed per request in mixed steps",
    )
    optional: bool = Field(
        default=False, description="a tree without the class or anchor skips this wiring instead of refusing the spec"
    )


class DataFile(Part):
    """A perf table to put into the checkout (step 5 of the guide). An existing file is never overwritten."""

    file: str = Field(pattern=FILE_PATTERN, max_length=200, description="CSV file, relative to the spec")
    phase: PhaseName | None = Field(default=None, description="per_phase tables: which phase it holds")
    system: Directory = Field(description="system directory, such as h200_sxm")
    backend: Literal["trtllm", "sglang", "vllm"] = Field(description="backend directory")
    version: Directories = Field(
        description="backend version directory; of several the first that the tree has; `newest` takes the newest one"
    )
    optional: bool = Field(default=False, description="skip the file when the tree has no such directory")


class Spec(Part):
    """An op spec, format 1."""

    newop: Literal[1] = Field(description="version of the spec format")
    op: Name = Field(description="the op's name")
    summary: Text = Field(description="one line that says what the op computes")
    class_name: ClassName | None = Field(
        default=None, description="stem of the class names (default: the op's name in camel case)"
    )
    params: dict[Name, Param] = Field(
        default_factory=dict, max_length=24, description="structural parameters, in the order of the query's arguments"
    )
    phases: Phases = Field(description="phases and how their measurements are filed")
    axis: Axis = Field(description="what the cost depends on at run time")
    sol: Sol | PhaseSol = Field(description="speed of light: one formula, or one per phase")
    nesting: Nesting | PhaseNesting = Field(description="the dict order of the perf table: one, or one per phase")
    empirical: Scale | PhaseNumber = Field(
        description="empirical scale: EMPIRICAL = SOL / scale, on releases that use a constant"
    )
    missing: Literal["raise", "sol"] = Field(
        default="raise",
        description="what SILICON gives without data: raise PerfDataNotAvailableError, or the SOL as mamba2 and gdn do",
    )
    unreached: dict[Text, Text] = Field(
        default_factory=dict,
        max_length=64,
        description="parts of a formula that no question of verify reaches, by the name that verify gives them: the "
        "reason why that is right",
    )
    weights: Expression | PhaseExpression | None = Field(
        default=None, description="bytes of weights held on one GPU, an expression over the params"
    )
    wiring: list[Wiring] = Field(default_factory=list, max_length=64, description="model classes that use the op")
    data: list[DataFile] = Field(
        default_factory=list, max_length=64, description="perf tables to put into the checkout"
    )
