"""A table on its way to Markdown, LaTeX, CSV and HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell."""

    text: str
    """What is printed."""
    value: float | None = None
    """The number behind it at full precision, for CSV and for sorting; None for words."""
    best: bool = False
    """Whether it is the best of its group."""
    ranked: bool = True
    """Whether it may be the best; too much may be missing behind it."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row."""

    cells: tuple[Cell, ...]
    """As many as the table has columns."""
    published: bool = False
    """Whether its figures are copied from a paper and not from any run here."""


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table."""

    name: str
    """A short name, used for files: letters, digits and dashes."""
    title: str
    """Its title, one line."""
    columns: tuple[str, ...]
    """The headings."""
    rows: tuple[TableRow, ...]
    """The rows."""
    note: str = ""
    """What a reader must know to read it; may be empty."""
