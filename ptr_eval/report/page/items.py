"""Which items a page shows, and their texts, read again from the samples files one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.data.text_measures import TextMeasures
from ptr_eval.report.page.measures_in_words import Measures, in_words
from ptr_eval.report.page.view_model import ItemView, RoundView
from ptr_eval.runs import Answer, ReportedTask, SavedQuestion, questions_at
from ptr_eval.thinking import DEFAULT_END

_QUESTION = ("passage", "document", "question", "prompt")


def choose(panels: Sequence[Panel], most: int) -> list[list[int]]:
    """Choose the items to show: where they are too many, an equal share of each panel."""
    shares = _shares([len(panel.items) for panel in panels], most)
    return [_of_panel(panel, share) for panel, share in zip(panels, shares, strict=True)]


def views(
    files: Sequence[ReportedTask],
    offsets: Sequence[Mapping[int, int]],
    chosen: Sequence[Sequence[int]],
    texts: Sequence[TextMeasures],
) -> Iterator[ItemView]:
    """Read items for showing."""
    for file, starts, doc_ids, measured in zip(files, offsets, chosen, texts, strict=True):
        rows = measured.rows_of(doc_ids)
        for question in questions_at(file.samples, [starts[doc_id] for doc_id in doc_ids]):
            measures = {
                answer.place: in_words(measured, rows[question.number, *answer.place])
                for answer in question.answers
            }
            yield from _views_of(file, question, measures)


def _shares(sizes: Sequence[int], most: int) -> list[int]:
    """Divide evenly; what a small panel does not need goes to the larger ones."""
    shares = [0] * len(sizes)
    left, waiting = most, sorted(range(len(sizes)), key=lambda i: sizes[i])
    while waiting:
        place = waiting.pop(0)
        shares[place] = min(sizes[place], left // (len(waiting) + 1))
        left -= shares[place]
    return shares


def _of_panel(panel: Panel, share: int) -> list[int]:
    known = (panel.verdicts >= 0) & (panel.verdicts[:, :, :1] >= 0)
    changed = (known & (panel.verdicts != panel.verdicts[:, :, :1])).any(axis=(1, 2))
    order = np.argsort(~changed, kind="stable")[:share]
    return [int(item) for item in np.sort(panel.items[order])]


def _views_of(
    task: ReportedTask, question: SavedQuestion, measures: Mapping[tuple[int, int, int], Measures]
) -> Iterator[ItemView]:
    fields, scorer = question.fields, task.scorer
    thinking_end = str(task.description.settings.get("thinking_end", DEFAULT_END))
    for sample, group in groupby(question.answers, key=lambda answer: answer.sample):
        answers = list(group)
        widths = Counter(answer.round for answer in answers)
        yield ItemView(
            run=task.label.run,
            task=task.task,
            subject=str(fields.get("subject") or ""),
            item=question.number,
            sample=sample,
            question=_question(fields) or answers[0].reply.prompt,
            gold=_gold(question),
            rounds=tuple(
                replace(
                    _round(answer, scorer, widths[answer.round], thinking_end),
                    measures=measures[answer.place],
                )
                for answer in answers
            ),
        )


def _round(answer: Answer, scorer: str, width: int, thinking_end: str) -> RoundView:
    reply = answer.reply
    place = f", answer {answer.position + 1}" if width > 1 else ""
    view = RoundView(
        response=reply.response,
        verdict=None,
        answer=None,
        score=None,
        prompt_tokens=reply.prompt_tokens,
        generated_tokens=reply.generated_tokens,
        cut=reply.truncated,
        failed=reply.failure,
        refused=reply.refusal,
        outcome=reply.outcome,
        name=f"Round {answer.round}{place}",
        beside=width > 1,
        unscored=tuple((turn.kind, turn.reply.response) for turn in answer.unscored),
    )
    if reply.missing:
        return view
    score = answer.grades[scorer].score
    return replace(
        view,
        verdict=score.verdict,
        answer=score.answer,
        score=score.value,
        span=_in_response(score.span, reply.visible(thinking_end).start),
        kept=score.how if score.kept else None,
    )


def _in_response(span: tuple[int, int] | None, start: int) -> tuple[int, int] | None:
    """Find where a place in the visible text, which begins at `start`, is in the response."""
    return (start + span[0], start + span[1]) if span else None


def _question(document: Mapping[str, Any]) -> str:
    """Put together what the document asks, without the prompt's instructions and examples."""
    texts = [str(document[name]) for name in _QUESTION if document.get(name)]
    if texts and isinstance(document.get("choices"), list):
        labels: Iterable[Any] = document.get("labels") or "ABCDEFGHIJ"
        texts.append(
            "\n".join(f"{a}. {b}" for a, b in zip(labels, document["choices"], strict=False))
        )
    return "\n\n".join(texts)


def _gold(question: SavedQuestion) -> str:
    fields = question.fields
    if fields.get("golds"):
        return " | ".join(", ".join(map(str, gold)) for gold in fields["golds"])
    return str(fields.get("gold") or question.target)
