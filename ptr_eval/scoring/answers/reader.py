"""Reads the answer of a whole response: question by question, statements first, then a guess."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ptr_eval.scoring.answers.clean import place_in
from ptr_eval.scoring.answers.decide import Reading, breaks_off, read_answer
from ptr_eval.scoring.answers.questions import (
    begins_with_heading,
    restates_question,
    split_questions,
)
from ptr_eval.scoring.answers.statement import Matcher, Mood, Rank, Value

_ALONE = ("first line", "bare number")
"""The guesses that may stand beside a confirmation of an earlier answer."""
_MOST_PARTS = 40
"""How many parts of a response are read; the answer is in the first or second."""
_CLOSING = 60
"""How many characters at the end are read first."""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """What was found in a response."""

    value: Value | None
    """The answer; None if there is none. Its places are in the cleaned response."""
    how: str
    """The rule that found it, or why there is none."""
    span: tuple[int, int] | None = None
    """Where the answer is in the response, if it was found by `read_response`."""
    kept: bool = False
    """Whether the response confirms an earlier answer and states none."""


def read_response(
    response: str,
    plain: Callable[[str], str],
    matcher_for: Callable[[str], Matcher],
    *,
    reach: int | None = 16_000,
) -> FoundAnswer:
    """Find the answer of a response, and where it is in it.

    Args:
        response: What the model wrote, without its thinking block.
        plain: Writes a text in the plain form that the matcher reads, such as `clean`.
        matcher_for: Makes a matcher of a part of the plain text.
        reach: How many characters at the end are read; None for all.

    Returns:
        The answer, or why there is none.
    """
    skipped = 0 if reach is None else max(0, len(response) - reach)
    read = response[skipped:]
    text = plain(read)
    found = find_answer(text, matcher_for)
    if found.value is None:
        return found
    start, end = place_in(read, text, found.value.start, found.value.end)
    return replace(found, span=(start + skipped, end + skipped))


def find_answer(text: str, matcher_for: Callable[[str], Matcher]) -> FoundAnswer:
    """Find the answer of a cleaned response.

    A statement wins over what stands alone, and the first question that has an answer over
    further questions that the model writes.

    Args:
        text: The response, as `clean` made it.
        matcher_for: Makes a matcher of a part of the response.

    Returns:
        The answer, or why there is none.
    """
    kept = False
    undecided = ""
    for start, part, is_last in split_questions(text, _MOST_PARTS):
        closing = _closing_statement(part, matcher_for)
        if closing is not None:
            return replace(closing, value=closing.value and _moved(closing.value, start))
        matcher = matcher_for(part)
        whole = matcher.whole()
        if whole is not None:
            return FoundAnswer(_moved(whole[0], start), whole[1])
        reading = read_answer(matcher)
        final, found = reading.final, None
        if final is not None and final.value is not None:
            found = replace(final.value, decided=final.mood is not Mood.OPEN), final.how
        elif is_last or not (begins_with_heading(part) or restates_question(part)):
            found = _guess(matcher, reading)
        if found is not None and not found[0].decided:
            return FoundAnswer(None, f"{found[1]}: {matcher.write(found[0])}")
        if found is not None:
            return FoundAnswer(_moved(found[0], start), found[1])
        kept = kept or reading.kept
        undecided = undecided or ("no undenied answer" if reading.blocked_until else "")
    if kept:
        return FoundAnswer(None, "no answer: the earlier one is confirmed", kept=True)
    return FoundAnswer(None, undecided or "no stated answer")


def _guess(matcher: Matcher, reading: Reading) -> tuple[Value, str] | None:
    """Read a value where none is stated, unless the text confirms an earlier one or denies it."""
    guess = matcher.guess(reading.blocked_until)
    if reading.kept and guess and not matcher.choices and guess[1] not in _ALONE:
        return None
    denied = guess and any(guess[0].key == value.key for value in reading.denied)
    return None if denied else guess


def _closing_statement(part: str, matcher_for: Callable[[str], Matcher]) -> FoundAnswer | None:
    """Read only the last lines, if they state the answer; nothing before can change it then."""
    if len(part) < 2 * _CLOSING:
        return None
    start = part.rfind("\n", 0, len(part) - _CLOSING) + 1
    if not start or len(part) - start > 10 * _CLOSING:
        return None
    matcher = matcher_for(part[start:])
    final = read_answer(matcher).final
    if final is None or final.value is None or final.rank is not Rank.EXPLICIT:
        return None
    clear = final.mood is Mood.ASSERTED and final.value.decided and final.value.solid
    first_line = matcher.text.find("\n")
    if not clear or first_line < 0 or final.place < first_line:
        return None  # what is before may say whose answer this is
    value = _moved(final.value, start)
    if breaks_off(replace(final, place=final.place + start, value=value), part):
        return None
    return FoundAnswer(value, final.how)


def _moved(value: Value, by: int) -> Value:
    return replace(value, start=value.start + by, end=value.end + by)
