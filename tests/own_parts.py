"""The folder of one's own that docs/extending.md shows, written out, with questions for it."""

import json
import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "extending.md"
QUESTIONS = 6


def capital(number: int) -> str:
    return f"City{number}"


def write_folder(folder: Path) -> Path:
    """Write the task file and the Python file that the document shows."""
    text = DOCUMENT.read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("yaml", "python"):
        (block,) = re.findall(rf"```{language}\n(# mine/.*?)```", text, re.DOTALL)
        name = block.splitlines()[0].removeprefix("# mine/")
        (folder / name).write_text(block, encoding="utf-8")
    return folder


def write_questions(folder: Path) -> Path:
    """Write the data file; each question is marked, so that a scripted model can tell it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"country": f"Land [q{n}]", "capital": capital(n)} for n in range(QUESTIONS)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "capitals.jsonl").write_text(lines, encoding="utf-8")
    return folder
