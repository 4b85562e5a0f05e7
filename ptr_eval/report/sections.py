"""The chapters of a report, in the order in which readers ask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ptr_eval.report import plots
from ptr_eval.report.config import ReportConfig
from ptr_eval.report.data.comparable import Conditions, Incomparable
from ptr_eval.report.data.group_measures import Measured, measure
from ptr_eval.report.data.groups import GroupPanel
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.leaderboard import leaderboard, leaderboard_table, pairwise_table
from ptr_eval.report.papers import gsr
from ptr_eval.report.plots.group_figures import group_figures
from ptr_eval.report.plots.style import Plot
from ptr_eval.report.summary import gap_sentences, sentences
from ptr_eval.report.tables.accuracy import accuracy_table
from ptr_eval.report.tables.changes import changes_table, omnibus_table
from ptr_eval.report.tables.costs import costs_table
from ptr_eval.report.tables.group_tables import (
    candidates_table,
    mishaps_table,
    order_table,
    tokens_table,
)
from ptr_eval.report.tables.level_tables import correct_table, diversity_table, position_table
from ptr_eval.report.tables.method_tables import (
    ablation_table,
    gaps_table,
    methods_table,
    scales_table,
)
from ptr_eval.report.tables.paper_tables import BENCHMARKS, table1, table2
from ptr_eval.report.tables.stopping_rules import stops_table
from ptr_eval.report.tables.table import Table
from ptr_eval.report.tables.transitions import transitions_tables


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is written from."""

    panels: Sequence[Panel]
    """All panels."""
    groups: Sequence[GroupPanel]
    """The groups of candidates among them."""
    conditions: Sequence[Conditions]
    """Under which conditions each panel's task was run."""
    config: ReportConfig
    """What to report."""
    rng: np.random.Generator
    """For all resampling."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section before its plots are drawn to files."""

    name: str
    """A short name, unique in the report."""
    title: str
    """Its heading."""
    paragraphs: tuple[str, ...] = ()
    """Plain text."""
    tables: tuple[Table, ...] = ()
    """Its tables."""
    plots: tuple[Plot, ...] = ()
    """Its plots."""
    warnings: tuple[str, ...] = ()
    """What the user should be told on the terminal."""


def chapters(material: Material) -> Iterator[Chapter]:
    """Write the chapters one by one; the plots of one can be closed before the next is drawn."""
    for write in (
        _summary, _accuracy, _parallel, _paper, _changes, _costs, _stops, _training, _leaderboard,
    ):  # fmt: skip
        chapter = write(material)
        if chapter.paragraphs or chapter.tables or chapter.plots:
            yield chapter


def _summary(material: Material) -> Chapter:
    about = material.config.about
    said = tuple(sentences(material.panels))
    return Chapter("summary", "In short", (about, *said) if about else said)


def _accuracy(material: Material) -> Chapter:
    return Chapter(
        "accuracy",
        "Accuracy over rounds",
        tables=(
            accuracy_table(material.panels, rng=material.rng, resamples=material.config.resamples),
        ),
        plots=(
            *plots.accuracy_over_rounds(material.panels, material.config.baseline),
            *plots.task_radar(material.panels),
        ),
    )


def _paper(material: Material) -> Chapter:
    published = material.config.published and any(p.task in BENCHMARKS for p in material.panels)
    tables = [table1(material.panels, published=published)]
    if len({panel.label.instruction for panel in material.panels if panel.width == 1}) > 1:
        tables.append(table2(material.panels))
    return Chapter("methods", "Methods, instructions and iterations", tables=tuple(tables))


def _parallel(material: Material) -> Chapter:
    measured = measure(material.groups, rng=material.rng, resamples=material.config.resamples)
    if not measured:
        return Chapter("parallel", "")
    tasks = {panel.task for panel in material.groups}
    published = material.config.published and not tasks.isdisjoint(gsr.BENCHMARKS)
    tables = [methods_table(measured), candidates_table(measured), tokens_table(measured)]
    if any(one.panel.refined for one in measured):
        tables = _refined_tables(measured, published=published)
    figures = group_figures(measured, published=material.config.published)
    return Chapter(
        "parallel",
        "Several candidates, and one answer made of them",
        tuple(gap_sentences(measured)),
        (*(t for t in tables if t.rows), mishaps_table(material.groups)),
        tuple(figures),
    )


def _refined_tables(measured: Sequence[Measured], *, published: bool) -> list[Table]:
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


def _changes(material: Material) -> Chapter:
    if not (several := _of_several_rounds(material)):
        return Chapter("changes", "")
    single = _of_single_answers(several)
    flows = plots.answer_flow(single)
    said = ["The items behind every count are listed in changed_items.csv, and shown below."]
    if len(flows) < len(single):
        said.append(f"The flows of {len(flows)} of the {len(single)} runs and tasks are drawn.")
    tables = (changes_table(several), omnibus_table(several), *transitions_tables(single))
    title = "What changed, and whether it is real"
    return Chapter("changes", title, tuple(said), tables, tuple(flows))


def _costs(material: Material) -> Chapter:
    return Chapter(
        "costs",
        "What it costs",
        tables=(costs_table(material.panels),),
        plots=tuple(plots.accuracy_against_tokens(material.panels)),
    )


def _stops(material: Material) -> Chapter:
    if not (single := _of_single_answers(_of_several_rounds(material))):
        return Chapter("stops", "")
    return Chapter("stops", "When to stop", tables=(stops_table(single, rng=material.rng),))


def _training(material: Material) -> Chapter:
    return Chapter("training", "Over training", plots=tuple(plots.training_series(material.panels)))


def _leaderboard(material: Material) -> Chapter:
    if len({panel.label.run for panel in material.panels}) < 2:
        return Chapter("leaderboard", "")
    config, title = material.config, "Leaderboard"
    try:
        board = leaderboard(
            material.panels,
            material.conditions,
            rng=material.rng,
            round=config.round,
            allow=config.allow,
            resamples=config.resamples,
        )
    except Incomparable as refusal:
        said = f"No leaderboard: {refusal}"
        return Chapter("leaderboard", title, tuple(said.splitlines()), warnings=(said,))
    return Chapter("leaderboard", title, tables=(leaderboard_table(board), pairwise_table(board)))


def _of_single_answers(panels: Sequence[Panel]) -> list[Panel]:
    """Pick the panels whose rounds ask once, so that one answer follows another."""
    return [panel for panel in panels if panel.width == 1]


def _of_several_rounds(material: Material) -> list[Panel]:
    return [panel for panel in material.panels if panel.rounds > 1]
