"""How answers are scored before a strong model is believed to be stronger.

Three measures: a scorer of evaluation against the source's own answer, a judge model that reads
both answers in both orders, or scores from a file.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ptr_data.hashing import content_of
from ptr_data.methods.common.judge_forms import PairFormName
from ptr_data.methods.ptr.strength import ScoreArray
from ptr_data.models.ask import together
from ptr_data.records import Question, question_id
from ptr_eval.config import FilePath, ModelName, Settings, Text
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.judge import JudgedPair, JudgeForm, JudgeReply, resolve_form
from ptr_eval.readers import read_rows

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work

AskJudge = Callable[[Sequence[Conversation]], "Work[list[JudgeReply]]"]
"""From conversations to a judge's replies, as work that asks it."""
Answers = Sequence[str | None]
"""One model's answers; None where the request failed, which is not the model's doing."""


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
    judge_form: PairFormName = "plain"
    """What it is asked, and how its verdict is read: `plain`, `rm-r1-instruct`, `rm-r1-reasoning`,
    `rrm`, `arena-hard`, `mt-bench`, or a YAML file."""

    @property
    def form(self) -> JudgeForm:
        """The form that `judge_form` chooses."""
        return resolve_form(self.judge_form)

    def identity(self) -> Any:
        """Describe the measure by the form itself and not by where its file is."""
        return {**self.model_dump(mode="json"), "judge_form": asdict(self.form)}


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


@dataclass(frozen=True, slots=True)
class JudgedModels:
    """Two models' answers as a judge compared them."""

    weak: ScoreArray
    """The weak model's scores; nan where the judge said nothing that can be read."""
    strong: ScoreArray
    """The strong model's."""
    matches: list[JudgedPair]
    """The matches."""


def score_answers(
    questions: Sequence[Question], answers: Answers, measure: ScorerMeasure
) -> ScoreArray:
    """Score one model's answers against the sources' own."""
    from ptr_eval.harness.scorers import SCORERS
    from ptr_eval.harness.settings import TaskSettings

    asked = enumerate(zip(questions, answers, strict=True))
    known = [i for i, (question, text) in asked if question.reference and text is not None]
    items = [(answers[i] or "", {"gold": questions[i].reference}) for i in known]
    scorer = SCORERS[measure.scorer]
    scored = scorer.score(items, TaskSettings(embedder=measure.embedder)) if items else []
    scores = np.full(len(questions), np.nan)
    scores[known] = [score.value for score in scored]
    return scores


def judge_pairs(
    questions: Sequence[Question], weak: Answers, strong: Answers, form: JudgeForm, ask: AskJudge
) -> "Work[JudgedModels]":
    """Let a judge compare two models' answers, each pair in both orders.

    An answer wins if the judge prefers it in both orders. A tie, or a preference for the same place
    in both, is half a win for each. What could not be read is left out, and so is a question to
    which a model's request failed.
    """
    asked = [
        (place, question.text, one, other)
        for place, (question, one, other) in enumerate(zip(questions, weak, strong, strict=True))
        if one is not None and other is not None
    ]
    orders = [
        ask([form.compare(text, one, other) for _, text, one, other in asked]),
        ask([form.compare(text, other, one) for _, text, one, other in asked]),
    ]
    forward, backward = yield from together(orders)
    matches = list(map(JudgedPair, forward, backward))
    scores = np.full(len(questions), np.nan)
    for (place, *_), match in zip(asked, matches, strict=True):
        scores[place] = _worth_of_strong(match)
    return JudgedModels(1 - scores, scores, matches)


def _worth_of_strong(match: JudgedPair) -> float:
    if match.outcome in ("failed", "unreadable"):
        return float("nan")
    return 0.5 if match.better is None else float(match.better)


def read_scores(
    questions: Sequence[Question], models: Sequence[str], file: GivenMeasure
) -> dict[str, ScoreArray]:
    """Read given scores."""
    if not file.file.is_file():
        raise UserError(f"`measure.file` {file.file}: no such file.")
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
            "some, or choose another `measure`."
        )
    return scores
