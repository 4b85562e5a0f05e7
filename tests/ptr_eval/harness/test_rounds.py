"""A planned model through the whole of lm-eval: the figures, the prompts, the samples."""

from pathlib import Path

import pytest

from ptr_eval.harness.rescore import load_task
from ptr_eval.harness.rounds import generate_rounds
from ptr_eval.instructions import INSTRUCTIONS
from tests.scripted_lm import (
    QUESTIONS,
    ScriptedLM,
    WordLM,
    by_round,
    evaluate,
    planned,
    records,
    samples,
)

NEUTRAL = INSTRUCTIONS["neutral"]


@pytest.fixture
def settings(sums: Path) -> dict[str, str]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict"}


def test_every_round_is_scored_on_its_own_answers(settings: dict[str, str]) -> None:
    lm = ScriptedLM()
    results = evaluate(lm, settings)
    assert by_round(results) == by_round(results, "score") == [0.4, 0.7, 0.6]
    assert by_round(results, "fixed") == [0.3, 0.3]
    assert by_round(results, "broken") == [0.0, 0.1]
    for silent in ("no_answer", "failed", "truncated"):
        assert by_round(results, silent) == [0, 0, 0]
    error = results["results"]["ptr_gsm8k"]["exact_match@2_stderr,strict"]
    assert error == pytest.approx((0.7 * 0.3 / (QUESTIONS - 1)) ** 0.5)
    assert lm.calls == [QUESTIONS] * 3


def test_a_round_shows_the_question_all_answers_and_the_instruction(
    settings: dict[str, str],
) -> None:
    lm = ScriptedLM()
    evaluate(lm, settings, limit=1)
    first, second, third = lm.prompts
    assert first.startswith("Question: [q0] How many is that?\n\nWork it out")
    assert first.endswith("\nAnswer:")
    assert second == f"{first} Round 1, so [q0]. The answer is 100.\n\n{NEUTRAL}\nAnswer:"
    assert third == f"{second} Round 2, so [q0]. The answer is 100.\n\n{NEUTRAL}\nAnswer:"


def test_the_control_asks_the_bare_question_every_round(settings: dict[str, str]) -> None:
    lm = ScriptedLM()
    results = evaluate(lm, {**settings, "ptr_protocol": "resample", "ptr_rounds": 2}, limit=3)
    assert lm.prompts[:3] == lm.prompts[3:]
    assert by_round(results) == [1.0, 1.0]


def test_a_thinking_block_is_neither_shown_again_nor_scored(settings: dict[str, str]) -> None:
    def thinking(question: int, round_: int) -> str:
        return f"<think>The answer is 7.</think>The answer is {100 + question}."

    lm = ScriptedLM(thinking)
    results = evaluate(lm, {**settings, "ptr_rounds": 2}, limit=2)
    assert by_round(results) == [1.0, 1.0]
    assert not any("think>" in prompt for prompt in lm.prompts)
    assert samples(results)[0]["resps"][0] == ["<think>The answer is 7.</think>The answer is 100."]
    evaluate(lm := ScriptedLM(thinking), {**settings, "ptr_keep_thinking": "true"}, limit=1)
    assert lm.prompts[1].count("<think>") == 1


def test_samples_hold_the_true_prompt_and_record_of_every_round(settings: dict[str, str]) -> None:
    lm = WordLM()
    results = evaluate(lm, settings, apply_chat_template=True)
    logged = samples(results)
    assert [sample["doc_id"] for sample in logged] == list(range(QUESTIONS))
    asked = [[arguments[0] for arguments in sample["arguments"]] for sample in logged]
    assert [prompts[t] for t in range(3) for prompts in asked] == lm.prompts
    for sample in logged:
        for t, (prompt, record) in enumerate(zip(asked[0], records(logged[0]), strict=True)):
            answer = sample["resps"][t][0]
            score = records(sample)[t]["scores"]["strict"]
            assert record["round"] == t + 1
            assert record["prompt_tokens"] == len(prompt.split())
            assert record["generated_tokens"] == len(answer.split())
            assert score["answer"] == sample["filtered_resps"][t].score.answer
            assert answer.endswith(f"The answer is {score['answer']}.")
            assert sample[f"exact_match@{t + 1}"] == score["value"]


def test_every_reported_metric_is_a_key_of_the_samples(settings: dict[str, str]) -> None:
    """Wandb and zeno look the metrics of a task's configuration up in its samples."""
    lm = ScriptedLM(lambda question, round_: "The answer is 100.")
    results = evaluate(lm, {**settings, "ptr_rounds": 4}, limit=2)
    names = {metric["metric"] for metric in results["configs"]["ptr_gsm8k"]["metric_list"]}
    assert {"score@4", "exact_match@1", "fixed@2", "broken@4", "generated_tokens@3"} <= names
    assert {"failed@1", "refused@2", "empty@3", "cut_off@4"} <= names
    assert all(names <= sample.keys() for sample in samples(results))


def test_unusual_text_survives_from_response_to_samples(settings: dict[str, str]) -> None:
    text = "Größe \u2028 \x00 \U0001f600. The answer is 100."
    results = evaluate(ScriptedLM(lambda question, round_: text), settings, limit=1)
    assert samples(results)[0]["resps"] == [[text]] * 3
    assert by_round(results) == [1.0] * 3


def test_an_empty_response_is_unparsed_and_the_next_round_is_asked(
    settings: dict[str, str],
) -> None:
    texts = iter(["", "The answer is 100."])
    lm = ScriptedLM(lambda question, round_: next(texts))
    results = evaluate(lm, {**settings, "ptr_rounds": 2}, limit=1)
    assert lm.prompts[0] == lm.prompts[1]
    assert by_round(results) == [0.0, 1.0]
    assert by_round(results, "no_answer") == [1.0, 0.0]
    assert by_round(results, "empty") == [1.0, 0.0]
    assert by_round(results, "failed") == [0.0, 0.0]
    assert by_round(results, "generated_tokens") == [0.0, 5.0]


def test_a_request_that_lm_eval_repeats_to_fill_up_a_rank_gets_the_same_answer(
    settings: dict[str, str],
) -> None:
    task = load_task("ptr_gsm8k", settings)
    task.set_config("num_fewshot", 0)
    task.build_all_requests(limit=2)
    lm, requests = ScriptedLM(), list(task.instances)
    responses = generate_rounds(lm, [*requests, requests[-1], requests[-1]])
    assert len(lm.prompts) == len(requests) == 6
    assert responses[:6] == [planned(question, t) for question in (0, 1) for t in (1, 2, 3)]
    assert responses[6:] == [responses[5]] * 2
