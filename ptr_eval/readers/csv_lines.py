"""Reads CSV by one rule, whatever else the process has loaded."""

import csv
from collections.abc import Iterator
from typing import TextIO

LARGEST_FIELD = 2**30
"""Characters. Above Python's own limit (131,072), as a passage or a program may be longer."""


class Lines(Iterator[list[str]]):
    """The lines of a CSV file.

    Python has one limit on the length of a field for the whole process, and libraries set it when
    they are imported; so ours is in force only while a line is read.
    """

    def __init__(self, text: TextIO, separator: str = ",") -> None:
        self._reader = csv.reader(text, delimiter=separator)

    def __next__(self) -> list[str]:
        before = csv.field_size_limit(LARGEST_FIELD)
        try:
            return next(self._reader)
        finally:
            csv.field_size_limit(before)

    @property
    def number(self) -> int:
        """The lines of text read so far."""
        return self._reader.line_num
