"""Asks the models: the weak ones for thoughts, the strong ones in each way."""

import heapq
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from ptr_data.compare.arms import Arm, arms
from ptr_data.compare.config import CompareConfig
from ptr_data.files import written
from ptr_data.filters.cleaning import clean
from ptr_data.filters.outputs import check_generation
from ptr_data.hashing import hashed
from ptr_data.methods.ptr.measures import ScorerMeasure
from ptr_data.methods.ptr.prompts import WorkedExample, strong_opening, weak_opening
from ptr_data.models.ask import ask, carry_out, together
from ptr_data.models.model import RECORDED, Prompt, TextModel, open_model
from ptr_data.records import GeneratedText, Question
from ptr_data.sources.questions import read_questions
from ptr_eval.errors import UserError

ANSWERS = "answers.jsonl"
"""All texts, in the form that recorded models have."""

Texts = Sequence[GeneratedText | None]
"""One text to each question; None where there was nothing to ask."""


@dataclass(slots=True)
class WrittenAnswers:
    """What the models wrote."""

    thoughts: dict[str, list[tuple[GeneratedText, ...]]] = field(default_factory=dict)
    """By weak model, for each question all its thoughts."""
    answers: dict[str, Texts] = field(default_factory=dict)
    """By name, see `Arm.name`; a weak model's are its first thoughts."""


def sampled_questions(config: CompareConfig) -> list[Question]:
    """Choose the questions: clean, none twice, and with an answer if a scorer needs one."""
    scored = isinstance(config.measure, ScorerMeasure)
    found = {
        question.id: question
        for question in read_questions(config.sources)
        if clean(question, config.cleaning) is None and (question.reference.strip() or not scored)
    }
    if not found:
        needed = ", with the answers that a scorer needs" if scored else ""
        raise UserError(f"sources: they hold no fit questions; name files that hold some{needed}.")
    return heapq.nsmallest(
        config.sample,
        found.values(),
        key=lambda question: (hashed("compare", config.seed, question.id), question.id),
    )


def shown_thoughts(
    config: CompareConfig, thoughts: Sequence[Sequence[GeneratedText]]
) -> list[list[str]]:
    """Leave out the thoughts that are unfit."""
    return [
        [text.text for text in texts if check_generation(text, config.outputs) is None]
        for texts in thoughts
    ]


def write_answers(
    config: CompareConfig,
    questions: Sequence[Question],
    work: Path,
    say: Callable[[str], None],
) -> WrittenAnswers:
    """Ask all models one after the other, each in all ways at the same time."""
    found = WrittenAnswers()
    for name in config.weak:
        say(f"{name} writes thoughts")
        prompts = [Prompt(question, weak_opening(question.text)) for question in questions]
        texts = _asked(config, name, {name: prompts}, config.thoughts, work)
        found.thoughts[name] = [tuple(drawn) for drawn in texts[name]]
        found.answers[name] = [drawn[0] for drawn in texts[name]]
    shown = {name: shown_thoughts(config, found.thoughts[name]) for name in config.weak}
    examples = config.read_examples()
    for strong in config.strong:
        say(f"{strong} answers")
        asked = {
            arm.name: _openings(arm, questions, shown, examples)
            for arm in arms(config)
            if arm.strong == strong
        }
        prompts_of = {name: list(by_place.values()) for name, by_place in asked.items()}
        for name, drawn in _asked(config, strong, prompts_of, 1, work).items():
            by_place = dict(zip(asked[name], (texts[0] for texts in drawn), strict=True))
            found.answers[name] = [by_place.get(place) for place in range(len(questions))]
    return found


def _openings(
    arm: Arm,
    questions: Sequence[Question],
    shown: Mapping[str, Sequence[Sequence[str]]],
    examples: Sequence[WorkedExample],
) -> dict[int, Prompt]:
    """Word what a strong model is asked, by the question's place; not where no thought is fit."""
    found = {}
    for place, question in enumerate(questions):
        thoughts = shown[arm.weak][place] if arm.weak else ()
        if thoughts or arm.weak is None:
            opening = strong_opening(question.text, thoughts, examples if arm.examples else ())
            found[place] = Prompt(question, opening)
    return found


def _asked(
    config: CompareConfig,
    model_name: str,
    prompts: Mapping[str, Sequence[Prompt]],
    samples: int,
    work: Path,
) -> dict[str, list[list[GeneratedText]]]:
    """Ask a model in several ways. A recorded one has the texts of each under the way's name."""
    settings = config.model(model_name)
    recorded = settings.backend == RECORDED
    ledger = None if recorded else work / "ledger"
    with ExitStack() as opened:

        def model(**changed: str) -> TextModel:
            named = settings.model_copy(update=changed)
            return opened.enter_context(closing(open_model(named, work)))

        one = None if recorded else model()
        works = [
            ask(one or model(name=name), asked, samples, ledger) for name, asked in prompts.items()
        ]
        (found,) = carry_out([together(works)], model_name, config.engine)
    return dict(zip(prompts, found, strict=True))


def save_answers(out: Path, questions: Sequence[Question], found: WrittenAnswers) -> None:
    """Write all texts, to be read, scored or used as recorded generations."""
    with written(out / ANSWERS) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        for row in _rows(questions, found):
            file.write(json.dumps(row) + "\n")


def _rows(questions: Sequence[Question], found: WrittenAnswers) -> Iterator[dict[str, object]]:
    for name, answers in found.answers.items():
        drawn = found.thoughts.get(name) or [() if text is None else (text,) for text in answers]
        for question, texts in zip(questions, drawn, strict=True):
            if texts:
                yield {
                    "query": question.text,
                    "model": name,
                    "texts": [None if text.failed else text.text for text in texts],
                    "tokens": [text.tokens for text in texts],
                }
