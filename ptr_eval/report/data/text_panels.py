"""Measures of texts by item and round, and how far to trust their means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ptr_eval.report.data.columns import TaskAnswers
from ptr_eval.runs import ReportedTask, RunLabel
from ptr_eval.stats import bootstrap_means, bootstrap_sums, percentile_interval, recorded_mean
from ptr_eval.stats.arrays import Codes, Floats
from ptr_eval.texts.overlap import CORPUS_FIGURES


@dataclass(frozen=True, slots=True, eq=False)
class TextPanel:
    """The measured texts of one run and task; N items, T rounds."""

    label: RunLabel
    """Whose answers they are."""
    task: str
    """The task."""
    clusters: npt.NDArray[np.str_]
    """Each item's cluster. [N]"""
    values: Mapping[str, Floats]
    """By measure, each item's mean over its answers in a round; nan where there is none. [N, T]"""
    answers: Mapping[str, Codes]
    """By measure, of how many answers it was taken in each round. [T]"""
    counts: Mapping[str, Floats]
    """By figure, the sums of each item's counts; nan where there are none. [N, T, counts]"""
    signatures: Mapping[str, str]
    """How the figures are computed."""


@dataclass(frozen=True, slots=True)
class TextEstimate:
    """A measure in one round."""

    name: str
    """The measure."""
    round: int
    """The round, from 1."""
    value: float
    """Its mean over items, or the figure of all items together."""
    low: float
    """The lower end of its interval; nan where all resamples are equal."""
    high: float
    """The upper end."""
    items: int
    """Over how many items."""


@dataclass(frozen=True, slots=True)
class MeasuredTexts:
    """A panel with its estimates."""

    panel: TextPanel
    """The panel."""
    found: Mapping[tuple[str, int], TextEstimate]
    """The estimates by measure and round."""

    @property
    def rounds(self) -> list[int]:
        """The rounds in which anything is measured."""
        return sorted({t for _, t in self.found})


def text_panel(file: ReportedTask, read: TaskAnswers) -> TextPanel:
    """Lay the measures of a file out by item and round."""
    places = read.texts.places
    items, first, at = np.unique(places[:, 0], return_index=True, return_inverse=True)
    shape = (len(items), int(places[:, 2].max(initial=1)))
    cells = np.ravel_multi_index((at, places[:, 2] - 1), shape)
    values = {name: _summed(column, cells, shape) for name, column in read.texts.values.items()}
    return TextPanel(
        label=file.label,
        task=file.task,
        clusters=read.answers["cluster"].astype(str).to_numpy()[first],
        values={n: _divided(sums, sizes) for n, (sums, sizes) in values.items()},
        answers={n: sizes.sum(axis=0) for n, (_, sizes) in values.items()},
        counts={n: _counted(columns, cells, shape) for n, columns in read.texts.counts.items()},
        signatures=file.description.signatures,
    )


def estimates(
    panel: TextPanel, *, rng: np.random.Generator, resamples: int
) -> Iterator[TextEstimate]:
    """Estimate every measure in every round; all intervals resample clusters of items."""
    names = list(panel.values)
    if names:
        stacked = np.stack([panel.values[name] for name in names], axis=1)  # [N, M, T]
        flat = stacked.reshape(len(stacked), -1)
        draws = bootstrap_means(flat, panel.clusters, rng=rng, repeats=resamples)
        yield from _named(
            names, recorded_mean(stacked, axis=0), draws, (~np.isnan(stacked)).sum(axis=0)
        )
    for name, counts in panel.counts.items():
        if counts.shape[-1]:
            figure, known = CORPUS_FIGURES[name], ~np.isnan(counts[..., 0])
            summed = np.where(known[..., None], counts, 0.0)
            drawn = bootstrap_sums(
                summed.reshape(len(summed), -1), panel.clusters, rng=rng, repeats=resamples
            )
            value = figure.value(summed.sum(axis=0))
            found = figure.value(drawn.reshape(resamples, *summed.shape[1:]))
            yield from _named([name], value[None], found, known.sum(axis=0)[None])


def measure_texts(panels: Sequence[TextPanel], *, seed: int, resamples: int) -> list[MeasuredTexts]:
    """Estimate all measures of all panels; other figures' draws do not depend on these."""
    rng = np.random.default_rng(seed)
    found = ((panel, estimates(panel, rng=rng, resamples=resamples)) for panel in panels)
    return [
        MeasuredTexts(panel, {(each.name, each.round): each for each in all_})
        for panel, all_ in found
    ]


def _named(names: list[str], values: Floats, draws: Floats, items: Codes) -> Iterator[TextEstimate]:
    """Yield what is measured at all: values and items [M, T], draws [resamples, M * T]."""
    lows, highs = (end.reshape(values.shape) for end in percentile_interval(draws))
    for m, name in enumerate(names):
        for t in np.nonzero(items[m])[0]:
            low, high = float(lows[m, t]), float(highs[m, t])
            if low == high:
                low = high = float("nan")
            yield TextEstimate(name, int(t) + 1, float(values[m, t]), low, high, int(items[m, t]))


def _summed(column: Floats, cells: Codes, shape: tuple[int, int]) -> tuple[Floats, Codes]:
    """Add up what is measured in each cell, and count it: [N, T] both."""
    known = ~np.isnan(column)
    size = shape[0] * shape[1]
    sums = np.bincount(cells[known], weights=column[known], minlength=size)
    sizes = np.bincount(cells[known], minlength=size)
    return sums.astype(np.float64).reshape(shape), sizes.astype(np.int64).reshape(shape)


def _divided(sums: Floats, sizes: Codes) -> Floats:
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)


def _counted(columns: Floats, cells: Codes, shape: tuple[int, int]) -> Floats:
    """Add up counts, which an answer has all of or none: [N, T, counts]."""
    parts = [_summed(column, cells, shape) for column in columns.T] if columns.size else []
    found = [np.where(sizes > 0, sums, np.nan) for sums, sizes in parts]
    return np.stack(found, axis=-1) if found else np.empty((*shape, 0))
