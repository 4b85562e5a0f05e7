"""Single answers, packed for a page that unpacks them on demand.

Items go into blocks of JSON, gzipped and written in base64, so that a page of many megabytes opens
at once and nothing a model wrote can be taken for markup. An index of all items, small enough
to be read whole, says where each one is and how its rounds ended.
"""

import base64
import gzip
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ptr_eval.report.page.view_model import ItemView, RoundView
from ptr_eval.stats import VERDICTS

BLOCK_ITEMS = 200
"""The most items in a block."""

BLOCK_CHARACTERS = 2_000_000
"""A block is closed once its questions and responses have as many."""

_CUT, _FAILED, _REFUSED, _NO_TEXT = 1, 2, 4, 8


def packed(value: Any) -> str:
    """Spell a value in letters that mean nothing to HTML."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("ascii"), 6, mtime=0)).decode("ascii")


@dataclass(slots=True)
class Index:
    """What is known of every item before any block is unpacked; an entry an item in each column."""

    names: dict[str, dict[str, int]] = field(
        default_factory=lambda: {"run": {}, "task": {}, "subject": {}}
    )
    """The runs, tasks and subjects, which the columns of these names point into."""
    columns: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: []
            for name in (
                "run", "task", "subject", "item", "sample", "block", "verdicts", "answers", "flags"
            )
        }
    )  # fmt: skip
    """`run`, `task`, `subject`, `item`, `sample` and `block`: one number each. `verdicts`: by
    round, indices into `stats.VERDICTS`, -1 where the request failed or was refused. `answers`: by
    round, equal numbers for equal answers, -1 for none. `flags`: 1 if a prompt was cut, plus 2 if a
    request failed, 4 if one was refused, 8 if an answer was empty or cut off."""

    def add(self, item: ItemView, block: int) -> None:
        """Enter an item."""
        row = {
            "run": self._number("run", item.run),
            "task": self._number("task", item.task),
            "subject": self._number("subject", item.subject),
            "item": item.item,
            "sample": item.sample,
            "block": block,
            "verdicts": [
                -1 if each.verdict is None else VERDICTS.index(each.verdict) for each in item.rounds
            ],
            "answers": _codes([each.answer for each in item.rounds]),
            "flags": _CUT * any(each.cut for each in item.rounds)
            + _FAILED * any(each.outcome == "failed" for each in item.rounds)
            + _REFUSED * any(each.outcome == "refused" for each in item.rounds)
            + _NO_TEXT * any(each.outcome in ("empty", "cut_off") for each in item.rounds),
        }
        for name, value in row.items():
            self.columns[name].append(value)

    def packed(self, left_out: int) -> str:
        """Pack the index."""
        names = {column: list(found) for column, found in self.names.items()}
        return packed({"names": names, "columns": self.columns, "left_out": left_out})

    def _number(self, column: str, name: str) -> int:
        return self.names[column].setdefault(name, len(self.names[column]))


def blocks(items: Iterable[ItemView], index: Index) -> Iterator[str]:
    """Pack items, no more of them in memory than make up one block."""
    block, size, number = [], 0, 0
    for item in items:
        index.add(item, number)
        block.append(_item(item))
        size += len(item.question) + sum(len(each.response) for each in item.rounds)
        if len(block) == BLOCK_ITEMS or size >= BLOCK_CHARACTERS:
            yield packed(block)
            block, size, number = [], 0, number + 1
    if block:
        yield packed(block)


def _item(item: ItemView) -> dict[str, Any]:
    return {
        "question": item.question,
        "gold": item.gold,
        "rounds": [_round(each) for each in item.rounds],
    }


def _round(view: RoundView) -> dict[str, Any]:
    known = view.score is not None and not math.isnan(view.score)
    unscored = {"unscored": [list(turn) for turn in view.unscored]} if view.unscored else {}
    marked = {"span": _utf16(view.response, view.span)} if view.span else {}
    kept = {"kept": view.kept} if view.kept is not None else {}
    measured = {"measures": [list(each) for each in view.measures]} if view.measures else {}
    return {
        **unscored,
        **marked,
        **kept,
        **measured,
        "response": view.response,
        "verdict": view.verdict,
        "answer": view.answer,
        "score": view.score if known else None,
        "prompt_tokens": view.prompt_tokens,
        "generated_tokens": view.generated_tokens,
        "cut": view.cut,
        "failed": view.failed,
        "refused": view.refused,
        "name": view.name,
        "beside": view.beside,
    }


def _utf16(text: str, places: Iterable[int]) -> list[int]:
    """Count as JavaScript does, for which a character beyond U+FFFF is two."""
    return [len(text[:place].encode("utf-16-le", "surrogatepass")) // 2 for place in places]


def _codes(answers: list[str | None]) -> list[int]:
    numbers: dict[str, int] = {}
    return [
        -1 if answer is None else numbers.setdefault(answer, len(numbers)) for answer in answers
    ]
