"""The last stage: the finished files with their card and manifest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

from ptr_data.export.card import save_card
from ptr_data.export.files import (
    Derive,
    ExportedFile,
    ExportSettings,
    export_dropped,
    export_rows,
)
from ptr_data.export.manifest import write_manifest
from ptr_data.export.report import DataReport
from ptr_data.export.training_rows import training_row
from ptr_data.jsonl import read_records
from ptr_data.methods.common.config import DataConfig
from ptr_data.methods.common.report import versions
from ptr_data.methods.common.tools import DataJob
from ptr_data.pipeline.shards import KEPT
from ptr_data.pipeline.units import Unit
from ptr_data.records import Dropped

C = TypeVar("C", bound=DataConfig)


@dataclass(frozen=True, slots=True)
class ExportFacts(Generic[C]):
    """Everything, since the manifest states the whole configuration."""

    config: C
    layout: int = 2
    """Raised when the same rows give other files, so that finished builds write them again."""


def export_data(
    job: DataJob, finished: Iterable[Unit], derived: Mapping[str, Derive]
) -> list[ExportedFile]:
    """Write the rows of finished units, and what the stages dropped."""
    out = job.tools.out
    for leftover in [*out.glob("*.part"), *out.glob("*/*.part")]:
        leftover.unlink()  # A killed process left it.
    kept = chain.from_iterable(read_records(u.file(KEPT), dict) for u in finished)
    files = list(export_rows(map(training_row, kept), out, ExportSettings(), derived))
    dropped = chain.from_iterable(read_records(f, Dropped) for f in job.dropped_files())
    return [*files, export_dropped(dropped, out)]


def export_description(
    job: DataJob, config: DataConfig, report: DataReport, card: str, files: Sequence[ExportedFile]
) -> int:
    """Write card and manifest; returns how many rows the data have."""
    save_card(job.tools.out, card)
    write_manifest(
        job.tools.out,
        report,
        files,
        settings=config.identity(),
        versions=versions(),
        fingerprints=job.fingerprints,
    )
    in_data = [file for file in files if file.path.startswith("data/")]
    return sum(file.rows for file in in_data) // 2  # Each row is there in two formats.
