"""One row of a benchmark, which knows where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a benchmark's file or hub data set.

    Its methods report a missing or wrong column with file, row and column.
    """

    values: Mapping[str, Any]
    """The values by column name."""
    source: str
    """The file or the hub data set, for messages."""
    number: int
    """The number of the row there, from 1."""

    def get(self, *columns: str) -> Any:
        """Read a column that must have a value.

        Args:
            *columns: The names of the column in the published forms of the benchmark.

        Returns:
            The value of the first of these columns that has one.

        Raises:
            UserError: If none of them has a value.
        """
        for column in columns:
            if self.values.get(column) is not None:
                return self.values[column]
        wanted = " or ".join(repr(c) for c in columns)
        present = ", ".join(map(str, self.values)) or "none"
        raise self.wrong(f"has no column {wanted} (its columns: {present})")

    def text(self, *columns: str) -> str:
        """Read a column that must hold text.

        Args:
            *columns: The names of the column in the published forms of the benchmark.

        Returns:
            The text; a number is returned as text.

        Raises:
            UserError: If the column is missing or has another type.
        """
        value = self.get(*columns)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(f"column {columns[0]!r} must be text, not {type(value).__name__}")
        return str(value)

    def integer(self, column: str) -> int:
        """Read a column that must hold a whole number.

        Args:
            column: The name of the column.

        Returns:
            The number.

        Raises:
            UserError: If the column is missing or has another type.
        """
        text = self.text(column)
        if not text.removeprefix("-").isdecimal():
            raise self.wrong(f"column {column!r} must be a whole number, not {text!r}")
        return int(text)

    def wrong(self, what: str) -> UserError:
        """Make the error that says what is wrong with this row; raise it.

        Args:
            what: The rest of a sentence that begins with file and row, without a full stop.

        Returns:
            The error.
        """
        return UserError(
            f"{self.source}, row {self.number}: {what}; "
            "is this the benchmark's official file, unchanged?"
        )
