"""Parallel refinement through the whole of lm-eval: groups, votes, and whose answers are whose."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM

from ptr_eval.errors import UserError
from ptr_eval.harness import loading
from ptr_eval.harness.failed_requests import count_requests
from ptr_eval.harness.rescore import score
from ptr_eval.runs import failed_requests, newest_results, read_run
from tests.benchmark_fixtures import MATH500, lines, write
from tests.chat_server import ChatServer
from tests.scripted_lm import (
    ScriptedLM,
    WordLM,
    evaluate,
    evaluate_into,
    gold,
    place,
    records,
    samples,
)

CANDIDATES = {0: "rrrr", 1: "rrww", 2: "rwxy", 3: "wwxx", 4: "-r--", 5: "----"}
"""The planned candidates by question: right, one of three wrong numbers, or no answer."""
REFINED = {0: "r", 1: "r", 2: "w", 3: "r", 4: "r", 5: "-"}


def response_text(question: int, letter: str) -> str:
    number = {"r": gold(question), "w": 7, "x": 8, "y": 9}.get(letter)
    return "I cannot tell." if number is None else f"The answer is {number}."


class GroupLM(WordLM):
    """Gives every candidate its own planned answer, and shows what it is shown."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.given: Counter[int] = Counter()

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        self.settings.append(settings)
        question, round_ = place(prompt)
        if "<candidate" in prompt or self.given[question] == 4:
            return response_text(question, "r" if round_ > 1 else REFINED[question])
        self.given[question] += 1
        return response_text(question, CANDIDATES[question][self.given[question] - 1])

    @property
    def synthesis(self) -> list[str]:
        return [prompt for prompt in self.prompts if "<candidate" in prompt]


@pytest.fixture
def settings(sums: Path) -> dict[str, Any]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict", "ptr_protocol": "parallel"}


def figure(results: dict[str, Any], name: str) -> float:
    value: float = results["results"]["ptr_gsm8k"][f"{name},strict"]
    return value


def test_a_group_is_measured_as_mean_vote_and_best_and_the_refined_answer_beside(
    settings: dict[str, Any],
) -> None:
    results = evaluate(GroupLM(), settings, limit=6)
    expected = {
        "score@1": (1 + 0.5 + 0.25 + 0 + 0.25 + 0) / 6,
        "pass4@1": 4 / 6,
        # The vote: all right; a tie of two; a tie of four; a tie of two wrong ones; the only one.
        "maj4@1": (1 + 0.5 + 0.25 + 0 + 1 + 0) / 6,
        "score@2": 4 / 6,
        "gap@2": (0 + 0.5 - 0.25 + 1 + 0 + 0) / 6,
        "fixed@2": (0.5 + 1) / 6,
        "broken@2": 0.25 / 6,
        "no_answer@1": (3 / 4 + 1) / 6,
        "no_answer@2": 1 / 6,
    }
    assert {name: figure(results, name) for name in expected} == pytest.approx(expected)
    assert figure(results, "gap@2_stderr") > 0


def test_the_refining_prompt_shows_question_and_candidates(settings: dict[str, Any]) -> None:
    lm = GroupLM()
    evaluate(lm, settings, limit=3)
    prompt = lm.synthesis[2]
    assert prompt.startswith("Question: [q2] How many is that?\n\n")
    for number, letter in enumerate("rwxy", start=1):
        assert f'<candidate number="{number}">\n{response_text(2, letter)}\n</candidate>' in prompt
    assert prompt.endswith("problem asks for.\nAnswer:")


def test_the_switch_makes_a_greedy_task_sample(settings: dict[str, Any]) -> None:
    lm = GroupLM()
    evaluate(lm, settings, limit=1)
    assert all(s["do_sample"] and s["temperature"] == 0.6 for s in lm.settings)
    plain = ScriptedLM()
    evaluate(plain, {**settings, "ptr_protocol": "sequential"}, limit=1)
    assert not any(s["do_sample"] for s in plain.settings)


def test_greedy_candidates_by_the_users_wish_are_warned_of(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="lm_eval"):
        evaluate(GroupLM(), settings, limit=1, gen_kwargs="do_sample=false,temperature=0.0")
    assert "greedy decoding gives equal answers to equal prompts" in caplog.text


def test_answers_say_their_place_and_class(settings: dict[str, Any]) -> None:
    results = evaluate(GroupLM(), {**settings, "ptr_syntheses": 2}, limit=3)
    made = records(samples(results)[2])
    assert [(r["round"], r["position"]) for r in made] == [
        *((1, p) for p in range(4)),
        (2, 0),
        (2, 1),
    ]
    assert [r["scores"]["strict"]["class"] for r in made] == [0, 1, 2, 3, 1, 1]
    assert results["configs"]["ptr_gsm8k"]["ptr"]["answers_per_round"] == [4, 2]


def test_rounds_on_top_refine_the_refined_answer_with_the_candidates_in_sight(
    settings: dict[str, Any],
) -> None:
    lm = GroupLM()
    results = evaluate(lm, {**settings, "ptr_rounds": 3}, limit=3)
    assert [figure(results, f"score@{t}") for t in (2, 3)] == pytest.approx([2 / 3, 1])
    assert figure(results, "gap@3") == pytest.approx(1 - (1 + 0.5 + 0.25) / 3)
    last = lm.prompts[-1]
    assert last.index("<candidate") < last.index(response_text(2, "w") + "\n\n")


def test_long_candidates_are_cut_alike_and_counted(settings: dict[str, Any]) -> None:
    class Rambling(GroupLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            filler = "word " * (100_000 if len(self.prompts) == 1 else 3)
            return filler + super()._respond(prompt, settings)

    lm = Rambling(max_length=500_000)
    results = evaluate(lm, {**settings, "ptr_candidate_tokens": 48}, limit=1)
    (prompt,) = lm.synthesis
    shown = prompt.split("</candidate>")
    assert shown[1].endswith(f"[...] {'word ' * 8}{response_text(0, 'r')}\n")
    assert [r["shortened_candidates"] for r in records(samples(results)[0])] == [0, 0, 0, 0, 1]
    assert figure(results, "truncated@2") == 1


def test_a_context_too_small_for_the_budget_shortens_candidates_not_the_question(
    settings: dict[str, Any],
) -> None:
    class Rambling(GroupLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            return "word " * 60 + super()._respond(prompt, settings)

    lm = Rambling(max_length=300)
    results = evaluate(lm, settings, limit=1, gen_kwargs="max_gen_toks=100")
    (prompt,) = lm.synthesis
    assert len(prompt.split()) <= 200
    assert prompt.startswith("Question: [q0]")
    assert records(samples(results)[0])[4]["shortened_candidates"] == 4


def test_candidates_that_reach_their_token_limit_are_told(
    settings: dict[str, Any], tiny_lm: HFLM
) -> None:
    results = evaluate(tiny_lm, settings, limit=2, gen_kwargs="max_gen_toks=6")
    assert all(
        r["finish_reason"] == "length" for sample in samples(results) for r in records(sample)
    )
    told = evaluate(GroupLM(), settings, limit=1)
    assert {r["finish_reason"] for r in records(samples(told)[0])} == {None}


def test_more_answers_than_asked_for_cannot_be_passed(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="ptr_pass_k=9 needs at least as many samples"):
        evaluate(GroupLM(), {**settings, "ptr_pass_k": 9, "ptr_samples": 2}, limit=1)


def test_a_server_is_sent_another_seed_for_every_candidate(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    ports = [0]

    def seeds(ledger: str) -> list[int]:
        with ChatServer(port=ports[-1]) as server:
            ports.append(server.port)
            asked = {**settings, "ptr_samples": 2, "ptr_ledger": str(tmp_path / ledger)}
            arguments = f"model=m,base_url={server.url},num_concurrent=2"
            evaluate("local-chat-completions", asked, limit=2, model_args=arguments,
                     apply_chat_template=True)  # fmt: skip
        return [payload["seed"] for payload in server.payloads]

    first = seeds("one")
    # Two groups of four candidates and one refined answer; both questions share their seeds.
    assert sorted(Counter(first).values()) == [2] * 10
    assert sorted(seeds("two")) == sorted(first)
    assert seeds("one") == []


class VLLM(GroupLM):
    """Is taken for lm-eval's class of that name, which draws every request by its own seed."""


def test_vllm_is_given_another_seed_for_every_candidate(settings: dict[str, Any]) -> None:
    def seeds() -> list[int]:
        lm = VLLM()
        evaluate(lm, {**settings, "ptr_samples": 2, "ptr_syntheses": 2}, limit=2)
        return [each["seed"] for each in lm.settings]

    first = seeds()
    assert len(set(first)) == len(first) == 2 * 2 * (4 + 2)
    assert seeds() == first


def test_recorded_answers_are_scored_as_a_group(sums: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    letters = [*CANDIDATES[2], REFINED[2]]
    row = {"doc_id": 2, "responses": [response_text(2, letter) for letter in letters]}
    file.write_text(json.dumps(row))
    asked = {"ptr_data": str(sums), "ptr_protocol": "parallel"}
    results = score("ptr_gsm8k", file, tmp_path / "out", metadata=asked)
    assert [figure(results, n) for n in ("score@1", "maj4@1", "score@2")] == [0.25, 0.25, 0]
    assert results["configs"]["ptr_gsm8k"]["ptr"]["answers_per_round"] == [4, 1]


@pytest.mark.parametrize(
    ("answers", "more", "steps"),
    [(1, {}, [1]), (3, {}, [3]), (5, {}, [4, 1]), (6, {}, [4, 1, 1]),
     (6, {"ptr_candidates": 5}, [5, 1]), (2, {"ptr_candidates": 4}, [4]),
     (6, {"ptr_syntheses": 2}, [4, 2]), (2, {"ptr_protocol": "sequential"}, [1, 1])],
)  # fmt: skip
def test_answers_to_a_parallel_task_are_a_group_and_what_was_made_of_it(
    tmp_path: Path, answers: int, more: dict[str, Any], steps: list[int]
) -> None:
    data = write(tmp_path / "data", {"math500/test.jsonl": lines(MATH500)})
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({"doc_id": 0, "responses": ["\\boxed{1}"] * answers}))
    asked = {"ptr_data": str(data), **more}
    results = score("gsr_math500", file, tmp_path / "out", metadata=asked)
    assert results["configs"]["gsr_math500"]["ptr"]["answers_per_round"] == steps
    failed = results["results"]["gsr_math500"]["failed@1,strict"]
    assert failed == max(0, steps[0] - answers) / steps[0]


# Rounds of others


@pytest.fixture
def saved(settings: dict[str, Any], tmp_path: Path) -> Path:
    evaluate_into(tmp_path / "run", GroupLM(), settings, limit=6)
    return tmp_path / "run"


def test_candidates_of_a_saved_run_are_refined_by_this_model(
    settings: dict[str, Any], saved: Path
) -> None:
    class Always(ScriptedLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            self.prompts.append(prompt)
            return response_text(place(prompt)[0], "r")

    lm = Always()
    results = evaluate(lm, {**settings, "ptr_first_round": str(saved)}, limit=6)
    assert len(lm.prompts) == 6
    description = results["configs"]["ptr_gsm8k"]["ptr"]
    assert description["first_round_model"] is not None
    assert read_run(saved)[0].results.name == description["first_round_results"]
    assert figure(results, "score@1") == pytest.approx(2 / 6)
    assert figure(results, "score@2") == 1
    texts = [r[0] for r in samples(results)[2]["resps"][:4]]
    assert texts == [response_text(2, letter) for letter in CANDIDATES[2]]


def test_of_several_saved_runs_the_newest_with_the_task_is_taken(
    settings: dict[str, Any], saved: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluate_into(saved, GroupLM(), {**settings, "ptr_candidates": 3}, limit=6)
    newest = max(saved.rglob("results_*.json"), key=lambda path: path.name)
    foreign = newest.with_name("results_2099-01-01T00-00-00.json")
    foreign.write_text('{"results": {"gsm8k": {}}, "configs": {"gsm8k": {}}}')
    asked = {**settings, "ptr_first_round": str(saved), "ptr_candidates": 3}
    description = evaluate(GroupLM(), asked, limit=6)["configs"]["ptr_gsm8k"]["ptr"]
    assert description["first_round_results"] == newest.name
    assert f"{newest} is taken, the newest with ptr_gsm8k by the time in its name" in caplog.text
    assert f"{foreign} has only lm-eval's own tasks (gsm8k), which have no rounds" in caplog.text


def test_failures_of_a_saved_run_are_told(
    settings: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing(GroupLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            if place(prompt)[0] == 1:
                raise ValueError("this one is refused")
            return super()._respond(prompt, settings)

    evaluate_into(tmp_path / "run", Refusing(), settings, limit=3)
    asked = {**settings, "ptr_first_round": str(tmp_path / "run")}
    with count_requests() as count:
        evaluate_into(tmp_path / "later", GroupLM(), asked, limit=3)
    assert "4 of its 12 first answers failed, and count as failed here, too" in caplog.text
    # They are not this run's requests, so to repeat it would not ask them again.
    assert (count.requests, count.failed) == (3, 0)
    assert failed_requests(newest_results(tmp_path / "later")) == 0
    assert failed_requests(newest_results(tmp_path / "run")) == 5


def test_candidates_of_a_saved_run_are_dealt_into_smaller_groups(
    settings: dict[str, Any], saved: Path
) -> None:
    asked = {**settings, "ptr_first_round": str(saved), "ptr_candidates": 2, "ptr_samples": 2}
    results = evaluate(GroupLM(), asked, limit=2)
    answers = [response[0] for response in samples(results)[1]["resps"]]
    assert answers[:2] == [response_text(1, "r")] * 2
    assert answers[3:5] == [response_text(1, "w")] * 2


def test_candidates_are_shown_in_the_order_wished(settings: dict[str, Any], saved: Path) -> None:
    lm = GroupLM()
    evaluate(lm, {**settings, "ptr_first_round": str(saved), "ptr_order": "reversed"}, limit=3)
    assert lm.synthesis[2].index(response_text(2, "y")) < lm.synthesis[2].index(
        response_text(2, "r")
    )


@pytest.mark.parametrize(
    ("changes", "limit", "message"),
    [
        ({"ptr_candidates": 5}, 6, "do not make 1 groups of 5; ask for fewer (ptr_candidates)."),
        ({"ptr_samples": 2, "ptr_candidates": 3}, 6, "2 groups of 3; add ptr_samples=1."),
        ({}, 7, "it has no answers to some documents of ptr_gsm8k; ask no others"),
        ({"ptr_first_round": "nowhere"}, 6, "nowhere: no such file or folder; name the"),
    ],
)
def test_a_saved_run_that_does_not_hold_what_is_asked_is_refused(
    settings: dict[str, Any], saved: Path, changes: dict[str, Any], limit: int, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate(GroupLM(), {**settings, "ptr_first_round": str(saved), **changes}, limit=limit)
    assert message in str(caught.value)


def test_another_model_refines(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = ScriptedLM(lambda question, round_: response_text(question, "x"))
    asked: list[tuple[str, dict[str, Any]]] = []

    def load(backend: str, args: dict[str, Any]) -> LM:
        asked.append((backend, args))
        return other

    monkeypatch.setattr(loading, "load_model", load)
    lm = GroupLM()
    results = evaluate(lm, {**settings, "ptr_aggregator": "hf:./strong"}, limit=6)
    assert asked == [("hf", {"pretrained": "./strong"})]
    assert (len(lm.prompts), len(other.prompts)) == (24, 6)
    assert figure(results, "score@2") == 0
    file = tmp_path / "other.yaml"
    file.write_text(json.dumps({"backend": "vllm", "args": {"pretrained": "m", "seed": 1}}))
    evaluate(GroupLM(), {**settings, "ptr_aggregator": str(file)}, limit=1)
    assert asked[1] == ("vllm", {"pretrained": "m", "seed": 1})


def test_an_aggregator_that_is_no_model_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="ptr_aggregator=strong: write BACKEND:MODEL, such as"):
        evaluate(GroupLM(), {**settings, "ptr_aggregator": "strong"}, limit=1)
