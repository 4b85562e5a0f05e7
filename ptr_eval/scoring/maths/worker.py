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
from typing import Any

from ptr_eval.scoring.maths import symbolic
from ptr_eval.scoring.maths.structure import split_elements, split_sets

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
    ("x<3", r"(-\infty,3)"),
]


def compare(gold: str, answer: str, prose: bool) -> dict[str, bool]:
    """Compare an answer with the right one, without any limit."""
    from math_verify import parse

    found = parse(answer, parsing_timeout=None) if prose else [answer]
    try:
        if not prose:
            return {"equal": _same(gold, answer), "found": True}
        right = parse(f"${gold}$", parsing_timeout=None)
        return {
            "equal": bool(found and right) and symbolic.same(right[0], found[0]),
            "found": bool(found),
        }
    except Exception:  # noqa: BLE001 -- sympy raises exceptions of any kind for odd mathematics
        return {"equal": False, "found": bool(found)}


def _same(gold: str, answer: str) -> bool:
    """Compare tuples element by element, lists in any order, and anything else as a whole.

    Tuples could be compared as a whole, too, but parsing them takes seconds.
    """
    if gold == answer:
        return True
    if gold.endswith("%") != answer.endswith("%"):
        plain, percent = sorted((gold, answer), key=lambda text: text.endswith("%"))
        return any(
            _same(plain, text) for text in (percent[:-1], rf"\frac{{{percent[:-1]}}}{{100}}")
        )
    if gold.endswith("%"):
        return _same(gold[:-1], answer[:-1])
    if split_sets(gold)[0] or split_sets(answer)[0]:
        sets = [_as_set(text) for text in (gold, answer)]
        if None not in sets:
            return symbolic.same(*sets)
    brackets, parts = split_elements(gold)
    others, theirs = split_elements(answer)
    if brackets is None or brackets != others or not 1 < len(parts) == len(theirs) <= 12:
        return symbolic.same_texts(gold, answer)
    if brackets:
        return all(map(_same, parts, theirs))
    for part in parts:
        equal = next((their for their in theirs if _same(part, their)), None)
        if equal is None:
            return False
        theirs.remove(equal)
    return True


def _as_set(text: str) -> Any:
    """Read a union or intersection of intervals and inequalities; None if it is not one."""
    from sympy import Intersection, Union

    mark, parts = split_sets(text)
    if not mark:
        return symbolic.as_set(text)
    sets = [_as_set(part) for part in parts]
    if None in sets:
        return None
    if mark == ",":
        # "x>0, x<2" means both, "x<0, x>2" one of them.
        common = Intersection(*sets)
        return Union(*sets) if common.is_empty else common
    return Union(*sets) if mark == r"\cup" else Intersection(*sets)


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
