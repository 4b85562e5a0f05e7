"""What the reports of finished builds have in common, whatever the method."""

import importlib.metadata
import re
from collections.abc import Iterable, Iterator

from ptr_data.export.report import ContaminationMatch, Licence
from ptr_data.jsonl import read_records
from ptr_data.methods.common.config import DataConfig
from ptr_data.models.model import RECORDED
from ptr_data.pipeline.shards import DROPPED
from ptr_data.pipeline.units import Unit
from ptr_data.records import Dropped
from ptr_data.sources.questions import SourceSettings

_PACKAGES = ("ptr-eval", "pyarrow", "rensa", "py3langid")
_ITEM = re.compile(r"(\S+ document \d+)")


def versions() -> dict[str, str]:
    """Find the versions of the packages that the outputs depend on."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def licences(sources: Iterable[SourceSettings]) -> tuple[Licence, ...]:
    """List the licences of sources."""
    pairs = ((_source_name(source), source.license) for source in sources)
    return tuple(Licence(*pair) for pair in dict.fromkeys(pairs))


def common_limits(config: DataConfig) -> Iterator[str]:
    """State the limits that builds by any method may have."""
    if any(model.backend == RECORDED for model in config.models):
        yield "Some or all generations were recorded elsewhere and only looked up in this build."
    if config.decontamination is None:
        yield "No benchmark was kept out."
    elif config.decontamination.without:
        left = ", ".join(config.decontamination.without)
        yield f"These benchmarks were not kept out, for lack of their data: {left}."


def contamination_matches(units: Iterable[Unit]) -> tuple[ContaminationMatch, ...]:
    """Count the benchmark items that were found."""
    found: dict[str, list[str]] = {}
    for unit in units:
        for dropped in read_records(unit.file(DROPPED), Dropped):
            if dropped.reason.startswith("holds text of "):
                task = dropped.reason.removeprefix("holds text of ")
                item = _ITEM.match(dropped.detail)
                name = f"{task} {item[1]}" if item else task
                found.setdefault(name, []).append(dropped.query.text)
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(
        ContaminationMatch(name, len(texts), tuple(text[:200] for text in texts[:3]))
        for name, texts in ordered
    )


def _source_name(source: SourceSettings) -> str:
    return source.hub or (source.path.name if source.path else "")
