"""Whole reports on several candidates and one answer made of them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ptr_eval.report import ReportConfig, RunEntry, write_report
from ptr_eval.report.data import tidy
from ptr_eval.report.page import items
from ptr_eval.runs import SelectedGroup, Selector, find_tasks, write_selection
from tests.scripted_lm import ScriptedLM, evaluate_into, gold, write_sums

PARALLEL = {"ptr_protocol": "parallel", "ptr_candidates": 3, "ptr_rounds": 2, "ptr_samples": 2}


class Candidates(ScriptedLM):
    """Right in every second candidate, and in two of three refined answers."""

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        number = int(re.findall(r"\[q(\d+)\]", prompt)[0])
        refining = prompt.count("The answer is") > 0
        self.prompts.append(prompt)
        right = len(self.prompts) % (3 if refining else 2) != 0
        return (
            f"<think>{'so ' * 9}</think>[q{number}] The answer is {gold(number) if right else 5}."
        )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parallel")
    data = {"ptr_data": str(write_sums(folder / "data"))}
    evaluate_into(folder / "one", Candidates(), {**data, **PARALLEL})
    more = {"ptr_rounds": 3, "ptr_syntheses": 2, "ptr_order": "reversed"}
    evaluate_into(folder / "more", Candidates(), {**data, **PARALLEL, **more})
    evaluate_into(folder / "pool", Candidates(), {**data, "ptr_rounds": 1, "ptr_samples": 4})
    return folder


def test_groups_are_reported_in_every_form(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = write_report([saved / "one", saved / "more", saved / "pool"], out)
    frame = pd.read_parquet(out / "answers.parquet")
    assert len(frame) == 20 * 2 * (3 + 1) + 20 * 2 * (3 + 2 + 2) + 20 * 4
    assert sorted(frame["position"].unique()) == [0, 1, 2]
    right = frame[frame["verdict"] == "correct"]
    assert right.groupby(["run", "item"], observed=True)["class"].nunique().max() == 1
    markdown = report.markdown.read_text()
    assert "## Several candidates, and one answer made of them" in markdown
    name = r"one \(parallel, 2 rounds, 1 synthesis, order sampled, 2 samples, temperature 0.6\)"
    gap = r"selfRef@3 is [\d.]+ %, maj@3 [\d.]+ %, a gap"
    assert re.search(rf"{name} on ptr\\_gsm8k: {gap}", markdown)
    tables = {path.stem for path in (out / "tables").iterdir()}
    assert {
        "parallel-methods", "refinement-gap", "by-candidates", "by-correct-candidates",
        "by-different-answers", "refining-tokens", "data-quality",
    } <= tables  # fmt: skip
    assert "order" not in tables  # They differ in more than that.
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)
    assert "(published)" not in markdown


def test_rounds_after_the_refined_answer_are_rounds_as_ever(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = write_report([saved / "more"], out)
    rounds = pd.read_csv(out / "tables" / "accuracy.csv")
    assert rounds["round"].tolist() == [1, 2, 3]
    methods = pd.read_csv(out / "tables" / "parallel-methods.csv").set_index("measure")
    assert rounds["score (%)"][0] == pytest.approx(methods.loc["pass@1", "ptr_gsm8k"])
    assert rounds["score (%)"][1] == pytest.approx(methods.loc["selfRef@3", "ptr_gsm8k"])
    assert "in round 3" in report.summary[0]
    assert len(pd.read_csv(out / "changed_items.csv")) == 0
    assert not (out / "tables" / "stops.csv").exists()


class DataQuality(ScriptedLM):
    """Breaks candidates of question 0, gives none an answer to 1, and is right throughout in 2."""

    def __init__(self) -> None:
        super().__init__()
        self.at = self.failures = 0

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        number = int(re.findall(r"\[q(\d+)\]", prompt)[0])
        right = f"The answer is {gold(number)}."
        if number or "<candidate" in prompt:
            return "I cannot tell." if number == 1 else right
        said = ["", "<think>so on and on", None, right, right][self.at]
        self.at += 1
        if said is None:
            self.failures += 1
            # What a batch has failed with is asked again from its beginning, one by one.
            self.at = 0 if self.failures == 1 else self.at
            raise ValueError("this one is refused")
        return said


def test_broken_candidates_are_left_out_and_counted(tmp_path: Path) -> None:
    lm = DataQuality()
    asked = {**PARALLEL, "ptr_candidates": 5, "ptr_samples": 1, "ptr_scorers": "strict"}
    data = {"ptr_data": str(write_sums(tmp_path / "data"))}
    evaluate_into(tmp_path / "run", lm, {**data, **asked}, limit=3)
    shown = [p.count("</candidate>") for p in lm.prompts if "<candidate" in p]
    assert shown == [2, 5, 5]
    out = tmp_path / "out"
    write_report([tmp_path / "run"], out)
    (row,) = pd.read_csv(out / "tables" / "data-quality.csv").to_dict("records")
    names = (
        "lacking candidates",
        "failed candidates",
        "without an answer",
        "without a text",
        "refined without an answer",
    )
    assert [row[name] for name in names] == [1, 1, 2 + 5, 2, 1]
    assert pd.isna(row["at the token limit"])  # This model does not tell.
    methods = pd.read_csv(out / "tables" / "parallel-methods.csv").set_index("measure")["ptr_gsm8k"]
    found = [float(methods[name]) for name in ("pass@1", "maj@5", "pass@5", "selfRef@5")]
    assert found == pytest.approx([50.0] * 4)  # Question 0's group lacks a candidate.
    candidates = pd.read_csv(out / "tables" / "by-candidates.csv")
    assert candidates["k"].max() == 5  # There are no more at hand.
    assert float(candidates["maj@k (%)"].iloc[-1]) == pytest.approx(50)


def test_published_rows_stand_beside_the_paper_s_benchmarks_alone(
    saved: Path, tmp_path: Path
) -> None:
    config = ReportConfig(published=True)
    write_report([saved / "one"], tmp_path / "1", config)
    assert "GSR-7B" not in (tmp_path / "1" / "report.md").read_text()
    (path,) = (saved / "one").rglob("results_*.json")
    results = json.loads(path.read_text())
    for part in ("configs", "versions", "n-samples"):
        results[part]["gsr_aime24"] = results[part].pop("ptr_gsm8k")
    run = tmp_path / "run"
    run.mkdir()
    (run / path.name).write_text(json.dumps(results))
    (samples,) = path.parent.glob("samples_*.jsonl")
    (run / samples.name.replace("ptr_gsm8k", "gsr_aime24")).write_text(samples.read_text())
    write_report([run], tmp_path / "2", config)
    markdown = (tmp_path / "2" / "report.md").read_text()
    assert "| GSR-7B (published) | selfRef@4 | **66.0** | **51.7** |" in markdown
    assert {"parallel-ablation", "parallel-scales"} <= {
        path.stem for path in (tmp_path / "2" / "tables").iterdir()
    }


def test_the_last_round_of_groups_can_be_ranked(saved: Path, tmp_path: Path) -> None:
    report = write_report([saved / "one", saved / "more"], tmp_path / "1")
    (refusal,) = report.warnings
    assert "syntheses: '1' in one, '2' in more" in refusal
    assert "order: 'sampled' in one, 'reversed' in more" in refusal
    allowed = ReportConfig(allow=("prompt",))
    assert write_report([saved / "one", saved / "more"], tmp_path / "2", allowed).warnings == ()


def test_candidates_are_shown_beside_one_another(saved: Path) -> None:
    files = find_tasks([RunEntry(path=saved / "more")])
    table = tidy.build(files, {})
    (view, _) = items.views(files, table.offsets, [[7]], table.texts)
    assert [(each.name, each.beside) for each in view.rounds] == [
        *((f"Round 1, answer {number}", True) for number in (1, 2, 3)),
        *((f"Round {round_}, answer {number}", True) for round_ in (2, 3) for number in (1, 2)),
    ]
    files = find_tasks([RunEntry(path=saved / "one")])
    table = tidy.build(files, {})
    (view, _) = items.views(files, table.offsets, [[7]], table.texts)
    assert (view.rounds[3].name, view.rounds[3].beside) == ("Round 2", False)


def test_what_was_selected_beside_a_run_is_reported(saved: Path, tmp_path: Path) -> None:
    run = shutil.copytree(saved / "one", tmp_path / "run")
    (samples,) = run.rglob("samples_*.jsonl")
    groups = [(item, sample) for item in range(20) for sample in range(2)]
    rows = [{"doc_id": i, "sample": s, "position": 0 if i else None} for i, s in groups]
    facts = {
        "format": 1, "task": "ptr_gsm8k", "samples": samples.name, "name": "first",
        "method": "judge", "model": "m", "size": 3, "counts": {"groups": 40, "tokens": 9},
    }  # fmt: skip
    path = samples.with_name(samples.name.replace("samples_", "selections_"))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path.with_suffix(".json").write_text(json.dumps(facts))
    write_report([run], tmp_path / "out")
    frame = pd.read_parquet(tmp_path / "out" / "answers.parquet")
    first = frame[(frame["round"] == 1) & (frame["position"] == 0) & (frame["item"] > 0)]
    methods = pd.read_csv(tmp_path / "out" / "tables" / "parallel-methods.csv")
    shown = methods.set_index("measure").loc["BoN@3 (first)", "ptr_gsm8k"]
    assert shown == pytest.approx(100 * (first["verdict"] == "correct").sum() / 40)


@pytest.mark.parametrize(("decided", "figure"), [(30, True), (0, False)])
def test_how_a_judge_s_matches_ended_stands_wherever_its_figure_stands(
    saved: Path, tmp_path: Path, decided: int, figure: bool
) -> None:
    run = shutil.copytree(saved / "one", tmp_path / "run")
    (samples,) = run.rglob("samples_*.jsonl")
    rows = [
        SelectedGroup((item, sample), 0, correct=True, why={}, tokens=1)
        for item in range(20)
        for sample in range(2)
    ]
    ended = {"decided": decided, "tied": 1, "order-dependent": 2, "unreadable": 3, "failed": 0}
    counts = {"groups": 40, "tokens": 9, "matches": decided + 6, **ended}
    write_selection(
        samples, "ptr_gsm8k", Selector("j", "judge", "org/j"), 3,
        {"judge_form": {"name": "rrm"}}, counts, rows,
    )  # fmt: skip
    out = tmp_path / "out"
    report = write_report([run], out)
    listed = "1 tied, 2 order-dependent, 3 unreadable."
    told = f"judge org/j in the form rrm, {decided + 6} matches: {decided} decided, {listed}"
    markdown = report.markdown.read_text()
    # In the section, and below the tables and the figure that show it.
    assert markdown.count(told) >= 5
    assert told in report.html.read_text()
    assert ("There is no best-of-k figure" in markdown) != figure
    assert f"({decided} of {decided + 6} decided)" in markdown
    levels = pd.read_csv(out / "tables" / "by-correct-candidates.csv")
    assert ("BoN@3 (j)" in set(levels["method"])) == figure
    methods = pd.read_csv(out / "tables" / "parallel-methods.csv").set_index("measure")
    assert pd.notna(pd.to_numeric(methods.loc["BoN@3 (j)", "ptr_gsm8k"], "coerce")) == figure
    matches = pd.read_csv(out / "tables" / "judged-matches.csv")
    assert matches.loc[0, ["matches", *ended]].tolist() == [decided + 6, *ended.values()]
