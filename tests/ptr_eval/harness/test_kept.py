"""Responses that only confirm: what they keep, where they have nothing to keep, and how both count.

The scorer here is a stub, so that these tests are of what is made of its scores.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.harness import scorers
from ptr_eval.harness.kept import keep_answers
from ptr_eval.harness.rescore import rescore, score
from ptr_eval.harness.scorers import Items, Scorer
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Parallel, Protocol, Reply, Resample, Sequential
from ptr_eval.runs import Answer, questions, read_run
from ptr_eval.scoring import Score
from tests.scripted_lm import ScriptedLM, by_round, evaluate, evaluate_into, gold, samples

CONFIRMS = "No changes needed."
WHY = "no answer: the earlier one is confirmed"
TWO_AND_THREE = {2: CONFIRMS, 3: CONFIRMS}


def read(response: str, question: Mapping[str, Any]) -> Score:
    """A stand-in for a scorer of numbers: it reads "is N." and knows one bare confirmation."""
    if response == CONFIRMS:
        return Score.unparsed(WHY, kept=True)
    found = re.search(r"is (\d+)\.", response)
    if found is None:
        return Score.unparsed("no answer: nothing is stated")
    right = found[1] == question["gold"]
    scored = Score.of(right, found[1], "is", found.span(1))
    return replace(scored, parts={"length": float(len(found[1]))})


def read_all(items: Items, settings: TaskSettings) -> list[Score]:
    return [read(response, question) for response, question in items]


@pytest.fixture(autouse=True)
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("number_strict", "upstream_number"):
        monkeypatch.setitem(scorers.SCORERS, name, Scorer("exact_match", read_all))


@pytest.fixture
def settings(sums: Path) -> dict[str, Any]:
    return {"ptr_data": str(sums), "ptr_scorers": "strict"}


def right_then(later: Mapping[int, str], question: int, round_: int) -> str:
    """Right in round 1, but for question 3, which states no answer; then what is given."""
    first = f"It is {gold(question)}." if question != 3 else "Who knows?"
    return later.get(round_, first)


def graded(*responses: str | None, protocol: Protocol, dropped: int = 0) -> list[Score]:
    """What becomes of one dialogue of one answer a round; None is a failed request."""
    answers = [
        Answer(0, 0, number, 0, Reply(text or "", failure=None if text else "lost"))
        for number, text in enumerate(responses, start=1)
    ]
    last = answers[-1]
    answers[-1] = replace(last, reply=replace(last.reply, dropped_answers=dropped))
    scores = [read(answer.reply.response, {"gold": "18"}) for answer in answers]
    return keep_answers(answers, scores, protocol)


def hows(scores: Sequence[Score]) -> list[tuple[str | None, str]]:
    return [(score.answer, score.how) for score in scores]


SEQUENTIAL = Sequential(4, "Refine.")


def test_a_confirmation_takes_the_score_of_the_round_before_over() -> None:
    first, second = graded("It is 18.", CONFIRMS, protocol=SEQUENTIAL)
    assert (first.kept, first.span) == (False, (6, 8))
    # The span is of the earlier response, which this text does not contain.
    assert second == replace(first, how="kept from round 1", span=None, kept=True)
    assert second.parts == {"length": 2.0}


def test_a_chain_of_confirmations_names_the_round_that_stated_the_answer() -> None:
    found = graded("It is 7.", "It is 18.", CONFIRMS, CONFIRMS, protocol=SEQUENTIAL)
    assert hows(found)[2:] == [("18", "kept from round 2")] * 2
    assert [score.verdict for score in found] == ["wrong", "correct", "correct", "correct"]


@pytest.mark.parametrize(
    "responses",
    [
        (CONFIRMS,),
        ("Who knows?", CONFIRMS),
        (CONFIRMS, CONFIRMS),
        (None, CONFIRMS),
        ("It is 18.", "Who knows?", CONFIRMS),
    ],
    ids=["round 1", "no answer", "nothing confirmed", "failed", "the one before"],
)
def test_where_there_is_nothing_to_keep_there_is_no_answer(
    responses: tuple[str | None, ...],
) -> None:
    last = graded(*responses, protocol=SEQUENTIAL)[-1]
    assert last == Score.unparsed(WHY, kept=True)


def test_after_a_failed_request_the_answer_still_in_the_prompt_is_kept() -> None:
    _, failed, last = graded("It is 18.", None, CONFIRMS, protocol=SEQUENTIAL)
    assert (failed.verdict, failed.kept) == ("unparsed", False)
    assert (last.answer, last.how) == ("18", "kept from round 1")


@pytest.mark.parametrize(("dropped", "verdict"), [(1, "correct"), (2, "unparsed")])
def test_an_answer_that_the_prompt_had_no_room_for_is_not_kept(dropped: int, verdict: str) -> None:
    found = graded("It is 7.", "It is 18.", CONFIRMS, protocol=SEQUENTIAL, dropped=dropped)
    assert found[-1].verdict == verdict


def test_without_history_there_is_nothing_to_keep() -> None:
    found = graded("It is 18.", CONFIRMS, protocol=Resample(2))
    assert found[-1] == Score.unparsed(WHY, kept=True)


def test_a_protocol_of_one_s_own_says_whether_its_prompts_show_the_answer() -> None:
    class Own(Resample):
        refines_from = 2  # type: ignore[assignment]

    class Silent:
        sampled = False
        answers_per_round = (1, 1)

        def converse(self, question: Any) -> Any: ...

    assert graded("It is 18.", CONFIRMS, protocol=Own(2))[-1].answer == "18"
    assert graded("It is 18.", CONFIRMS, protocol=Silent())[-1].answer is None


def test_in_parallel_only_the_refinement_of_a_refined_answer_keeps_it() -> None:
    protocol = Parallel(2, "Examine.", 3, "Refine.", syntheses=2)
    texts = {
        (1, 0): "It is 18.", (1, 1): "It is 18.", (2, 0): CONFIRMS, (2, 1): "It is 7.",
        (3, 0): CONFIRMS, (3, 1): CONFIRMS,
    }  # fmt: skip
    answers = [Answer(0, 0, *place, Reply(text)) for place, text in texts.items()]
    scores = [read(text, {"gold": "18"}) for text in texts.values()]
    found = dict(zip(texts, keep_answers(answers, scores, protocol), strict=True))
    assert found[2, 0].answer is found[3, 0].answer is None
    assert (found[3, 1].answer, found[3, 1].how) == ("7", "kept from round 2")
    backwards = keep_answers(answers[::-1], scores[::-1], protocol)
    assert backwards[::-1] == list(found.values())


def test_samples_and_questions_keep_their_own_answers() -> None:
    places = [(question, sample) for question in (0, 1) for sample in (0, 1)]
    answers = [
        Answer(question, sample, round_, 0, Reply(text))
        for round_ in (1, 2)
        for question, sample in places
        for text in [f"It is {question}{sample}." if round_ == 1 else CONFIRMS]
    ]
    scores = [read(answer.reply.response, {"gold": "18"}) for answer in answers]
    found = keep_answers(answers, scores, SEQUENTIAL)
    assert [score.answer for score in found[4:]] == ["00", "01", "10", "11"]


# Through lm-eval


def test_kept_answers_count_as_answers_and_are_counted_apart(settings: dict[str, Any]) -> None:
    lm = ScriptedLM(partial(right_then, TWO_AND_THREE))
    results = evaluate(lm, settings, limit=4)
    assert by_round(results) == [0.75, 0.75, 0.75]
    assert by_round(results, "kept") == [0.0, 1.0, 1.0]
    assert by_round(results, "no_answer") == [0.25, 0.25, 0.25]
    assert by_round(results, "broken") == [0.0, 0.0]
    grades = [arguments[2]["scores"]["strict"] for arguments in samples(results)[0]["arguments"]]
    assert [(g["answer"], g["how"]) for g in grades] == [
        ("100", "is"),
        ("100", "kept from round 1"),
        ("100", "kept from round 1"),
    ]
    assert [g.get("kept") for g in grades] == [None, True, True]
    assert [g.get("span") for g in grades] == [(6, 9), None, None]


def test_refused_they_are_no_answers_and_counted_the_same(settings: dict[str, Any]) -> None:
    lm = ScriptedLM(partial(right_then, TWO_AND_THREE))
    results = evaluate(lm, {**settings, "ptr_kept": "refuse"}, limit=4)
    assert by_round(results) == [0.75, 0.0, 0.0]
    assert by_round(results, "kept") == [0.0, 1.0, 1.0]
    assert by_round(results, "no_answer") == [0.25, 1.0, 1.0]
    assert by_round(results, "broken") == [0.75, 0.75]


def test_published_rules_keep_nothing(settings: dict[str, Any]) -> None:
    lm = ScriptedLM(partial(right_then, TWO_AND_THREE))
    results = evaluate(lm, {**settings, "ptr_scorers": "strict+upstream"}, limit=2)
    values = results["results"]["ptr_gsm8k"]
    assert values["exact_match@2,strict"] == 1.0
    assert values["exact_match@2,upstream"] == 0.0
    assert values["kept@2,upstream"] == 1.0


def test_a_kept_answer_is_of_the_class_of_the_answer_it_keeps(settings: dict[str, Any]) -> None:
    lm = ScriptedLM(partial(right_then, {2: CONFIRMS}))
    results = evaluate(lm, {**settings, "ptr_samples": 2, "ptr_rounds": 2}, limit=1)
    (sample,) = samples(results)
    classes = [arguments[2]["scores"]["strict"]["class"] for arguments in sample["arguments"]]
    assert classes == [0, 0, 0, 0]


def test_responses_from_elsewhere_keep_answers_too(sums: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"doc_id": 0, "responses": ["It is 100.", CONFIRMS]}) + "\n")
    metadata = {"ptr_data": str(sums), "ptr_scorers": "strict"}
    assert by_round(score("ptr_gsm8k", path, tmp_path / "out", metadata=metadata)) == [1.0, 1.0]
    refused = {**metadata, "ptr_kept": "refuse"}
    assert by_round(score("ptr_gsm8k", path, tmp_path / "no", metadata=refused)) == [1.0, 0.0]


@pytest.fixture
def run(settings: dict[str, Any], tmp_path: Path) -> Path:
    """A saved run of two questions that took confirmations for no answers."""
    lm = ScriptedLM(partial(right_then, {2: CONFIRMS}))
    evaluate_into(tmp_path / "run", lm, {**settings, "ptr_rounds": 2, "ptr_kept": "refuse"},
                  limit=2)  # fmt: skip
    return tmp_path / "run"


def test_a_saved_run_is_rescored_under_the_other_rule(run: Path, tmp_path: Path) -> None:
    (same,), nothing = rescore(run, tmp_path / "same", metadata={})
    assert (by_round(same), nothing) == ([1.0, 0.0], [])
    (after,), changes = rescore(run, tmp_path / "kept", metadata={"ptr_kept": "carry"})
    assert by_round(after) == [1.0, 1.0]
    assert by_round(after, "kept") == [0.0, 1.0]
    assert str(changes[0]) == (
        f"ptr_gsm8k 0 round 2: unparsed -> correct (None -> '100'): {WHY} -> kept from round 1"
    )
    first, _ = (tmp_path / "kept" / "verdict_changes.jsonl").read_text().splitlines()
    assert (json.loads(first)["how_before"], json.loads(first)["how_after"]) == (
        WHY,
        "kept from round 1",
    )
    # What was kept is not kept again from itself.
    (back,), changes = rescore(
        tmp_path / "kept", tmp_path / "back", metadata={"ptr_kept": "refuse"}
    )
    assert (by_round(back), len(changes)) == ([1.0, 0.0], 2)


def test_saved_runs_give_back_span_and_kept(run: Path) -> None:
    (saved,) = read_run(run)
    for question in questions(saved):
        first, second = (answer.score for answer in question.answers)
        assert (first.span, first.kept) == ((6, 9), False)
        assert (second.span, second.kept) == (None, True)
