"""Telling right from wrong, by each verifier."""

from pathlib import Path

import numpy as np
import pytest

from ptr_data.filters.consistency import Vectors
from ptr_data.methods.gsr.verifiers import by_judge, by_scorer, by_similarity
from ptr_data.records import GeneratedText, Question
from ptr_eval.errors import UserError
from ptr_eval.judge import JudgeForm
from tests.ptr_data.models.scripted import ScriptedModel, done


def query(text: str, reference: str) -> Question:
    return Question(text, text, reference, "made up", 1)


SUM = query("What is 1/2 + 1/4?", "\\frac{3}{4}")


def test_maths_compares_final_answers() -> None:
    answers = ["So \\boxed{0.75}.", "So \\boxed{1}.", "I do not know"]
    verify = by_scorer("maths")
    assert done(verify([(SUM, text) for text in answers], None)) == [
        "correct", "wrong", "no answer found",
    ]  # fmt: skip
    assert done(verify([], None)) == []


def test_other_scorers_can_be_named() -> None:
    assert done(by_scorer("number_flexible")([(query("?", "7"), "It is 7.")], None)) == ["correct"]


def test_likeness_has_a_threshold() -> None:
    def embed(texts: object) -> Vectors:
        assert isinstance(texts, list)
        angles = [{"same": 0.0, "close": 0.5, "far": 1.5}[text] for text in texts]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles])

    verify = by_similarity(lambda: embed, 0.8)
    asked = query("?", "same")
    assert done(verify([(asked, text) for text in ("same", "close", "far")], None)) == [
        "correct", "correct", "wrong",
    ]  # fmt: skip
    assert done(verify([], None)) == []


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
    found = done(verify(answers, tmp_path / "ledger"))
    assert found == ["correct", "wrong", "no verdict", "correct"]
    assert len(judge.prompts) == 3
    shown = "".join(prompt.opening.messages()[0]["content"] for prompt in judge.prompts)
    assert [shown.count(part) for part in (SUM.text, SUM.reference, "good")] == [3, 3, 1]


def test_unreadable_and_failed_verdicts_are_kept_apart() -> None:
    def say(text: str, sample: int) -> str | GeneratedText:
        if "lost" in text:
            return GeneratedText("", "judge", 0, failed="HTTP 500: no")
        return {"cut": "", "odd": "Verdict: A"}.get(
            text.split("Answer:\n")[1][:3], "Verdict: wrong"
        )

    verify = by_judge(lambda: ScriptedModel("judge", say), "</think>")
    answers = [(SUM, text) for text in ("lost", "cut", "odd", "bad")]
    assert done(verify(answers, None)) == ["judge failed", "judge failed", "no verdict", "wrong"]


def test_a_judge_may_be_asked_in_a_form_of_one_s_own() -> None:
    form = JudgeForm(
        name="own.yaml",
        system="Be strict.",
        prompt="{question}|{reference}|{answer}",
        verdict="(yes|no)",
        means={"yes": "correct", "no": "wrong"},
    )
    judge = ScriptedModel("judge", lambda text, sample: "yes" if "|good" in text else "no")
    verify = by_judge(lambda: judge, "</think>", form)
    assert done(verify([(SUM, "good"), (SUM, "bad")], None)) == ["correct", "wrong"]
    system, user = judge.prompts[0].opening.opening
    assert system.content == "Be strict."
    assert user.content.startswith(f"{SUM.text}|\nA correct answer, for comparison:\n")


@pytest.mark.parametrize(
    ("text", "failed", "message"),
    [
        ("", "HTTP 401: wrong key", "Model judge failed on all of 20 questions (HTTP 401: wrong "
         "key); correct that, or remove the model from the configuration."),
        ("", None, "The judge judge answered none of 20 requests (an empty reply); correct that, "
         "and start again."),
        ("Right.", None, "No match could be read: 20 of 20 replies of the judge judge have no "
         "verdict in the form plain (one ends: 'Right.'); choose the judge's own form with "
         "`verifier.judge_form`."),
    ],
)  # fmt: skip
def test_a_judge_of_whom_nothing_can_be_read_is_refused(
    text: str, failed: str | None, message: str
) -> None:
    said = GeneratedText(text, "judge", 0, failed=failed)
    judge = ScriptedModel("judge", lambda text, sample: said)
    verify = by_judge(lambda: judge, "</think>")
    few = [(SUM, str(n)) for n in range(19)]
    assert set(done(verify(few, None))) == {"no verdict" if text else "judge failed"}
    with pytest.raises(UserError) as caught:
        done(verify([*few, (SUM, "19")], None))
    assert str(caught.value) == message
