"""What apply inserts, per layout and example, as text to read: one golden file per example and family of layouts.

    python tests/golden/goldens.py          writes them anew (`make goldens`)

A golden holds nothing but what is inserted: step by step, file by file, the text and the line that it follows. What the
layouts of a family share stands in it once, with marks where they differ (`support/woven.py`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from checkouts import VERSIONS, copy_fixture  # noqa: E402
from support.applying import EXAMPLES, prepare  # noqa: E402
from support.woven import unweave, weave  # noqa: E402

from newop_gen.plan import Creation, Plan, Replacement  # noqa: E402
from newop_gen.spec.load import load_specs  # noqa: E402

#: Fixtures whose goldens share a file, oldest first: most of what is inserted into them is the same.
FAMILIES = {"python": ("v0_6", "v0_7", "v0_8", "v0_9", "v0_10", "v0_11")}


def cases() -> list[tuple[str, Path]]:
    """(fixture, spec) of every text that a golden holds."""
    return [(fixture, spec) for fixture in VERSIONS for spec in EXAMPLES]


def files() -> dict[Path, tuple[str, ...]]:
    """The golden files, with the fixtures whose texts each holds."""
    return {golden_path(family[0], spec): family for family in FAMILIES.values() for spec in EXAMPLES}


def golden_path(fixture: str, spec: Path) -> Path:
    family = next(name for name, fixtures in FAMILIES.items() if fixture in fixtures)
    return HERE / family / f"{spec.stem}.txt"


def golden(fixture: str, spec: Path) -> str:
    """The text that the golden file has for one case."""
    return unweave(golden_path(fixture, spec).read_text(encoding="utf-8"), label(fixture))


def label(fixture: str) -> str:
    """A fixture as marks name it."""
    return fixture[1:].replace("_", ".")


def text(fixture: str, spec: Path) -> str:
    """The golden of one case, made now."""
    with tempfile.TemporaryDirectory() as folder:
        root = copy_fixture(fixture, Path(folder))
        return describe(prepare(load_specs([spec]), root).plan)


def describe(plan: Plan) -> str:
    lines = [f"layout {plan.layout}", ""]
    for step in plan.steps:
        lines.append(f"=== {step.key}: {step.title}")
        lines += [f"note: {note}" for note in step.notes]
        lines += [f"skipped: {skip.what}: {skip.why}" for skip in step.skips]
        for edit in step.edits:
            if isinstance(edit, Creation):
                lines.append(f"--- new file {edit.path}")
                lines += _table(edit) if edit.data else _body(edit.content)
                continue
            at = edit.start if isinstance(edit, Replacement) else edit.offset
            lines.append(f"--- {edit.path}, after: {_line_before(plan.sources[edit.path], at)}")
            if isinstance(edit, Replacement):
                lines.append(f"in place of {len(edit.old)} bytes")
            lines += _body(edit.text)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _body(data: bytes) -> list[str]:
    return [f"|{line}" for line in data.decode("utf-8").replace("\r\n", "\n").rstrip("\n").split("\n")]


def _table(edit: Creation) -> list[str]:
    """What a perf table holds, not its bytes: these differ among versions of pyarrow."""
    if edit.path.endswith(".parquet"):
        table = pyarrow.parquet.read_table(io.BytesIO(edit.content))
        header = [f"{field.name}: {field.type}" for field in table.schema]
        rows = [[str(value) for value in row.values()] for row in table.to_pylist()]
    else:
        header, *rows = csv.reader(io.StringIO(edit.content.decode("utf-8")))
    shown = [",".join(cells) for cells in (header, rows[0], rows[-1])]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
    return [f"|{shown[0]}", f"|{shown[1]}", "|...", f"|{shown[2]}", f"{len(rows)} rows, digest {digest}"]


def _line_before(data: bytes, offset: int) -> str:
    """The last line with text before the place: fixtures are our own, so it may stand in a golden."""
    return data[:offset].decode("utf-8").rstrip().rsplit("\n", 1)[-1].strip()


def main() -> None:
    for path, family in files().items():
        spec = next(spec for spec in EXAMPLES if spec.stem == path.stem)
        path.parent.mkdir(exist_ok=True)
        path.write_text(weave({label(fixture): text(fixture, spec) for fixture in family}), encoding="utf-8")
        print(path.relative_to(HERE))


if __name__ == "__main__":
    main()
