"""What came of requests, counted apart; and where too many came to nothing for any claim.

Only answers are judged. What failed or was refused has no verdict, so no figure rests on it; how
much of it there is stands in the summary, in a table, and in place of the claims that a row of
figures would make otherwise.
"""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd

from ptr_eval.protocols import Outcome
from ptr_eval.stats.arrays import Bools, Codes

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What can come of a request; arrays of counts are in this order."""

MISSING: tuple[Outcome, ...] = ("refused", "failed")
"""The outcomes that leave nothing of the model to judge."""

MOST_MISSING = 0.05
"""The largest share of a round's requests that may be missing where claims are made."""

_NAMES: dict[Outcome, str] = {"cut_off": "cut off"}
_MISSING_AT = [OUTCOMES.index(name) for name in MISSING]


def existing(rows: pd.DataFrame) -> Bools:
    """Tell which rows of a tidy table are answers, and not requests that came to nothing."""
    return np.asarray(~rows["outcome"].isin(MISSING))


def count_outcomes(outcomes: pd.Series) -> Codes:
    """Count the outcomes of rows of a tidy table: [5]."""
    counts = outcomes.value_counts()
    return np.array([int(counts.get(name, 0)) for name in OUTCOMES], dtype=np.int64)


def missing_share(counts: Codes) -> float:
    """Compute which share of requests failed or was refused; 0 without any request."""
    return float(counts[_MISSING_AT].sum() / max(counts.sum(), 1))


def phrase(counts: Codes, names: Sequence[Outcome] = MISSING) -> str:
    """Say which shares of requests had these outcomes, such as "33 % failed"; empty for none."""
    listed = ((name, int(counts[OUTCOMES.index(name)])) for name in names)
    return ", ".join(
        f"{_share(count, int(counts.sum()))} {_NAMES.get(name, name)}"
        for name, count in sorted(listed, key=lambda each: -each[1])
        if count
    )


def why_no_claim(rounds: Sequence[Codes]) -> str:
    """Say why rounds with these counts allow no claim, such as "33 % failed"; empty if they do."""
    worst = max(rounds, key=missing_share)
    return phrase(worst) if missing_share(worst) > MOST_MISSING else ""


def _share(count: int, total: int) -> str:
    percent = 100 * count / total
    if percent < 0.1:
        return "under 0.1 %"
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1f} %"
