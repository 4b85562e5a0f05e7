"""Scoring a task's answers: every scorer on every answer, and which answers are equivalent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ptr_eval.harness.kept import keep_answers
from ptr_eval.harness.scorers import Items, Scorer
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Protocol
from ptr_eval.runs import Answer, Grade
from ptr_eval.scoring import Score, answer_classes

Fields = Mapping[str, Any]
"""A question's fields, as its reader made them."""

PUBLISHED_RULES = ("upstream",)
"""The names of scorers for which a response that only confirms an answer is never an answer."""


def grade(
    answers: Sequence[Answer],
    questions: Sequence[Fields],
    scorers: Mapping[str, Scorer],
    settings: TaskSettings,
    protocol: Protocol,
    *,
    vote: bool,
) -> list[Answer]:
    """Score answers; `vote` says whether there are several to a question, to vote on.

    Where a request failed or was refused there is nothing to score, and no grade.
    """
    there = [place for place, answer in enumerate(answers) if not answer.reply.missing]
    graded = [answers[place] for place in there]
    items = [
        (answer.reply.visible(settings.thinking_end).text, questions[place])
        for place, answer in zip(there, graded, strict=True)
    ]
    for name, scorer in scorers.items():
        scores = scorer.score(items, settings)
        if scorer.numeric:
            scores = _without_cut_numbers(graded, items, scores, scorer, settings)
        if settings.kept == "carry" and name not in PUBLISHED_RULES:
            scores = keep_answers(graded, scores, protocol)
        classes = _classes(graded, scores, scorer) if vote else [None] * len(graded)
        graded = [
            replace(answer, grades={**answer.grades, name: Grade(score, answer_class)})
            for answer, score, answer_class in zip(graded, scores, classes, strict=True)
        ]
    found = dict(zip(there, graded, strict=True))
    return [found.get(place, answer) for place, answer in enumerate(answers)]


def _without_cut_numbers(
    answers: Sequence[Answer],
    items: Items,
    scores: Sequence[Score],
    scorer: Scorer,
    settings: TaskSettings,
) -> list[Score]:
    """Score again without its number what the token limit cut off behind a digit.

    "So, the answer is 500" may have been going to say 5000; what was stated before counts.
    """
    found = list(scores)
    shorter = {
        place: (text[: score.span[0]], question)
        for place, (score, (text, question)) in enumerate(zip(scores, items, strict=True))
        if score.span and answers[place].reply.finish_reason == "length"
        if score.span[1] == len(text) and text[-1].isdigit()
    }
    again = scorer.score(list(shorter.values()), settings) if shorter else []
    for place, score in zip(shorter, again, strict=True):
        found[place] = score
    return found


def _classes(
    answers: Sequence[Answer], scores: Sequence[Score], scorer: Scorer
) -> list[int | None]:
    """Number the different answers to each question."""
    places: dict[int, list[int]] = {}
    for place, answer in enumerate(answers):
        places.setdefault(answer.question, []).append(place)
    numbered = answer_classes([[scores[i] for i in p] for p in places.values()], scorer.same)
    classes: list[int | None] = [None] * len(answers)
    for group, numbers in zip(places.values(), numbered, strict=True):
        for place, number in zip(group, numbers, strict=True):
            classes[place] = number
    return classes
