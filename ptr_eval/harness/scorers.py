"""Scorers by the name a task configuration gives them, bound to documents.

A scorer here takes all responses of a task at once with their documents, so that embeddings
are computed in batches and programs run side by side.
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from ptr_eval import scoring
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.plugins import check_call, load_part
from ptr_eval.sandbox import Limits, open_sandbox
from ptr_eval.scoring import Embedder, Same, Score
from ptr_eval.texts.overlap import CORPUS_FIGURES, CorpusFigure

Doc = Mapping[str, Any]
Items = Sequence[tuple[str, Doc]]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A way to score a task's responses."""

    metric: str
    """The name under which the score's value is reported."""
    score: Callable[[Items, TaskSettings], list[Score]]
    """Scores responses with their documents."""
    parts: tuple[str, ...] = ()
    """Names of further measures to report."""
    figures: Mapping[str, CorpusFigure] = field(default_factory=dict)
    """Figures that are no means over questions, by the names of their counts in scores."""
    same: Same | None = None
    """Tells which answers are equivalent, where equal texts are not enough."""
    prepare: Callable[[TaskSettings], str | None] = lambda settings: None
    """What must be there before anything is generated; raises if it is not, and may return a
    sentence that the user should read."""
    uses: tuple[str, ...] = ()
    """The settings that it uses, of those for similarity and programs."""
    numeric: bool = False
    """Whether answers are numbers, of which the token limit may cut off digits unseen."""


def _each(score: Callable[[str, Doc], Score]) -> Callable[[Items, TaskSettings], list[Score]]:
    return lambda items, settings: [score(response, doc) for response, doc in items]


def _options(score: Callable[..., Score], response: str, doc: Doc) -> Score:
    options = dict(zip(doc["labels"], doc["choices"], strict=True))
    return score(response, options=options, gold=doc["gold"])


def _completed_options(response: str, doc: Doc) -> Score:
    score = partial(scoring.score_options, question=str(doc.get("question", "")))
    return _options(score, response, doc)


def _gold(score: Callable[..., Score], response: str, doc: Doc) -> Score:
    return score(response, gold=doc["gold"])


def _golds(score: Callable[..., Score], response: str, doc: Doc) -> Score:
    return score(response, golds=doc["golds"])


def _upstream_span(response: str, doc: Doc) -> Score:
    return scoring.upstream_span(response, golds=[" ".join(spans) for spans in doc["golds"]])


def _maths(items: Items, settings: TaskSettings) -> list[Score]:
    responses, golds = [r for r, _ in items], [doc["gold"] for _, doc in items]
    return scoring.score_maths_batch(responses, golds, workers=os.cpu_count())


@cache
def _embedder(name: str) -> Embedder:
    return scoring.load_embedder(name)


def _load_embedder(settings: TaskSettings) -> None:
    _embedder(settings.embedder)


def _similarity(items: Items, settings: TaskSettings) -> list[Score]:
    embed = _embedder(settings.embedder)
    responses, golds = [r for r, _ in items], [doc["gold"] for _, doc in items]
    return scoring.score_similarity(
        responses, golds, embed=embed, threshold=settings.similarity_threshold
    )


def _limits(settings: TaskSettings) -> Limits:
    # Wall time is longer, so that a busy machine does not fail a good program.
    cpu = math.ceil(settings.timeout)
    return Limits(cpu_seconds=cpu, wall_seconds=3 * settings.timeout + 1)


def _describe_sandbox(settings: TaskSettings) -> str:
    return open_sandbox(settings.sandbox).describe(_limits(settings))


def _code(items: Items, settings: TaskSettings) -> list[Score]:
    sandbox, problems = open_sandbox(settings.sandbox), [dict(doc) for _, doc in items]
    responses = [response for response, _ in items]
    return scoring.score_code(
        responses, problems, limits=_limits(settings), sandbox=sandbox, progress=True
    )


def _upstream_code(items: Items, settings: TaskSettings) -> list[Score]:
    sandbox, problems = open_sandbox(settings.sandbox), [dict(doc) for _, doc in items]
    programs = [scoring.upstream_code(r, entry_point=doc["entry_point"]) for r, doc in items]
    return scoring.score_programs(
        programs, problems, limits=_limits(settings), sandbox=sandbox, progress=True
    )


_SIMILAR = ("embedder", "similarity_threshold")
_PROGRAMS = ("sandbox", "timeout")

SCORERS: dict[str, Scorer] = {
    "exact": Scorer("exact_match", _each(partial(_gold, scoring.score_exact))),
    "options": Scorer("acc", _each(_completed_options)),
    "number_strict": Scorer(
        "exact_match",
        _each(partial(_gold, partial(scoring.score_number, mode="strict"))),
        numeric=True,
    ),
    "number_flexible": Scorer(
        "exact_match",
        _each(partial(_gold, partial(scoring.score_number, mode="flexible"))),
        numeric=True,
    ),
    "maths": Scorer("exact_match", _maths, same=scoring.equivalent_pairs, numeric=True),
    "spans": Scorer("f1", _each(partial(_golds, scoring.score_spans)), parts=("em",)),
    "similarity": Scorer(
        "similarity",
        _similarity,
        parts=("rouge1", "rouge2", "rougeL"),
        figures=CORPUS_FIGURES,
        prepare=_load_embedder,
        uses=_SIMILAR,
    ),
    "code": Scorer("pass1", _code, prepare=_describe_sandbox, uses=_PROGRAMS),
    "upstream_code": Scorer("pass@1", _upstream_code, prepare=_describe_sandbox, uses=_PROGRAMS),
    "upstream_options": Scorer("acc", _each(partial(_options, scoring.upstream_option))),
    "upstream_number": Scorer("exact_match", _each(partial(_gold, scoring.upstream_number))),
    "upstream_maths": Scorer("exact_match", _each(partial(_gold, scoring.upstream_maths))),
    "upstream_spans": Scorer("acc", _each(_upstream_span)),
}
"""The shipped scorers by name; a new one is one line here."""

_SIGNATURE = "a function `score(response: str, question: Mapping) -> Score`, or a Scorer"


def find_scorer(reference: str, where: str) -> Scorer:
    """Find a scorer: a shipped one by its name, or one of the user's own."""
    found = load_part(reference, SCORERS, where)
    if isinstance(found, Scorer):
        # One of the user's own may use any.
        return found if reference in SCORERS else replace(found, uses=(*_SIMILAR, *_PROGRAMS))
    check_call(found, ("response", "question"), f"{where}={reference}", _SIGNATURE)
    return Scorer("acc", _each(_checked(found, f"{where}={reference}")))


def check_scorers(
    wanted: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]
) -> list[str]:
    """Refuse scorers that no task has; warn, a sentence each, of tasks that lack some.

    Args:
        wanted: The names asked for, by task; none for all.
        own: The names of the task's scorers, by task.

    Returns:
        The warnings.

    Raises:
        UserError: If no task has a scorer that was asked for.
    """
    known = list(dict.fromkeys(name for names in own.values() for name in names))
    asked = list(dict.fromkeys(name for names in wanted.values() for name in names))
    if unknown := [name for name in asked if name not in known]:
        there = f"{next(iter(own))} has" if len(own) == 1 else "no task has it; they have"
        raise UserError(f"ptr_scorers={','.join(unknown)}: {there} the scorers {', '.join(known)}.")
    warnings = []
    for task, names in wanted.items():
        if lacking := [name for name in names if name not in own[task]]:
            left = [name for name in names if name in own[task]]
            kept = f"it is scored by {', '.join(left)}" if left else "it keeps its own"
            warnings.append(f"{task} has no scorer {', '.join(lacking)}; {kept}.")
    return warnings


def _checked(score: Callable[[str, Doc], Score], where: str) -> Callable[[str, Doc], Score]:
    def checked(response: str, doc: Doc) -> Score:
        result = score(response, doc)
        if not isinstance(result, Score):
            raise UserError(f"{where}: it returned {result!r}; it should be {_SIGNATURE}.")
        return result

    return checked
