"""The code blocks of pages, and the programs that they and the examples are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str) -> list[str]:
    """Give the code blocks of a language in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def run_blocks(page: str, folder: Path) -> str:
    """Run the Python blocks of a page as one script in a folder, and give what it printed."""
    script = folder / "page.py"
    script.write_text("\n\n".join(blocks(page, "python")), encoding="utf-8")
    return run_script(script, folder)


def run_script(script: Path, folder: Path, *arguments: str) -> str:
    """Run a script in a folder as a person would, and give what it printed."""
    ran = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
