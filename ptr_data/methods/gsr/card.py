"""What the card of a build by generative self-refinement says, section by section."""

from collections.abc import Iterator, Mapping, Sequence

from ptr_data.export.card import header, page
from ptr_data.export.card_sections import (
    CardSection,
    contamination,
    count_of,
    file_table,
    length_table,
    licences,
    model_table,
    scripted,
    share_of,
    stage_tables,
)
from ptr_data.export.files import DROPPED, ExportedFile
from ptr_data.export.markdown import block, bullets, escaped, table
from ptr_data.export.other_trainers import other_trainers
from ptr_data.methods.gsr.report import GsrReport


def card(report: GsrReport, files: Sequence[ExportedFile]) -> str:
    """Word the card."""
    head = header(report, files, "generative-self-refinement")
    return page(head, report.name, sections(report, files))


def sections(report: GsrReport, files: Sequence[ExportedFile]) -> Iterator[CardSection]:
    """Word all sections."""
    yield "", _summary(report)
    yield "Files", _files(files)
    yield "Training on it with other programs", other_trainers(files)
    yield "How it was made", _models(report)
    yield "What each stage kept", stage_tables(report.stages)
    yield "Correct candidates", _correct(report)
    yield "Texts and verdicts", _texts(report)
    yield "Direct solutions", [_direct(report)]
    yield "Contamination", contamination(report)
    yield "Lengths", length_table(report.tokens)
    yield "Licences", licences(report)
    yield "Known limits", [bullets(map(escaped, report.limits)) or "None were stated."]


def _summary(report: GsrReport) -> list[str]:
    return [
        "Two kinds of conversations: `refine` shows a question with candidate solutions of a "
        "student, and a teacher's solution made of them; `direct` shows the question alone, and "
        "a solution. Only the solution is meant to be trained on (`weight` 1).",
        *scripted(list(report.roles.values())),
    ]


def _files(files: Sequence[ExportedFile]) -> list[str]:
    return [
        *file_table(files),
        "`data/` holds the rows with everything known of them; in `thoughts` are the candidates. "
        "`prompt_completion/` holds the same conversations, cut before the answer. `ift/` has the "
        "same answers to the questions alone, so that what the candidates add can be told from "
        f"what the teacher adds. `{DROPPED}` says what was left out and why.",
    ]


def _models(report: GsrReport) -> list[str]:
    return [
        model_table(report.roles.items()),
        f"Right was told from wrong by: {escaped(report.verifier)}. A question is worded:",
        block(report.question, 2_000),
    ]


def _correct(report: GsrReport) -> list[str]:
    numbers = sorted({int(n) for n in (*report.correct, *report.sampled_correct)})
    columns = ("correct", " questions, of all sampled", " questions, of those shown",
               " share", " refinement rows")  # fmt: skip
    total = sum(report.correct.values())
    rows = (
        (
            str(number),
            count_of(report.sampled_correct.get(str(number), 0)),
            count_of(report.correct.get(str(number), 0)),
            share_of(report.correct.get(str(number), 0), total),
            count_of(report.rows_by_correct.get(str(number), 0)),
        )
        for number in numbers
    )
    return [
        table(columns, rows),
        "All sampled: before questions were dropped for their candidates or their length. "
        f"Candidates shown: {_listed(report.shown)}. "
        f"Questions whose candidates are all the same: {count_of(report.identical)}.",
    ]


def _texts(report: GsrReport) -> list[str]:
    text = [
        table(
            ("role", "texts", "verdicts"),
            (
                (role, _listed(texts), _listed(report.verdicts.get(role, {})))
                for role, texts in report.texts.items()
            ),
        ),
        f"Questions by number of correct solutions: {_listed(report.correct_solutions)}. Where "
        "none is correct there is no row; where all are, only some are kept.",
    ]
    if report.tainted:
        text.append(f"Correct solutions that hold benchmark text: {count_of(report.tainted)}.")
    return text


def _listed(counts: Mapping[str, int]) -> str:
    pairs = (f"{escaped(name)}: {count_of(count)}" for name, count in counts.items())
    return ", ".join(pairs) or "none"


def _direct(report: GsrReport) -> str:
    mix = report.mix
    if mix is None:
        return "None were asked for."
    part = share_of(mix.rows, mix.rows + mix.refined)
    text = f"{count_of(mix.rows)} rows, {part} of the whole; {mix.share:.1%} was asked for."
    return f"{text} {escaped(mix.shortage)}" if mix.shortage else text
