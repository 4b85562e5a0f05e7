"""Only ptr_eval/runs knows how results and samples files spell what they hold."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
SPELLINGS = re.compile(
    r"arg_[0-9]|[\"']resps[\"']|\.resps\b|results_\{|samples_\{|[\"']samples_|[\"']results_"
)


def strangers() -> list[str]:
    """Lines outside ptr_eval/runs that spell the saved format."""
    found = []
    for package in ("ptr_eval", "ptr_data", "ptr_train", "examples"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.is_relative_to(ROOT / "ptr_eval" / "runs"):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if SPELLINGS.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


def test_nobody_else_decodes_the_saved_format() -> None:
    assert strangers() == []


def test_what_is_looked_for_would_be_found() -> None:
    own = (ROOT / "ptr_eval" / "runs" / "saved.py").read_text(encoding="utf-8")
    assert SPELLINGS.search(own)
