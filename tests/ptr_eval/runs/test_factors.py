"""What runs differ in by plan, read off their results files."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.runs import RunEntry, RunLabel, find_tasks, in_words
from ptr_eval.runs.factors import labelled

SETTINGS: dict[str, Any] = {
    "protocol": "parallel", "candidates": 4, "order": "sampled", "seed": 1, "synthesis": "examine",
}  # fmt: skip


def results(folder: Path, time: int = 1, task: str = "t", **changed: Any) -> Path:
    """Write a run of one task, as far as finding runs reads it."""
    kwargs = changed.pop("generation_kwargs", {"temperature": 0.7, "do_sample": True})
    shown = {"system_instruction": changed.pop("system", None)}
    rounds = changed.pop("rounds", 2)
    first = changed.pop("first_by", None)
    section = {
        "format": 3, "version": "1", "settings": {**SETTINGS, **changed}, "instruction": "Again.",
        "synthesis": "One.", "answers_per_round": [1] * rounds, "reader": "plain",
        "scorers": {"strict": "options"}, "first_round_model": first,
    }  # fmt: skip
    content = {
        "model_name": "m", "configs": {task: {"ptr": section, "generation_kwargs": kwargs}},
        "n-samples": {task: {"effective": 1}}, **shown,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"samples_{task}_2026-01-0{time}T00-00-00.jsonl").write_text("")
    path = folder / f"results_2026-01-0{time}T00-00-00.json"
    path.write_text(json.dumps(content))
    return folder


def names(*folders: Path) -> list[str]:
    return [task.label.name for task in find_tasks([RunEntry(path=f) for f in folders])]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"candidates": 8}, ("k = 4", "k = 8")),
        ({"order": "reversed"}, ("order sampled", "order reversed")),
        ({"rounds": 3, "instruction": "x"}, ("2 rounds", "3 rounds")),
        ({"seed": 5}, ("seed 1", "seed 5")),
        ({"synthesis": "texts/mine.txt"}, ("synthesis examine", "synthesis mine.txt")),
        ({"protocol": "resample"}, ("parallel", "resample")),
        ({"generation_kwargs": {"temperature": 1.0}}, ("temperature 0.7", "temperature 1.0")),
        (
            {"generation_kwargs": {"temperature": 0.7, "do_sample": False}},
            ("temperature 0.7", "temperature 0"),
        ),
        ({"system": "Be brief."}, ("system instruction none", "system instruction Be brief.")),
    ],
)
def test_runs_are_named_by_what_they_differ_in(
    tmp_path: Path, changed: dict[str, Any], words: tuple[str, str]
) -> None:
    found = names(results(tmp_path / "a"), results(tmp_path / "b", **changed))
    assert found == [f"a ({words[0]})", f"b ({words[1]})"]


@pytest.mark.parametrize(
    ("protocol", "words"), [("sequential", "first round by"), ("parallel", "candidates by")]
)
def test_who_wrote_the_first_round_is_named_only_if_another_model_did(
    tmp_path: Path, protocol: str, words: str
) -> None:
    alone, same, other = (
        results(tmp_path / f"run{name}", protocol=protocol, first_by=name or None)
        for name in ("", "m", "other")
    )
    assert names(alone, same) == ["run", "runm"]
    assert names(alone, other) == [f"run ({words} itself)", f"runother ({words} other)"]


def test_settings_that_change_no_answer_name_nothing(tmp_path: Path) -> None:
    other: dict[str, Any] = {"ledger": "x", "chunk": 7, "data": "elsewhere", "sandbox": "unsafe"}
    same: dict[str, Any] = {"ledger": "y", "chunk": 8, "data": "here", "sandbox": "auto"}
    found = names(results(tmp_path / "a", **same), results(tmp_path / "b", **other))
    assert found == ["a", "b"]


def test_tasks_that_are_asked_in_different_ways_are_one_run(tmp_path: Path) -> None:
    results(tmp_path / "a", 1, task="one", candidates=4)
    results(tmp_path / "a", 2, task="two", candidates=8)
    assert names(tmp_path / "a") == ["a", "a"]


def test_a_sweep_in_one_folder_shows_its_levels_once(tmp_path: Path) -> None:
    results(tmp_path / "a", 1, candidates=4)
    results(tmp_path / "a", 2, candidates=8)
    found = find_tasks([RunEntry(path=tmp_path / "a")])
    assert [task.label.name for task in found] == ["a/candidates=4", "a/candidates=8"]
    assert [task.label.factors for task in found] == [
        (("candidates", "4"),), (("candidates", "8"),)
    ]  # fmt: skip


def test_a_factor_that_only_one_of_two_runs_has_is_not_named() -> None:
    one, two = RunLabel("one", "m", "m"), RunLabel("two", "m", "m")
    tasks = [(one, "t", {"candidates": "4"}), (two, "t", {})]
    assert [label.factors for label in labelled(tasks).values()] == [(), ()]


def test_what_only_models_differ_in_is_no_plan(tmp_path: Path) -> None:
    found = [results(tmp_path / name, system=text) for name, text in (("a", None), ("b", "Brief."))]
    entries = [RunEntry(path=path, checkpoint=path.name) for path in found]
    assert [task.label.name for task in find_tasks(entries)] == ["a", "b"]


def test_levels_in_words() -> None:
    assert in_words("rounds", "1") == "1 round"
    assert in_words("syntheses", "2") == "2 syntheses"
    assert in_words("seed", "7") == "seed 7"
    assert RunLabel("a/critical", "m", "m", factors=(("instruction", "critical"),)).name == (
        "a/critical"
    )
