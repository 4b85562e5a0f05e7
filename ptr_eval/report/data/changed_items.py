"""The answers whose verdict changed between two rounds, one row an answer and pair of rounds."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ptr_eval.report.data.panels import Panel
from ptr_eval.stats import VERDICTS
from ptr_eval.stats.arrays import Codes


def changed_items(panels: Sequence[Panel]) -> pd.DataFrame:
    """List the answers whose verdict changed, against round 1 and between consecutive rounds."""
    parts = [
        _changed(panel, place, before, after)
        for place, panel in enumerate(panels)
        for before, after in _listed(panel.rounds)
    ]
    place, item, sample, before, after, was, is_ = np.concatenate(
        [np.empty((7, 0), dtype=np.int64), *parts], axis=1
    )
    return pd.DataFrame(
        {
            "run": _names([panel.label.run for panel in panels], place),
            "task": _names([panel.task for panel in panels], place),
            "item": item,
            "sample": sample,
            "round_from": before + 1,
            "round_to": after + 1,
            "verdict_from": _names(VERDICTS, was),
            "verdict_to": _names(VERDICTS, is_),
        }
    )


def _changed(panel: Panel, place: int, before: int, after: int) -> Codes:
    """List changes by place of the panel, item, sample, rounds and verdicts: [7, changes]."""
    was, is_ = panel.verdicts[..., before], panel.verdicts[..., after]
    at = np.nonzero((was != is_) & (was >= 0) & (is_ >= 0))
    constant = [np.full(len(at[0]), value) for value in (place, before, after)]
    return np.stack([constant[0], panel.items[at[0]], at[1], *constant[1:], was[at], is_[at]])


def _names(names: Sequence[str], places: Codes) -> pd.Categorical:
    """Name what stands at places in a sequence that may name things twice."""
    categories = list(dict.fromkeys(names))
    codes = np.array([categories.index(name) for name in names], dtype=np.int64)
    return pd.Categorical.from_codes(codes[places], categories)


def _listed(rounds: int) -> Iterator[tuple[int, int]]:
    for t in range(1, rounds):
        yield 0, t
        if t > 1:
            yield t - 1, t
