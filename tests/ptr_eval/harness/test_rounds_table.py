"""The table of a run: what has a line, and what only where there is something to say."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ptr_eval.harness.rounds_table import rounds_table

RESULTS: dict[str, Any] = {
    "exact_match@1,strict": 0.5,
    "exact_match@1_stderr,strict": 0.1,
    "exact_match@2,strict": 0.25,
    "exact_match@2_stderr,strict": "N/A",
    "failed@1,strict": 0.0,
    "failed@2,strict": 1 / 3,
    "refused@2,strict": 0.0,
    "empty@1,strict": 0.125,
    "cut_off@1,strict": 0.0,
    "truncated@1,strict": 0.0,
    "prompt_tokens@1,strict": 50.0,
    "generated_tokens@2,strict": 7.4,
}


def rows(results: dict[str, Any]) -> list[list[str]]:
    table = rounds_table({"results": {"ptr_x": results}})
    return [[cell.strip() for cell in line.split("|")[3:-1]] for line in table.splitlines()]


def test_what_went_wrong_has_a_line_only_where_anything_did() -> None:
    head, _, *lines = rows(RESULTS)
    assert head == ["measure", "round 1", "round 2"]
    assert lines == [
        ["exact_match", "0.500 ± 0.100", "0.250"],
        ["failed", "0.000", "0.333"],
        ["empty", "0.125", ""],
        ["generated_tokens", "", "7"],
    ]
    every = dict.fromkeys((f"{n}@1,s" for n in ("failed", "refused", "empty", "cut_off")), 0.5)
    assert [line[0] for line in rows(every)[2:]] == ["failed", "refused", "empty", "cut_off"]


def test_a_terminal_without_the_plus_minus_sign_gets_the_same_columns(tmp_path: Path) -> None:
    content = {"results": {"ptr_x": RESULTS}, "configs": {"ptr_x": {"ptr": {}}}}
    path = tmp_path / "ö_2026-11-29T11-35-08.json"
    path.write_text(json.dumps(content))
    command = [sys.executable, "-c", "from ptr_eval.cli import main; main()", "table", str(path)]
    done = subprocess.run(
        command, capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    lines = done.stdout.decode("ascii").splitlines()
    assert "| 0.500 +-0.100 | 0.250" in lines[2]
    assert len({len(line) for line in lines}) == 1
