"""What an HTML report is made of: sections of text, tables and pictures, and single answers."""

from dataclasses import dataclass

from ptr_eval.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot, drawn once for light and once for dark pages.

    Attributes:
        name: A short name, unique in a report: letters, digits and dashes.
        caption: What it shows; also read aloud instead of it.
        light_svg: The SVG document for light pages.
        dark_svg: The SVG document for dark pages, of the same size.
    """

    name: str
    caption: str
    light_svg: str
    dark_svg: str


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of a report.

    Attributes:
        name: A short name, unique in a report: letters, digits and dashes.
        title: Its heading.
        paragraphs: Plain text.
        tables: Its tables.
        pictures: Its plots.
    """

    name: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundView:
    """One answer, as readers see it.

    Attributes:
        response: All that the model wrote.
        verdict: One of `stats.VERDICTS`.
        answer: What the scorer took for the answer; None if it found none.
        score: The scorer's value, between 0 and 1; None or nan where nothing is recorded.
        prompt_tokens: Tokens of the prompt; None where not recorded.
        generated_tokens: Tokens of the response; None where not recorded.
        cut: Whether the conversation was shortened to fit the context.
        failed: Why the request failed; None if it did not.
        name: What it is called; its number by default.
        beside: Whether it is one of several of its round, and so not a change of the one before.
    """

    response: str
    verdict: str
    answer: str | None
    score: float | None
    prompt_tokens: int | None
    generated_tokens: int | None
    cut: bool = False
    failed: str | None = None
    name: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class ItemView:
    """All rounds of one sample of one item, as readers see them.

    Attributes:
        run: The run's name.
        task: The task.
        subject: The item's subject; empty if it has none.
        item: The item's number in the task.
        sample: The sample's number, from 0.
        question: The question, without instructions.
        gold: The reference answer; empty if there is none.
        rounds: The answers, first round first.
    """

    run: str
    task: str
    subject: str
    item: int
    sample: int
    question: str
    gold: str
    rounds: tuple[RoundView, ...]
