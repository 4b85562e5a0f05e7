"""Scores of the answers that are compared, by a judge, a scorer, or from a file."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptr_data.compare.answers import ANSWERS, WrittenAnswers
from ptr_data.compare.arms import Contrast, answer_names
from ptr_data.compare.config import CompareConfig
from ptr_data.methods.ptr.measures import (
    Answers,
    GivenMeasure,
    JudgeMeasure,
    judge_pairs,
    read_scores,
    score_answers,
)
from ptr_data.methods.ptr.strength import ScoreArray
from ptr_data.models.ask import carry_out, together
from ptr_data.models.model import Prompt, open_model
from ptr_data.records import Question
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.judge import JudgeReply, count_outcomes, read_text, require_readable

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work


@dataclass(frozen=True, slots=True)
class PairedScores:
    """Two sets of answers to the same questions, scored."""

    before: ScoreArray
    """One score a question; nan where there is none."""
    after: ScoreArray
    """The same for the others."""
    matches: dict[str, int] | None = None
    """How many of a judge's matches ended how; None if there was no judge."""


def score(
    config: CompareConfig,
    questions: Sequence[Question],
    found: WrittenAnswers,
    compared: Sequence[Contrast],
    work: Path,
    say: Callable[[str], None],
) -> list[PairedScores]:
    """Score what is compared, in its order."""
    measure, answers = config.measure, _texts(found)
    if isinstance(measure, JudgeMeasure):
        return _judged(config, measure, questions, answers, compared, work, say)
    names = answer_names(compared)
    say(f"scoring by {measure.kind}")
    if isinstance(measure, GivenMeasure):
        if not measure.file.is_file():
            raise UserError(
                f"`measure.file` {measure.file}: no such file; score the texts of "
                f"{config.out / ANSWERS}, by query and model."
            )
        scores: Mapping[str, ScoreArray] = read_scores(questions, names, measure)
    else:
        scores = {name: score_answers(questions, answers[name], measure) for name in names}
    return [PairedScores(scores[each.before], scores[each.after]) for each in compared]


def _texts(found: WrittenAnswers) -> dict[str, Answers]:
    return {
        name: [None if text is None or text.failed is not None else text.text for text in texts]
        for name, texts in found.answers.items()
    }


def _judged(
    config: CompareConfig,
    measure: JudgeMeasure,
    questions: Sequence[Question],
    answers: Mapping[str, Answers],
    compared: Sequence[Contrast],
    work: Path,
    say: Callable[[str], None],
) -> list[PairedScores]:
    form, nobody = measure.form, Question("", "", "", "", 0)
    with closing(open_model(config.model(measure.model), work)) as judge:

        def ask(conversations: Sequence[Conversation]) -> "Work[list[JudgeReply]]":
            prompts = [Prompt(nobody, conversation) for conversation in conversations]
            texts = yield from judge.generate(prompts, 1, work / "ledger")
            return [read_text(form, text.text, text.failed, cut=text.full) for (text,) in texts]

        say(f"{judge.name} judges")
        works = [
            judge_pairs(questions, answers[each.before], answers[each.after], form, ask)
            for each in compared
        ]
        (found,) = carry_out([together(works)], judge.name, config.engine)
    matches = [match for each in found for match in each.matches]
    require_readable(matches, measure.model, form, "`measure.judge_form`")
    return [PairedScores(one.weak, one.strong, count_outcomes(one.matches)) for one in found]
