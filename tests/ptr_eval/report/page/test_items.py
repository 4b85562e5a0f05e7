"""Which items are shown, and what is shown of them."""

from pathlib import Path

import pytest

from ptr_eval.harness import scorers
from ptr_eval.harness.scorers import Items, Scorer
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.report import RunEntry
from ptr_eval.report.data.panels import panels
from ptr_eval.report.data.tidy import build
from ptr_eval.report.page.items import choose, views
from ptr_eval.runs import find_tasks
from ptr_eval.scoring import Score
from tests.scripted_lm import ScriptedLM, evaluate_into, write_sums


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
    shown = list(views(table.files, table.offsets, [wanted], table.texts))
    assert [view.item for view in shown] == wanted
    view = shown[0]
    assert (view.run, view.task, view.sample) == ("base", "ptr_gsm8k", 0)
    assert view.question == f"[q{wanted[0]}] How many is that?"
    assert view.gold == str(100 + wanted[0])
    assert [r.response[:8] for r in view.rounds] == ["Round 1,", "Round 2,", "Round 3,"]
    assert all(r.verdict in ("correct", "wrong") and r.generated_tokens for r in view.rounds)
    assert [[name for name, _ in r.measures] for r in view.rounds] == [
        [],
        ["Rewriting"],
        ["Rewriting"],
    ]


def test_what_failed_is_shown_without_a_verdict(runs: Path, tmp_path: Path) -> None:
    data = {"ptr_data": str(write_sums(tmp_path / "data"))}
    evaluate_into(tmp_path / "run", ScriptedLM(refuses=(3, 2)), data)
    table = build(find_tasks([RunEntry(path=tmp_path / "run")]), {})
    (view,) = views(table.files, table.offsets, [[3]], table.texts)
    shown = view.rounds[1]
    assert (shown.verdict, shown.answer, shown.score, shown.outcome) == (None, None, None, "failed")
    assert shown.failed == "ValueError: this prompt is refused"


def in_order(items: Items, settings: TaskSettings) -> list[Score]:
    """Read what follows "is", or take the response for a bare confirmation."""
    scores = []
    for response, _ in items:
        at = response.find("is ") + 3
        answer = response[at : at + 3]
        scores.append(
            Score.of(True, answer, "is", (at, at + 3))
            if at > 2
            else Score.unparsed("no answer: the earlier one is confirmed", kept=True)
        )
    return scores


@pytest.mark.parametrize(
    "thinking",
    ["", "<think>\U0001f600 It is 999.</think>\n\n", "It is 999. Enough.</think> "],
    ids=["none", "block", "no opening mark"],
)
def test_the_place_of_an_answer_is_in_the_response_with_its_thinking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thinking: str
) -> None:
    monkeypatch.setitem(scorers.SCORERS, "number_strict", Scorer("exact_match", in_order))
    settings = {"ptr_data": str(write_sums(tmp_path / "data")), "ptr_scorers": "strict"}

    def answer(question: int, round_: int) -> str:
        return "No changes." if round_ == 2 else f"{thinking}\U0001f600 It is 100."

    evaluate_into(tmp_path / "run", ScriptedLM(answer), {**settings, "ptr_rounds": 2}, limit=1)
    table = build(find_tasks([RunEntry(path=tmp_path / "run")]), {})
    ((first, second),) = [
        view.rounds for view in views(table.files, table.offsets, [[0]], table.texts)
    ]
    assert first.span is not None
    start, end = first.span
    assert first.response[start:end] == "100"
    assert start == len(thinking) + 8
    assert (first.kept, second.kept) == (None, "kept from round 1")
    assert (second.span, second.answer) == (None, "100")
    assert table.frame["kept"].tolist() == [False, True]
