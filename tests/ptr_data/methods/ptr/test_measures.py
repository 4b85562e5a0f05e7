"""How answers are scored before the gate."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ptr_data.methods.ptr.measures import (
    GivenMeasure,
    ScorerMeasure,
    judge_pairs,
    read_scores,
    score_answers,
)
from ptr_data.records import Question, question_id
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.harness.asks import Work
from ptr_eval.judge import PLAIN, JudgeReply, read_text
from tests.ptr_data.models.scripted import done


def query(text: str, reference: str = "") -> Question:
    return Question(question_id(text), text, reference, "s", 1)


def test_a_scorer_compares_with_the_source_s_answer() -> None:
    queries = [query("one half", r"\frac{1}{2}"), query("two", "2"), query("nothing known")]
    answers = [r"It is \boxed{0.5}", r"\boxed{3}", r"\boxed{1}"]
    scores = score_answers(queries, answers, ScorerMeasure(kind="scorer", scorer="maths"))
    assert scores[:2].tolist() == [1.0, 0.0]
    assert math.isnan(scores[2])


def judge(conversations: Sequence[Conversation]) -> Work[list[JudgeReply]]:
    """Prefers what is good, unless the question says otherwise."""
    yield from ()
    return [_say(conversation.opening[-1].content) for conversation in conversations]


def _say(prompt: str) -> JudgeReply:
    better = "A" if "Answer A:\ngood" in prompt else "B"
    said = {"biased": "Verdict: A", "even": "Verdict: tie", "silent": "Hm."}
    asked = prompt.partition("Request:\n")[2].partition("\n")[0]
    failure = "HTTP 500" if asked == "lost" else None
    return read_text(PLAIN, said.get(asked, f"Verdict: {better}"), failure)


def test_only_a_preference_in_both_orders_is_a_win() -> None:
    queries = [query("x"), query("y"), query("biased"), query("even")]
    weak, strong = ["bad", "good", "good", "bad"], ["good", "bad", "good", "good"]
    found = done(judge_pairs(queries, weak, strong, PLAIN, judge))
    assert found.strong.tolist() == [1.0, 0.0, 0.5, 0.5]
    assert found.weak.tolist() == [0.0, 1.0, 0.5, 0.5]
    assert [match.outcome for match in found.matches] == [
        "decided", "decided", "order-dependent", "tied",
    ]  # fmt: skip


def test_what_cannot_be_read_and_models_that_failed_are_left_out() -> None:
    queries = [query("silent"), query("lost"), query("x"), query("y"), query("z")]
    found = done(
        judge_pairs(
            queries, ["bad", "bad", None, "bad", "bad"], ["good"] * 3 + [None, "good"], PLAIN, judge
        )
    )
    assert np.isnan(found.strong).tolist() == np.isnan(found.weak).tolist() == [True] * 4 + [False]
    assert found.strong[4] == 1
    assert [match.outcome for match in found.matches] == ["unreadable", "failed", "decided"]


def test_a_failed_answer_has_no_score() -> None:
    measure = ScorerMeasure(kind="scorer", scorer="maths")
    scores = score_answers([query("a", "2"), query("b", "2")], [r"\boxed{2}", None], measure)
    assert scores[0] == 1.0
    assert math.isnan(scores[1])


def given(folder: Path, *rows: object) -> GivenMeasure:
    path = folder / "scores.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return GivenMeasure(kind="given", file=path)


def test_given_scores_are_found_by_query_and_model(tmp_path: Path) -> None:
    measure = given(
        tmp_path,
        {"query": "  THE one", "model": "w", "score": 0.25},
        {"query": "another", "model": "w", "score": 1},
        {"query": "the one", "model": "else", "score": 1},
    )
    scores = read_scores([query("the one"), query("unknown")], ["w"], measure)
    assert scores["w"][0] == 0.25
    assert np.isnan(scores["w"][1])
    with pytest.raises(UserError, match=r"scores\.jsonl has no score of the model 's'"):
        read_scores([query("the one")], ["s"], measure)


def test_malformed_scores_name_file_and_row(tmp_path: Path) -> None:
    measure = given(tmp_path, {"query": "a", "model": "w", "score": "high"})
    with pytest.raises(UserError, match=r"scores\.jsonl.*'score' must be a number, not 'high'"):
        read_scores([query("a")], ["w"], measure)
    with pytest.raises(UserError, match=r"nowhere: no such file"):
        read_scores([], ["w"], GivenMeasure(kind="given", file=tmp_path / "nowhere"))
