"""The distribution of consistency scores: what a threshold keeps, and a picture of it.

Scores are counted in thousandths, so that millions of them fit into a small histogram and the
share that a threshold of up to three decimals keeps is exact.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ptr_eval.report.plots.picture import Plot
from ptr_eval.report.plots.style import BASELINE, COLOURS, INK, applied, laid_out

_BAR = 20
"""The width of a bar, in thousandths."""


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """How consistent the strong model's samples are."""

    threshold: float | None
    """The least score that is kept; None if all are."""
    counts: dict[str, int]
    """How many queries score from so many thousandths to below the next; the thousandths are
    written as text."""

    @property
    def total(self) -> int:
        """How many queries have a score."""
        return sum(self.counts.values())


def score_counts(scores: Iterable[float | None]) -> dict[str, int]:
    """Count scores in thousandths; the counts of shards can be added up."""
    # In millionths first: 0.7 * 1000 is less than 700.
    counted = Counter(round(score * 1e6) // 1000 for score in scores if score is not None)
    return {str(thousandths): counted[thousandths] for thousandths in sorted(counted)}


def share_kept(distribution: ScoreDistribution, threshold: float) -> float:
    """Find what a threshold keeps."""
    least = -(round(threshold * 1e6) // -1000)
    kept = sum(n for score, n in distribution.counts.items() if int(score) >= least)
    return kept / distribution.total if distribution.counts else 1.0


def kept_per_threshold(distribution: ScoreDistribution) -> tuple[tuple[float, float], ...]:
    """Find what tenths and the chosen threshold keep."""
    tenths = {step / 10 for step in range(10)}
    chosen = {distribution.threshold} - {None}
    thresholds = sorted(t for t in tenths | chosen if t is not None)
    return tuple((threshold, share_kept(distribution, threshold)) for threshold in thresholds)


def consistency_plot(distribution: ScoreDistribution) -> Plot:
    """Draw the distribution and the share that each threshold keeps."""
    title = "Consistency of the strong model's samples"
    with applied():
        figure = Figure(figsize=(8.0, 3.2), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left")
        left, right = figure.subplots(1, 2)
        _draw_counts(left, distribution)
        _draw_kept(right, distribution)
        for axes in (left, right):
            axes.set_xlabel("mean cosine over all pairs of samples")
            _draw_threshold(axes, distribution)
        laid_out(figure)
    caption = (
        f"Left: how many of {distribution.total:,} queries have which mean cosine over all pairs "
        "of the strong model's samples. Right: the share that a threshold would keep. A dashed "
        "line marks the threshold of this build, if it has one."
    )
    return Plot("consistency", title, caption, figure)


def _draw_counts(axes: Axes, distribution: ScoreDistribution) -> None:
    bars: Counter[int] = Counter()
    for score, count in distribution.counts.items():
        bars[int(score) // _BAR] += count
    starts = np.array(sorted(bars))
    axes.bar(
        starts * _BAR / 1000,
        [bars[start] for start in sorted(bars)],
        width=_BAR / 1000,
        align="edge",
        color=COLOURS[0],
        edgecolor=INK,
        linewidth=0.4,
    )
    axes.set_ylabel("queries")


def _draw_kept(axes: Axes, distribution: ScoreDistribution) -> None:
    scores = np.array([int(score) for score in distribution.counts])
    counts = np.array(list(distribution.counts.values()))
    order = np.argsort(scores)
    above = np.cumsum(counts[order][::-1])[::-1]
    axes.step(
        scores[order] / 1000,
        100 * above / distribution.total,
        where="pre",
        color=COLOURS[0],
    )
    axes.set_ylabel("queries kept (%)")
    axes.set_ylim(0, 103)


def _draw_threshold(axes: Axes, distribution: ScoreDistribution) -> None:
    if distribution.threshold is None:
        return
    axes.axvline(distribution.threshold, color=BASELINE.colour, linestyle="--", linewidth=1.2)
    axes.annotate(
        f" {distribution.threshold:g}",
        (distribution.threshold, 1),
        xycoords=("data", "axes fraction"),
        va="top",
        color=INK,
    )
