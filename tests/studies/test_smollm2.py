"""The tables of the study of a real small model, on answers made up for the purpose."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from studies.smollm2.answers import read, scores, tokens, vote
from studies.smollm2.arms import QUESTIONS, RESAMPLE, TASKS, TRAINED, UNTRAINED, VOTES
from studies.smollm2.findings import (
    claims_table,
    equal_voters,
    markdown,
    points,
    retention_table,
    rounds_table,
    unparsed_table,
)
from studies.smollm2.reading import compare
from studies.smollm2.sources import KEPT_APART, link, write_sources
from studies.steps import run_step

NEUTRAL, NULL, VOTED = (ask for ask in UNTRAINED if ask.name in ("neutral", "null", "resample"))


def rows(run: str, right: list[list[int]], prompt: int = 10) -> list[dict[str, object]]:
    """Answer one question a row of `right`, in each task; -1 is an answer without an answer."""
    verdicts = {1: "correct", 0: "wrong", -1: "unparsed"}
    return [
        {
            "run": run, "task": task, "scorer": "strict", "item": item, "round": t,
            "verdict": verdicts[value], "score": float(value == 1), "class": 1 - value,
            "prompt_tokens": prompt, "generated_tokens": 5,
        }
        for task in TASKS
        for item, of_item in enumerate(right)
        for t, value in enumerate(of_item, start=1)
    ]  # fmt: skip


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        [
            *rows("neutral", [[0, 0, 1], [1, 1, 1], [-1, 0, 0], [1, 1, 0]], prompt=35),
            *rows("null", [[0, 0, 0], [1, 1, 1], [-1, 0, 0], [1, 1, 1]]),
            *rows("resample", [[0, 0, 0, 1, 1], [1, 1, 1, 1, 0], [0] * 5, [1] * 5]),
            *rows("ptr", [[0, 1, 1], [1, 1, 1], [0, 0, 0], [1, 1, 1]]),
        ]
    )


def test_scores_have_a_row_a_question_and_a_column_a_round(frame: pd.DataFrame) -> None:
    assert scores(frame, "neutral").shape == (4 * len(TASKS), 3)
    assert scores(frame, "neutral").mean(axis=0).tolist() == [0.5, 0.5, 0.5]


def test_a_vote_is_a_mean_over_all_choices_of_its_voters(frame: pd.DataFrame) -> None:
    # Of ten choices of three in [0 0 0 1 1], three have both right ones.
    assert vote(frame, "resample", 3)[:4] == pytest.approx([0.3, 1.0, 0.0, 1.0])


def test_equal_tokens_count_prompts(frame: pd.DataFrame) -> None:
    assert tokens(frame, "neutral", 3, "prompt_tokens") == 105
    assert tokens(frame, "resample", 2, "generated_tokens") == 10
    assert equal_voters(frame) == VOTES  # 120 tokens are eight answers; there are five.


def test_the_table_of_rounds_counts_what_was_fixed_and_broken(frame: pd.DataFrame) -> None:
    head, neutral = rounds_table(frame, [NEUTRAL], ("ptr_gsm8k",))
    told = dict(zip(head, neutral, strict=True))
    assert told["run"] == "asked to refine"
    assert told["round 1"].startswith("50.0 [")
    assert (told["fixed"], told["broken"]) == ("1", "1")
    assert told["round 3 - round 1"].startswith("+0.0 [-")


def test_a_difference_without_variation_has_no_interval() -> None:
    same = np.array([1.0, 0.0, 1.0])
    assert points(same, same) == ("+0.0, the same for every question", "")


def test_runs_are_compared_question_by_question(frame: pd.DataFrame) -> None:
    table = claims_table(frame, {"neutral", "null", "resample", "ptr"})
    told = {(what, against): difference for what, against, difference, _ in table[1:]}
    assert told["refining, last round", "being asked again, last round"].startswith("+0.0 [")
    assert told["refining, last round", "a vote of 3 answers (equal calls)"].startswith("-7.5 [")
    assert told["PTR, what the rounds add", "Prompt, what the rounds add"].startswith("+25.0 [")


def test_nothing_is_compared_before_the_controls_have_run(frame: pd.DataFrame) -> None:
    assert len(claims_table(frame, {"neutral"})) == 1


def test_answers_without_an_answer_have_an_interval(frame: pd.DataFrame) -> None:
    assert unparsed_table(frame, [NEUTRAL])[1] == ["neutral", *["25 [5, 70]; last 0"] * len(TASKS)]


def test_retention_compares_losses_text_by_text(tmp_path: Path) -> None:
    losses = {"model": [1.0, 2.0, 3.0], "trained-ptr": [1.1, 2.2, 3.3]}
    (tmp_path / "retention.json").write_text(json.dumps(losses))
    assert retention_table(tmp_path)[1] == ["model", "2.000", "", ""]
    assert retention_table(tmp_path)[2][:2] == ["trained-ptr", "2.200"]
    assert retention_table(tmp_path)[2][2].startswith("+0.200 [")


def test_a_run_that_has_not_ended_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run has ended"):
        read(tmp_path, UNTRAINED)


def test_every_run_but_the_sampled_one_and_trained_models_shares_the_first_round() -> None:
    sharing = [ask.name for ask in UNTRAINED if "ptr_first_round" in ask.settings]
    assert sharing == ["null", "critical", "precise"]
    assert not any("ptr_first_round" in ask.settings for ask in TRAINED)
    assert VOTED.settings == RESAMPLE
    assert VOTED.sampled


def test_each_task_has_a_hundred_questions() -> None:
    assert {len(set(QUESTIONS[task])) for task in TASKS} == {100}


def test_the_texts_kept_apart_are_not_trained_on(tmp_path: Path) -> None:
    texts = [{"question": f"q{n}", "output": "x" * 60} for n in range(10)]
    texts += [{"question": "long", "output": "x" * 9999}, {"question": "short", "output": "x"}]
    source = tmp_path / "wizardlm.jsonl"
    source.write_text("".join(json.dumps(text) + "\n" for text in texts))
    write_sources(source, tmp_path)
    kept, trained = (
        {json.loads(line)["question"] for line in (tmp_path / name).read_text().splitlines()}
        for name in ("kept_apart.jsonl", "queries.jsonl")
    )
    assert kept == {f"q{n}" for n in range(0, 10, KEPT_APART)}
    assert kept | trained == {f"q{n}" for n in range(10)}
    assert not kept & trained


def test_a_link_replaces_an_older_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        link(tmp_path / name, tmp_path / "model")
    assert (tmp_path / "model").resolve() == (tmp_path / "b").resolve()


def test_a_step_runs_once_and_a_failed_one_again(tmp_path: Path) -> None:
    for _ in range(2):
        run_step(tmp_path, "count", "sh", "-c", "echo $WORD >>said", env={"WORD": "x"})
    assert (tmp_path / "said").read_text() == "x\n"
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"fail in .* failed; see .*fail\.log"):
            run_step(tmp_path, "fail", "sh", "-c", "echo y >>said; exit 3", env={})
    assert (tmp_path / "said").read_text() == "x\ny\ny\n"


def test_a_table_is_markdown() -> None:
    assert markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |"


def test_readings_are_compared_with_the_verdicts(tmp_path: Path) -> None:
    verdicts = [
        {"id": "a", "verdict": "correct", "how": "final"},
        {"id": "b", "verdict": "wrong", "how": "last number"},
    ]
    texts, readings = tmp_path / "texts.jsonl", tmp_path / "readings.jsonl"
    write_lines(texts.with_suffix(".verdicts.jsonl"), verdicts)
    read_by_hand = [
        {"id": "a", "verdict": "correct", "kind": "repeated"},
        {"id": "b", "verdict": "unparsed", "kind": "remark"},
    ]
    write_lines(readings, read_by_hand)
    assert compare(texts, readings).splitlines() == [
        "1 of 2 verdicts agree.",
        "- repeated: 1",
        "- remark: 1",
        "- b: the reader says unparsed, the scorer wrong (last number)",
    ]
    write_lines(readings, [{"id": "c", "verdict": "wrong", "kind": "kept"}])
    with pytest.raises(SystemExit, match=r"readings\.jsonl: c is no text of .*texts\.jsonl"):
        compare(texts, readings)


def write_lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
