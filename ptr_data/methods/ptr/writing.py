"""Thoughts by weak models, then answers by a strong one, shard by shard.

A text that is no good is left out. Its question goes on with the others: with fewer thoughts
shown, or fewer answers to choose from. That keeps hard questions, on which weak models fail most,
and is counted, so that the proportions reached can be told from those asked for. A question is
dropped only when no thought is left, since preference pairs need a draft to reject, or no answer.

What is written depends neither on the order of the questions nor, save for what the backend
`hf` draws in batches, on how they are divided into shards.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import fsum, isclose
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ptr_data.filters.outputs import Fault, OutputSettings, check_answer, check_generation
from ptr_data.hashing import RANGE, hashed
from ptr_data.methods.ptr.prompts import (
    BUILT_IN,
    Example,
    read_examples,
    strong_opening,
    weak_opening,
)
from ptr_data.models.model import Model, Prompt
from ptr_data.records import Candidate, Dropped, Generation, LeftOut, Query
from ptr_eval.config import FilePath, Settings
from ptr_eval.errors import UserError

THOUGHTS = "thoughts"
ANSWERS = "answers"

_Count = Annotated[int, Field(ge=0, le=20)]
_Share = Annotated[float, Field(ge=0, le=1)]

# Fewer failures than this may be the prompts'.
_ALL_FAILED = 20


class ThoughtSettings(Settings):
    """What weak models write."""

    proportions: dict[_Count, _Share] = Field(default_factory=lambda: {0: 0.2, 1: 0.3, 2: 0.5})
    """Which shares of the questions show how many thoughts; a single number for all teaches a
    model that answers come after exactly so many."""
    order: Literal["listed", "drawn"] = "listed"
    """Who writes the thoughts of a question, when there are several models: `listed` divides them
    among the models in the order of the configuration, `drawn` draws a model for each by hash;
    both put the models in the order of the configuration."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed decides numbers and models anew."""

    @field_validator("proportions")
    @classmethod
    def _sum_to_one(cls, proportions: dict[int, float]) -> dict[int, float]:
        if not isclose(fsum(proportions.values()), 1, abs_tol=1e-6):
            raise ValueError("must have shares that sum to 1")
        return proportions


class AnswerSettings(Settings):
    """What the strong model writes."""

    samples: Annotated[int, Field(ge=1, le=100)] = 4
    """How many answers to write to each question."""
    sees_thoughts: bool = True
    """Whether the strong model sees the thoughts, or the question alone."""
    examples: Annotated[
        Literal["built-in", "none"] | FilePath, Field(union_mode="left_to_right")
    ] = "built-in"
    """Worked examples to show it: `built-in`, `none`, or a JSON Lines file with the fields
    `query`, `thoughts` and `answer`."""

    def read_examples(self) -> tuple[Example, ...]:
        """Find the worked examples."""
        if isinstance(self.examples, Path):
            return read_examples(self.examples)
        return BUILT_IN if self.examples == "built-in" else ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a stage made of a shard."""

    candidates: tuple[Candidate, ...]
    """The questions that go on, in their order."""
    dropped: tuple[Dropped, ...]
    """Those that do not."""
    left_out: tuple[LeftOut, ...]
    """Every text that was left out, of either."""


def thought_count(query: str, proportions: Mapping[int, float], seed: int) -> int:
    """Decide how many thoughts are shown with a question."""
    place = hashed("thoughts shown", seed, query) / RANGE
    possible = sorted(count for count, share in proportions.items() if share > 0)
    limits = accumulate(proportions[count] for count in possible)
    reached = (c for c, limit in zip(possible, limits, strict=True) if place < limit)
    return next(reached, possible[-1])


def write_thoughts(
    queries: Sequence[Query],
    models: Sequence[Model],
    settings: ThoughtSettings,
    checks: OutputSettings,
    ledger: Path | None = None,
) -> Written:
    """Have weak models attempt questions.

    A question gets as many thoughts as it shows, and at least one.
    """
    shown = [thought_count(q.id, settings.proportions, settings.seed) for q in queries]
    writers = [
        _writers(query.id, max(count, 1), len(models), settings)
        for query, count in zip(queries, shown, strict=True)
    ]
    drafts: list[list[Generation]] = [[] for _ in queries]
    for number, model in enumerate(models):
        wanted = [chosen.count(number) for chosen in writers]
        for i, texts in _attempts(queries, wanted, model, ledger):
            drafts[i] += texts  # Models come in order, and so do a question's writers.

    def judged(query: Query, texts: Sequence[Generation], count: int) -> _Judged:
        faults = [check_generation(text, checks) for text in texts]
        left = faults[:count].count(None)
        return _Judged(Candidate(query, _good(texts, faults), left, ()), texts, faults)

    return _collected(THOUGHTS, map(judged, queries, drafts, shown))


def write_answers(
    candidates: Sequence[Candidate],
    model: Model,
    settings: AnswerSettings,
    checks: OutputSettings,
    ledger: Path | None = None,
) -> Written:
    """Have the strong model answer questions that weak models attempted."""
    examples = settings.read_examples()
    prompts = []
    for candidate in candidates:
        seen = candidate.thoughts[: candidate.shown] if settings.sees_thoughts else ()
        thoughts = [thought.text for thought in seen]
        opening = strong_opening(candidate.query.text, thoughts, examples)
        prompts.append(Prompt(candidate.query, opening))

    def judged(candidate: Candidate, texts: Sequence[Generation]) -> _Judged:
        faults = [check_answer(text, candidate.thoughts, checks) for text in texts]
        return _Judged(replace(candidate, answers=_good(texts, faults)), texts, faults)

    answers = ask(model, prompts, settings.samples, ledger)
    return _collected(ANSWERS, map(judged, candidates, answers))


def ask(
    model: Model, prompts: Sequence[Prompt], samples: int, ledger: Path | None
) -> list[list[Generation]]:
    """Ask in an order of our own, on which what is drawn in batches may depend."""
    order = sorted(range(len(prompts)), key=lambda i: prompts[i].query.id)
    texts = model.generate([prompts[i] for i in order], samples, ledger)
    reasons = {text.failed for drawn in texts for text in drawn}
    if len(prompts) >= _ALL_FAILED and None not in reasons:
        raise UserError(
            f"Model {model.name} failed on all of {len(prompts)} questions "
            f"({texts[0][0].failed}); mend that, or take it out of the configuration."
        )
    by_place = dict(zip(order, texts, strict=True))
    return [by_place[i] for i in range(len(prompts))]


def _writers(query: str, count: int, models: int, settings: ThoughtSettings) -> list[int]:
    """Choose who writes a question's thoughts; weaker models come first."""
    if settings.order == "listed":
        return [place * models // count for place in range(count)]
    drawn = (hashed(f"writer of thought {t}", settings.seed, query) for t in range(count))
    return sorted(number * models // RANGE for number in drawn)


def _attempts(
    queries: Sequence[Query], wanted: Sequence[int], model: Model, ledger: Path | None
) -> Iterator[tuple[int, list[Generation]]]:
    """Have one model attempt questions, each as often as wanted, those alike together."""
    for samples in sorted(set(wanted) - {0}):
        places = [i for i, count in enumerate(wanted) if count == samples]
        prompts = [Prompt(queries[i], weak_opening(queries[i].text)) for i in places]
        yield from zip(places, ask(model, prompts, samples, ledger), strict=True)


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: Candidate
    texts: Sequence[Generation]
    faults: Sequence[Fault | None]


def _good(texts: Sequence[Generation], faults: Sequence[Fault | None]) -> tuple[Generation, ...]:
    return tuple(text for text, fault in zip(texts, faults, strict=True) if fault is None)


def _collected(stage: str, verdicts: Iterable[_Judged]) -> Written:
    candidates, dropped, left_out = [], [], []
    for verdict in verdicts:
        query, faults = verdict.candidate.query, verdict.faults
        left_out += [
            LeftOut(query.id, stage, text, *fault)
            for text, fault in zip(verdict.texts, faults, strict=True)
            if fault is not None
        ]
        if None in faults:
            candidates.append(verdict.candidate)
        else:
            dropped.append(_dropped(query, stage, [fault for fault in faults if fault]))
    return Written(tuple(candidates), tuple(dropped), tuple(left_out))


def _dropped(query: Query, stage: str, faults: Sequence[Fault]) -> Dropped:
    """Drop a question for the commonest fault of its texts, the first of those if it is a tie."""
    (reason, _), *_ = Counter(reason for reason, _ in faults).most_common(1)
    detail = next(detail for found, detail in faults if found == reason)
    return Dropped(query, stage, reason, detail)
