"""What all wiring tests share: ops to wire, trees to wire them into, and every op that can be an anchor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newop_gen.checkout.python import PythonSource
from newop_gen.checkout.tree import Tree
from newop_gen.model.op import Op
from newop_gen.plan import FileChange, Plan, Step
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.spec.model import Spec
from newop_gen.wiring import WiringFacts
from newop_gen.wiring.classes import ModelIndex
from newop_gen.wiring.sites import Anchors

PHASES = ("context", "generation")
WAYS = ("before", "after", "replace")
ALWAYS = "self.config.tp_size > 0"

CORE = "aic-core/src/aiconfigurator_core/sdk"


def facts_of(tree: Tree) -> WiringFacts:
    """The wiring facts of a tree, found without the layouts."""
    sdk = CORE if tree.is_dir(CORE) else tree.at("sdk")
    files = (f"{sdk}/models.py",)
    if tree.is_dir(f"{sdk}/models"):
        files = tuple(f"{sdk}/models/{name}" for name in tree.listdir(f"{sdk}/models") if name.endswith(".py"))
    common = tree.python(f"{sdk}/common.py")
    assert common is not None
    return WiringFacts(files, "bfloat16" if b"\n    bfloat16 = " in common.data else "float16")


def op_with(wiring: Sequence[dict[str, Any]], name: str = "new_op", **more: Any) -> Op:
    """An op of two int params, or with the fields of `more`, wired as said."""
    spec = {
        "newop": 1,
        "op": name,
        "summary": "an op to be wired",
        "params": {"width": {"type": "int"}, "layers": {"type": "int"}},
        "phases": {"used": ["context", "generation"], "table": "one"},
        "axis": {"query": "b,s"},
        "sol": {"parts": [{"name": "all", "bytes": "b * s"}]},
        "nesting": {"axes": [{"axis": "b"}, {"axis": "s"}], "method": "linear"},
        "empirical": 0.5,
        "wiring": list(wiring),
    }
    return Op.from_spec(Spec.model_validate(spec | more))


def wiring(model: str, phase: str, way: str, anchor: str | list[str], **more: Any) -> dict[str, Any]:
    """One wiring of such an op."""
    args = {"width": "self._hidden_size // self.config.tp_size", "layers": 3}
    return {"model": model, "phase": phase, "at": {way: anchor}, "args": args} | more


@dataclass(frozen=True)
class Target:
    model: str
    file: str
    phase: str
    anchor: str


def targets(tree: Tree, facts: WiringFacts) -> Iterator[Target]:
    """Every op that can be an anchor: the names that are written out, per class and phase."""
    index = ModelIndex(tree, facts)
    for name in index.names():
        model = index.find(name)
        assert model is not None
        anchors = Anchors(model, facts.ops_module, ())
        for phase in PHASES:
            for anchor in anchors.names(phase):  # type: ignore[arg-type]
                yield Target(name, model.source.path, phase, anchor)


def changes_of(tree: Tree, *steps: Step) -> list[FileChange]:
    """The merged changes of some steps, checked as every plan is."""
    changes = Plan(str(tree.root), "test", tuple(s.op for s in steps), steps, tree.sources()).changes()
    check_postcondition(changes)
    return changes


def patched(tree: Tree, changes: Sequence[FileChange]) -> Tree:
    """The tree with changes made in memory."""
    after = Tree(tree.root, tree.places)
    for path, data in tree.sources().items():
        after._sources[path] = PythonSource(path, data)
    for change in changes:
        after._sources[change.path] = PythonSource(change.path, change.after)
    return after


def toy_tree(root: Path, models: bytes) -> Tree:
    """A tree with these models and the toy configuration, as a flat layout has them."""
    package = root / "aiconfigurator"
    (package / "sdk").mkdir(parents=True)
    (package / "__init__.py").touch()
    toy = Path(__file__).parent / "toy"
    for name in ("common.py", "config.py"):
        (package / "sdk" / name).write_bytes((toy / name).read_bytes())
    (package / "sdk" / "models.py").write_bytes(models)
    return Tree.open(root)


TOY = WiringFacts(("aiconfigurator/sdk/models.py",), "float16")
