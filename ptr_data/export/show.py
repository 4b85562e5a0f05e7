"""Finished rows and yields, printed for reading.

What models and sources wrote is shown, never obeyed: control characters are made visible.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, get_args

import pyarrow.compute as pc
import pyarrow.dataset as ds

from ptr_data.export.files import DROPPED, SPLITS
from ptr_data.export.manifest import read_stages
from ptr_data.export.training_rows import RowKind, Split, TextOrigin, TrainingRow, training_row
from ptr_data.export.visible import on_one_line, shortened, visible
from ptr_data.jsonl import read_records
from ptr_data.records import Dropped, StageYield
from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """Which rows to show."""

    rows: int = 3
    """The most rows."""
    kind: RowKind | None = None
    """Only those of this kind; None for both."""
    split: Split | None = None
    """Only those of this split; None for both."""
    id: str | None = None
    """Only the row of this id, or those about the query of this fingerprint."""
    characters: int = 2_000
    """The most characters to show of a text."""


def show(folder: Path, choice: ShowOptions, out: TextIO) -> None:
    """Print finished rows."""
    found = False
    for row in _chosen(folder, choice):
        found = True
        out.write("\n".join(_row_lines(row, choice.characters)) + "\n\n")
    if not found:
        raise UserError(
            f"{folder} holds no row that matches; ask for less, or see `ptr-data stats`."
        )


def show_dropped(folder: Path, reason: str, choice: ShowOptions, out: TextIO) -> None:
    """Print queries that were dropped for a reason."""
    path = folder / DROPPED
    if not path.is_file():
        raise UserError(f"{path} is missing; name the folder that `ptr-data build` wrote.")
    reasons: Counter[str] = Counter()
    shown = 0
    for dropped in read_records(path, Dropped):
        reasons[dropped.reason] += 1
        if dropped.reason == reason and choice.id in (None, dropped.query.id):
            out.write("\n".join(_dropped_lines(dropped, choice.characters)) + "\n\n")
            shown += 1
            if shown == choice.rows:
                return
    if not shown:
        known = ", ".join(on_one_line(known) for known in sorted(reasons)) or "nothing was dropped"
        raise UserError(f"{path}: no such query was dropped for {reason!r}; reasons are: {known}.")


def stats(folder: Path, out: TextIO) -> None:
    """Print what each stage of a build let through, and why it dropped the rest."""
    rows = [("stage", "rows in", "rows out", "kept")]
    for stage in read_stages(folder):
        rows.extend(_stage_rows(stage))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, *numbers in rows:
        cells = (f"{n:>{width}}" for n, width in zip(numbers, widths[1:], strict=True))
        out.write(f"{name:<{widths[0]}}  {'  '.join(cells)}".rstrip() + "\n")


def _chosen(folder: Path, choice: ShowOptions) -> Iterator[TrainingRow]:
    left = choice.rows
    for split in SPLITS if choice.split is None else (choice.split,):
        path = folder / "data" / f"{split}.parquet"
        if not path.is_file():
            raise UserError(f"{path} is missing; name the folder that `ptr-data build` wrote.")
        table = ds.dataset(path).head(left, filter=_filter(choice), batch_size=256)
        yield from map(training_row, table.to_pylist())
        left -= len(table)
        if not left:
            return


def _filter(choice: ShowOptions) -> Any:
    wanted = ds.scalar(True)
    if choice.kind is not None:
        wanted &= ds.field("kind") == choice.kind
    if choice.id is not None:
        about = rf"^(({'|'.join(get_args(RowKind))})-)?{re.escape(choice.id)}(-[^-]+)?$"
        wanted &= pc.match_substring_regex(ds.field("id"), about)
    return wanted


def _row_lines(row: TrainingRow, limit: int) -> Iterator[str]:
    facts = [f"{row.kind}/{row.split}", f"{row.source}, row {row.source_row}"]
    measured = {
        "consistency": row.scores.consistency,
        "thought similarity": row.scores.thought_similarity,
    }
    facts += [f"{name} {score:.3f}" for name, score in measured.items() if score is not None]
    if row.scores.correct is not None:
        facts.append(f"{row.scores.correct} of {len(row.thoughts)} candidates correct")
    yield _heading(row.id, facts)
    written = sum(message.role == "assistant" for message in row.messages)
    # Candidates are quoted by the user; only what an assistant says has an origin to name here.
    origins = iter((*row.provenance.thoughts, row.provenance.answer)[-written:])
    tokens = iter((*row.tokens.thoughts, row.tokens.answer)[-written:])
    for message in row.messages:
        parts: list[str] = [message.role]
        if message.role == "assistant":
            parts.append("trained on" if message.weight else "context only")
            parts += _origin_facts(next(origins), next(tokens))
        yield from _text_lines(", ".join(parts), message.content, limit)
    if row.draft is not None:
        parts = ["draft", *_origin_facts(row.provenance.draft, None)]
        yield from _text_lines(", ".join(parts), row.draft, limit)
    if row.reference and row.reference != row.answer:
        yield from _text_lines("the source's own answer", row.reference, limit)


def _dropped_lines(dropped: Dropped, limit: int) -> Iterator[str]:
    question = dropped.query
    facts = [f"{question.source}, row {question.row}", f"{dropped.stage}: {dropped.reason}"]
    yield _heading(question.id, [*facts, dropped.detail] if dropped.detail else facts)
    yield from _text_lines("query", question.text, limit)


def _heading(name: str, facts: list[str]) -> str:
    return f"=== {' | '.join(on_one_line(fact) for fact in (name, *facts))}"


def _text_lines(title: str, text: str, limit: int) -> Iterator[str]:
    yield f"{on_one_line(title)}:"
    # Indented, so that no text can pass for a heading.
    yield from (f"    {line}" for line in shortened(visible(text), limit).split("\n"))


def _origin_facts(origin: TextOrigin | None, tokens: int | None) -> list[str]:
    parts = ["the source's own" if origin is None else f"by {origin.model}"]
    return parts if tokens is None else [*parts, f"{tokens:,} tokens"]


def _stage_rows(stage: StageYield) -> Iterator[tuple[str, str, str, str]]:
    kept = f"{stage.rows_out / stage.rows_in:.1%}" if stage.rows_in else "n/a"
    yield on_one_line(stage.name), f"{stage.rows_in:,}", f"{stage.rows_out:,}", kept
    by_count: Mapping[str, int] = stage.dropped
    for reason, count in sorted(by_count.items(), key=lambda item: (-item[1], item[0])):
        yield f"  - {on_one_line(reason)}", "", f"-{count:,}", ""
