"""Sections that the cards of builds by any method have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from ptr_data.export.files import ExportedFile
from ptr_data.export.markdown import escaped, table
from ptr_data.export.report import ContaminationMatch, DataReport
from ptr_data.export.tallies import LengthStatistics
from ptr_data.export.training_rows import TextOrigin
from ptr_data.models.model import RECORDED
from ptr_data.records import StageYield

CardSection = tuple[str, Sequence[str]]
"""A title, and paragraphs, lists and tables of Markdown."""

_MATCHES = 50
_EXAMPLE = 120


def scripted(writers: Sequence[TextOrigin]) -> list[str]:
    """Say that texts were read from a file, if some were."""
    written = {origin.model: origin for origin in writers}
    read = [name for name, origin in written.items() if origin.backend == RECORDED]
    if not read:
        return []
    who = "All texts of models" if len(read) == len(written) else "Some texts"
    names = ", ".join(escaped(name) for name in read)
    return [
        f"**{who} are scripted generations** ({names}): they were read from a file and no "
        "model wrote them in this build, so they say nothing about the quality of a model."
    ]


def file_table(files: Sequence[ExportedFile]) -> list[str]:
    """List the finished files."""
    rows = ((escaped(f.path), count_of(f.rows), count_of(f.bytes), f.sha256) for f in files)
    return [
        table(("file", " rows", " bytes", "SHA-256"), rows),
        "The JSON Lines are the same rows for tools that read line by line. "
        "`datasets.load_dataset` takes the Parquet files of this folder by itself; for the JSON "
        "Lines hand it the `features` of these, for it guesses types from the first rows alone.",
    ]


def model_table(roles: Iterable[tuple[str, TextOrigin]]) -> str:
    """List the models."""
    columns = ("role", "model", "revision", "backend", "strategy", " temperature", " top-p",
               " top-k", " new tokens", " seed")  # fmt: skip
    return table(columns, ((role, *_cells(origin)) for role, origin in roles))


def stage_tables(stages: Sequence[StageYield]) -> list[str]:
    """Tell what each stage kept and dropped."""
    rows = [
        (
            escaped(s.name),
            count_of(s.rows_in),
            count_of(s.rows_out),
            share_of(s.rows_out, s.rows_in),
        )
        for s in stages
    ]
    reasons = [
        (escaped(stage.name), escaped(reason), count_of(count))
        for stage in stages
        for reason, count in sorted(stage.dropped.items(), key=lambda item: (-item[1], item[0]))
    ]
    return [
        table(("stage", " rows in", " rows out", " kept"), rows),
        table(("stage", "reason for dropping", " rows"), reasons) if reasons else "None dropped.",
    ]


def contamination(report: DataReport) -> list[str]:
    """Tell which benchmark items were found."""
    if not report.benchmarks:
        return ["Not checked: no benchmark was kept out, so these data may contain test items."]
    names = ", ".join(escaped(name) for name in report.benchmarks)
    if not report.contamination:
        return [f"No query matches an item of: {names}."]
    matches = sorted(report.contamination, key=lambda match: (-match.count, match.item))
    rest = len(matches) - _MATCHES
    return [
        f"Queries that match items of these benchmarks were dropped: {names}.",
        table(("benchmark item", " queries", "such as"), map(_match, matches[:_MATCHES])),
        *([f"{count_of(rest)} further items are not listed."] if rest > 0 else []),
    ]


def length_table(tokens: Sequence[LengthStatistics]) -> list[str]:
    """Tell how long texts are."""
    rows = (
        (s.kind, s.field, count_of(s.texts), count_of(s.min), count_of(s.median),
         f"{s.mean:,.1f}", count_of(s.p95), count_of(s.max))
        for s in tokens
    )  # fmt: skip
    columns = ("kind", "field", " texts", " min", " median", " mean", " p95", " max")
    return [table(columns, rows), "In tokens, each by the tokenizer of the model that wrote it."]


def licences(report: DataReport) -> list[str]:
    """List the sources' licences."""
    rows = ((escaped(found.source), escaped(found.licence)) for found in report.licences)
    return [
        table(("source", "licence"), rows),
        "The licences of the models that wrote the texts may add terms of their own.",
    ]


def count_of(number: int) -> str:
    """Write a number."""
    return f"{number:,}"


def share_of(part: int, whole: int) -> str:
    """Write a share."""
    return f"{part / whole:.1%}" if whole else "n/a"


def _cells(origin: TextOrigin) -> tuple[str, ...]:
    return tuple("" if value is None else escaped(str(value)) for value in astuple(origin))


def _match(match: ContaminationMatch) -> tuple[str, str, str]:
    examples = "; ".join(escaped(example, _EXAMPLE) for example in match.examples)
    return escaped(match.item), count_of(match.count), examples
