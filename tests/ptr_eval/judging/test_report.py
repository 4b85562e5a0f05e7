"""The report of runs with a judge, without one, and with one that failed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ptr_eval.errors import UserError
from ptr_eval.judging import JudgeOptions, JudgeSettings, judge_rounds
from ptr_eval.report import write_report
from tests.ptr_eval.best_of_n.run_factory import Judge, by_worth

SETTINGS = JudgeSettings("fake", {"pretrained": "org/judge"})
HEADING = "## What a judge prefers"


def table(out: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(out / "tables" / f"{name}.csv")


def report(run: Path, out: Path) -> str:
    return write_report([run], out).markdown.read_text(encoding="utf-8")


def test_without_a_judge_there_is_no_such_section(run: Path, tmp_path: Path) -> None:
    assert HEADING not in report(run, tmp_path / "out")
    assert not list((tmp_path / "out" / "tables").glob("judge*"))


def test_what_judges_say_is_reported(run: Path, tmp_path: Path, loads: Any) -> None:
    before = report(run, tmp_path / "before")
    loads(Judge(by_worth))
    judge_rounds(run, SETTINGS, JudgeOptions())
    loads(Judge(lambda first, second: "A" if "worth 9" in first else "tie"))
    other = replace(SETTINGS, args={"pretrained": "org/other"})
    judge_rounds(run, other, JudgeOptions())
    text = report(run, tmp_path / "out")
    assert HEADING in text
    assert "run on ptr\\_gsm8k, judged by org/judge against round 1: round 2 is preferred" in text
    rounds = table(tmp_path / "out", "judged-rounds")
    assert rounds["win rate (%)"].tolist()[:2] == pytest.approx([91.67, 33.33], abs=0.01)
    assert rounds["win"].tolist() == [5, 2, 0, 0]
    assert set(rounds["judges itself"]) == {"no"}
    agreed = table(tmp_path / "out", "judges-agreement").to_dict("records")
    assert [row["matches"] for row in agreed] == [11]
    assert (tmp_path / "out" / "plots" / "judged-rounds.svg").is_file()
    assert "plots/judged-rounds.png" in text
    # Nothing else changes with it.
    rest = text[: text.index(HEADING)] + text[text.index("## Methods") :]
    assert rest == before


def test_a_judge_that_failed_is_said_to_have_failed(run: Path, tmp_path: Path, loads: Any) -> None:
    loads(Judge(lambda first, second: "neither"))
    with pytest.raises(UserError, match="No match could be read"):
        judge_rounds(run, SETTINGS, JudgeOptions())
    text = report(run, tmp_path / "out")
    assert "round 3 is no win rate. But the judge decided no match, so there is no figure." in text
    rounds = table(tmp_path / "out", "judged-rounds")
    assert rounds["unreadable"].tolist() == [5, 6]
    assert rounds["win rate (%)"].isna().all()
    assert not (tmp_path / "out" / "plots" / "judged-rounds.svg").exists()
