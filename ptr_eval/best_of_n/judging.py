"""Letting a model choose the better of two answers to one question."""

import re

from ptr_eval.conversation import Conversation

_JUDGING = """\
Two assistants answered the same request. Decide which answer serves the person who asked better: \
is it right, does it cover what was asked, is it clear? Length alone is no merit, nor is the order \
in which the answers stand.

Request:
{question}

Answer A:
{first}

Answer B:
{second}

Give your reasons in a few sentences. Then end with one line: "Verdict: A", "Verdict: B" or \
"Verdict: tie"."""
_VERDICT = re.compile(r"verdict\s*[:=]\s*\W{0,8}(a|b|tie)\b", re.IGNORECASE)


def judging(question: str, first: str, second: str) -> Conversation:
    """Ask a judge which of two answers is better."""
    answers = {"first": first or "(no answer)", "second": second or "(no answer)"}
    return Conversation.ask(_JUDGING.format(question=question, **answers))


def read_verdict(reply: str) -> str:
    """Read a judge's verdict off its reply: the last one it states."""
    found = _VERDICT.findall(reply)
    last = found[-1].upper() if found else "TIE"
    return last if last in ("A", "B") else "tie"


def agreed(forward: str, backward: str) -> int | None:
    """Tell which of two answers a judge prefers in both orders.

    All else is a tie, which makes the judge's liking for one position harmless (Zheng et al.
    2023, arXiv 2306.05685).
    """
    verdicts = (read_verdict(forward), read_verdict(backward))
    return {("A", "B"): 0, ("B", "A"): 1}.get(verdicts)
