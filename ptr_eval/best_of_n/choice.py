"""What a selector makes of groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen of a group.

    Attributes:
        position: The chosen candidate's; None if all are empty.
        why: The group's scores or matches, as plain JSON types.
        counts: What is to be added up over groups; `tokens`, read and written, is among it.
    """

    position: int | None
    why: Mapping[str, Any]
    counts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen of all groups.

    Attributes:
        choices: One a group, in order.
        settings: How, as plain JSON types.
    """

    choices: tuple[Choice, ...]
    settings: Mapping[str, Any]
