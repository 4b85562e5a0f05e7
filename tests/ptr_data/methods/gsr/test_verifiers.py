"""Telling right from wrong, by each verifier."""

from pathlib import Path

import numpy as np
import pytest

from ptr_data.filters.consistency import Vectors
from ptr_data.methods.gsr.verifiers import by_judge, by_scorer, by_similarity, judging, read_verdict
from ptr_data.records import Question
from tests.ptr_data.models.scripted import ScriptedModel


def query(text: str, reference: str) -> Question:
    return Question(text, text, reference, "made up", 1)


SUM = query("What is 1/2 + 1/4?", "\\frac{3}{4}")


def test_maths_compares_final_answers() -> None:
    answers = ["So \\boxed{0.75}.", "So \\boxed{1}.", "I do not know"]
    verify = by_scorer("maths")
    assert verify([(SUM, text) for text in answers], None) == [
        "correct", "wrong", "no answer found",
    ]  # fmt: skip
    assert verify([], None) == []


def test_other_scorers_can_be_named() -> None:
    assert by_scorer("number_flexible")([(query("?", "7"), "It is 7.")], None) == ["correct"]


def test_likeness_has_a_threshold() -> None:
    def embed(texts: object) -> Vectors:
        assert isinstance(texts, list)
        angles = [{"same": 0.0, "close": 0.5, "far": 1.5}[text] for text in texts]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles])

    verify = by_similarity(lambda: embed, 0.8)
    asked = query("?", "same")
    assert verify([(asked, text) for text in ("same", "close", "far")], None) == [
        "correct", "correct", "wrong",
    ]  # fmt: skip
    assert verify([], None) == []


def test_a_judge_reads_question_reference_and_answer(tmp_path: Path) -> None:
    judge = ScriptedModel(
        "judge",
        lambda text, sample: (
            "<think>Verdict: correct</think>Verdict: wrong"
            if "bad" in text
            else "Hard to say."
            if "odd" in text
            else "Verdict: wrong? No.\n**Verdict: Correct**"
        ),
    )
    verify = by_judge(lambda: judge, "</think>")
    answers = [(SUM, text) for text in ("good", "bad", "odd", "good")]
    assert verify(answers, tmp_path / "ledger") == ["correct", "wrong", "no verdict", "correct"]
    assert len(judge.prompts) == 3
    shown = "".join(prompt.opening.messages()[0]["content"] for prompt in judge.prompts)
    assert [shown.count(part) for part in (SUM.text, SUM.reference, "good")] == [3, 3, 1]


def test_a_judge_does_without_a_reference() -> None:
    assert "for comparison" in judging(SUM, "x")
    assert "for comparison" not in judging(query("Why {so}?", " "), "x {y}")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("Verdict: correct", "correct"),
        ("verdict = **WRONG**", "wrong"),
        ("Verdict: correct\nVerdict: wrong", "wrong"),
        ("Verdict: incorrect", "no verdict"),
        ("", "no verdict"),
    ],
)
def test_the_last_verdict_counts(reply: str, verdict: str) -> None:
    assert read_verdict(reply) == verdict
