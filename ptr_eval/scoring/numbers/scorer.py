r"""Scores GSM8K answers: reads the number that a response states and compares it exactly.

`strict` reads a stated answer only ("#### 18", "A: 18", "The answer is 18", `\boxed{18}`), the
last one if there are several, or a response that is nothing but a number. `flexible` takes the last
number where no answer is stated. Values are exact fractions of limited size. Number words
("eighteen") and sums that are not calculated are not read.
"""

import re
from typing import Literal

from ptr_eval.scoring.numbers.read_numbers import Number, in_ascii, plain_text, read_numbers
from ptr_eval.scoring.score import Score
from ptr_eval.scoring.statements import (
    AnswerStatement,
    before_next_question,
    boxes,
    first_sentence,
    last_statements,
)

Mode = Literal["strict", "flexible"]
"""Whether only a stated number counts, or else the last one."""

_WINDOW = 2_000
_LINK = re.compile(r"\b(?:is|are|was|were|equals)\s(?=[$£€¥₹]?[-0-9])")
# "3 eggs + 4 eggs", "half of 36": between two numbers of one calculation.
_OPERATOR = re.compile(
    r"[^\d=.,;:!?]{0,40}?(?:[-+*/x\u00b7]|\b(?:of|times|plus|minus)\b)[\s$£€¥₹(]*"
)
_EQUALS = re.compile(r"[^\d=.,;:!?]{0,40}=[^\d=.,;:!?]{0,40}")
# What may surround the number of a response that is nothing but a number: "= 18 eggs".
_BEFORE = re.compile(r"[\s=*_(\-$£€¥₹]{0,12}(?:(?:minus|negative)\s)?[$£€¥₹]?", re.IGNORECASE)
_AFTER = re.compile(r"[\s%)*_$£€¥₹]{0,12}(?:[^\W\d]{1,20}[\s.*_)]{0,3}){0,2}[\s.*_)]{0,12}")


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
    right = _stated(in_ascii(gold)) or _last_number(gold)
    if right is None or right[0].value is None:
        raise ValueError(f"the gold answer {gold[:80]!r} has no readable number")
    text = before_next_question(in_ascii(response))
    found = _stated(text) or _bare_number(text)
    if found is None and mode == "flexible":
        found = _last_number(text)
    if found is None:
        return Score.unparsed("no stated answer" if mode == "strict" else "no number")
    number, how = found
    return Score.of(number.value == right[0].value, number.text, how)


def _stated(text: str) -> tuple[Number, str] | None:
    """Read the last statement that has a number; return the number and the kind of statement."""
    boxed = next(boxes(text), None)
    statements = last_statements(text)
    if boxed:
        statements = sorted([*statements, boxed], key=lambda s: s.start, reverse=True)
    for statement in statements:
        number = _stated_number(statement)
        if number:
            return number, statement.kind
    return None


def _stated_number(statement: AnswerStatement) -> Number | None:
    """Read the number of a statement, if it has one."""
    if statement.kind == "boxed":
        return _first_number_or_result(plain_text(statement.text))
    text = plain_text(statement.text)
    sentence = first_sentence(text)
    number = _first_number_or_result(sentence)
    if number is None or statement.kind == "is":
        return number
    lead = sentence[: number.start].strip(" \t$£€¥₹*_(-=")
    if statement.kind == "hash":
        # "#### 2. Count the eggs" is a heading.
        heading = re.match(r"[.):]\s{1,4}[^\W\d]", text.lstrip()[number.end :])
        return None if lead or heading else number
    # "Answer: The 2 girls' total is 18".
    link = _LINK.search(sentence, number.end) if lead else None
    number = (_first_number_or_result(sentence[link.end() :]) if link else None) or number
    # "Answer: First, Janet …" begins an explanation, unless nothing follows.
    whole = not text.strip()[len(sentence) :].strip(" \t.!*\"')")
    return number if whole or not lead else None


def _bare_number(text: str) -> tuple[Number, str] | None:
    """Read a response that is nothing but a number, with a unit of up to two words."""
    if len(text) > _WINDOW:
        return None
    text = plain_text(text.strip())
    numbers = list(read_numbers(text))
    if len(numbers) != 1:
        return None
    bare = _BEFORE.fullmatch(text[: numbers[0].start]) and _AFTER.fullmatch(text[numbers[0].end :])
    return (numbers[0], "bare number") if bare else None


def _first_number_or_result(sentence: str) -> Number | None:
    """Read the first number, or the result of the calculation that it begins: "3 + 4 = 7"."""
    numbers = read_numbers(sentence)
    found = next(numbers, None)
    last = found
    for number in numbers:
        between = sentence[last.end : number.start] if last else ""
        if _EQUALS.fullmatch(between):
            found = number
        elif not _OPERATOR.fullmatch(between):
            break
        last = number
    return found


def _last_number(text: str) -> tuple[Number, str] | None:
    """Read the last number, of at most 2,000 characters before the last digit."""
    last_digit = max(text.rfind(digit) for digit in "0123456789")
    window = plain_text(text[max(0, last_digit - _WINDOW) : last_digit + 60])
    numbers = list(read_numbers(window))
    return (numbers[-1], "last number") if numbers else None
