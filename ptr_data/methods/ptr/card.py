"""What the card of a build by progressive thought refinement says, section by section."""

from collections.abc import Iterator, Sequence
from pathlib import Path

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
from ptr_data.export.markdown import bullets, escaped, table
from ptr_data.export.other_trainers import other_trainers
from ptr_data.methods.ptr.distribution import consistency_plot, kept_per_threshold
from ptr_data.methods.ptr.report import PtrReport
from ptr_eval.judge import outcomes_in_words
from ptr_eval.report.plots.picture import render, save


def sections(report: PtrReport, files: Sequence[ExportedFile]) -> Iterator[CardSection]:
    """Word all sections."""
    yield "", _summary(report)
    yield "Files", _files(files)
    yield "Training on it with other programs", other_trainers(files)
    yield "How it was made", _models(report)
    yield "What each stage kept", stage_tables(report.stages)
    yield "Contamination", contamination(report)
    yield "Is the strong model stronger?", _gate(report)
    yield "Consistency", _consistency(report)
    yield "Numbers of thoughts", _thoughts(report)
    yield "Lengths", _lengths(report)
    yield "Plain answers against forgetting", [_mix(report)]
    yield "Licences", licences(report)
    yield "Known limits", [bullets(map(escaped, report.limits)) or "None were stated."]


def _summary(report: PtrReport) -> list[str]:
    return [
        "Conversations that refine: a question, attempts of weak models, and the answer of a "
        "strong one. Only the answer is meant to be trained on (`weight` 1); the attempts are "
        "context (`weight` 0).",
        *scripted((*report.weak, report.strong)),
    ]


def _files(files: Sequence[ExportedFile]) -> list[str]:
    return [
        *file_table(files),
        "`data/` holds the refinement rows with everything known of them; `prompt_completion/` "
        "holds the same conversations, cut before the answer. `ift/` (question and answer) and "
        "`dpo/` (question, answer, rejected draft) are derived from the same rows, so that "
        f"baselines see the same data. `{DROPPED}` says what was left out and why.",
    ]


def _models(report: PtrReport) -> list[str]:
    sees = "with the thoughts" if report.sees_thoughts else "alone, without the thoughts"
    roles = [("weak", origin) for origin in report.weak] + [("strong", report.strong)]
    return [
        model_table(roles),
        f"The strong model saw the question {sees}. Between two attempts the user says:",
        f"> {escaped(report.instruction, 2_000)}",
    ]


def _gate(report: PtrReport) -> list[str]:
    gate = report.gate
    if gate.skipped is not None:
        return [f"Not tested: {escaped(gate.skipped)}"]
    columns = ("weak", "strong", " pairs", " weak mean", " strong mean", " shift", " effect",
               " p", " adjusted p", "passes")  # fmt: skip
    rows = (
        (
            escaped(c.weak),
            escaped(c.strong),
            count_of(c.pairs),
            *(f"{number:.3f}" for number in (c.weak_mean, c.strong_mean, c.shift, c.effect)),
            *(f"{p:.2g}" for p in (c.p, c.adjusted_p)),
            "yes" if c.passes(gate.alpha) else "**no**" if c.enough else "**not decided**",
        )
        for c in gate.comparisons
    )
    return [
        f"Answers were scored by: {escaped(gate.measure)}. One-sided Wilcoxon signed-rank test "
        f"on paired scores, p adjusted by Holm's method, passed up to {gate.alpha:g}; the effect "
        "is the matched-pairs rank-biserial correlation and the shift Hodges and Lehmann's.",
        table(columns, rows),
        *(
            f"Matches of {escaped(c.weak)} with {escaped(c.strong)}: "
            f"{outcomes_in_words(c.matches)}. What could not be read is left out."
            for c in gate.comparisons
            if c.matches
        ),
    ]


def _consistency(report: PtrReport) -> list[str]:
    scores = report.consistency
    if scores is None or not scores.counts:
        return ["Not measured: no query has several samples of the strong model."]
    chosen = scores.threshold
    line = "nothing was dropped for it" if chosen is None else f"those from {chosen:g} on were kept"
    rows = (
        (f"**{threshold:g}**" if threshold == chosen else f"{threshold:g}", f"{share:.1%}")
        for threshold, share in kept_per_threshold(scores)
    )
    return [
        f"The strong model answered {count_of(scores.total)} queries several times; a query's "
        f"score is the mean cosine over all pairs of its answers, and {line}.",
        "![How many queries have which consistency, and what thresholds keep](consistency.png)",
        table((" threshold", " share kept"), rows),
    ]


def _thoughts(report: PtrReport) -> list[str]:
    rows = (
        (str(n.thoughts), f"{n.wanted:.1%}", f"{n.share:.1%}", count_of(n.rows))
        for n in report.thoughts
    )
    return [
        table((" thoughts", " wanted", " got", " rows"), rows),
        "Shares are of the refinement rows; what filters dropped counts in neither.",
    ]


def _lengths(report: PtrReport) -> list[str]:
    text = length_table(report.tokens)
    if lengths := report.lengths:
        text.append(
            f"Of {count_of(lengths.rows)} answers that follow a thought, "
            f"{share_of(lengths.longer, lengths.rows)} are longer than the last thought and "
            f"{share_of(lengths.shorter, lengths.rows)} are shorter; on average they have "
            f"{lengths.answer:,.0f} characters, and these thoughts {lengths.thought:,.0f}."
        )
    return text


def _mix(report: PtrReport) -> str:
    mix = report.mix
    if mix is None:
        return "None were mixed in."
    part = share_of(mix.rows, mix.rows + mix.refined)
    text = (
        f"{count_of(mix.rows)} rows, {part} of the whole, are "
        f"plain questions with their sources' own answers (kind `sft`); {mix.share:.1%} was "
        "asked for."
    )
    return f"{text} {escaped(mix.shortage)}" if mix.shortage else text


def save_consistency_plot(folder: Path, report: PtrReport) -> None:
    """Save the plot that the card shows, if there is something to plot."""
    if report.consistency is not None and report.consistency.counts:
        save(render(consistency_plot(report.consistency)), folder)


def card(report: PtrReport, files: Sequence[ExportedFile]) -> str:
    """Word the card of a build by progressive thought refinement."""
    return page(header(report, files), report.name, sections(report, files))
