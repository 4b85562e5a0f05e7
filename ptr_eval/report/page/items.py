"""Which items a page shows, and their texts, read again from the samples files one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.page.view_model import ItemView, RoundView
from ptr_eval.runs.columns import read_rows_at
from ptr_eval.runs.results import TaskFile

_QUESTION = ("passage", "document", "question", "prompt")


def choose(panels: Sequence[Panel], most: int) -> list[list[int]]:
    """Choose the items to show: where they are too many, an equal share of each panel."""
    shares = _shares([len(panel.items) for panel in panels], most)
    return [_of_panel(panel, share) for panel, share in zip(panels, shares, strict=True)]


def views(
    files: Sequence[TaskFile],
    offsets: Sequence[Mapping[int, int]],
    chosen: Sequence[Sequence[int]],
) -> Iterator[ItemView]:
    """Read items for showing."""
    for file, starts, doc_ids in zip(files, offsets, chosen, strict=True):
        for row in read_rows_at(file.samples, [starts[doc_id] for doc_id in doc_ids]):
            yield from _views_of(file, row)


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
    known = panel.verdicts >= 0
    changed = (known & (panel.verdicts != panel.verdicts[:, :, :1])).any(axis=(1, 2))
    order = np.argsort(~changed, kind="stable")[:share]
    return [int(item) for item in np.sort(panel.items[order])]


def _views_of(file: TaskFile, row: Mapping[str, Any]) -> Iterator[ItemView]:
    document = row["doc"]
    answers = [
        (arguments["arg_2"], arguments["arg_0"], response[0])
        for arguments, response in zip(row["arguments"].values(), row["resps"], strict=True)
    ]
    for sample, group in groupby(answers, key=lambda answer: answer[0]["sample"]):
        members = list(group)
        widths = Counter(int(record["round"]) for record, _, _ in members)
        yield ItemView(
            run=file.label.run,
            task=file.task,
            subject=str(document.get("subject") or ""),
            item=int(row["doc_id"]),
            sample=int(sample),
            question=_question(document) or members[0][1],
            gold=_gold(document, row),
            rounds=tuple(
                _round(file.scorer, record, text, widths[record["round"]])
                for record, _, text in members
            ),
        )


def _round(scorer: str, record: Mapping[str, Any], response: str, width: int) -> RoundView:
    place = f", answer {record['position'] + 1}" if width > 1 else ""
    score = record["scores"][scorer]
    return RoundView(
        response=response,
        verdict=score["verdict"],
        answer=score["answer"],
        score=score["value"],
        prompt_tokens=record["prompt_tokens"],
        generated_tokens=record["generated_tokens"],
        cut=record["prompt_cut"],
        failed=record["failed"],
        name=f"Round {record['round']}{place}",
        beside=width > 1,
    )


def _question(document: Mapping[str, Any]) -> str:
    """Put together what the document asks, without the prompt's instructions and examples."""
    texts = [str(document[name]) for name in _QUESTION if document.get(name)]
    if texts and isinstance(document.get("choices"), list):
        labels: Iterable[Any] = document.get("labels") or "ABCDEFGHIJ"
        texts.append(
            "\n".join(f"{a}. {b}" for a, b in zip(labels, document["choices"], strict=False))
        )
    return "\n\n".join(texts)


def _gold(document: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if document.get("golds"):
        return " | ".join(", ".join(map(str, gold)) for gold in document["golds"])
    return str(document.get("gold") or row.get("target") or "")
