"""Questions that layouts of Python trees have in common: does the tree have what the edits need?

Each probe asks for the very anchor that an edit will use, so that a tree in between two releases works when it has
them all, and is refused with the one that it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ...edits.python.find import attempt, last_assign_in_class
from ...problems import CheckoutRefused, Place
from ..base import Probe
from .sdk import Sdk


@dataclass
class Questions:
    """The probes that were asked of a tree so far, in the order in which they are explained."""

    sdk: Sdk
    probes: list[Probe] = field(default_factory=list)

    def ask(
        self, name: str, asks: str, found: bool, detail: str = "", where: Place | None = None, required: bool = True
    ) -> bool:
        self.probes.append(Probe(name, asks, found, detail, where, required))
        return found

    def names(self, probe: str, asks: str, wanted: Collection[str], there: Collection[str]) -> None:
        """Whether several names are all there; which of them aren't."""
        missing = [name for name in wanted if name not in there]
        self.ask(probe, f"{asks} {', '.join(wanted)}?", not missing, f"no {', '.join(missing)}" if missing else "")

    def enum_members(self) -> None:
        sdk, last = self.sdk, None
        if sdk.common and sdk.enum:
            last = attempt(last_assign_in_class, sdk.common, sdk.enum)[0]
        self.ask(
            "enum",
            "does sdk/common.py have class PerfDataFilename with members that end in one suffix?",
            last is not None and sdk.suffix is not None,
            f"suffix {sdk.suffix}" if sdk.suffix else "",
            sdk.common.place(sdk.enum) if sdk.common and sdk.enum else None,
        )

    def model_files(self) -> None:
        models = self.sdk.models
        kind = "no model file" if not models else "models.py" if len(models) == 1 else "models/ package"
        self.ask("models", "does the tree have sdk/models.py or a sdk/models package?", bool(models), kind)

    def sixteen_bit(self) -> None:
        mode = self.sdk.sixteen_bit
        self.ask("sixteen-bit", "what is the 16-bit quant mode called?", mode is not None, mode or "")

    def tests(self) -> None:
        tests = self.sdk.test_folder
        self.ask(
            "tests", "is there a test tree for a generated unit test?", tests is not None, tests or "", required=False
        )


def guarded(questions: Questions, ask: Callable[[], None]) -> list[Probe]:
    """The probes that `ask` asks; a file that can't be read or parsed is a probe that failed, not an error."""
    try:
        ask()
    except CheckoutRefused as refusal:
        problem = refusal.problems[0]
        questions.ask("readable", "can the target files be read?", False, problem.found, problem.place)
    return questions.probes
