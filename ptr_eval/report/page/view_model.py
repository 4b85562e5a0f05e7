"""What an HTML report is made of: sections of text, tables and pictures, and single answers."""

from dataclasses import dataclass

from ptr_eval.protocols import Outcome
from ptr_eval.report.plots.picture import Picture
from ptr_eval.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report, with all that it shows."""

    name: str
    """A short name, unique in a report: letters, digits and dashes."""
    title: str
    """Its heading."""
    paragraphs: tuple[str, ...] = ()
    """Plain text."""
    tables: tuple[Table, ...] = ()
    """Its tables."""
    pictures: tuple[Picture, ...] = ()
    """Its plots."""
    warnings: tuple[str, ...] = ()
    """What the terminal reports, too."""


@dataclass(frozen=True, slots=True)
class RoundView:
    """One answer, as readers see it."""

    response: str
    """All that the model wrote."""
    verdict: str | None
    """One of `stats.VERDICTS`; None if the request failed or was refused."""
    answer: str | None
    """What the scorer took for the answer; None if it found none."""
    score: float | None
    """The scorer's value, between 0 and 1; None or nan where nothing is recorded."""
    prompt_tokens: int | None
    """Tokens of the prompt; None where not recorded."""
    generated_tokens: int | None
    """Tokens of the response; None where not recorded."""
    cut: bool = False
    """Whether the conversation was shortened to fit the context."""
    failed: str | None = None
    """Why the request failed; None if it did not."""
    refused: str | None = None
    """The words with which it was refused; None if it was not."""
    outcome: Outcome = "answered"
    """What came of the request."""
    name: str = ""
    """What it is called; its number by default."""
    beside: bool = False
    """Whether it is one of several of its round, and so not a change of the one before."""
    unscored: tuple[tuple[str, str], ...] = ()
    """The turns of its round that are not scored: their kinds and texts."""
    span: tuple[int, int] | None = None
    """Where the answer is in `response`: start and end in characters; None if not known."""
    kept: str | None = None
    """What became of a response that only confirms an earlier answer; None if it is no such one."""
    measures: tuple[tuple[str, str], ...] = ()
    """What was measured of its text: names and values in words."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """All rounds of one sample of one item, as readers see them."""

    run: str
    """The run's name."""
    task: str
    """The task."""
    subject: str
    """The item's subject; empty if it has none."""
    item: int
    """The item's number in the task."""
    sample: int
    """The sample's number, from 0."""
    question: str
    """The question, without instructions."""
    gold: str
    """The reference answer; empty if there is none."""
    rounds: tuple[RoundView, ...]
    """The answers, first round first."""
