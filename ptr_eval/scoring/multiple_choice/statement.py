"""A statement of a choice: where it begins, what it names, and how much it counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from ptr_eval.scoring.multiple_choice.response_text import NamedOptions, ResponseText
from ptr_eval.scoring.multiple_choice.statement_weight import StatementWeight, weigh_statement


@dataclass(frozen=True, slots=True)
class ChoiceStatement:
    """One place where a choice is stated."""

    place: int
    """Where the statement begins, in characters from the start of the response."""
    labels: tuple[str, ...]
    """One label; several if the response does not decide; none if no option is meant."""
    rule: str
    """The rule that found it."""
    explicit: bool
    """Whether it names the answer itself ("the answer is C"), which counts more."""
    weight: StatementWeight
    """How much it counts."""


def make_statement(
    response: ResponseText, start: int, named: NamedOptions, rule: str, explicit: bool
) -> Iterator[ChoiceStatement]:
    """Yield the statement, unless it does not count or only repeats the instruction."""
    if len(named.labels) >= 3 and len(named.labels) == len(response.options.labels):
        return  # "choose A, B, C or D"
    weight = weigh_statement(response.text, start, named.end)
    if weight is not StatementWeight.IGNORED:
        yield ChoiceStatement(start, named.labels, rule, explicit, weight)
