"""How answers are scored before a strong model is believed to be stronger.

Three measures: a scorer of evaluation against the source's own answer, a judge model that reads
both answers in both orders, or scores from a file.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ptr_data.hashing import content_of
from ptr_data.methods.ptr.strength import ScoreArray
from ptr_data.records import Question, question_id
from ptr_eval.best_of_n.judging import agreed, judging
from ptr_eval.config import FilePath, ModelName, Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.readers import read_rows

AskJudge = Callable[[Sequence[Conversation]], list[str]]
"""From conversations to a judge's replies."""


class ScorerMeasure(Settings):
    """Score by comparing with the source's own answer."""

    kind: Literal["scorer"]
    """`scorer`."""
    scorer: Literal["maths", "number_flexible", "similarity"]
    """The scorer's name, as task configurations give it."""
    embedder: ModelName = "BAAI/bge-m3"
    """The embedding model of the scorer `similarity`."""


class JudgeMeasure(Settings):
    """Let a model choose the better of two answers."""

    kind: Literal["judge"]
    """`judge`."""
    model: Text
    """The name of one of the configuration's models."""


class GivenMeasure(Settings):
    """Read scores from a file."""

    kind: Literal["given"]
    """`given`."""
    file: FilePath
    """JSON Lines of `{"query": text, "model": name, "score": number}`."""

    def identity(self) -> Any:
        """Describe the scores by what the file holds and not by where it is."""
        return content_of(self.file)


Measure = Annotated[ScorerMeasure | JudgeMeasure | GivenMeasure, Field(discriminator="kind")]


def score_answers(
    questions: Sequence[Question], answers: Sequence[str], measure: ScorerMeasure
) -> ScoreArray:
    """Score one model's answers against the sources' own."""
    from ptr_eval.harness.scorers import SCORERS
    from ptr_eval.harness.settings import TaskSettings

    known = [i for i, question in enumerate(questions) if question.reference]
    items = [(answers[i], {"gold": questions[i].reference}) for i in known]
    scorer = SCORERS[measure.scorer]
    scored = scorer.score(items, TaskSettings(embedder=measure.embedder)) if items else []
    scores = np.full(len(questions), np.nan)
    scores[known] = [score.value for score in scored]
    return scores


def judge_pairs(
    questions: Sequence[Question], weak: Sequence[str], strong: Sequence[str], ask: AskJudge
) -> tuple[ScoreArray, ScoreArray]:
    """Let a judge compare two models' answers, each pair in both orders.

    An answer wins if the judge prefers it in both orders; all else is a tie.
    """
    orders = [(weak, strong), (strong, weak)]
    replies = [
        ask([judging(q.text, a, b) for q, a, b in zip(questions, first, second, strict=True)])
        for first, second in orders
    ]
    worth = {0: 0.0, 1: 1.0, None: 0.5}
    strong_scores = np.asarray([worth[agreed(*pair)] for pair in zip(*replies, strict=True)])
    return 1 - strong_scores, strong_scores


def read_scores(
    questions: Sequence[Question], models: Sequence[str], file: GivenMeasure
) -> dict[str, ScoreArray]:
    """Read given scores."""
    if not file.file.is_file():
        raise UserError(f"gate.measure.file {file.file}: no such file.")
    places = {question.id: place for place, question in enumerate(questions)}
    scores = {model: np.full(len(questions), np.nan) for model in models}
    for row in read_rows(file.file):
        score = row.get("score")
        if isinstance(score, bool) or not isinstance(score, int | float):
            raise row.wrong(f"'score' must be a number, not {score!r}")
        place = places.get(question_id(row.text("query")))
        if place is not None and row.text("model") in scores:
            scores[row.text("model")][place] = score
    if missing := [model for model, values in scores.items() if np.isnan(values).all()]:
        raise UserError(
            f"{file.file} has no score of the model {missing[0]!r} for any sampled query; add "
            "some, or choose another gate.measure."
        )
    return scores
