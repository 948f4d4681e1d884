"""Draws the pictures of the README from a real run of the walk that it shows.

    python scripts/pictures.py [--browser CHROMIUM]

`docs/pictures/dry-run.svg` is the dry run as a terminal shows it: its steps and the lines that it would insert, without
those of the checkout around them, the middle of each step left out. `docs/pictures/review.png` is the top of the review
page. Spec and table are the README's own.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
WALK = "aisimulate-0.13.0"
WIDTH = 104
# Lines of one step that are shown; what every file begins with says little.
SHOWN = 5
LITTLE = ("+use ", "+//", '+"""', "+import ", "+from ")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", default="", help="Chromium for the review page (default: the first on the path)")
    args = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="newop-pictures-") as place:
        here = Path(place)
        written = re.search(r"```sh\n(cat > gated_norm\.yaml.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        assert written is not None, "README.md begins with the spec and its table"
        subprocess.run(["bash", "-euc", written[1]], cwd=here, check=True)
        run(here, "sandbox", WALK, "practice", "--system", "h200_sxm")
        command = ["apply", "gated_norm.yaml", "--checkout", "practice", "--dry-run"]
        draw(run(here, *command), f"newop-gen {' '.join(command)}")
        run(here, *command, "--html", "review.html")
        photograph(here / "review.html", args.browser)
    return 0


def run(here: Path, *words: str) -> str:
    """What a command prints, its last line of messages behind it."""
    done = subprocess.run(
        [sys.executable, "-m", "newop_gen", *words],
        cwd=here, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if line.startswith("dry run: ")]
    return "\n".join([done.stdout.rstrip("\n"), *said])


def lines(text: str) -> Iterator[tuple[str, str]]:
    """(style, line) of what is shown: headings of steps, the files, and the first inserted lines of each step."""
    shown = left = 0
    for line in text.splitlines():
        inserted = line.startswith("+") and not line.startswith("+++")
        if inserted:
            said = line.strip() != "+" and not line.startswith(LITTLE)
            if said and shown < SHOWN:
                shown += 1
                yield "green", line
            else:
                left += 1
        elif line.startswith(("# Step", "dry run: ")):
            if left:
                yield "dim", f"  ... {left} more lines"
            shown = left = 0
            yield ("bold" if line.startswith("#") else "bold cyan"), line


def draw(text: str, command: str) -> None:
    """The dry run as an SVG."""
    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    console.print(Text(f"$ {command}", style="bold"))
    for style, line in lines(text):
        console.print(Text(line[:WIDTH], style=style))
    own_fonts = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)  # nothing from elsewhere
    console.save_svg(str(PICTURES / "dry-run.svg"), title="newop-gen", unique_id="dry-run", code_format=own_fonts)


def photograph(page: Path, executable: str) -> None:
    """The top of the review page as a PNG."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.browser import Browser, find_browser

    found = executable or find_browser()
    if found is None:
        raise SystemExit("no Chromium on the path: name one with --browser")
    with Browser(found) as browser:
        browser.open(page, width=1280, height=820)
        browser.screenshot(PICTURES / "review.png")


if __name__ == "__main__":
    sys.exit(main())
