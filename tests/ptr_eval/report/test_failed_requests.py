"""Reports on runs in which requests failed: what is shown, and what is not claimed."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ptr_eval.report import write_report
from tests.scripted_lm import ScriptedLM, evaluate_into, gold, place, write_sums

ITEMS = 30


class RateLimited(ScriptedLM):
    """Always right; round 2 of every so many questions ends in a rate limit."""

    def __init__(self, every: int) -> None:
        super().__init__(lambda question, _: f"The answer is {gold(question)}.")
        self.every = every

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        question, round_ = place(prompt)
        if round_ == 2 and question % self.every == 0:
            raise ValueError("429 Too Many Requests")
        return super()._respond(prompt, settings)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs `limited`, of which a third fails in round 2, `rarely`, and `steady`."""
    folder = tmp_path_factory.mktemp("limited")
    data = str(write_sums(folder / "data", numbers=range(ITEMS)))
    for name, every in (("limited", 3), ("rarely", 30), ("steady", 1000)):
        asked = {"ptr_data": data, "ptr_rounds": 2}
        # Question 0 fails in every run that fails at all.
        evaluate_into(folder / name, RateLimited(every), asked)
    return folder


def table(out: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(out / "tables" / f"{name}.csv")


def test_a_rate_limit_is_no_verdict_about_the_model(limited: Path, tmp_path: Path) -> None:
    report = write_report([limited / "limited"], tmp_path)
    (sentence,) = report.summary
    assert sentence == (
        "limited on ptr_gsm8k: 100.0 % in round 1, 100.0 % in round 2, +0.0 points (20 of 30 items "
        "answered in both; 33 % failed, so nothing is claimed). Requests of round 2: 33 % "
        "failed."
    )
    outcomes = table(tmp_path, "outcomes")
    assert outcomes["failed"].tolist() == [0, 10]
    assert outcomes["failed or refused (%)"].tolist() == pytest.approx([0, 100 / 3])
    accuracy = table(tmp_path, "accuracy")
    assert accuracy["score (%)"].tolist() == [100, 100]
    assert accuracy["items"].tolist() == [30, 20]
    (change,) = table(tmp_path, "changes").to_dict("records")
    assert (change["fixed (%)"], change["broken (%)"], change["items"]) == (0, 0, 20)
    assert {change[name] for name in ("p", "p (Holm)", "95% low")} == {"n.a.: 33 % failed"}
    (omnibus,) = table(tmp_path, "omnibus").to_dict("records")
    assert omnibus["p"] == omnibus["Cochran's Q"] == "n.a.: 33 % failed"
    transitions = table(tmp_path, "transitions-1-1-2").set_index("round 1")
    assert transitions.loc["all", "all"] == transitions.loc["correct", "correct"] == 20
    stops = table(tmp_path, "stops")
    assert stops["score (%)"].tolist() == ["100.0", "n.a.: 33 % failed", "100.0", "100.0"]
    assert len(pd.read_csv(tmp_path / "changed_items.csv")) == 0


def test_no_page_claims_marks_or_ranks_anything(limited: Path, tmp_path: Path) -> None:
    report = write_report([limited / "limited"], tmp_path)
    text = report.markdown.read_text()
    assert not re.search(r"p (=|&lt;|<) ?0", text)
    assert "evidence" not in text
    assert "**" not in text
    assert "Leaderboard" not in text
    assert "100.0 (33 % failed)" in text
    answers = pd.read_csv(tmp_path / "answers.csv")
    failed = answers[answers["outcome"] == "failed"]
    assert (len(failed), len(answers)) == (10, 60)
    assert failed[["verdict", "score", "answer", "kept"]].isna().all(axis=None)
    assert "33 % failed" in report.html.read_text()


def test_a_run_of_which_too_much_failed_is_not_ranked(limited: Path, tmp_path: Path) -> None:
    runs = [limited / name for name in ("limited", "steady")]
    write_report(runs, tmp_path)
    board = table(tmp_path, "leaderboard")
    assert board["rank"].tolist() == ["n.a.: 33 % failed", "n.a.: no other run to compare with"]
    assert board["score"].tolist() == [100, 100]
    assert not (tmp_path / "tables" / "pairs.csv").exists()
    assert "**" not in (tmp_path / "tables" / "leaderboard.md").read_text()


def test_a_few_failed_requests_are_left_out_and_said(limited: Path, tmp_path: Path) -> None:
    report = write_report([limited / name for name in ("rarely", "steady")], tmp_path)
    sentence = report.summary[0]
    assert "29 of 30 items answered in both" in sentence
    assert sentence.endswith("Requests of round 2: 3 % failed.")
    change = table(tmp_path, "changes").iloc[0]
    assert (change["p"], change["items"], change["broken (%)"]) == (1, 29, 0)
    board = table(tmp_path, "leaderboard")
    assert board["rank"].tolist() == [1, 1]


def test_a_run_of_nothing_but_failures_is_reported_without_figures(
    limited: Path, tmp_path: Path
) -> None:
    evaluate_into(
        tmp_path / "out",
        RateLimited(1),
        {"ptr_data": str(limited / "data"), "ptr_rounds": 2},
        limit=3,
    )
    report = write_report([tmp_path / "out"], tmp_path / "report")
    assert "none of 3 items answered in both" in report.summary[0]
    assert not re.search(r"\bnan\b", report.markdown.read_text(), re.IGNORECASE)
