"""The tidy table, and the panels cut from it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ptr_eval.errors import UserError
from ptr_eval.report import RunEntry
from ptr_eval.report.data.outcomes import OUTCOMES
from ptr_eval.report.data.panels import Panel, of_task, panels, tasks_of
from ptr_eval.report.data.tidy import COLUMNS, TidyTable, build, write
from ptr_eval.runs import find_tasks


def table_of(*runs: Path, clusters: dict[str, str] | None = None) -> TidyTable:
    return build(find_tasks([RunEntry(path=run) for run in runs]), clusters or {})


def edit_rows(run: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    (path,) = run.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        change(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_answer_is_one_row(runs: Path) -> None:
    frame = table_of(runs / "base", runs / "better").frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 2 * 20 * 3
    row = frame[(frame["run"] == "base") & (frame["item"] == 9) & (frame["round"] == 2)].iloc[0]
    assert (row["verdict"], row["score"], row["answer"]) == ("correct", 1.0, "109")
    assert (row["task"], row["scorer"], row["cluster"], row["outcome"]) == (
        "ptr_gsm8k",
        "strict",
        "9",
        "answered",
    )


def test_seconds_are_spread_over_a_round_s_answers(runs: Path) -> None:
    (results,) = (runs / "base").rglob("results_*.json")
    content = json.loads(results.read_text())
    content["configs"]["ptr_gsm8k"]["ptr"] |= {"seconds": [2, 4, 6], "cached_prompt_tokens": None}
    results.write_text(json.dumps(content))
    frame = table_of(runs / "base").frame
    assert frame.groupby("round")["seconds"].sum().tolist() == pytest.approx([2, 4, 6])
    assert frame["cached_tokens"].isna().all()


def test_panels_give_back_what_lm_eval_reports(runs: Path) -> None:
    base, better = panels(table_of(runs / "base", runs / "better").frame)
    assert base.accuracy.tolist() == pytest.approx([0.4, 0.7, 0.6])
    assert better.accuracy.tolist() == pytest.approx([0.5, 0.75, 1.0])
    assert base.verdicts.shape == (20, 1, 3)
    assert base.binary
    assert base.items.tolist() == list(range(20))
    assert tasks_of([base, better]) == ["ptr_gsm8k"]
    assert of_task([base, better], "ptr_gsm8k") == [base, better]
    assert (base.generated_tokens > 0).all()


def test_items_can_be_clustered_by_a_column(runs: Path) -> None:
    def group(row: dict[str, Any]) -> None:
        row["doc"]["group"] = "even" if row["doc_id"] % 2 == 0 else "odd"

    edit_rows(runs / "base", group)
    (panel,) = panels(table_of(runs / "base", clusters={"ptr_gsm8k": "group"}).frame)
    assert panel.clusters.tolist() == ["even", "odd"] * 10
    with pytest.raises(UserError, match=r"documents of ptr_gsm8k have no column 'page' to cluster"):
        table_of(runs / "base", clusters={"ptr_gsm8k": "page"})


def small_frame(rows: Sequence[tuple[int, int, int, str, float, str | None]]) -> pd.DataFrame:
    """Rows of item, sample, round, verdict, score and answer, in any order."""
    constant = {"run": "r", "checkpoint": "c", "method": "m", "instruction": "", "task": "t"}
    frame = pd.DataFrame(
        [
            {
                **constant, "step": pd.NA, "scorer": "s", "subject": "", "cluster": str(item),
                "item": item, "sample": sample, "round": round_, "verdict": verdict,
                "score": score, "answer": answer, "prompt_tokens": 5, "generated_tokens": 7,
                "cached_tokens": np.nan, "seconds": np.nan, "truncated": False,
                "outcome": "answered", "kept": False,
                "position": 0, "class": -1, "visible_tokens": np.nan, "at_limit": np.nan,
                "shortened_candidates": 0,
            }
            for item, sample, round_, verdict, score, answer in rows
        ]
    )  # fmt: skip
    frame["verdict"] = pd.Categorical(frame["verdict"], ["correct", "wrong", "unparsed"])
    frame["outcome"] = pd.Categorical(frame["outcome"], OUTCOMES)
    return frame


def only(frame: pd.DataFrame) -> Panel:
    (panel,) = panels(frame)
    return panel


def test_rows_may_come_in_any_order_and_samples_are_kept_apart() -> None:
    rows = [
        (4, 0, 1, "correct", 1.0, "a"), (4, 1, 1, "wrong", 0.0, "b"),
        (4, 0, 2, "wrong", 0.0, "b"), (4, 1, 2, "wrong", 0.0, "b"),
        (2, 0, 1, "unparsed", 0.0, None), (2, 1, 1, "correct", 1.0, "z"),
        (2, 0, 2, "correct", 1.0, "z"), (2, 1, 2, "correct", 1.0, "z"),
    ]  # fmt: skip
    one, other = only(small_frame(rows)), only(small_frame(rows[::-1]))
    assert one.items.tolist() == [2, 4]
    assert one.clusters.tolist() == ["2", "4"]
    assert one.verdicts.tolist() == [[[2, 0], [0, 0]], [[0, 1], [1, 1]]]
    assert one.item_scores.tolist() == [[0.5, 1.0], [0.5, 0.0]]
    assert np.array_equal(one.verdicts, other.verdicts)
    assert one.answers[0, 0, 0] == -1
    assert one.answers[0, 0, 1] == one.answers[0, 1, 0]


def test_a_round_of_several_answers_is_their_mean_and_their_worst() -> None:
    rows = [(0, 0, 1, "correct", 1.0, "a"), (0, 0, 1, "wrong", 0.0, "b")]
    panel = only(small_frame(rows))
    assert panel.scores.tolist() == [[[0.5]]]
    assert panel.verdicts.tolist() == [[[1]]]
    assert panel.generated_tokens.tolist() == [[[14]]]


def test_a_round_that_an_item_lacks_is_marked() -> None:
    rows = [(0, 0, 1, "correct", 1.0, "a"), (0, 0, 2, "wrong", 0.0, "b")]
    panel = only(small_frame([*rows, (1, 0, 1, "correct", 1.0, "c")]))
    assert panel.verdicts.tolist() == [[[0, 1]], [[0, -1]]]
    assert np.isnan(panel.scores[1, 0, 1])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[: len(text) // 2], r"row \d+: not whole JSON; the file was cut off"),
        (lambda text: "".join(text.splitlines(True)[2:]), "of the 20 documents that results_"),
        (lambda text: text.replace('"arg_2"', '"arg_x"'), r"row 1: not a sample of ptr-eval"),
        (lambda text: text.replace('"verdict": "wrong"', '"verdict": "x"'), "not a sample of"),
        (lambda text: "", "holds 0 of the 20 documents"),
    ],
)
def test_spoiled_samples_are_named(runs: Path, spoil: Callable[[str], str], said: str) -> None:
    (path,) = (runs / "base").rglob("samples_*.jsonl")
    path.write_text(spoil(path.read_text()))
    with pytest.raises(UserError, match=said) as caught:
        table_of(runs / "base")
    assert str(path) in str(caught.value)


def test_the_table_is_written_for_others(runs: Path, tmp_path: Path) -> None:
    frame = table_of(runs / "base").frame
    parquet, csv = write(frame, tmp_path)
    assert pd.read_parquet(parquet)["score"].tolist() == frame["score"].tolist()
    back = pd.read_csv(csv)
    assert list(back.columns) == list(COLUMNS)
    assert back["verdict"].tolist() == frame["verdict"].astype(str).tolist()
