"""Answers: what the strong model is shown, and what is left out."""

from collections import Counter
from pathlib import Path

import pytest

from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.ptr.answers import AnswerSettings, write_answers
from ptr_data.methods.ptr.prompts import BUILT_IN, TASK
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.records import GeneratedText
from ptr_eval.config import checked
from tests.ptr_data.models.scripted import ScriptedModel, done, query, text

CHECKS = OutputSettings()


def attempt(*thoughts: str, shown: int | None = None) -> QuestionTexts:
    written = tuple(text(thought) for thought in thoughts)
    return QuestionTexts(
        query("What is 1?"), written, len(thoughts) if shown is None else shown, ()
    )


def test_the_strong_model_sees_examples_question_and_shown_thoughts_only() -> None:
    strong = ScriptedModel("s")
    c = attempt("first", "second", "spare", shown=2)
    (answered,) = done(write_answers([c], strong, AnswerSettings(samples=3), CHECKS)).kept
    assert [answer.text for answer in answered.answers] == [f"s{i} on What is 1?" for i in range(3)]
    (prompt,) = strong.prompts
    shown = [message["content"] for message in prompt.opening.messages()]
    assert len(shown) == 2 * len(BUILT_IN) + 1
    assert all(part in shown[-1] for part in ("What is 1?", "first", "second", TASK))
    assert "spare" not in "".join(shown)
    assert all(part in shown[0] for part in (BUILT_IN[0].query, *BUILT_IN[0].thoughts, TASK))
    assert shown[1] == BUILT_IN[0].answer


@pytest.mark.parametrize("shown", [0, 2])
def test_the_strong_model_can_be_shown_the_question_alone(shown: int) -> None:
    strong = ScriptedModel("s")
    settings = AnswerSettings(sees_thoughts=shown == 0)
    done(write_answers([attempt("first", "second", shown=shown)], strong, settings, CHECKS))
    shown_texts = [message["content"] for message in strong.prompts[0].opening.messages()]
    assert shown_texts[-1] == "What is 1?"
    whole = "".join(shown_texts)
    hidden = ["first", "second", TASK, *(t for e in BUILT_IN for t in e.thoughts)]
    assert not any(part in whole for part in hidden)
    assert BUILT_IN[0].answer in whole


def test_examples_come_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"query": "q", "thoughts": ["t"], "answer": "a"}\n')
    for choice, count in (("mine.jsonl", 1), ("none", 0), ("built-in", 2)):
        settings = checked({"examples": choice}, AnswerSettings, tmp_path / "c.yaml")
        strong = ScriptedModel("s")
        done(write_answers([attempt("first")], strong, settings, CHECKS))
        assert len(strong.prompts[0].opening.messages()) == 2 * count + 1


def test_bad_answers_are_left_out_and_a_question_without_good_ones_is_dropped() -> None:
    def write(query: str, sample: int) -> str | GeneratedText:
        bad: list[str | GeneratedText] = ["", text("", failed="refused"), "a thought", "loop " * 99]
        return bad[sample] if "1" in query or sample else "good"

    asked = [attempt("a thought"), QuestionTexts(query("What is 2?"), (text("t"),), 1, ())]
    written = done(write_answers(asked, ScriptedModel("s", write), AnswerSettings(), CHECKS))
    (kept,) = written.kept
    assert [answer.text for answer in kept.answers] == ["good", "a thought"]
    (dropped,) = written.dropped
    assert (dropped.query, dropped.stage) == (asked[0].query, "answers")
    assert dropped.reason == "empty"  # As common as the others, and the first.
    reasons = Counter(left.reason for left in written.left_out)
    assert reasons == {
        "empty": 1, "failed": 2, "answer copies a thought": 1, "repeats itself": 2,
    }  # fmt: skip
