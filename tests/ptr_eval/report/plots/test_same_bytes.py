"""The same statistics give the same files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ptr_eval.report.plots import (
    ByCorrect,
    OverCandidates,
    TokenUse,
    accuracy_by_correct_candidates,
    accuracy_over_candidates,
    refined_bars,
    refinement_gaps,
    token_composition,
)
from ptr_eval.report.plots.picture import Plot, render, save
from tests.ptr_eval.report.plots.estimate_factory import about, worth

DRAWINGS: dict[str, Callable[[], list[Plot]]] = {
    "by correct": lambda: accuracy_by_correct_candidates(
        [ByCorrect("run", "task", [1, 2], {"vote": [about(0.2), about(0.8)]}, (0.1, 0.9))]
    ),
    "over candidates": lambda: accuracy_over_candidates(
        [OverCandidates("run", "task", [about(0.5)] * 3, [about(0.4)] * 3, {2: about(0.5)})]
    ),
    "bars": lambda: refined_bars([worth(0.1, 0.2, 0.3)]),
    "gaps": lambda: refinement_gaps([worth(0.1, 0.2, 0.3)]),
    "tokens": lambda: token_composition(
        [TokenUse("run", "task", 90.0, 10.0, about(100), about(70), (120, 80))]
    ),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS.keys())
def test_drawn_twice_files_are_the_same(draw: Callable[[], list[Plot]], tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (one,), (other,) = draw(), draw()
    assert one is not other
    files = save(render(one), tmp_path), save(render(other), tmp_path / "again")
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()
