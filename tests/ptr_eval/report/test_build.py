"""Whole reports, from what lm-eval wrote."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ptr_eval.errors import UserError
from ptr_eval.report import ReportConfig, RunEntry, write_report


def change_results(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    (path,) = run.rglob("results_*.json")
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def change_rows(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    (path,) = run.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        change(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def keep(run: Path, documents: int, rounds: int = 3) -> None:
    """Cut a run down to its first documents and rounds."""
    (path,) = run.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [row for row in rows if row["doc_id"] < documents]
    for row in kept:
        row["arguments"] = dict(list(row["arguments"].items())[:rounds])
        row["resps"] = row["resps"][:rounds]
    path.write_text("".join(json.dumps(row) + "\n" for row in kept))
    change_results(run, lambda r: r["n-samples"]["ptr_gsm8k"].update(effective=documents))


def judge(run: Path, verdict: str) -> None:
    """Give every answer of a run one verdict."""

    def change(row: dict[str, Any]) -> None:
        for arguments in row["arguments"].values():
            for score in arguments["arg_2"]["scores"].values():
                score |= {"verdict": verdict, "value": float(verdict == "correct")}
                score["answer"] = None if verdict == "unparsed" else score["answer"]

    change_rows(run, change)


def test_two_runs_are_reported_in_every_form(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = ReportConfig(baseline="base", published=True)
    report = write_report([runs / "base", runs / "better"], out, config)
    assert (report.html, report.markdown) == (out / "report.html", out / "report.md")
    base, better = report.summary
    assert base.startswith("base on ptr_gsm8k: 40.0 % in round 1, 60.0 % in round 3, +20.0 points")
    assert better.startswith("better on ptr_gsm8k: 50.0 % in round 1, 100.0 % in round 3, +50.0")
    assert report.warnings == ()
    assert len(pd.read_parquet(out / "answers.parquet")) == 120
    changed = pd.read_csv(out / "changed_items.csv")
    assert {"run", "task", "item", "sample"} <= set(changed.columns)
    markdown = report.markdown.read_text()
    for heading in (
        "In short", "Accuracy over rounds", "Methods, instructions and iterations",
        "What changed, and whether it is real", "What it costs", "When to stop", "Leaderboard",
    ):  # fmt: skip
        assert f"## {heading}" in markdown
    assert "(published)" in markdown
    names = {path.name for path in (out / "plots").iterdir()}
    assert names
    for picture in [
        line.split("](")[1][:-1] for line in markdown.splitlines() if "](plots" in line
    ]:
        assert (out / picture).is_file()
        assert (out / picture).with_suffix(".svg").is_file()
    assert {path.suffix for path in (out / "tables").iterdir()} == {".md", ".tex", ".csv"}


def test_the_same_runs_give_the_same_report(runs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report([runs / "base", runs / "better"], tmp_path / name)
    one, two = (sorted((tmp_path / name).rglob("*.*")) for name in ("one", "two"))
    assert [p.relative_to(tmp_path / "one") for p in one] == [
        p.relative_to(tmp_path / "two") for p in two
    ]
    different = [a.name for a, b in zip(one, two, strict=True) if a.read_bytes() != b.read_bytes()]
    assert different == []


def test_a_second_report_replaces_the_first(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_report([RunEntry(path=runs / "base", name="old")], out)
    first = {path.name for path in (out / "plots").iterdir()}
    write_report([RunEntry(path=runs / "base", name="new")], out)
    second = {path.name for path in (out / "plots").iterdir()}
    assert len(first) == len(second)
    assert "old" not in (out / "report.md").read_text()


@pytest.mark.parametrize("verdict", ["correct", "wrong", "unparsed"])
def test_all_answers_alike_are_reported(runs: Path, tmp_path: Path, verdict: str) -> None:
    judge(runs / "base", verdict)
    report = write_report([runs / "base", runs / "better"], tmp_path / "out")
    shown = "100.0" if verdict == "correct" else "0.0"
    assert f"{shown} % in round 1, {shown} % in round 3, +0.0 points" in report.summary[0]
    assert not re.search(r"\bnan\b", report.markdown.read_text(), re.IGNORECASE)


@pytest.mark.parametrize(("documents", "rounds"), [(1, 3), (1, 1), (2, 3), (20, 1)])
def test_short_runs_are_reported(runs: Path, tmp_path: Path, documents: int, rounds: int) -> None:
    keep(runs / "base", documents, rounds)
    report = write_report([runs / "base"], tmp_path / "out")
    items = "1 item" if documents == 1 else f"{documents} items"
    assert items in report.summary[0]
    assert ("only round" in report.summary[0]) == (rounds == 1)


def test_runs_of_different_length_and_with_a_missing_task(runs: Path, tmp_path: Path) -> None:
    keep(runs / "base", 20, rounds=2)
    report = write_report([runs / "base", runs / "better"], tmp_path / "out")
    assert "in round 2" in report.summary[0]
    assert "in round 3" in report.summary[1]
    assert report.warnings == ()


def test_runs_that_cannot_be_ranked_are_still_reported(runs: Path, tmp_path: Path) -> None:
    change_results(
        runs / "better",
        lambda r: r["configs"]["ptr_gsm8k"]["generation_kwargs"].update(max_gen_toks=7),
    )
    report = write_report([runs / "base", runs / "better"], tmp_path / "out")
    (refusal,) = report.warnings
    assert "No leaderboard" in refusal
    assert "max_gen_toks" in refusal
    assert "ptr_gsm8k" in refusal
    assert "max\\_gen\\_toks" in report.markdown.read_text()
    allowed = ReportConfig(allow=("limits",))
    assert write_report([runs / "base", runs / "better"], tmp_path / "2", allowed).warnings == ()


def test_a_configuration_that_does_not_fit_is_refused(runs: Path, tmp_path: Path) -> None:
    config = ReportConfig(baseline="bse", round=9)
    with pytest.raises(UserError) as caught:
        write_report([runs / "base"], tmp_path / "out", config)
    assert "`baseline: bse` is none of the runs base" in str(caught.value)
    assert "`round: 9` is more than the 3 rounds" in str(caught.value)
    with pytest.raises(UserError, match="No runs to report"):
        write_report([], tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"--out .*file cannot be a folder"):
        write_report([runs / "base"], tmp_path / "file")


def test_hostile_names_and_answers_are_inert(runs: Path, tmp_path: Path) -> None:
    hostile = '<img src=x onerror=alert(1)>|$\\x_{\0"'

    def change(row: dict[str, Any]) -> None:
        row["resps"] = [[hostile + "\ud800"] for _ in row["resps"]]
        row["doc"]["subject"] = hostile

    change_rows(runs / "base", change)
    out = tmp_path / "out"
    write_report(
        [RunEntry(path=runs / "base", name=hostile, method="=1+1", checkpoint=hostile)], out
    )
    assert "<img src=x" not in (out / "report.html").read_text()
    assert "<img src=x" not in (out / "report.md").read_text()
