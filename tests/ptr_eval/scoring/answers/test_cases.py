"""Cases of what a text states as its answer, by kind, read by the scorers that they name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_eval.scoring import Score, score_maths, score_number, score_options, score_spans

FOLDER = Path(__file__).parents[3] / "cases" / "answers"
TABLES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*.yaml")}


def cases(*scorers: str) -> list[Any]:
    """One parameter a case: the options that it names, and the case."""
    return [
        pytest.param(
            table.get("options", {}).get(case.get("options")),
            case,
            id=f"{name}-{case['scorer']}-{case['response'][:60]!a}",
            marks=[pytest.mark.xfail(strict=True, reason="not read yet")]
            if case.get("open")
            else [],
        )
        for name, table in sorted(TABLES.items())
        for case in table["cases"]
        if case["scorer"] in scorers
    ]


def assert_kept(score: Score, case: dict[str, Any]) -> None:
    assert score.kept == case.get("kept", False)


@pytest.mark.parametrize(("options", "case"), cases("options"))
def test_option(options: dict[str, str], case: dict[str, Any]) -> None:
    score = score_options(
        case["response"],
        options=options,
        gold=next(iter(options)),
        question=case.get("question", ""),
    )
    assert (score.answer, score.how) == (case["answer"], score.how)
    assert_kept(score, case)


@pytest.mark.parametrize(("_", "case"), cases("number_strict", "number_flexible"))
def test_number(_: None, case: dict[str, Any]) -> None:
    mode = case["scorer"].removeprefix("number_")
    score = score_number(case["response"], gold="18", mode=mode)
    assert (score.answer, score.how) == (case["answer"], score.how)
    assert_kept(score, case)


@pytest.mark.parametrize(("_", "case"), cases("maths"))
def test_formula(_: None, case: dict[str, Any]) -> None:
    score = score_maths(case["response"], gold=case["gold"])
    assert (score.verdict == "correct", score.answer) == (
        case["verdict"] == "correct",
        score.answer,
    )
    assert_kept(score, case)


@pytest.mark.parametrize(("_", "case"), cases("spans"))
def test_span(_: None, case: dict[str, Any]) -> None:
    score = score_spans(case["response"], golds=case["golds"])
    assert (score.parts["em"], score.answer) == (case["em"], case.get("answer", score.answer))
    assert_kept(score, case)


def test_every_case_names_a_scorer_that_reads_it() -> None:
    scorers = {case["scorer"] for table in TABLES.values() for case in table["cases"]}
    assert scorers == {"options", "number_strict", "number_flexible", "maths", "spans"}
