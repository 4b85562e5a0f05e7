r"""Scores GSM8K answers: reads the number that a response states and compares it exactly.

`strict` reads a stated answer only ("#### 18", "The answer is 18", `\boxed{18}`), or a response
that is nothing but a number. `flexible` takes the last number where no answer is stated. Values
are exact fractions of limited size. Number words ("eighteen") and sums that are not calculated are
not read.
"""

from dataclasses import replace
from typing import Literal

from ptr_eval.scoring.answers import FoundAnswer, clean, read_response
from ptr_eval.scoring.numbers.matcher import NumberMatcher
from ptr_eval.scoring.numbers.read_numbers import in_ascii, plain_text
from ptr_eval.scoring.score import Score

Mode = Literal["strict", "flexible"]
"""Whether only a stated number counts, or else the last one."""


def score_number(response: str, *, gold: str, mode: Mode) -> Score:
    """Score a response whose answer is one number.

    Args:
        response: What the model wrote, without its thinking block.
        gold: The right number as text, such as "1,200", or a GSM8K solution that ends in it.
        mode: `strict` reads a stated number ("#### 18", "The answer is 18") or a response that is
            nothing but a number; `flexible` takes the last number where none is stated.

    Returns:
        The score; its answer is the value as plain text, such as "1200" or "18.5".

    Raises:
        ValueError: If `gold` has no readable number, or `mode` is unknown.
    """
    if mode not in ("strict", "flexible"):
        raise ValueError(f"mode must be 'strict' or 'flexible', not {mode!r}")
    right = _find(gold, guess_last=True)
    if right.value is None or right.value.item.value is None:
        raise ValueError(f"the gold answer {gold[:80]!r} has no readable number")
    found = _find(response, guess_last=mode == "flexible")
    if found.value is None:
        return Score.unparsed(found.how, kept=found.kept)
    number = found.value.item
    correct = number.value == right.value.item.value
    return Score.of(correct, number.text, found.how, found.span)


def _find(response: str, *, guess_last: bool) -> FoundAnswer:
    return read_response(
        response, _plain, lambda part: replace(NumberMatcher.of(part), guess_last=guess_last)
    )


def _plain(text: str) -> str:
    return plain_text(in_ascii(clean(text)))
