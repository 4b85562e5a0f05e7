"""Programs: counted by hand, and such as no parser takes."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_eval.texts.python_code import code_quality

TABLE: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "cases/code_quality.yaml").read_text("utf-8")
)
YES_NO = ("docstring", "type_hints", "input_checks", "tests")
N = 10_000


@pytest.mark.parametrize("case", TABLE, ids=[case["name"] for case in TABLE])
def test_what_is_found_is_what_was_counted_by_hand(case: dict[str, Any]) -> None:
    has = {name: name in case.get("has", []) for name in YES_NO}
    counted = {**has, "complexity": case["complexity"], "lines": case["lines"]}
    for _ in range(2):
        found = code_quality(case["program"])
        assert found is not None
        assert asdict(found) == counted


@pytest.mark.parametrize(
    "program",
    [
        "def f(:",
        "Here is the function you asked for.",
        "x = 1\0",
        "x = '\ud800'",
        "x = " + "(" * N + ")" * N,
        "[" * 2 * N,
        "x = " + "-" * (2 * N - 10) + "1",
        "x = " + "{1: " * 2_000 + "1" + "}" * 2_000,
        "".join(" " * i + "if a:\n" for i in range(150)) + " " * 150 + "pass",
        "x = 1\n" * N,
        "x" * 10 * N * N,
    ],
    ids=[
        "syntax", "prose", "null", "surrogate", "brackets", "open", "signs", "dicts", "indented",
        "long", "huge",
    ],
)  # fmt: skip
def test_what_is_no_program_or_too_deep_is_not_parsed(program: str) -> None:
    assert code_quality(program) is None


@pytest.mark.parametrize(
    "program",
    [
        "x = a" + ".b" * 9_000,
        "x = 1" + "+1" * 9_000,
        "x = " + "1 if a else " * 1_600 + "1",
        "if a:pass\n" + "elif a:pass\n" * 1_600,
        "x = " + "lambda:" * 2_800 + "1",
        "x = " + "not " * 4_900 + "1",
    ],
)
def test_deep_programs_that_some_parsers_take_do_no_harm(program: str) -> None:
    found = code_quality(program)
    assert found is None or found.complexity >= 1


def test_nothing_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    assert code_quality(f"open({str(trace)!r}, 'w').write('ran')\nraise SystemExit(1)")
    assert not trace.exists()


def test_warnings_of_the_parser_are_not_passed_on() -> None:
    assert code_quality("import re\nx = re.match('\\d', '1')\nassert (x, 'always true')")
