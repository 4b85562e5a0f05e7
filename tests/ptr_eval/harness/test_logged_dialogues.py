"""Dialogues put together again from what lm-eval logs of each scorer."""

from dataclasses import replace
from typing import Any

from ptr_eval.harness.logged_dialogues import LoggedDialogue, dialogues_in
from ptr_eval.protocols import Reply
from ptr_eval.runs import Answer, Grade, log_answer, put_answer
from ptr_eval.scoring import Score

RIGHT = Grade(Score(1.0, "correct", "4", "is"))


def answer(round_: int, text: str, *, position: int = 0, sample: int = 0, **more: Any) -> Answer:
    reply = Reply(text, prompt=f"prompt {round_}", visible_tokens=1, **more)
    grades = {} if reply.missing else {"strict": RIGHT, "upstream": RIGHT}
    return Answer(0, sample, round_, position, reply, grades=grades)


def dialogue(*answers: Answer) -> LoggedDialogue:
    return LoggedDialogue(0, 0, "4", answers, {})


def test_turns_that_are_not_scored_have_a_text_of_their_own() -> None:
    critique = replace(answer(2, "It is 4."), kind="critique", scored=False, grades={})
    later = replace(answer(2, "4"), unscored=(critique,))
    shown = dialogue(answer(1, "5"), later)
    assert shown.texts() == {"response@1": "5", "critique@2": "It is 4.", "response@2": "4"}
    assert [turn.kind for turn in shown.turns] == ["answer", "critique", "answer"]


def test_candidates_are_numbered_and_those_that_are_missing_have_no_verdict() -> None:
    shown = dialogue(
        answer(1, "a"),
        answer(1, "", position=1, failure="status 500"),
        answer(1, "c", position=2),
        answer(2, "", refusal="I cannot help."),
    )
    assert shown.texts() == {
        "response@1": "[1] a\n\n[2] (failed: status 500)\n\n[3] c",
        "response@2": "(refused: I cannot help.)",
    }
    assert shown.verdicts() == {
        "answer@1,strict": "[1] 4\n\n[3] 4",
        "verdict@1,strict": "[1] correct\n\n[3] correct",
        "answer@1,upstream": "[1] 4\n\n[3] 4",
        "verdict@1,upstream": "[1] correct\n\n[3] correct",
    }


class Request:
    """As much of lm-eval's request as an answer is logged in."""

    def __init__(self, answer_: Answer) -> None:
        self.arguments: tuple[Any, ...] = ("", {}, None)
        self.filtered_resps: dict[str, Any] = {}
        put_answer(self, answer_)
        log_answer(self, answer_, ("strict", "upstream"))


def test_a_question_s_figures_stand_in_each_of_its_dialogues() -> None:
    requests = [Request(answer(1, text, sample=n)) for n, text in enumerate(["a", "b"])]
    samples = [
        {
            "doc_id": 7,
            "target": ["4", "four"],
            "filter": scorer,
            "metrics": ["exact_match@1"],
            "exact_match@1": value,
            "arguments": [request.arguments for request in requests],
            "resps": [["a"], ["b"]],
        }
        for scorer, value in [("strict", 1.0), ("upstream", 0.5)]
    ]
    found = dialogues_in(samples)
    assert [(each.question, each.sample, each.target) for each in found] == [
        (7, 0, "['4', 'four']"),
        (7, 1, "['4', 'four']"),
    ]
    for each, text in zip(found, ["a", "b"], strict=True):
        assert each.texts() == {"response@1": text}
        assert each.figures == {"exact_match@1,strict": 1.0, "exact_match@1,upstream": 0.5}
