"""The demo's questions: enough of them, balanced, and asked without words that can be copied."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.cli import main
from ptr_eval.harness.task_file import read_task_file

DEMO = Path(__file__).parents[2] / "examples" / "smollm2"
QUESTIONS = DEMO / "questions"
TASKS = {"demo_choices": "choices", "demo_sums": "sums", "demo_short": "short"}
ANSWERS = 7
"""Answers a question: a shared first round, and two more rounds under each of three conditions."""


def rows(name: str) -> list[dict[str, Any]]:
    lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_enough_questions_of_each_kind_and_none_twice() -> None:
    found = {name: rows(name) for name in TASKS.values()}
    assert all(len(of_kind) >= 20 for of_kind in found.values())
    asked = [row["question"] for of_kind in found.values() for row in of_kind]
    assert len(asked) == len(set(asked)) >= 60


def test_right_letters_are_balanced() -> None:
    letters = Counter(row["gold"] for row in rows("choices"))
    assert set(letters) == set("ABCD")
    assert len(set(letters.values())) == 1
    for row in rows("choices"):
        assert row["labels"] == list("ABCD")
        assert len(set(row["choices"])) == 4


def test_no_question_tells_its_answer() -> None:
    for row in rows("sums"):
        assert row["gold"] not in row["question"].replace(".", "").replace(",", "").split()
    for row in rows("short"):
        told = row["question"].lower().rstrip("?").split()
        assert not {gold.lower() for (gold,) in row["golds"]} & set(told)


@pytest.mark.parametrize("task", TASKS)
def test_a_prompt_has_nothing_to_copy(task: str) -> None:
    asked = read_task_file(str(DEMO / f"{task}.yaml"))["doc_to_text"].splitlines()[-1]
    letters = re.findall(r"(?<![\w'])[A-Z](?![\w'])", asked)
    assert not letters, f"a placeholder or an example letter: {letters}"


def test_no_run_can_generate_more_than_35_000_tokens() -> None:
    most = 0
    for task, name in TASKS.items():
        config = read_task_file(str(DEMO / f"{task}.yaml"))
        most += ANSWERS * len(rows(name)) * config["generation_kwargs"]["max_gen_toks"]
    assert most <= 35_000


RIGHT = {
    "demo_choices": lambda row: f"{row['gold']}, since the others do not.",
    "demo_sums": lambda row: f"Step by step. The answer is {row['gold']}.",
    "demo_short": lambda row: f"The answer is {row['golds'][-1][0]}.",
}


@pytest.mark.parametrize("task", TASKS)
def test_right_answers_score_and_wrong_ones_do_not(task: str, tmp_path: Path) -> None:
    given = [
        {"doc_id": n, "responses": ["The answer is unknown.", RIGHT[task](row)]}
        for n, row in enumerate(rows(TASKS[task]))
    ]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in given))
    main(
        ["score", "--task", str(DEMO / f"{task}.yaml"), "--responses", str(answers),
         "--metadata", f"ptr_data={QUESTIONS}", "--out", str(tmp_path / "out")]
    )  # fmt: skip
    (results,) = (tmp_path / "out").rglob("results_*.json")
    found = json.loads(results.read_text())["results"][task]
    assert (found["score@1,strict"], found["score@2,strict"]) == (0, 1)
