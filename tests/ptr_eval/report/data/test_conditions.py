"""Under which conditions a run was made, read off its results file."""

import json
from pathlib import Path

import pytest

from ptr_eval.report import RunEntry
from ptr_eval.report.data.comparable import Incomparable, check
from ptr_eval.report.data.conditions import conditions_of
from ptr_eval.runs import find_tasks, newest_results
from tests.scripted_lm import ScriptedLM, evaluate_into, write_sums


def keeping(run: Path, kept: str | None) -> Path:
    """Have a run say how it took confirmations; None as versions before the setting."""
    path = newest_results(run)
    content = json.loads(path.read_text())
    settings = content["configs"]["ptr_gsm8k"]["ptr"]["settings"]
    settings.pop("kept")
    if kept is not None:
        settings["kept"] = kept
    path.write_text(json.dumps(content))
    return run


def scorers_of(*runs: Path, scorer: str | None = None) -> list[str]:
    tasks = find_tasks([RunEntry(path=run) for run in runs], scorer)
    conditions = [conditions_of(task, "data") for task in tasks]
    check(conditions, allow=())
    return [condition.scorer for condition in conditions]


def test_runs_that_take_confirmations_differently_are_not_compared(runs: Path) -> None:
    base, better = keeping(runs / "base", "carry"), keeping(runs / "better", "refuse")
    with pytest.raises(Incomparable, match=r"ptr_gsm8k: scorer differs: .*kept=carry.* in base"):
        scorers_of(base, better)
    assert scorers_of(base, better, scorer="upstream")[0].endswith("thinking_end=</think>")


def test_a_run_from_before_the_setting_kept_nothing(runs: Path) -> None:
    before, now = scorers_of(keeping(runs / "base", None), keeping(runs / "better", "refuse"))
    assert before == now
    assert before.endswith("thinking_end=</think>, kept=refuse")


def test_runs_in_different_wordings_or_versions_are_not_compared(tmp_path: Path) -> None:
    settings = {"ptr_data": str(write_sums(tmp_path / "data", numbers=range(2))), "ptr_rounds": 1}
    for name, prompt in {"former": "v1", "newest": "newest", "older": "v1"}.items():
        evaluate_into(tmp_path / name, ScriptedLM(), {**settings, "ptr_prompt": prompt})
    with pytest.raises(Incomparable, match=r"ptr_gsm8k: prompt differs in doc_to_text: 'Question"):
        scorers_of(tmp_path / "former", tmp_path / "newest")
    scorers_of(tmp_path / "former", tmp_path / "older")
    path = newest_results(tmp_path / "older")
    content = json.loads(path.read_text())
    content["versions"]["ptr_gsm8k"] = 1.0
    path.write_text(json.dumps(content))
    with pytest.raises(Incomparable, match=r"ptr_gsm8k: version differs: '2.0' in former, '1.0'"):
        scorers_of(tmp_path / "former", tmp_path / "older")
