"""The metrics of a results file, by task, filter, name and round."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_OLD_NAMES = {"unparsed": "no_answer", "cut": "truncated"}


class Metric(NamedTuple):
    """A value that lm-eval reports for one round."""

    filter: str
    """The filter; the name of the scorer."""
    name: str
    """The metric, without its round."""
    round: int
    """The round, from 1."""
    value: float
    """The value."""
    stderr: float | None
    """Its standard error; None where lm-eval has none."""


def metrics_of(values: Mapping[str, Any]) -> Iterator[Metric]:
    """Read the metrics of one task or group.

    Args:
        values: lm-eval's `results` of it: values by `name@round,filter`.

    Yields:
        The metrics that have a round, by the names of this version.
    """
    for key, value in values.items():
        full, comma, filter_ = key.partition(",")
        name, at, round_ = full.rpartition("@")
        if not comma or not at or not round_.isdigit():
            continue
        error = values.get(f"{full}_stderr,{filter_}")
        yield Metric(
            filter=filter_,
            name=_OLD_NAMES.get(name, name.replace("@", "")),
            round=int(round_),
            value=value,
            stderr=error if isinstance(error, float) else None,
        )
