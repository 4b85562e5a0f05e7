"""The last stage: the finished files with their card and manifest."""

from collections.abc import Mapping
from itertools import chain

from ptr_data.export.card import save_card
from ptr_data.export.files import Derive, ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.training_rows import TrainingRow
from ptr_data.jsonl import read_records
from ptr_data.methods.common.report import (
    plain_settings,
    remove_drafts,
    versions,
)
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.gsr.card import card
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.report import make_report
from ptr_data.methods.gsr.rows import without_candidates
from ptr_data.pipeline.runner import StageRunner
from ptr_data.pipeline.shards import DROPPED, KEPT
from ptr_data.pipeline.units import StageStats
from ptr_data.records import Dropped


def finish(stages: StageRunner, tools: Tools[GsrConfig]) -> StageStats:
    """Write the finished data set."""
    config, out, units = tools.config, tools.config.out, stages.units
    remove_drafts(out)
    finished = [*units["refine"], *(units["direct"] if config.direct else [])]
    rows = chain.from_iterable(read_records(u.file(KEPT), TrainingRow) for u in finished)
    derived: Mapping[str, Derive] = {
        "data": lambda row: row,
        "ift": lambda row: without_candidates(row, config.prompt),
    }
    files = list(export_rows(rows, out, ExportSettings(), derived))
    droppers = [
        *units["read"],
        *units["clean"],
        *stages.by_shard("unique"),
        *(unit for name in ("groups", "refine", "pool") for unit in units.get(name, [])),
    ]
    dropped = chain.from_iterable(read_records(u.file(DROPPED), Dropped) for u in droppers)
    files.append(export_dropped(dropped, out))
    report = make_report(config, stages)
    save_card(out, card(report, files))
    write_manifest(
        out,
        report,
        files,
        settings=plain_settings(config),
        versions=versions(),
        fingerprints=stages.prints,
    )
    return {"rows": sum(file.rows for file in files if file.path.startswith("data/")) // 2}
