"""The sections of a report, in the order in which readers ask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report import plots
from ptr_eval.report.config import ReportConfig
from ptr_eval.report.data.comparable import Conditions
from ptr_eval.report.data.group_measures import GroupMeasures, measure
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.data.judged_matches import match_sentences
from ptr_eval.report.data.judged_rounds import figures_of
from ptr_eval.report.data.leaderboards import leaderboards
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.data.text_panels import TextPanel, measure_texts
from ptr_eval.report.page.view_model import Section
from ptr_eval.report.papers import gsr, ptr
from ptr_eval.report.plots.group_figures import group_figures
from ptr_eval.report.plots.picture import Picture, Plot, render
from ptr_eval.report.summary import gap_sentences, sentences
from ptr_eval.report.tables.accuracy import accuracy_table
from ptr_eval.report.tables.candidate_order import order_table
from ptr_eval.report.tables.candidates import candidates_table
from ptr_eval.report.tables.changes import changes_table, omnibus_table
from ptr_eval.report.tables.checklists import checklists_table
from ptr_eval.report.tables.costs import costs_table
from ptr_eval.report.tables.data_quality import data_quality_table, outcomes_table
from ptr_eval.report.tables.iteration_tables import table1, table2
from ptr_eval.report.tables.judged_matches import judged_matches_table
from ptr_eval.report.tables.judged_rounds import (
    agreement_table,
    judged_lengths_table,
    judged_rounds_table,
    judges_table,
)
from ptr_eval.report.tables.judged_rounds import sentences as judged_sentences
from ptr_eval.report.tables.leaderboard import leaderboard_table, pairwise_table
from ptr_eval.report.tables.level_tables import correct_table, diversity_table, position_table
from ptr_eval.report.tables.method_tables import methods_table
from ptr_eval.report.tables.model_tables import ablation_table, scales_table
from ptr_eval.report.tables.refinement_gap import gaps_table
from ptr_eval.report.tables.refining_tokens import tokens_table
from ptr_eval.report.tables.stopping_rules import stopping_table
from ptr_eval.report.tables.table import Table
from ptr_eval.report.tables.text_measures import (
    code_table,
    overlap_table,
    rewriting_table,
)
from ptr_eval.report.tables.transitions import transitions_tables
from ptr_eval.runs.checklists import CheckedTask
from ptr_eval.runs.judgements import Judgement


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """What a report is written from."""

    panels: Sequence[Panel]
    """All panels."""
    groups: Sequence[GroupPanel]
    """The groups of candidates among them."""
    texts: Sequence[TextPanel]
    """What was measured of their texts."""
    conditions: Sequence[Conditions]
    """Under which conditions each panel's task was run."""
    config: ReportConfig
    """What to report."""
    rng: np.random.Generator
    """For all resampling."""
    judgements: Sequence[tuple[str, Judgement]] = ()
    """What judges made of runs, each with the run's name."""
    checklists: Sequence[tuple[str, CheckedTask]] = ()
    """Which items of checklists runs meet, each with the run's name."""


def sections(inputs: ReportInputs) -> Iterator[Section]:
    """Write the sections one by one, so that only one's figures are in memory at a time."""
    for write in (
        _summary, _accuracy, _judged, _parallel, _paper, _changes, _texts, _costs, _stops,
        _training, _leaderboard,
    ):  # fmt: skip
        section = write(inputs)
        if section.paragraphs or section.tables or section.pictures:
            yield section


def _summary(inputs: ReportInputs) -> Section:
    about = inputs.config.about
    runs = tuple(sentences(inputs.panels))
    paragraphs = (about, *runs) if about else runs
    return Section("summary", "In short", paragraphs, (outcomes_table(inputs.panels),))


def _accuracy(inputs: ReportInputs) -> Section:
    return Section(
        "accuracy",
        "Accuracy over rounds",
        tables=(accuracy_table(inputs.panels, rng=inputs.rng, resamples=inputs.config.resamples),),
        pictures=_rendered(
            *plots.accuracy_over_rounds(inputs.panels, inputs.config.baseline),
            *plots.task_radar(inputs.panels),
        ),
    )


def _judged(inputs: ReportInputs) -> Section:
    """Say what judges prefer; with a generator of its own, so that nothing else changes with it."""
    rng = np.random.default_rng(inputs.config.seed)
    judged = [figures_of(run, judgement, rng) for run, judgement in inputs.judgements]
    tables = (
        judged_rounds_table(judged),
        judged_lengths_table(judged),
        judges_table(judged),
        agreement_table(judged, rng),
        checklists_table(inputs.checklists),
    )
    return Section(
        "judged",
        "What a judge prefers",
        tuple(judged_sentences(judged)),
        tuple(table for table in tables if table.rows),
        _rendered(*plots.win_rates(judged)),
    )


def _paper(inputs: ReportInputs) -> Section:
    published = inputs.config.published and any(p.task in ptr.BENCHMARKS for p in inputs.panels)
    tables = [table1(inputs.panels, published=published)]
    if len({panel.label.instruction for panel in inputs.panels if panel.width == 1}) > 1:
        tables.append(table2(inputs.panels))
    return Section("methods", "Methods, instructions and iterations", tables=tuple(tables))


def _parallel(inputs: ReportInputs) -> Section:
    if not inputs.groups:
        return Section("parallel", "")
    measured = measure(inputs.groups, rng=inputs.rng, resamples=inputs.config.resamples)
    tasks = {panel.task for panel in inputs.groups}
    published = inputs.config.published and not tasks.isdisjoint(gsr.BENCHMARKS)
    tables = [methods_table(measured), candidates_table(measured), tokens_table(measured)]
    if any(one.panel.refined for one in measured):
        tables = _refined_tables(measured, published=published)
    tables.append(judged_matches_table(measured))
    figures = group_figures(measured, published=inputs.config.published)
    return Section(
        "parallel",
        "Several candidates, and one answer made of them",
        (*gap_sentences(measured), *match_sentences(measured)),
        (*(t for t in tables if t.rows), data_quality_table(inputs.groups)),
        _rendered(*figures),
    )


def _refined_tables(measured: Sequence[GroupMeasures], *, published: bool) -> list[Table]:
    labels = [one.panel.label for one in measured if one.panel.refined]
    tables = [methods_table(measured, published=published), gaps_table(measured)]
    if published or len({label.method for label in labels}) > 1:
        tables.append(ablation_table(measured, published=published))
    if published or len({label.checkpoint for label in labels}) > 1:
        tables.append(scales_table(measured, published=published))
    return [
        *tables,
        candidates_table(measured),
        correct_table(measured, published=published),
        diversity_table(measured),
        position_table(measured),
        order_table(measured),
        tokens_table(measured, published=published),
    ]


def _changes(inputs: ReportInputs) -> Section:
    if not (several := _of_several_rounds(inputs)):
        return Section("changes", "")
    single = _of_single_answers(several)
    flows = plots.answer_flow(single)
    notes = ["The items behind every count are listed in changed_items.csv, and shown below."]
    if len(flows) < len(single):
        notes.append(f"The flows of {len(flows)} of the {len(single)} runs and tasks are drawn.")
    tables = (changes_table(several), omnibus_table(several), *transitions_tables(single))
    title = "What changed, and whether it is real"
    return Section("changes", title, tuple(notes), tables, _rendered(*flows))


def _texts(inputs: ReportInputs) -> Section:
    config = inputs.config
    measured = measure_texts(inputs.texts, seed=config.seed, resamples=config.resamples)
    found = (overlap_table(measured), code_table(measured), rewriting_table(measured))
    tables = tuple(table for table in found if table.rows)
    pictures = _rendered(*plots.code_quality_over_rounds(measured))
    return Section("texts", "What the texts are like", tables=tables, pictures=pictures)


def _costs(inputs: ReportInputs) -> Section:
    return Section(
        "costs",
        "What it costs",
        tables=(costs_table(inputs.panels),),
        pictures=_rendered(*plots.accuracy_against_tokens(inputs.panels)),
    )


def _stops(inputs: ReportInputs) -> Section:
    if not (single := _of_single_answers(_of_several_rounds(inputs))):
        return Section("stops", "")
    return Section("stops", "When to stop", tables=(stopping_table(single, rng=inputs.rng),))


def _training(inputs: ReportInputs) -> Section:
    series = _rendered(*plots.training_series(inputs.panels))
    return Section("training", "Over training", pictures=series)


def _leaderboard(inputs: ReportInputs) -> Section:
    if len({panel.label.run for panel in inputs.panels}) < 2:
        return Section("leaderboard", "")
    config = inputs.config
    boards = leaderboards(
        inputs.panels,
        inputs.conditions,
        rng=inputs.rng,
        round=config.round,
        allow=config.allow,
        resamples=config.resamples,
    )
    tables: list[Table] = []
    for number, (level, board) in enumerate(boards.by_level.items(), start=1):
        suffix = f"-{number}" if level else ""
        tables.append(leaderboard_table(board, level, f"leaderboard{suffix}"))
        if board.pairs:
            tables.append(pairwise_table(board, level, f"pairs{suffix}"))
    notes = tuple(line for text in (*boards.refused, *boards.notes) for line in text.splitlines())
    return Section("leaderboard", "Leaderboard", notes, tuple(tables), warnings=boards.refused)


def _rendered(*drawn: Plot) -> tuple[Picture, ...]:
    return tuple(map(render, drawn))


def _of_single_answers(panels: Sequence[Panel]) -> list[Panel]:
    """Pick the panels whose rounds ask once, so that one answer follows another."""
    return [panel for panel in panels if panel.width == 1]


def _of_several_rounds(inputs: ReportInputs) -> list[Panel]:
    return [panel for panel in inputs.panels if panel.rounds > 1]
