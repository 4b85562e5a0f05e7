"""Histories too long for the model, and requests that it refuses."""

import logging
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from tests.scripted_lm import (
    QUESTIONS,
    ScriptedLM,
    WordLM,
    by_round,
    evaluate,
    place,
    planned,
    records,
    samples,
)  # fmt: skip

SHORT = {"gen_kwargs": "max_gen_toks=16"}


@pytest.fixture
def settings(sums: Path) -> dict[str, Any]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict"}


# Long histories


def test_a_long_history_loses_its_oldest_answers_and_never_the_question(
    settings: dict[str, Any],
) -> None:
    probe = WordLM()
    evaluate(probe, settings, limit=1, apply_chat_template=True)
    room = len(probe.prompts[1].split())  # Question and one answer, but not two.
    lm = WordLM(max_length=room + 16)
    results = evaluate(
        lm, {**settings, "ptr_rounds": 3}, limit=8, apply_chat_template=True, **SHORT
    )
    assert all(len(prompt.split()) <= room for prompt in lm.prompts)
    for sample in samples(results):
        question = sample["doc"]["question"]
        prompts = [arguments[0] for arguments in sample["arguments"]]
        assert all(question in prompt for prompt in prompts)
        assert planned(sample["doc_id"], 2) in prompts[2]
        assert planned(sample["doc_id"], 1) not in prompts[2]
        assert [record["dropped_answers"] for record in records(sample)] == [0, 0, 1]
        assert [record["truncated"] for record in records(sample)] == [False, False, True]
    assert by_round(results, "truncated") == [0.0, 0.0, 1.0]
    assert by_round(results)[:2] == [1.0, 1.0]


def test_a_question_too_long_by_itself_is_asked_alone_and_reported(
    settings: dict[str, Any],
) -> None:
    lm = WordLM(lambda question, round_: "The answer is 100.", max_length=20)
    results = evaluate(lm, {**settings, "ptr_rounds": 2}, limit=1, **SHORT)
    assert lm.prompts[0] == lm.prompts[1]
    assert by_round(results, "truncated") == [1.0, 1.0]
    assert [record["dropped_answers"] for record in records(samples(results)[0])] == [0, 1]


def test_a_stated_context_shortens_histories_where_there_is_no_tokenizer(
    settings: dict[str, Any],
) -> None:
    results = evaluate(ScriptedLM(), {**settings, "ptr_context": 100}, limit=1, **SHORT)
    assert by_round(results, "truncated") == [0.0, 0.0, 1.0]
    assert all(record["prompt_tokens"] <= 84 for record in records(samples(results)[0]))


def test_an_answer_as_long_as_the_context_is_an_error(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"max_gen_toks=64 leaves no room .* context of 64 tokens"):
        evaluate(WordLM(max_length=64), settings, gen_kwargs="max_gen_toks=64")


def test_a_real_model_never_truncates_by_itself(
    settings: dict[str, Any], tiny_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        results = evaluate(
            "hf",
            {**settings, "ptr_rounds": 4},
            model_args={"pretrained": str(tiny_model), "max_length": 160},
            device="cpu",
            batch_size=2,
            limit=2,
            apply_chat_template=True,
            gen_kwargs="max_gen_toks=32",
        )
    assert by_round(results, "truncated")[0] == 0.0
    assert by_round(results, "truncated")[3] == 1.0
    assert not [
        m for m in caplog.messages if "left-truncat" in m.lower() or "truncating" in m.lower()
    ]


# Refused requests


def test_a_failed_request_is_recorded_and_not_judged(settings: dict[str, Any]) -> None:
    lm = ScriptedLM(refuses=(3, 2))
    results = evaluate(lm, settings)
    lost = samples(results)[3]
    assert [record["failure"] for record in records(lost)] == [
        None,
        "ValueError: this prompt is refused",
        "ValueError: this prompt is refused",  # Asked again in the third round.
    ]
    assert lost["exact_match@1"] == 1.0
    assert not {"exact_match@2", "fixed@2", "broken@3", "no_answer@2"} & lost.keys()
    assert [record["outcome"] for record in records(lost)] == ["answered", "failed", "failed"]
    assert records(lost)[1]["scores"] == {}
    assert by_round(results, "failed") == [0.0, 0.05, 0.05]
    assert by_round(results, "no_answer") == [0.0, 0.0, 0.0]
    assert by_round(results) == pytest.approx([0.4, 13 / 19, 11 / 19])
    outcomes = results["configs"]["ptr_gsm8k"]["ptr"]["outcomes"]
    assert outcomes["failed"] == [0, 1, 1]
    assert outcomes["answered"] == [20, 19, 19]


def test_after_a_failure_the_next_round_asks_the_same_again(settings: dict[str, Any]) -> None:
    class Hiccup(ScriptedLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            if place(prompt) == (0, 2) and len(self.calls) < 4:
                raise ValueError("a hiccup")
            return super()._respond(prompt, settings)

    lm = Hiccup()
    results = evaluate(lm, settings, limit=2)
    first, second, third = (arguments[0] for arguments in samples(results)[0]["arguments"])
    assert second == third != first
    assert by_round(results, "failed") == [0.0, 0.5, 0.0]


@pytest.mark.parametrize("error", [AttributeError, NameError, KeyboardInterrupt])
def test_a_bug_or_an_interrupt_is_no_failed_request(
    settings: dict[str, Any], error: type[BaseException]
) -> None:
    def broken(question: int, round_: int) -> str:
        raise error("no such thing")

    with pytest.raises(error):
        evaluate(ScriptedLM(broken), settings)


def test_a_model_that_refuses_everything_ends_the_run_with_its_own_error(
    settings: dict[str, Any],
) -> None:
    def refuse(question: int, round_: int) -> str:
        raise RuntimeError("no memory")

    lm = ScriptedLM(refuse)
    with pytest.raises(RuntimeError, match="no memory"):
        evaluate(lm, settings)
    assert lm.calls == [QUESTIONS, 1]
