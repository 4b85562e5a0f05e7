"""A table on its way to Markdown, LaTeX, CSV and HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: What is printed.
        value: The number behind it at full precision, for CSV and for sorting; None for words.
        best: Whether it is the best of its group.
    """

    text: str
    value: float | None = None
    best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        cells: As many as the table has columns.
        published: Whether its figures are copied from a paper and not from any run here.
    """

    cells: tuple[Cell, ...]
    published: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table.

    Attributes:
        name: A short name, used for files: letters, digits and dashes.
        title: Its title, one line.
        columns: The headings.
        rows: The rows.
        note: What a reader must know to read it; may be empty.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
