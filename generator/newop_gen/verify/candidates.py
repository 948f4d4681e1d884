"""Models for which a wiring's condition holds, and models for which it doesn't.

The checkout's own models come first. Where none of them satisfies a condition, one is made that might: a condition is
read for what it compares with constants (an architecture, a model's name, a field of the configuration), and models of
the class are built with those values.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.op import Op
from ..sol.check import compile_expr, names
from ..sol.evaluate import SolValueError, Value, evaluate
from ..sol.parse import parse
from ..sol.quants import canonical
from ..sol.tree import Compare, Int, Mode, Name, Str, walk
from ..sol.types import Type
from .bench import Bench
from .system import BACKEND

BASE = {"tp_size": 1, "pp_size": 1, "moe_tp_size": 1, "moe_ep_size": 1, "attention_dp_size": 1}
ACCEPT_RATES = [0.85, 0.3, 0.0, 0.0, 0.0]
DERIVED = 4  # models of a class that a made-up value is tried on
HEADS = 8
IDENTITY = ("architecture", "model_name", "model_path")  # what a model is known by


@dataclass
class Built:
    """A model that was built: its class, its op lists, what names stood for where it was made."""

    handle: str
    label: str
    model: str
    settings: dict[str, Any]
    taken: dict[str, str]
    told: Mapping[str, Any]
    scopes: list[dict[str, Any]] = field(default_factory=list)

    def ops(self, phase: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.told[phase]
        return found

    def is_a(self, name: str) -> bool:
        return name in self.told["bases"]


class Shelf:
    """Builds models, each once."""

    def __init__(self, bench: Bench, catalogue: Mapping[str, Any]) -> None:
        self.bench = bench
        self.catalogue = catalogue
        self.ours = [bench.op.class_name(p) for p in bench.op.phases]
        self.names = sorted(_names(bench.op))
        self._built: dict[str, Built | None] = {}
        self.refused: list[tuple[str, Mapping[str, Any]]] = []  # what could not be built, and why

    def build(
        self, model: str, label: str = "", taken: Mapping[str, str] | None = None, **settings: Any
    ) -> Built | None:
        """A model, or None where the checkout can't build it so. `taken` are attributes that its op lists are made
        with in place of its own."""
        chosen = {**BASE, **settings}
        key = json.dumps([model, chosen, taken], sort_keys=True)
        if key not in self._built:
            handle = f"model-{len(self._built)}"
            told = self.bench.session.attempt(
                "build", handle=handle, model=model, settings=chosen, backend=BACKEND, ours=self.ours,
                names=self.names, taken=dict(taken or {}),
            )  # fmt: skip
            if "error" in told and chosen["tp_size"] > chosen["moe_tp_size"]:
                # Experts may have to be spread over as many GPUs as the rest.
                self._built[key] = self.build(model, label, taken, **{**settings, "moe_tp_size": chosen["tp_size"]})
            elif "error" in told:
                self._built[key] = None
                self.refused.append((label or model, told))
            else:
                text = ", ".join([label or model, *(f"{k}={v}" for k, v in settings.items() if k in chosen)])
                self._built[key] = Built(handle, text, model, settings, dict(taken or {}), told, told["scopes"])
        return self._built[key]

    def again(self, built: Built, **settings: Any) -> Built | None:
        """The same model with other settings."""
        return self.build(built.model, built.label, built.taken, **{**built.settings, **settings})

    def of_class(self, name: str) -> Iterator[Built]:
        """The checkout's own models of a class, on one GPU."""
        for model in self.catalogue:
            built = self.build(model)
            if built is not None and built.is_a(name):
                yield built

    def derived(self, name: str, condition: str) -> Iterator[Built]:
        """Models of a class that a condition might hold for, those that are nearest to a real one first."""
        hosts = list(self.of_class(name))[:DERIVED]
        for path, value in _compared(condition):
            attribute = path.removeprefix("self.")
            if attribute in IDENTITY and isinstance(value, str):
                real = [self.build(value)] if attribute != "architecture" else []
                real += [self._with_architecture(h, value) for h in hosts if attribute == "architecture"]
                yield from _present(real)
                if not any(real):
                    # A release may know the class and not this member of its family.
                    yield from _present(
                        [self.build(h.model, f"{h.model} taken for {value}", {attribute: value}) for h in hosts]
                    )
            elif attribute.startswith("config."):
                for host, setting in itertools.product(hosts, _near(value)):
                    settings = {attribute.removeprefix("config."): setting}
                    built = self.build(host.model, **settings)
                    yield from _present([built or self._with_heads(host, settings)])

    def _with_architecture(self, host: Built, architecture: str) -> Built | None:
        """A model under another architecture."""
        folder = self._configured(host.model, architecture, lambda raw: {**raw, "architectures": [architecture]})
        return self.build(folder, f"{host.model} as {architecture}") if folder else None

    def _with_heads(self, host: Built, settings: Mapping[str, Any]) -> Built | None:
        """A model with more heads, which more GPUs can share."""

        def more(raw: Mapping[str, Any]) -> dict[str, Any]:
            return {k: v * HEADS if type(v) is int and k.endswith(("heads", "n_groups")) else v for k, v in raw.items()}

        folder = self._configured(host.model, f"{HEADS}-times-heads", more)
        return self.build(folder, f"{host.model} with {HEADS} times the heads", **settings) if folder else None

    def _configured(self, model: str, how: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> str | None:
        """A directory with a model's configuration, changed."""
        raw = self.catalogue.get(model)
        if not isinstance(raw, dict):
            return None
        folder = self.bench.scratch / "models" / f"{model.replace('/', '--')}-{how}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(change(raw)), encoding="utf-8")
        return str(folder)


def _present(found: Sequence[Any]) -> Iterator[Built]:
    yield from (b for b in found if isinstance(b, Built))


def _names(op: Op) -> set[str]:
    """Every dotted name that the op's wirings mention."""
    found: set[str] = set()
    for wiring in op.spec.wiring:
        for text in (
            *listed(wiring.when),
            *listed(wiring.scale),
            *(t for a in wiring.args.values() for t in listed(a)),
        ):
            if isinstance(text, str):
                found |= names(parse(text, dotted=True))
    return found


def listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _compared(text: str) -> Iterator[tuple[str, Any]]:
    """What an expression compares with constants: (dotted name, value)."""
    for node in walk(parse(text, dotted=True)):
        if isinstance(node, Compare):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(side, Name) and isinstance(other, (Str, Int)):
                    yield side.id, other.value
                elif isinstance(side, Name) and isinstance(other, (Mode, Name)):
                    yield side.id, {"mode": other.name if isinstance(other, Mode) else other.id}


def _near(value: Any) -> list[Any]:
    """Settings that a comparison with `value` may hold for: itself, around it, and the powers of two about it."""
    if isinstance(value, bool) or not isinstance(value, int):
        return [] if isinstance(value, dict) else [value]
    power = 1
    while power <= value:
        power *= 2
    return list(dict.fromkeys(v for v in (value, power, power // 2, value + 1, value - 1) if v >= 1))


# expressions over what is in scope


def in_scope(built: Built, texts: Sequence[Any], bench: Bench) -> list[Any] | None:
    """Values of the first expression whose names are all in scope where the model is made: one per place where they
    are, most often all alike. None when none of them is."""
    for text in texts:
        if not isinstance(text, str):
            return [text]
        wanted = names(parse(text, dotted=True))
        values = []
        for scope in reversed(built.scopes):
            if all(n in scope or n in bench.facts.modes or n in ("float16",) for n in wanted):
                value = _value(text, {n: scope[n] for n in wanted if n in scope}, bench)
                if value is not None and value not in values:
                    values.append(value)
        if values:
            return values
    return None


def _value(text: str, scope: Mapping[str, Any], bench: Bench) -> Any:
    """An expression's value in a scope; None where it has none. Modes come as their canonical names."""
    env: dict[str, Type] = {}
    values: dict[str, Value] = {}
    for name, value in scope.items():
        if isinstance(value, dict) and "enum" in value:
            mode = canonical(value["enum"][1])
            if mode not in bench.facts.modes:
                return None
            env[name], values[name] = Type.QUANT, bench.facts.modes[mode]
        elif isinstance(value, bool):
            env[name], values[name] = Type.BOOL, value
        elif isinstance(value, (int, float, str)):
            env[name] = {int: Type.INT, float: Type.REAL, str: Type.STR}[type(value)]
            values[name] = value
        else:
            return None
    expr, _ = compile_expr(text, env, dotted=True, bounded=False)
    if expr is None:
        return None
    try:
        found = evaluate(expr, values, modes=bench.facts.modes)
    except SolValueError:
        return None
    return getattr(found, "name", found)
