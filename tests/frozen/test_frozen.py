"""Outputs of the first version, kept: what later ones write and read must agree with them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.skipif("PTR_GRADERS" not in os.environ, reason="needs PTR_GRADERS")
@pytest.mark.parametrize("source", ["gsm8k", "given_cases"])
def test_verdicts_on_recorded_answers_are_the_kept_ones(source: str) -> None:
    from tests.frozen.verdicts import SOURCES

    assert SOURCES[source]() == kept("verdicts.json")[source]


def test_verdicts_on_the_cases_are_the_kept_ones() -> None:
    from tests.frozen.verdicts import SOURCES

    assert SOURCES["own_cases"]() == kept("verdicts.json")["own_cases"]
