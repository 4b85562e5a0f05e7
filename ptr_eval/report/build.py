"""From runs to a report: read, compute, draw, write."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from ptr_eval.errors import UserError
from ptr_eval.report.config import ReportConfig
from ptr_eval.report.data import tidy
from ptr_eval.report.data.changed_items import changed_items
from ptr_eval.report.data.conditions import conditions_of
from ptr_eval.report.data.grouping import group_panels
from ptr_eval.report.data.groups import GroupOrigin
from ptr_eval.report.data.panels import Panel, panels
from ptr_eval.report.page import items
from ptr_eval.report.page.html import write_html
from ptr_eval.report.page.markdown import write_markdown
from ptr_eval.report.page.view_model import Section
from ptr_eval.report.plots.picture import save
from ptr_eval.report.sections import ReportInputs, sections
from ptr_eval.report.summary import sentences
from ptr_eval.report.tables import formats
from ptr_eval.runs import ReportedTask, RunEntry, find_tasks, read_selections
from ptr_eval.runs.checklists import CheckedTask, read_checklists
from ptr_eval.runs.judgements import Judgement, read_judgements

# Questions about one passage are not independent.
_CLUSTERS = {"ptr_drop": "passage_id"}

J = TypeVar("J", Judgement, CheckedTask)

_MANY_ITEMS = 5_000
"""From so many items on, packing them shows its progress."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written."""

    html: Path
    """The page with everything in it."""
    markdown: Path
    """The same without the answers."""
    summary: tuple[str, ...]
    """One sentence per run and task."""
    warnings: tuple[str, ...]
    """What could not be shown, and why."""


def write_report(
    runs: Sequence[Path | RunEntry], out: Path, config: ReportConfig | None = None
) -> Report:
    """Report what runs did round by round.

    Writes `report.html`, `report.md`, the tidy table as `answers.parquet` and `answers.csv`, the
    items that changed as `changed_items.csv`, and the folders `plots` and `tables`.

    Args:
        runs: Results files, or folders that hold some.
        out: The folder to write to; an earlier report in it is replaced.
        config: What to report, and further runs.

    Returns:
        Where it is, and what it says in short.

    Raises:
        UserError: If runs cannot be read, or the configuration does not fit them.
    """
    config = config or ReportConfig()
    files = find_tasks(_entries(runs, config), config.scorer)
    table = tidy.build(files, {**_CLUSTERS, **config.clusters})
    labels = {file.label.run: file.label for file in files}
    all_panels = panels(table.frame, labels)
    inputs = ReportInputs(
        panels=all_panels,
        groups=group_panels(
            table.frame, {(f.label.run, f.task): _origin(f) for f in files}, labels
        ),
        texts=table.text_panels,
        conditions=[conditions_of(f, data) for f, data in zip(files, table.data, strict=True)],
        config=config,
        rng=np.random.default_rng(config.seed),
        judgements=_beside(files, read_judgements),
        checklists=_beside(files, read_checklists),
    )
    _check(inputs)
    _prepare(out)
    tidy.write(table.frame, out)
    single = [panel for panel in all_panels if panel.width == 1]
    changed_items(single).to_csv(out / "changed_items.csv", index=False)
    written = list(_write_parts(sections(inputs), out))
    _write_page(out, config, written, all_panels, table)
    write_markdown(out / "report.md", config.title, written)
    return Report(
        html=out / "report.html",
        markdown=out / "report.md",
        summary=tuple(sentences(all_panels)),
        warnings=tuple(warning for section in written for warning in section.warnings),
    )


def _entries(runs: Sequence[Path | RunEntry], config: ReportConfig) -> list[RunEntry]:
    """List the runs of the configuration, then those that it does not name."""
    named = {entry.path.resolve() for entry in config.runs}
    entries = [run if isinstance(run, RunEntry) else RunEntry(path=run) for run in runs]
    entries = [*config.runs, *(e for e in entries if e.path.resolve() not in named)]
    if not entries:
        raise UserError("No runs to report; name a folder that lm_eval wrote to.")
    return entries


def _origin(file: ReportedTask) -> GroupOrigin:
    theirs = file.description.first_round_model
    selections = read_selections(file.samples.parent)
    return GroupOrigin(
        settings=file.description.settings,
        candidates_by=theirs if theirs and theirs != file.saved.model else "",
        selections=[one for one in selections if one.samples == file.samples.name],
    )


def _beside(
    files: Sequence[ReportedTask], read: Callable[[Path], Sequence[J]]
) -> list[tuple[str, J]]:
    """Read what is beside the samples files of runs, each with the run's name."""
    found = {folder: read(folder) for folder in dict.fromkeys(f.samples.parent for f in files)}
    return [
        (file.label.name, one)
        for file in files
        for one in found[file.samples.parent]
        if one.samples == file.samples.name
    ]


def _check(inputs: ReportInputs) -> None:
    """Refuse a configuration that speaks of what the runs do not have."""
    config, problems = inputs.config, []
    names = list(dict.fromkeys(panel.label.run for panel in inputs.panels))
    if config.baseline is not None and config.baseline not in names:
        problems.append(f"`baseline: {config.baseline}` is none of the runs {', '.join(names)}")
    longest = max(panel.rounds for panel in inputs.panels)
    if config.round is not None and config.round > longest:
        problems.append(f"`round: {config.round}` is more than the {longest} rounds that were run")
    if problems:
        raise UserError.collect([f"--config: {problem}." for problem in problems])


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be a folder ({error.strerror}).") from error
    earlier = (out / "report.md").is_file() and (out / "answers.parquet").is_file()
    for name in ("plots", "tables"):
        if earlier:
            shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(exist_ok=True)


def _write_parts(found: Iterator[Section], out: Path) -> Iterator[Section]:
    """Write the tables and pictures of each section."""
    for section in tqdm(found, desc="Reporting", unit=" section"):
        for table in section.tables:
            formats.write_table(table, out / "tables")
        for picture in section.pictures:
            save(picture, out / "plots")
        yield section


def _write_page(
    out: Path,
    config: ReportConfig,
    written: Sequence[Section],
    all_panels: Sequence[Panel],
    table: tidy.TidyTable,
) -> None:
    chosen = items.choose(all_panels, config.viewer_items)
    shown = sum(map(len, chosen))
    views = tqdm(
        items.views(table.files, table.offsets, chosen, table.texts),
        desc="Packing answers",
        disable=shown < _MANY_ITEMS,
        unit="",
    )
    left_out = sum(len(panel.items) for panel in all_panels) - shown
    write_html(
        out / "report.html", title=config.title, sections=written, items=views, left_out=left_out
    )
