"""Compares mathematical answers in a process that can be killed; started with `python -m`.

It reads one JSON request per line, `{"id", "gold", "answer", "prose"}`, and replies with a line
`{"id", "equal", "found"}`, or `{"id", "failure"}` if the comparison used up its processor time
("timed out") or its memory ("crashed"), or was ended from outside ("killed"). A child compares; it
is forked from a parent that has loaded sympy, so that it is replaced within milliseconds. Works on
POSIX systems only.
"""

import json
import logging
import mmap
import os
import resource
import signal
import sys
from functools import lru_cache
from typing import Any

from ptr_eval.scoring.maths.structure import split_elements

_MEMORY = 2 << 30
_ENDS: dict[int, str] = {signal.SIGPROF: "timed out", signal.SIGKILL: "killed"}
# Parsed once at the start, because the parser builds its grammar on first use (0.5 s).
_WARM_UP = [
    (r"\frac{x^2+1}{2\sqrt{3}}", r"(x^2+1)\cdot\frac{\sqrt{3}}{6}"),
    (r"(-\infty,1]\cup[2,3)", r"(-\infty,1]\cup[2,4)"),
    (r"\begin{pmatrix}1\\-2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}"),
    (r"\pm\sqrt[3]{2}", r"10\%"),
    ("x^2+y^2=1", "y=2x+3"),
    (r"2\sin x_1+\log_2 8-n!", r"3\cos(x)e^{\pi}"),
    (r"1<x\le 5", r"x>\frac{-1}{4}"),
]


@lru_cache(maxsize=256)
def _parsed(text: str, prose: bool) -> list[Any]:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    formula, expression = LatexExtractionConfig(), ExprExtractionConfig()
    if prose:
        found = parse(text, [formula, expression], parsing_timeout=None)
    else:
        found = parse(f"${text}$", [formula], parsing_timeout=None)
    return list(found)


def compare(gold: str, answer: str, prose: bool) -> dict[str, bool]:
    """Compare an answer with the right one, without any limit."""
    if prose:
        found = _parsed(answer, prose)
        return {"equal": _verified(gold, found), "found": bool(found)}
    return {"equal": _same(gold, answer), "found": True}


def _same(gold: str, answer: str) -> bool:
    """Compare tuples element by element, lists in any order, and anything else as a whole.

    Tuples could be compared as a whole, too, but parsing them takes seconds.
    """
    brackets, parts = split_elements(gold)
    others, theirs = split_elements(answer)
    if brackets is None or brackets != others or not 1 < len(parts) == len(theirs) <= 12:
        return gold == answer or _verified(gold, _parsed(answer, False))
    if brackets:
        return all(map(_same, parts, theirs))
    for part in parts:
        equal = next((their for their in theirs if _same(part, their)), None)
        if equal is None:
            return False
        theirs.remove(equal)
    return True


def _verified(gold: str, found: list[Any]) -> bool:
    from math_verify import verify

    right = _parsed(gold, False)
    if not found or (right and _differ(right[0], found[0])):
        return False
    return bool(verify(right, found, timeout_seconds=None))


def _differ(a: Any, b: Any) -> bool:
    """Whether two constants differ by more than rounding; this is faster than simplifying.

    Percentages are left out, because 10% may mean 10 or 0.1.
    """
    from sympy import Expr, UnevaluatedExpr

    if not all(isinstance(x, Expr) and not x.free_symbols for x in (a, b)):
        return False
    if any(x.has(UnevaluatedExpr) for x in (a, b)):
        return False
    try:
        difference = abs((a - b).evalf(15))
        return bool(difference.is_Float and difference > 1e-5)
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False


def _reply(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def _serve(limit: float, current: mmap.mmap) -> None:
    """Reply to requests until there are no more; the kernel ends this process at the limit.

    The limit is processor time, so that a busy machine gives the same verdicts.
    """
    # What a comparison prints when it is ended is of no use to the user.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        current[:8] = request["id"].to_bytes(8, "big")
        signal.setitimer(signal.ITIMER_PROF, limit)
        result = compare(request["gold"], request["answer"], request["prose"])
        signal.setitimer(signal.ITIMER_PROF, 0)
        _reply(id=request["id"], **result)


def main(limit: float) -> None:
    """Fork a child that compares, and a new one whenever it ends, until standard input ends."""
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for gold, answer in _WARM_UP:
        compare(gold, answer, prose=False)
    current = mmap.mmap(-1, 8)
    _reply(ready=True)
    while True:
        child = os.fork()
        if child == 0:
            _serve(limit, current)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        _reply(id=int.from_bytes(current[:8], "big"), failure=_ENDS.get(ended_by, "crashed"))


if __name__ == "__main__":
    main(float(sys.argv[1]))
