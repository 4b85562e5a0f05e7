"""From runs to a report: read, compute, draw, write."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ptr_eval.errors import UserError
from ptr_eval.report.config import ReportConfig
from ptr_eval.report.data import tidy
from ptr_eval.report.data.conditions import conditions_of
from ptr_eval.report.data.groups import Origin, group_panels
from ptr_eval.report.data.panels import panels
from ptr_eval.report.page import items
from ptr_eval.report.page.html import write_html
from ptr_eval.report.page.markdown import write_markdown
from ptr_eval.report.page.view_model import Picture, Section
from ptr_eval.report.plots.style import Plot, save, svg_text
from ptr_eval.report.sections import Chapter, Material, chapters
from ptr_eval.report.summary import sentences
from ptr_eval.report.tables import formats
from ptr_eval.report.tables.transitions import changed_items
from ptr_eval.runs import ReportedTask, RunEntry, find_tasks, read_selections

# Questions about one passage are not independent.
_CLUSTERS = {"ptr_drop": "passage_id"}


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
    entries = [run if isinstance(run, RunEntry) else RunEntry(path=run) for run in runs]
    entries = [*config.runs, *(e for e in entries if not _listed(e, config))]
    if not entries:
        raise UserError("No runs to report; name a folder that lm_eval wrote to.")
    files = find_tasks(entries, config.scorer)
    table = tidy.build(files, {**_CLUSTERS, **config.clusters})
    all_panels = panels(table.frame)
    material = Material(
        panels=all_panels,
        groups=group_panels(table.frame, {(f.label.run, f.task): _origin(f) for f in files}),
        conditions=[conditions_of(f, data) for f, data in zip(files, table.data, strict=True)],
        config=config,
        rng=np.random.default_rng(config.seed),
    )
    _check(material)
    _prepare(out)
    tidy.write(table.frame, out)
    changed_items([panel for panel in all_panels if panel.width == 1]).to_csv(
        out / "changed_items.csv", index=False
    )
    written = list(_sections(chapters(material), out))
    sections = [section for section, _ in written]
    chosen = items.choose(all_panels, config.viewer_items)
    shown = sum(map(len, chosen))
    write_html(
        out / "report.html",
        title=config.title,
        sections=sections,
        items=tqdm(
            items.views(files, table.offsets, chosen),
            desc="Packing answers",
            disable=shown < 5_000,
            unit="",
        ),
        left_out=sum(len(panel.items) for panel in all_panels) - shown,
    )
    write_markdown(out / "report.md", config.title, sections)
    return Report(
        html=out / "report.html",
        markdown=out / "report.md",
        summary=tuple(sentences(all_panels)),
        warnings=tuple(warning for _, warnings in written for warning in warnings),
    )


def _origin(file: ReportedTask) -> Origin:
    theirs = file.description.first_round_model
    made = read_selections(file.samples.parent)
    return Origin(
        settings=file.description.settings,
        candidates_by=theirs if theirs and theirs != file.saved.model else "",
        selections=[one for one in made if one.samples == file.samples.name],
    )


def _listed(entry: RunEntry, config: ReportConfig) -> bool:
    return entry.path.resolve() in {listed.path.resolve() for listed in config.runs}


def _check(material: Material) -> None:
    """Refuse a configuration that speaks of what the runs do not have."""
    config, problems = material.config, []
    names = list(dict.fromkeys(panel.label.run for panel in material.panels))
    if config.baseline is not None and config.baseline not in names:
        problems.append(f"`baseline: {config.baseline}` is none of the runs {', '.join(names)}")
    longest = max(panel.rounds for panel in material.panels)
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


def _sections(written: Iterator[Chapter], out: Path) -> Iterator[tuple[Section, tuple[str, ...]]]:
    for chapter in tqdm(written, desc="Reporting", unit=" chapter"):
        for table in chapter.tables:
            formats.write_table(table, out / "tables")
        pictures = [_picture(plot, out / "plots") for plot in chapter.plots]
        section = Section(
            chapter.name, chapter.title, chapter.paragraphs, chapter.tables, tuple(pictures)
        )
        yield section, chapter.warnings


def _picture(plot: Plot, folder: Path) -> Picture:
    save(plot, folder)
    return Picture(plot.name, plot.caption, svg_text(plot, dark=False), svg_text(plot, dark=True))
