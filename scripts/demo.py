"""The main job on a real release, step by step: sandbox, dry run, apply, the op's answers, a model's estimate.

    python scripts/demo.py [--directory build/demo]

Everything happens in that directory, which is made anew each time. Each `$` line is a command that works as shown.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newop_gen.problems import NewopError
from newop_gen.sandbox import release_environment, runtime_python

ROOT = Path(__file__).resolve().parents[1]
SPEC = Path("specs/new_op.yaml")
RELEASE = "0.8.0"

# The system and the TensorRT-LLM version whose measured tables are asked, and that the spec puts its own tables beside.
SYSTEM, BACKEND, BACKEND_VERSION = "h200_sxm", "trtllm", "1.2.0rc5"

# The model that the spec's wiring condition holds for, in the shape of its published configuration (Qwen2.5 7B).
MODEL = {
    "architectures": ["Qwen2ForCausalLM"],
    "num_hidden_layers": 28,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16",
}
BATCH, ISL, OSL = 8, 2048, 256
WIDTHS = {"param1": MODEL["hidden_size"], "param2": MODEL["intermediate_size"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, default=Path("build/demo"), help="where it happens (removed first)")
    home: Path = parser.parse_args().directory
    clear(ROOT / home)
    checkout = home / f"aiconfigurator-{RELEASE}"

    step("1. A real release as a practice checkout")
    newop_gen("sandbox", RELEASE, checkout, "--system", SYSTEM)
    release = Asked(runtime_python(print), ROOT / checkout, ROOT / home)

    step("2. What the spec would change: nothing is written yet")
    newop_gen("apply", SPEC, "--checkout", checkout, "--dry-run")

    step("3. The model's estimate before")
    before = release.ask([])["estimate"]
    print(f"{BATCH} requests of {ISL} + {OSL} tokens, TP1, {SYSTEM}, {BACKEND}: {total(before):.1f} ms")

    step("4. Apply, and apply again")
    newop_gen("apply", SPEC, "--checkout", checkout)
    newop_gen("apply", SPEC, "--checkout", checkout)
    run("git", "-C", checkout, "status", "--short")

    step("5. The op's answers in the five database modes, from a real PerfDatabase")
    after = release.ask(queries())
    print_answers(after["answers"])

    step("6. The model's static estimate per op (ms), without and with the op")
    print_estimates(before, after["estimate"])
    print(f"\nThe checkout is {checkout}: look at it with git diff, or try a spec of your own on it.")
    print(
        "The same job on a release of today, whose ops are compiled (needs cargo): make demo TREE=aisimulate, or 0.12.0"
    )
    return 0


def clear(directory: Path) -> None:
    """An empty directory; only what an earlier run of this script made is removed."""
    mark = directory / "made-by-demo"
    if directory.exists():
        if not mark.is_file():
            sys.exit(f"demo: {directory} is there already, and not from an earlier run: name another --directory")
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    mark.write_text("")


def queries() -> list[dict[str, Any]]:
    """What step 5 asks: a measured point and one between measured points, per phase."""
    asked = []
    for phase in ("context", "generation"):
        for what, batch, length in (("measured", 8, 2048), ("between", 6, 3000)):
            asked.append(
                {
                    "label": f"{phase}, b={batch}, s={length} ({what})",
                    "method": f"query_{phase}_new_op",
                    "arguments": {"b": batch, "s": length, **WIDTHS},
                }
            )
    return asked


@dataclass(frozen=True)
class Asked:
    """A release's answers: `python` runs scripts/answers.py with the checkout on its path."""

    python: Path
    checkout: Path
    home: Path

    def ask(self, asked: list[dict[str, Any]]) -> dict[str, Any]:
        """What the checkout answers now; a new process each time, because its code may have changed."""
        request = {
            "system": SYSTEM,
            "backend": BACKEND,
            "version": BACKEND_VERSION,
            "model": str(described(self.home)),
            "tp": 1,
            "batch": BATCH,
            "isl": ISL,
            "osl": OSL,
            "queries": asked,
            "out": str(self.home / "answers.json"),
        }
        (self.home / "asked.json").write_text(json.dumps(request, indent=2))
        command = [str(self.python), str(ROOT / "scripts" / "answers.py"), str(self.home / "asked.json")]
        subprocess.run(command, check=True, env=release_environment(self.checkout), stdin=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads((self.home / "answers.json").read_text())
        return found


def described(home: Path) -> Path:
    """The directory with the model's configuration."""
    (home / "model").mkdir(exist_ok=True)
    (home / "model" / "config.json").write_text(json.dumps(MODEL, indent=2))
    return home / "model"


def print_answers(rows: list[list[Any]]) -> None:
    print(f"{'query':40} {'mode':10} {'ms':>12}")
    for label, mode, values, refusal in rows:
        if values is None:
            print(f"{label:40} {mode:10} {refusal}")
            continue
        bounds = f"   (math {values[1]:.6f}, memory {values[2]:.6f})" if len(values) == 3 else ""
        print(f"{label:40} {mode:10} {values[0]:12.6f}{bounds}")


def print_estimates(before: dict[str, Any], after: dict[str, Any]) -> None:
    for phase in ("context", "generation"):
        print(f"{phase:32} {'without':>12} {'with':>12} {'difference':>12}")
        for name in dict.fromkeys([*after[phase], *before[phase]]):
            without, now = before[phase].get(name, 0.0), after[phase].get(name, 0.0)
            if without or now:
                mark = "" if name in before[phase] else "   new"
                print(f"  {name:30} {without:12.3f} {now:12.3f} {now - without:12.3f}{mark}")
    print(f"{'total':32} {total(before):12.3f} {total(after):12.3f} {total(after) - total(before):12.3f}")


def total(estimate: dict[str, Any]) -> float:
    return sum(sum(phase.values()) for phase in estimate.values())


def step(title: str) -> None:
    print(f"\n=== {title}\n", flush=True)


def newop_gen(*arguments: object) -> None:
    """Runs the command line tool of this project's environment, shown as a user would type it."""
    run("newop-gen", *arguments, program=[str(Path(sys.executable).parent / "newop-gen")])


def run(name: str, *arguments: object, program: list[str] | None = None) -> None:
    words = [str(a) for a in arguments]
    print(f"$ {shlex.join([name, *words])}", flush=True)
    subprocess.run([*(program or [name]), *words], check=True, cwd=ROOT, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"demo: {shlex.join(map(str, error.cmd))} gave exit status {error.returncode}")
    except NewopError as error:
        sys.exit(f"demo: {error}")
