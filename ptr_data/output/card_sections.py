"""What the dataset card says, section by section."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple

from ptr_data.generation.models import RECORDED
from ptr_data.output.build_report import BuildReport, ContaminationMatch, StageYield
from ptr_data.output.distribution import kept_per_threshold
from ptr_data.output.export import DROPPED, ExportedFile
from ptr_data.output.markdown import bullets, escaped, table
from ptr_data.output.training_rows import Origin

Section = tuple[str, Sequence[str]]
"""A title, and paragraphs, lists and tables of Markdown."""

_MATCHES = 50
_EXAMPLE = 120


def sections(report: BuildReport, files: Sequence[ExportedFile]) -> Iterator[Section]:
    """Word all sections.

    Args:
        report: The build's facts.
        files: The finished files.

    Yields:
        The sections in order; the first has no title.
    """
    yield "", _summary(report)
    yield "Files", _files(files)
    yield "How it was made", _models(report)
    yield "What each stage kept", _stages(report.stages)
    yield "Contamination", _contamination(report)
    yield "Is the strong model stronger?", _gate(report)
    yield "Consistency", _consistency(report)
    yield "Numbers of thoughts", _thoughts(report)
    yield "Lengths", _lengths(report)
    yield "Plain answers against forgetting", [_mix(report)]
    yield "Licences", _licences(report)
    yield "Known limits", [bullets(map(escaped, report.limits)) or "None were stated."]


def _summary(report: BuildReport) -> list[str]:
    said = [
        "Conversations that refine: a question, attempts of weak models, and the answer of a "
        "strong one. Only the answer is meant to be trained on (`weight` 1); the attempts are "
        "context (`weight` 0)."
    ]
    if scripted := _scripted(report):
        who = "All texts of models" if len(scripted) == _writers(report) else "Some texts"
        names = ", ".join(escaped(name) for name in scripted)
        said.append(
            f"**{who} are scripted generations** ({names}): they were read from a file and no "
            "model wrote them in this build, so they say nothing about the quality of a model."
        )
    return said


def _scripted(report: BuildReport) -> list[str]:
    written = {origin.model: origin for origin in (*report.weak, report.strong)}
    return [name for name, origin in written.items() if origin.backend == RECORDED]


def _writers(report: BuildReport) -> int:
    return len({origin.model for origin in (*report.weak, report.strong)})


def _files(files: Sequence[ExportedFile]) -> list[str]:
    rows = ((escaped(f.path), _count(f.rows), _count(f.bytes), f.sha256) for f in files)
    return [
        table(("file", " rows", " bytes", "SHA-256"), rows),
        "`data/` holds the refinement rows with everything known of them; `ift/` (question and "
        "answer) and `dpo/` (question, answer, rejected draft) are derived from the same rows, so "
        f"that baselines see the same data. `{DROPPED}` says what was left out and why.",
        "The JSON Lines are the same rows for tools that read line by line. "
        "`datasets.load_dataset` takes the Parquet files of this folder by itself; for the JSON "
        "Lines hand it the `features` of these, for it guesses types from the first rows alone.",
    ]


def _models(report: BuildReport) -> list[str]:
    sees = "with the thoughts" if report.sees_thoughts else "alone, without the thoughts"
    roles = [("weak", origin) for origin in report.weak] + [("strong", report.strong)]
    columns = ("role", "model", "revision", "backend", "strategy", " temperature", " top-p",
               " top-k", " new tokens", " seed")  # fmt: skip
    return [
        table(columns, ((role, *_origin(origin)) for role, origin in roles)),
        f"The strong model saw the question {sees}. Between two attempts the user says:",
        f"> {escaped(report.instruction, 2_000)}",
    ]


def _origin(origin: Origin) -> tuple[str, ...]:
    return tuple("" if value is None else escaped(str(value)) for value in astuple(origin))


def _stages(stages: Sequence[StageYield]) -> list[str]:
    rows = [
        (escaped(s.name), _count(s.rows_in), _count(s.rows_out), _share(s.rows_out, s.rows_in))
        for s in stages
    ]
    reasons = [
        (escaped(stage.name), escaped(reason), _count(count))
        for stage in stages
        for reason, count in sorted(stage.dropped.items(), key=lambda item: (-item[1], item[0]))
    ]
    return [
        table(("stage", " rows in", " rows out", " kept"), rows),
        table(("stage", "reason for dropping", " rows"), reasons) if reasons else "None dropped.",
    ]


def _contamination(report: BuildReport) -> list[str]:
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
        *([f"{_count(rest)} further items are not listed."] if rest > 0 else []),
    ]


def _match(match: ContaminationMatch) -> tuple[str, str, str]:
    examples = "; ".join(escaped(example, _EXAMPLE) for example in match.examples)
    return escaped(match.item), _count(match.count), examples


def _gate(report: BuildReport) -> list[str]:
    gate = report.gate
    if gate.skipped is not None:
        return [f"Not tested: {escaped(gate.skipped)}"]
    columns = ("weak", "strong", " pairs", " weak mean", " strong mean", " shift", " effect",
               " p", " adjusted p", "passes")  # fmt: skip
    rows = (
        (
            escaped(c.weak),
            escaped(c.strong),
            _count(c.pairs),
            *(f"{number:.3f}" for number in (c.weak_mean, c.strong_mean, c.shift, c.effect)),
            *(f"{p:.2g}" for p in (c.p, c.adjusted_p)),
            "yes" if c.passes(gate.alpha) else "**no**",
        )
        for c in gate.comparisons
    )
    return [
        f"Answers were scored by: {escaped(gate.measure)}. One-sided Wilcoxon signed-rank test "
        f"on paired scores, p adjusted by Holm's method, passed up to {gate.alpha:g}; the effect "
        "is the matched-pairs rank-biserial correlation and the shift Hodges and Lehmann's.",
        table(columns, rows),
    ]


def _consistency(report: BuildReport) -> list[str]:
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
        f"The strong model answered {_count(scores.total)} queries several times; a query's score "
        f"is the mean cosine over all pairs of its answers, and {line}.",
        "![How many queries have which consistency, and what thresholds keep](consistency.png)",
        table((" threshold", " share kept"), rows),
    ]


def _thoughts(report: BuildReport) -> list[str]:
    rows = (
        (str(n.thoughts), f"{n.wanted:.1%}", f"{n.share:.1%}", _count(n.rows))
        for n in report.thoughts
    )
    return [
        table((" thoughts", " wanted", " got", " rows"), rows),
        "Shares are of the refinement rows; what filters dropped counts in neither.",
    ]


def _lengths(report: BuildReport) -> list[str]:
    rows = (
        (s.kind, s.field, _count(s.texts), _count(s.min), _count(s.median), f"{s.mean:,.1f}",
         _count(s.p95), _count(s.max))
        for s in report.tokens
    )  # fmt: skip
    columns = ("kind", "field", " texts", " min", " median", " mean", " p95", " max")
    said = [table(columns, rows), "In tokens, each by the tokenizer of the model that wrote it."]
    if lengths := report.lengths:
        said.append(
            f"Of {_count(lengths.rows)} answers that follow a thought, "
            f"{_share(lengths.longer, lengths.rows)} are longer than the last thought and "
            f"{_share(lengths.shorter, lengths.rows)} are shorter; on average they have "
            f"{lengths.answer:,.0f} characters, and these thoughts {lengths.thought:,.0f}."
        )
    return said


def _mix(report: BuildReport) -> str:
    mix = report.mix
    if mix is None:
        return "None were mixed in."
    said = (
        f"{_count(mix.rows)} rows, {_share(mix.rows, mix.rows + mix.refined)} of the whole, are "
        f"plain questions with their sources' own answers (kind `sft`); {mix.share:.1%} was "
        "asked for."
    )
    return f"{said} {escaped(mix.shortage)}" if mix.shortage else said


def _licences(report: BuildReport) -> list[str]:
    rows = ((escaped(found.source), escaped(found.licence)) for found in report.licences)
    return [
        table(("source", "licence"), rows),
        "The licences of the models that wrote the texts may add terms of their own.",
    ]


def _count(number: int) -> str:
    return f"{number:,}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "n/a"
