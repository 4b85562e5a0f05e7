"""Scoring a task's answers: every scorer on every answer, and which answers are equivalent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ptr_eval.harness.kept import keep_answers
from ptr_eval.harness.scorers import Scorer
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
    """Score answers; `vote` says whether there are several to a question, to vote on."""
    end = settings.thinking_end
    items = [
        (answer.reply.visible(end).text, fields)
        for answer, fields in zip(answers, questions, strict=True)
        if answer.reply.failure is None
    ]
    graded = list(answers)
    for name, scorer in scorers.items():
        scores = _scores(answers, scorer.score(items, settings))
        if settings.kept == "carry" and name not in PUBLISHED_RULES:
            scores = keep_answers(answers, scores, protocol)
        classes = _classes(answers, scores, scorer) if vote else [None] * len(answers)
        graded = [
            replace(answer, grades={**answer.grades, name: Grade(score, answer_class)})
            for answer, score, answer_class in zip(graded, scores, classes, strict=True)
        ]
    return graded


def _scores(answers: Sequence[Answer], scored: Iterable[Score]) -> list[Score]:
    found = iter(scored)
    failed = Score.unparsed("no answer: the request failed")
    return [failed if answer.reply.failure else next(found) for answer in answers]


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
