"""From an op of a checkout to a draft of a spec. What could not be read is a TODO, beside what stands in for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...problems import Place, Problem, SpecError
from ...spec.model import MOST_KEYS
from ...spec.rules.names import MODES
from ..draft import Draft, KeyDraft, NestingDraft, ParamDraft, op_name, param_names
from ..questions import FIRST_MODES
from ..vocabulary import unit_of
from ..write import checked, comment, rendered
from .existing import Existing, Level
from .ready import fitting, renamed
from .rows import Value

"""As many exact levels as a spec can have."""
USUAL_METHOD = {1: "linear", 2: "bilinear", 3: "cubic"}


@dataclass(frozen=True)
class Likened:
    """A first spec made after an op. `said` are (subject, text) lines for people; `placeholder`: its SOL is one."""

    op: str
    text: str
    said: tuple[tuple[str, str], ...]
    placeholder: bool


def like(existing: Existing, name: str = "") -> Likened:
    """A first spec, valid, that begins where `existing` stands: from its ready-made spec where exactly one fits the
    checkout's code, else from the code. Raises `SpecError` where its nesting can't be read."""
    op = op_name(name or f"my_{existing.name}")
    ready = fitting(existing)
    where = f"{existing.name}: {existing.place}"
    asks = ", ".join(existing.queries) or "no query reads it"
    said = [("op", where), ("table", ", ".join(existing.files) or "no file name"), ("queries", asks)]
    if len(ready) == 1:
        fits = "its levels are those of this checkout's table"
        if existing.unread:
            fits = "it has the columns that this checkout's loader reads"
        said.append(("start", f"the ready-made spec {ready[0].name}: {fits}"))
        if existing.unread:
            said.append(("note", f"TODO its nesting was not compared: {existing.unread}"))
        text = renamed(ready[0], op, existing.name, compared=not existing.unread)
        return Likened(op, text, tuple(said), placeholder=False)
    if ready:
        names = ", ".join(path.name for path in ready)
        said.append(("ready-made", f"{names} all fit: their first lines say of which release each is"))
    if existing.unread:
        raise _unreadable(existing, existing.unread)
    draft, text = _valid(existing, op)
    nesting = next(iter(draft.nestings.values()))
    keys = " > ".join("(" + ", ".join(k.params) + ")" if len(k.params) > 1 else k.params[0] for k in nesting.keys)
    axes = ", ".join(f"{axis} from {column}" for axis, column in nesting.axes)
    said += [("start", "the code of its loader and queries"), ("phases", ", ".join(draft.used))]
    said += [("axis decision", draft.query), ("keys", keys or "none"), ("axes", axes), ("method", nesting.method)]
    said += [("note", note) for note in nesting.notes]
    return Likened(op, text, tuple(said), placeholder=True)


def _unreadable(existing: Existing, why: str) -> SpecError:
    return SpecError(
        Problem(existing.place, f"{existing.name} can't be a starting point: {why}",
                "one loop that files each row below keys made of its columns, and queries that tell keys from axes",
                "start from another op (`newop-gen init --like --spec MINE.yaml` ranks them), or from a table with "
                "--from-csv", "init-like")
    )  # fmt: skip


def _valid(existing: Existing, op: str) -> tuple[Draft, str]:
    """The draft with what expressions could be read, or where they are more than a spec allows, with columns alone."""
    for plain in (False, True):
        draft = _Drafting(existing, op, plain).draft()
        text = rendered(draft)
        try:
            checked(text)
        except SpecError as error:
            wrong = error
        else:
            return draft, text
    raise _unreadable(existing, f"a spec can't say it ({wrong.problems[0].found})")


class _Drafting:
    def __init__(self, existing: Existing, op: str, plain: bool) -> None:
        self.existing, self.op, self.plain = existing, op, plain
        self.notes = list(existing.notes)
        self.params: dict[str, ParamDraft] = {}

    def draft(self) -> Draft:
        existing = self.existing
        keys = [self._key(level, names) for level, names in zip(existing.keys, self._names(existing.keys))]
        axes = self._axes()
        count = len(axes)
        method = "linear" if count == 1 else existing.method
        if not method:
            method = USUAL_METHOD[count]
            self.notes.append(f"TODO method: its queries do not name one; {method} is the usual one of {count} axes")
        column, unit = self._latency()
        nesting = NestingDraft(
            tuple(self._folded(keys)), axes, method, column, unit, notes=tuple(self._worded(self.notes))
        )
        file = existing.place.file.rpartition("/")[2]
        return Draft(
            op=self.op,
            summary=f"TODO what {self.op} computes",
            origin=comment(f"{existing.name}, as a checkout has it ({file}, line {existing.place.line})"),
            params=self.params,
            used=existing.phases,
            table="one",
            query=existing.query,
            query_why=f"as {existing.name}",
            nestings=dict.fromkeys(existing.phases, nesting),
            prefix=existing.prefix,
        )

    def _worded(self, notes: Sequence[str]) -> list[str]:
        return [f"{self.existing.name}: {note}" if not note.startswith("TODO") else note for note in notes]

    def _names(self, levels: Sequence[Level]) -> list[tuple[str, ...]]:
        """Names for the params of each level: of its column, or of what the loader calls it."""
        wanted = [[_called(value, level) for value in _members(level)] for level in levels]
        types = {name: "int" for names in wanted for name in names}
        given: Mapping[str, str] = param_names(types, types)
        taken = set(self.params)
        result = []
        for names in wanted:
            own = []
            for name in names:
                free, number = given[name], 2
                while free in taken:
                    free, number = f"{given[name]}_{number}", number + 1
                taken.add(free)
                own.append(free)
            result.append(tuple(own))
        return result

    def _param(self, name: str, value: Value) -> str:
        """The type of a new param, which is noted down as one."""
        kind = value.kind if value.kind in ("int", "str", *MODES) else ""
        if kind in MODES:
            modes = tuple(m for m in FIRST_MODES if m in MODES[kind]) or MODES[kind][:1]
            self.params[name] = ParamDraft(kind, modes, "TODO modes: those that the op has kernels for")
        else:
            self.params[name] = ParamDraft(kind or "str", (), "" if kind else "TODO type: it can't be read")
        return kind or "str"

    def _key(self, level: Level, names: tuple[str, ...]) -> KeyDraft:
        columns, notes, default = [], [], None
        for name, value in zip(names, _members(level)):
            kind = self._param(name, value)
            column, note = self._column(value, level, name, kind)
            columns.append(column)
            notes += [note] if note else []
            plain = value.single and (isinstance(value.default, int) == (kind == "int"))
            default = value.default if len(names) == 1 and kind in ("int", "str") and plain else None
        return KeyDraft(names, tuple(columns), note="; ".join(notes), default=default)

    def _column(self, value: Value, level: Level, name: str, kind: str) -> tuple[str, str]:
        """The column, or expression, and what is to be said beside it."""
        if value.text and (value.single or (kind == "int" and value.columns and not self.plain)):
            return value.text, ""
        if not value.columns:
            return name, f"TODO column: it can't be read, the loader has {level.written}"
        column = level.written if level.written in value.columns else value.columns[0]
        if len(value.columns) == 1:
            return column, f"TODO the loader changes what the column holds: {level.written}"
        return column, f"TODO the loader makes it of {', '.join(value.columns)}: {level.written}"

    def _axes(self) -> tuple[tuple[str, str], ...]:
        sizes = [level for role, level in self.existing.axes if not role]
        names = iter(self._names(sizes))
        axes = []
        for role, level in self.existing.axes:
            axis = role
            if not role:
                (axis,) = next(names)
                self._param(axis, replace(level.value, kind="int"))
            column, note = self._column(level.value, level, axis, "int")
            self.notes += [f"{note} (axis {axis})"] if note else []
            axes.append((axis, column))
        return tuple(axes)

    def _latency(self) -> tuple[str, str]:
        value = self.existing.latency
        units = {unit_of(column) for column in value.columns}
        unit = units.pop() if len(units) == 1 else ""
        if unit not in ("", "ms"):
            self.notes.append(f"TODO unit: {unit}, by the names of its columns")
        if value.text and value.columns and not (self.plain and not value.single):
            return value.text, unit or "ms"
        found = " + ".join(value.columns) if not self.plain else "".join(value.columns[:1])
        said = f"of {', '.join(value.columns)} in a way" if value.columns else "in a way"
        self.notes.append(f"TODO latency: the loader makes it {said} that can't be read")
        return found or "latency", unit or "ms"

    def _folded(self, keys: list[KeyDraft]) -> list[KeyDraft]:
        """At most `MOST_KEYS`: of more, the sizes at the end are one tuple."""
        if len(keys) <= MOST_KEYS:
            return keys
        first = len(keys)
        while first and all(self.params[name].type == "int" for name in keys[first - 1].params):
            first -= 1
        last = keys[first:]
        if len(last) < 2:
            return keys
        self.notes.append(f"{len(keys)} exact levels are more than {MOST_KEYS}: here the sizes are one tuple")
        columns = tuple(column for key in last for column in key.columns)
        self.notes += [key.note for key in last if key.note]
        return [*keys[:first], KeyDraft(tuple(name for key in last for name in key.params), columns)]


def _members(level: Level) -> tuple[Value, ...]:
    return level.value.parts or (level.value,)


def _called(value: Value, level: Level) -> str:
    if value.single or (level.value.parts and value.columns):
        return value.columns[0]
    if level.written.isidentifier():
        return level.written
    return value.columns[0] if value.columns else "key"


def choose(ops: Sequence[Existing], wanted: str) -> Existing:
    """The op of a name: its own, or that of its loader, query, operation or file. Raises `SpecError` for a name that
    none or several have."""
    import difflib

    plain = wanted.strip("_").lower()
    own = [op for op in ops if op.name == plain]
    found = own or [op for op in ops if any(name.strip("_").lower() == plain for name in op.names)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(op.name for op in found)
        raise SpecError(
            Problem(Place("--like"), f"{wanted!a} is a name of several ops", f"one of {names}", "", "init-like")
        )
    near = difflib.get_close_matches(plain, sorted(op.name for op in ops), 3, 0.4)
    raise SpecError(
        Problem(Place("--like"), f"no op of the checkout that has a table is called {wanted!a}",
                f"one of {', '.join(op.name for op in ops)}",
                f"did you mean {', '.join(near)}?" if near else "", "init-like")
    )  # fmt: skip
