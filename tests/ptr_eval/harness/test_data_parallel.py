"""Two data-parallel processes give the figures of one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ptr_eval.harness.two_ranks import CASES
from tests.scripted_lm import ScriptedLM, evaluate

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ranks(sums: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the two processes found, case by case."""
    folder = tmp_path_factory.mktemp("ranks")
    command = [sys.executable, "-m", "tests.ptr_eval.harness.two_ranks"]
    started = [
        subprocess.Popen(
            [*command, str(rank), "2", folder / "meeting", sums, folder / "rank"],
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    for process in started:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("case", CASES)
def test_two_processes_report_what_one_does(
    sums: Path, ranks: list[dict[str, Any]], case: str
) -> None:
    settings, options = CASES[case]
    lm = ScriptedLM()
    chosen = {"ptr_data": str(sums), "ptr_scorers": "strict", **settings}
    alone = json.loads(json.dumps(evaluate(lm, chosen, **options), default=str))
    first, second = (rank[case] for rank in ranks)
    assert second["results"] is None
    assert second["asked"] > 0
    assert first["asked"] + second["asked"] == len(set(lm.prompts))
    assert first["results"]["ptr_gsm8k"] == pytest.approx(alone["results"]["ptr_gsm8k"])
    together = sorted(first["samples"]["ptr_gsm8k"], key=lambda sample: sample["doc_id"])
    assert together == sorted(alone["samples"]["ptr_gsm8k"], key=lambda s: s["doc_id"])
