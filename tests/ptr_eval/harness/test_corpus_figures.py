"""BLEU and chrF in lm-eval's results: computed from the counts of all questions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ptr_eval.harness import scorers
from ptr_eval.harness.rescore import rescore
from ptr_eval.harness.rounds_table import table_of_run
from ptr_eval.harness.scorers import Items, Scorer
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.report import write_report
from ptr_eval.runs import newest_results, read_results, read_run
from ptr_eval.scoring import Score
from ptr_eval.texts.overlap import CORPUS_FIGURES, overlap_counts
from tests.scripted_lm import ScriptedLM, evaluate_into, planned

REFERENCE = "Round 2, and the answer is 105."


def overlapping(items: Items, settings: TaskSettings) -> list[Score]:
    """Compare every response with one text."""
    return [
        Score(1.0, "correct", text, "all", counts=overlap_counts(text, REFERENCE))
        for text, _ in items
    ]


@pytest.fixture
def run(sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scorer = Scorer("exact_match", overlapping, figures=CORPUS_FIGURES)
    monkeypatch.setitem(scorers.SCORERS, "number_strict", scorer)
    settings = {"ptr_data": str(sums), "ptr_scorers": "strict", "ptr_rounds": 2}
    evaluate_into(tmp_path / "run", ScriptedLM(planned), settings)
    return tmp_path / "run"


def figures(run: Path) -> dict[str, Any]:
    values = read_results(newest_results(run))["results"]["ptr_gsm8k"]
    return {f"{name}@{t}": values[f"{name}@{t},strict"] for name in CORPUS_FIGURES for t in (1, 2)}


def expected(name: str, round_: int) -> float:
    counts = [overlap_counts(planned(n, round_), REFERENCE)[name] for n in range(20)]
    return float(CORPUS_FIGURES[name].value(np.sum(counts, axis=0)))


def test_the_figure_of_a_run_is_that_of_all_its_answers_together(run: Path) -> None:
    for name in CORPUS_FIGURES:
        for t in (1, 2):
            assert figures(run)[f"{name}@{t}"] == pytest.approx(expected(name, t))
    assert "| bleu " in table_of_run(run)
    assert "| chrf " in table_of_run(run)


def test_a_run_keeps_the_counts_and_how_figures_are_computed(run: Path) -> None:
    (saved,) = read_run(run)
    signatures = {name: figure.signature() for name, figure in CORPUS_FIGURES.items()}
    assert saved.description.signatures == signatures
    assert "tok:13a" in signatures["bleu"]
    (samples,) = run.rglob("samples_*.jsonl")
    row = json.loads(samples.read_text().splitlines()[0])
    scores = row["arguments"]["gen_args_0"]["arg_2"]["scores"]["strict"]
    counts = overlap_counts(planned(row["doc_id"], 1), REFERENCE)
    assert scores["counts"] == {name: list(each) for name, each in counts.items()}
    assert row["bleu@1"] == list(counts["bleu"])


def test_an_older_run_gets_the_figures_when_it_is_scored_again(run: Path, tmp_path: Path) -> None:
    before = figures(run)
    (samples,) = run.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    for row in rows:
        for arguments in row["arguments"].values():
            del arguments["arg_2"]["scores"]["strict"]["counts"]
    samples.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    write_report([run], tmp_path / "report")
    assert "chrF" not in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    rescore(run, tmp_path / "again", metadata={})
    assert figures(tmp_path / "again") == pytest.approx(before)
