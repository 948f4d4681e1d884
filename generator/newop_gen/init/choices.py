"""What somebody has said about a table: on the command line, on the terminal, or in a file of answers that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import ClassVar, Literal

from ..problems import IoFault, Place, Problem, SpecError
from ..spec.model import PhaseName, Unit


@dataclass(frozen=True)
class Choices:
    """What is not to be found out any more. `rows` is a condition over columns: other rows are left out."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    phase: PhaseName | None = None
    axes: Mapping[str, str] = field(default_factory=dict)
    latency: str = ""
    unit: Unit | Literal[""] = ""
    ignore: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rows: str = ""

    def over(self, other: Choices) -> Choices:
        """These choices, and the other ones where these say nothing; what is said of a column here counts."""
        said = {f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)}
        said["ignore"] = (*self.ignore, *(c for c in other.ignore if c not in (*self.ignore, *self.keys)))
        said["keys"] = (*self.keys, *(c for c in other.keys if c not in (*self.ignore, *self.keys)))
        return Choices(**said)

    def answered(self, column: str, answer: str) -> Choices:
        """With what somebody says of a column that tells rows apart: `key`, `ignore`, or the value that is meant."""
        if answer == "key":
            return replace(self, keys=(*self.keys, column))
        if answer == "ignore":
            return replace(self, ignore=(*self.ignore, column))
        condition = equals(column, answer)
        return replace(self, rows=both(self.rows, condition))


def equals(column: str, value: str, number: bool = False) -> str:
    """A condition over columns that keeps one value."""
    quoted = '"' + value + '"' if "'" in value else f"'{value}'"
    return f"{column} == {value if number else quoted}"


def both(one: str, other: str) -> str:
    """Two conditions over columns as one; "" says nothing."""
    parts = [f"({part})" if " or " in part else part for part in (one, other) if part]
    return " and ".join(dict.fromkeys(parts)) if len(parts) > 1 else one or other


def read_answers(path: Path) -> Choices:
    """The answers that an earlier run kept. Raises `SpecError` for what is no such file."""
    import yaml
    from pydantic import TypeAdapter, ValidationError

    expected = f"a file that --answers kept: {', '.join(f.name for f in fields(Choices))}"
    form = TypeAdapter(Choices)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return form.validate_python(said)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        why = getattr(fault, "strerror", None) or str(fault).splitlines()[0]
        raise SpecError(Problem(Place(str(path)), f"the answers can't be read ({why})", expected)) from None
    except ValidationError as fault:
        raise SpecError(
            Problem(Place(str(path)), f"{'.'.join(map(str, one['loc'])) or 'the answers'}: {one['msg']}", expected, "",
                    "init-answers")
            for one in fault.errors(include_url=False)
        ) from None  # fmt: skip


def keep_answers(path: Path, choices: Choices) -> None:
    """Raises `SpecError` when there is a file already, `IoFault` when it can't be written."""
    import yaml

    said = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(choices).items() if value
    }
    text = "# Answers that `newop-gen init` was given; --answers uses them for the next table of the same collector.\n"
    text += yaml.safe_dump(said, sort_keys=False) if said else "{}\n"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as fault:
        found = f"the answers can't be written ({fault.strerror})"
        raise IoFault(Problem(Place(str(path)), found, "a place that can be written to", "", "init-write")) from None
