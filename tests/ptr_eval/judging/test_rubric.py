"""Checklists: each answer's share of the items that it meets."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ptr_eval.errors import UserError
from ptr_eval.judging import JudgeOptions, JudgeSettings
from ptr_eval.judging.rubric import judge_by_rubric
from ptr_eval.report import write_report
from ptr_eval.runs.checklists import CheckedTask, read_checklists
from tests.ptr_eval.judging.round_factory import save_rounds
from tests.scripted_lm import ScriptedLM

SETTINGS = JudgeSettings("fake", {"pretrained": "org/judge"})
OPTIONS = JudgeOptions()


class Checker(ScriptedLM):
    """Says yes if the answer has the last word of the requirement in it."""

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        found = re.search(r"Answer:\n(.*)\n\nRequirement:\n(.*)\n\nGive", prompt, re.DOTALL)
        assert found is not None
        answer, item = found.groups()
        word = item.split()[-1]
        if word == "silence":
            return "I cannot tell."
        return f"<think>Verdict: no</think>Verdict: {'yes' if word in answer else 'no'}"


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> Path:
    texts = {0: [["a cat", "a cat, a dog"]], 1: [["a cat", "a dog"]], 2: [["no", "a cat, a dog"]]}
    return save_rounds(tmp_path / "run", sums, texts)


def rubric(folder: Path, lists: dict[int, list[str]]) -> Path:
    path = folder / "rubric.jsonl"
    rows = [{"doc_id": n, "checklist": items} for n, items in lists.items()]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    return path


def checked(run: Path) -> CheckedTask:
    (samples,) = run.rglob("samples_*.jsonl")
    (found,) = read_checklists(samples.parent)
    return found


ANIMALS = ["names a cat", "names a dog"]


def test_an_answer_s_score_is_the_share_of_items_that_it_meets(
    run: Path, tmp_path: Path, loads: Any
) -> None:
    judge = loads(Checker())
    path = rubric(tmp_path, {0: ANIMALS, 1: ANIMALS})
    lines = judge_by_rubric(run, SETTINGS, OPTIONS, path)
    found = checked(run)
    assert [(a.question, a.place[1], a.met, a.score) for a in found.answers] == [
        (0, 1, (True, False), 0.5), (0, 2, (True, True), 1.0),
        (1, 1, (True, False), 0.5), (1, 2, (False, True), 0.5),
    ]  # fmt: skip
    assert found.without == 1
    assert len(judge.prompts) == 8
    table = {line.split("  ")[0]: line.split()[-2:] for line in lines[1:]}
    assert table["met (%)"] == ["50.0", "75.0"]
    assert table["change since round 1"] == ["–", "+25.0"]
    judge_by_rubric(run, SETTINGS, OPTIONS, path)
    assert len(judge.prompts) == 8  # All of it is in the ledger.


def test_what_was_asked_in_another_way_is_not_overwritten_and_nobody_is_asked(
    run: Path, tmp_path: Path, loads: Any
) -> None:
    judge = loads(Checker())
    path = rubric(tmp_path, {0: ANIMALS})
    judge_by_rubric(run, SETTINGS, OPTIONS, path)
    asked = len(judge.prompts)
    with pytest.raises(UserError, match="said with other settings; give this one another --name"):
        judge_by_rubric(run, replace(SETTINGS, seed=2), OPTIONS, path)
    assert len(judge.prompts) == asked


def test_the_report_has_it(run: Path, tmp_path: Path, loads: Any) -> None:
    loads(Checker())
    judge_by_rubric(run, SETTINGS, OPTIONS, rubric(tmp_path, dict.fromkeys(range(3), ANIMALS)))
    write_report([run], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "tables" / "checklists.csv")
    assert table["met (%)"].tolist() == pytest.approx([100 / 3, 250 / 3])
    assert table["judges itself"].tolist() == ["no", "no"]
    assert table["items"].tolist() == [6, 6]


def test_items_without_a_verdict_are_counted_and_not_taken_for_unmet(
    run: Path, tmp_path: Path, loads: Any
) -> None:
    loads(Checker())
    lists = {0: [*ANIMALS, "keeps its silence"], 1: ["keeps its silence"]}
    lines = judge_by_rubric(run, SETTINGS, OPTIONS, rubric(tmp_path, lists))
    scores = [answer.score for answer in checked(run).answers]
    assert scores == [0.5, 1.0, None, None]
    assert next(line for line in lines if line.startswith("no verdict")).split()[2:] == ["2", "2"]
    assert next(line for line in lines if line.startswith("questions")).split()[1:] == ["1", "1"]


def test_a_judge_without_any_verdict_ends_the_command(
    run: Path, tmp_path: Path, loads: Any
) -> None:
    loads(Checker())
    with pytest.raises(UserError, match="have no verdict in the form checklist"):
        judge_by_rubric(run, SETTINGS, OPTIONS, rubric(tmp_path, {0: ["keeps its silence"]}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "row 1: not JSON; a row is"),
        ('{"doc_id": 0}', "row 1: must have doc_id and checklist and nothing else"),
        ('{"doc_id": "0", "checklist": ["x"]}', "row 1: `doc_id` must be a whole number, not '0'."),
        ('{"doc_id": 0, "checklist": []}', "row 1: `checklist` must be a list of texts."),
        ('{"doc_id": 0, "checklist": [" "]}', "row 1: `checklist` must be a list of texts."),
        ('{"doc_id": 9, "checklist": ["x"]}', "has no question 9; `doc_id` is the number"),
        ('{"doc_id": 0, "checklist": ["x"]}\n' * 2, "row 2: question 0 has a list already."),
        ("\n", "is empty; a row is"),
    ],
)
def test_a_broken_rubric_is_named(run: Path, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rubric.jsonl"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        judge_by_rubric(run, SETTINGS, OPTIONS, path)
    assert f"--rubric {path}" in str(caught.value)
    assert message in str(caught.value)


def test_questions_without_lists_of_their_own_are_named(run: Path) -> None:
    with pytest.raises(UserError, match="no question of ptr_gsm8k has a field `checklist`; name"):
        judge_by_rubric(run, SETTINGS, OPTIONS, Path("own"))
