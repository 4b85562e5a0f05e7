"""Replies that speak of earlier answers, through the command line: what was fixed and broken."""

import json
from functools import partial
from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from ptr_eval.cli import main
from tests.scripted_lm import write_sums

# Gold answers are 100 to 107; one answer is fixed in round 2, and one broken.
REPLIES = [
    ["The answer is 100.", "The answer is correct: I checked it in 2 ways."],
    ["#### 101", "My earlier answer was 101, and it stands."],
    ["The answer is 102.", "The answer is 102. My confidence in the answer: 95%."],
    ["So the answer is 103.", "No changes needed."],
    ["The answer is 4.", "I said the answer is 4. That is wrong. The correct answer is 104."],
    ["The answer is 105.", "The answer is 6. My earlier answer was 105."],
    ["#### 106", "The answer is 106. If it were 60, some would be missing."],
    ["The answer is 107.", "The answer is 107. This answer is consistent with the 16 given."],
]


@pytest.mark.parametrize(("kept", "broken"), [("carry", "0.125"), ("refuse", "0.375")])
def test_what_is_fixed_and_broken_is_what_the_replies_say(
    kept: str,
    broken: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    responses = tmp_path / "model.jsonl"
    rows = [{"doc_id": n, "responses": replies} for n, replies in enumerate(REPLIES)]
    responses.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = write_sums(tmp_path / "data", numbers=range(8))
    main(["score", "--task", "ptr_gsm8k", "--responses", str(responses), "--out",
          str(tmp_path / "out"), "--kept", kept, "--metadata", f"ptr_data={data}"])  # fmt: skip
    table = {
        (cells[1], cells[2]): cells[4].split()[0]
        for cells in (
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in capsys.readouterr().out.splitlines()
            if line.startswith("| ptr_gsm8k")
        )
    }
    assert table["strict", "fixed"] == "0.125"
    assert table["strict", "broken"] == broken
    assert table["strict", "kept"] == "0.250"
