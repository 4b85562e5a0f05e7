"""Which items are shown, and what is shown of them."""

from pathlib import Path

import pytest

from ptr_eval.report import RunEntry
from ptr_eval.report.data.panels import panels
from ptr_eval.report.data.tidy import build
from ptr_eval.report.page.items import choose, views
from ptr_eval.runs import find_tasks


def test_the_items_that_changed_are_shown_first(runs: Path) -> None:
    table = build(find_tasks([RunEntry(path=runs / "base"), RunEntry(path=runs / "better")]), {})
    base, better = panels(table.frame)
    assert choose([base, better], 100) == [list(range(20)), list(range(20))]
    # base changes its verdict on 0, 1 and 8 to 13; better on 10 to 19.
    assert choose([base], 8) == [[0, 1, 8, 9, 10, 11, 12, 13]]
    assert choose([base, better], 20) == [[0, 1, 2, 3, 8, 9, 10, 11, 12, 13], list(range(10, 20))]
    assert choose([base], 0) == [[]]


@pytest.mark.parametrize("wanted", [[0], [17, 3]])
def test_items_are_read_again_with_their_texts(runs: Path, wanted: list[int]) -> None:
    table = build(find_tasks([RunEntry(path=runs / "base")]), {})
    shown = list(views(table.files, table.offsets, [wanted]))
    assert [view.item for view in shown] == wanted
    view = shown[0]
    assert (view.run, view.task, view.sample) == ("base", "ptr_gsm8k", 0)
    assert view.question == f"[q{wanted[0]}] How many is that?"
    assert view.gold == str(100 + wanted[0])
    assert [r.response[:8] for r in view.rounds] == ["Round 1,", "Round 2,", "Round 3,"]
    assert all(r.verdict in ("correct", "wrong") and r.generated_tokens for r in view.rounds)
