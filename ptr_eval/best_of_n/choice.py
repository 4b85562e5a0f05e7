"""What a selector makes of groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen of a group."""

    position: int | None
    """The chosen candidate's; None if all are empty."""
    why: Mapping[str, Any]
    """The group's scores or matches, as plain JSON types."""
    counts: Mapping[str, float]
    """What is to be added up over groups; `tokens`, read and written, is among it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen of all groups."""

    choices: tuple[Choice, ...]
    """One a group, in order."""
    settings: Mapping[str, Any]
    """How, as plain JSON types."""
