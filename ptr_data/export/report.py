"""What a build has to say of itself: the facts behind the dataset card and the manifest.

All records are plain: they hold JSON types and one another, no paths and no times.
"""

from dataclasses import dataclass

from ptr_data.export.tallies import LengthStatistics
from ptr_data.records import StageYield


@dataclass(frozen=True, slots=True)
class ContaminationMatch:
    """A benchmark item that queries match."""

    item: str
    """The item, such as `gsm8k test 17`."""
    count: int
    """How many queries match it."""
    examples: tuple[str, ...]
    """Some of these, at most a few."""


@dataclass(frozen=True, slots=True)
class MixReport:
    """What was mixed in, against forgetting or as solutions without candidates."""

    share: float
    """The share of such rows that was asked for, from 0 to below 1."""
    rows: int
    """How many there are."""
    refined: int
    """How many refinement rows there are."""
    shortage: str | None = None
    """That there are too few, in one sentence; None if there are enough."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A source's licence."""

    source: str
    """The file or data set."""
    licence: str
    """Its licence as the hub spells it, such as `apache-2.0`, or `unknown`."""


@dataclass(frozen=True, slots=True)
class DataReport:
    """What builds by any method have to say."""

    name: str
    """The data set's name."""
    languages: tuple[str, ...]
    """Its languages as two-letter codes."""
    stages: tuple[StageYield, ...]
    """What each stage let through, in order."""
    benchmarks: tuple[str, ...]
    """The benchmarks that were kept out; none if that was not checked."""
    contamination: tuple[ContaminationMatch, ...]
    """The benchmark items that were found."""
    tokens: tuple[LengthStatistics, ...]
    """Lengths of texts."""
    mix: MixReport | None
    """What was mixed in; None if nothing was asked for."""
    licences: tuple[Licence, ...]
    """The licences of the sources."""
    limits: tuple[str, ...]
    """Known limits, each in a sentence or two."""
