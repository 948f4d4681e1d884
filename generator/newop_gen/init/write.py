"""A draft as the text of a spec, checked before anybody sees it, and written without touching a file that is there."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from ..problems import IoFault, Place, Problem, SpecError
from ..spec.load import LoadedSpec, load_spec
from .draft import Draft
from .wiring_example import Example, example

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(/[A-Za-z0-9_.]+)*")
# What YAML 1.1 reads as something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def rendered(draft: Draft) -> str:
    """The spec's text. What it says is checked by `checked`."""
    from ..data.places import SEARCHED_BATCH
    from ..render import environment

    env = environment("init")
    env.filters.update(scalar=scalar, comment=comment)
    text = env.get_template("spec.yaml.j2").render(d=_View(draft), searched_batch=SEARCHED_BATCH)
    return re.sub(r"[ \t]+\n", "\n", text).rstrip("\n") + "\n"


def checked(text: str, name: str = "spec.yaml") -> LoadedSpec:
    """`text` as `newop-gen validate` reads it. Raises `SpecError` when it isn't valid: with what init writes, an error
    of init's own."""
    with tempfile.TemporaryDirectory(prefix="newop-gen-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        return load_spec(path)


def write_new(path: Path, text: str) -> None:
    """Raises `SpecError` when there is something at `path` already, `IoFault` when it can't be written."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise taken(path) from None
    except OSError as fault:
        found = f"the spec can't be written ({fault.strerror})"
        raise IoFault(Problem(Place(str(path)), found, "a place that can be written to", "", "init-write")) from None


def taken(path: Path) -> SpecError:
    return SpecError(
        Problem(Place(str(path)), "this file exists already, and init never overwrites one", "a new file",
                "name another one: newop-gen init NEW.yaml ...", "init-exists")
    )  # fmt: skip


def scalar(value: object) -> str:
    """A value as YAML reads it back in flow style: quoted unless it is a plain word."""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def comment(text: str) -> str:
    """Text on one line of a comment, printable ASCII whatever a table held."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


class _View:
    """What the template asks a draft for beyond its fields."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def __getattr__(self, name: str) -> Any:
        return getattr(self._draft, name)

    @property
    def formula_items(self) -> list[tuple[str, tuple[str, str]]]:
        formulas = self._draft.formulas
        alike = len(set(formulas.values())) == 1
        return [("", next(iter(formulas.values())))] if alike else list(formulas.items())

    @property
    def nesting_items(self) -> list[tuple[str, object]]:
        nestings = self._draft.nestings
        return [("", next(iter(nestings.values())))] if self._draft.one_nesting else list(nestings.items())

    @property
    def wiring(self) -> Example:
        return example(self._draft)

    @property
    def wide(self) -> bool:
        return any(p.wide for p in self._draft.params.values())

    @property
    def blank(self) -> str:
        """Why the data entries are comments: what must be said about them first."""
        blank = dict.fromkeys(name for entry in self._draft.entries for name in entry.blank)
        if not blank:
            return ""
        words = {"system": "say which system", "backend": "say which backend", "file": "put the table beside this file"}
        return ", ".join(words[b] for b in blank) + ", then take the # away"
