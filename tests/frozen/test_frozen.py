"""Outputs of the first version, kept: what later ones write and read must agree with them."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.harness.rescore import rescore
from ptr_eval.runs import Answer, metrics_of, questions, read_run, results_in
from tests.chat_server import ChatServer
from tests.frozen.scripted import CASES, PORT, run, run_server

FOLDER = Path(__file__).parent


def kept(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


# peft asks transformers by a name that it has just deprecated.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")
def test_losses_of_the_first_steps_are_the_kept_ones(tmp_path: Path) -> None:
    from tests.frozen.losses import losses

    found = losses(tmp_path)
    assert found.keys() == kept("losses.json").keys()
    for name, values in kept("losses.json").items():
        assert found[name] == pytest.approx(values, rel=1e-5), name


def test_the_report_on_the_kept_runs_is_the_kept_one(tmp_path: Path) -> None:
    from tests.frozen.reports import report_hashes

    assert report_hashes(tmp_path / "report") == kept("report.json")


@pytest.mark.parametrize(
    ("source", "needed"), [("gsm8k", "PTR_GRADERS"), ("given_cases", "PTR_CASES")]
)
def test_verdicts_on_recorded_answers_are_the_kept_ones(source: str, needed: str) -> None:
    from tests.frozen.verdicts import SOURCES

    if needed not in os.environ:
        pytest.skip(f"needs {needed}")

    assert SOURCES[source]() == kept("verdicts.json")[source]


def test_verdicts_on_the_cases_are_the_kept_ones() -> None:
    from tests.frozen.verdicts import SOURCES

    assert SOURCES["own_cases"]() == kept("verdicts.json")["own_cases"]


# Runs and ledgers of format 2


AFTER_EMPTY = {
    "thinking": {(2, (0, 2, 0))},
    "parallel": {(0, (1, 3, 0)), (3, (0, 3, 1))},
}
"""The answers that follow an empty one or an unfinished thought. An empty message is no longer
sent, which strict servers refuse: the same is asked again."""


def read(folder: Path, name: str = "") -> list[list[Answer]]:
    """All answers of a saved run, question by question, without what differs between runs."""
    (saved,) = read_run(folder)
    changed = AFTER_EMPTY.get(name, set())
    return [
        [
            replace(unplaced(answer), kind="answer")  # Format 2 did not record kinds.
            for answer in question.answers
            if (answer.question, answer.place) not in changed
        ]
        for question in questions(saved)
    ]


def unplaced(answer: Answer) -> Answer:
    """An answer without the places in its text, and the words for why there is no answer."""
    grades = {
        name: replace(
            grade,
            score=replace(
                grade.score, span=None, how=grade.score.how if grade.score.answer else ""
            ),
        )
        for name, grade in answer.grades.items()
    }
    return replace(answer, grades=grades)


@pytest.fixture(params=[*CASES, "server"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A run of format 2 with its ledger, free to be written to."""
    shutil.copytree(FOLDER / "format2" / request.param, tmp_path / "old")
    return request.param, tmp_path / "old"


def test_what_is_asked_and_scored_today_is_what_the_kept_run_has(
    old: tuple[str, Path], tmp_path: Path
) -> None:
    name, folder = old
    if name == "server":
        with ChatServer(port=PORT):
            run_server(tmp_path / "new")
    else:
        run(name, tmp_path / "new")
    assert read(tmp_path / "new" / "out", name) == read(folder, name)


def test_a_kept_ledger_answers_every_request(old: tuple[str, Path], tmp_path: Path) -> None:
    name, folder = old
    (tmp_path / "new").mkdir()
    shutil.copy(folder / "ledger", tmp_path / "new" / "ledger")
    if name == "server":
        run_server(tmp_path / "new")  # Nothing listens at its port.
    else:
        # It raises at the first request more.
        run(name, tmp_path / "new", stops_after=len(AFTER_EMPTY.get(name, ())))
    assert read(tmp_path / "new" / "out", name) == read(folder, name)


def test_a_kept_run_is_rescored_to_the_same_verdicts(old: tuple[str, Path], tmp_path: Path) -> None:
    _, folder = old
    _, changes = rescore(folder, tmp_path / "again", metadata={})
    assert changes == []
    assert read(tmp_path / "again") == read(folder)


def test_the_metrics_of_a_kept_run_have_the_names_of_today(old: tuple[str, Path]) -> None:
    (results,) = results_in(old[1])
    values = json.loads(results.read_text(encoding="utf-8"))["results"]["ptr_gsm8k"]
    names = {metric.name for metric in metrics_of(values)}
    assert {"exact_match", "no_answer", "truncated", "failed", "prompt_tokens"} <= names
    assert not {name for name in names if "@" in name or name in ("unparsed", "cut")}
