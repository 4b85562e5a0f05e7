"""Names that the documents list are those that the commands write, and the files that exist."""

import csv
import json
import re
import shutil
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from ptr_eval.catalog import entries
from ptr_eval.cli import main
from ptr_eval.harness.settings import RUN_WIDE, TaskSettings
from tests.docs_commands.lines import ROOT, first_cells, read
from tests.docs_commands.programs import FEW
from tests.docs_commands.surroundings import Places

EXTENDING = "docs/extending.md"


def figures(folder: Path) -> dict[str, Any]:
    (results,) = folder.rglob("results_*.json")
    (found,) = json.loads(results.read_text(encoding="utf-8"))["results"].values()
    return {name.partition(",")[0]: value for name, value in found.items()}


def test_readme_lists_the_metrics_of_a_run(places: Places) -> None:
    listed = {name for cell in first_cells("README.md", "What you get") for name in cell}
    of_summaries = {"similarity", "rouge1", "rouge2", "rougeL", "bleu", "chrf"}
    measures = {"acc", "exact_match", "f1", "pass1", *of_summaries}  # Each of some tasks.
    shown = {name.removesuffix("@t") for name in listed} - measures
    found = {name.partition("@")[0] for name in figures(places.run) if "@" in name}
    assert shown - {"exact_match"} == {n.removesuffix("_stderr") for n in found} - measures


def test_parallel_md_lists_the_metrics_of_candidates_and_syntheses(
    places: Places, tmp_path: Path
) -> None:
    main(
        ["run", "--model", "hf", "--model_args", f"pretrained={places.model}", *FEW,
         "--tasks", "gsr_math500", "--metadata", f"ptr_data={places.data}", "ptr_samples=1",
         "--output_path", str(tmp_path / "out")]
    )  # fmt: skip
    listed = {name for cell in first_cells("docs/parallel.md", "What is reported") for name in cell}
    assert listed <= set(figures(tmp_path / "out"))


def test_report_md_lists_the_files_of_a_report(places: Places, tmp_path: Path) -> None:
    shutil.copytree(places.run, tmp_path / "run")
    main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "report")])
    written = {p.name + "/" * p.is_dir() for p in (tmp_path / "report").iterdir()}
    listed = {name for cell in first_cells("docs/report.md", "What is written") for name in cell}
    assert listed == written


def test_readme_shows_the_means_of_the_study() -> None:
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    with (ROOT / "reports" / "tiny" / "accuracy.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["task"] == "ptr_tiny":
                found[row["arm"], int(row["round"])].append(100 * float(row["accuracy"]))
    arms = {
        "only asked to refine": "prompt",
        "DPO": "dpo",
        "IFT, equal compute": "ift-compute",
        "**PTR**": "ptr",
    }
    for name, arm in arms.items():
        (shown,) = re.findall(
            rf"^\| {re.escape(name)} \| (.*) \|$", read("README.md"), re.MULTILINE
        )
        means = [f"{fmean(found[arm, round_]):.1f}" for round_ in range(1, 6)]
        assert shown.replace("*", "").split(" | ") == means


def test_readme_lists_the_tasks() -> None:
    text = read("README.md")
    section = text[text.index("## Tasks") : text.index("## Settings")]
    listed = set(re.findall(r"`((?:ptr|gsr)_\w+)`", section)) - {"ptr_data", "ptr_embedder"}
    assert listed == {entry.name for entry in entries()}


def test_readme_lists_the_settings() -> None:
    listed = [name for cell in first_cells("README.md", "Settings") for name in cell]
    assert listed[:2] == ["ptr_rounds", "ptr_instruction"]
    known = {f"ptr_{name}" for name in TaskSettings.__dataclass_fields__}
    prose = set(re.findall(r"`(ptr_\w+)=", read("README.md")))
    assert set(listed) | (prose & known) == known


def test_extending_md_lists_the_settings_of_a_whole_run() -> None:
    (sentence,) = re.findall(r"overrides them\. ([^.]*) hold for a\s+whole run", read(EXTENDING))
    assert re.findall(r"`ptr_(\w+)`", sentence) == list(RUN_WIDE)


@pytest.mark.parametrize("folder", ["examples/tiny", "examples/smollm2"])
def test_a_readme_s_table_of_files_lists_what_is_there(folder: str) -> None:
    listed = [name for cell in first_cells(f"{folder}/README.md", "Files") for name in cell]
    assert len(listed) > 5
    missing = [n for n in listed if not [*(ROOT / folder).glob(n), *ROOT.glob(n)]]
    assert missing == []


def test_contributing_md_lists_folders_and_modules_that_are_there() -> None:
    text = read("CONTRIBUTING.md")
    tree = text[text.index("## Where a line belongs") : text.index("Imports go one way")]
    folder, listed = "", []
    for indent, name in re.findall(r"^    ( *)([\w/.]+)", tree, re.MULTILINE):
        folder = folder if indent else name
        listed.append(folder + name if indent else name)
    assert len(listed) > 40
    assert [name for name in listed if not (ROOT / name).exists()] == []
