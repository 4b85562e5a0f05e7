"""The last stage: the finished files with their card and manifest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ptr_data.export.card import save_card
from ptr_data.export.files import Derive, ExportSettings, export_dropped, export_rows
from ptr_data.export.manifest import write_manifest
from ptr_data.export.report import MixReport
from ptr_data.export.tallies import length_statistics, merged
from ptr_data.export.training_rows import Row
from ptr_data.jsonl import read_records
from ptr_data.methods.common.questions import DROPPED, KEPT
from ptr_data.methods.common.report import (
    common_limits,
    contamination_matches,
    licences,
    plain_settings,
    remove_drafts,
    versions,
    yields,
)
from ptr_data.methods.common.tools import Tools, origins
from ptr_data.methods.gsr.card import card
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.prefilter import STAGE
from ptr_data.methods.gsr.report import GsrReport
from ptr_data.methods.gsr.rows import without_candidates
from ptr_data.methods.gsr.selection import SourceDirect
from ptr_data.methods.gsr.verifiers import (
    MathsVerifier,
    ScorerVerifier,
    SimilarityVerifier,
    Verifier,
)
from ptr_data.pipeline.runner import Stages
from ptr_data.pipeline.units import Counts
from ptr_data.records import Dropped

_YIELDS = (
    ("read", STAGE), ("clean", "clean"), ("clean", "decontamination"), ("unique", "unique"),
    ("groups", "groups"), ("refine", "refine"), ("pool", "direct"),
)  # fmt: skip


def finish(stages: Stages, tools: Tools[GsrConfig]) -> Counts:
    """Write the finished data set."""
    config, out, units = tools.config, tools.config.out, stages.units
    remove_drafts(out)
    finished = [*units["refine"], *(units["direct"] if config.direct else [])]
    rows = chain.from_iterable(read_records(u.file(KEPT), Row) for u in finished)
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
    report = _report(config, stages)
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


def _report(config: GsrConfig, stages: Stages) -> GsrReport:
    noted, units = stages.noted, stages.units
    counts = merged([c["tally"] for c in [*noted["refine"], *noted["direct"]] if "tally" in c])
    how = origins(config)
    names = {"student": config.student, "teacher": config.teacher, "judge": config.judge}
    searched = [*units["clean"], *units["refine"], *units.get("pool", [])]
    asked = {"student": "candidates", "teacher": "solutions", "teacher, directly": "attempts"}
    judged = {"student": "groups", "teacher": "refine"}
    return GsrReport(
        name=config.name,
        languages=tuple(config.cleaning.languages),
        stages=tuple(yields(noted, _YIELDS)),
        benchmarks=tuple(config.decontamination.chosen()) if config.decontamination else (),
        contamination=contamination_matches(searched),
        tokens=length_statistics(counts),
        mix=_mix(config, noted),
        licences=licences(config.sources),
        limits=tuple(_limits(config)),
        roles={role: how[name] for role, name in names.items() if name},
        verifier=_described(config.verifier),
        question=config.prompt.question,
        texts={role: _sum(noted[s], "texts") for role, s in asked.items() if s in noted},
        verdicts={role: _sum(noted[s], "verdicts") for role, s in judged.items()},
        sampled_correct=_sum(noted["groups"], "sampled correct"),
        correct=_sum(noted["groups"], "correct"),
        shown=_sum(noted["groups"], "shown"),
        identical=sum(c["identical"] for c in noted["groups"]),
        correct_solutions=_sum(noted["refine"], "correct solutions"),
        rows_by_correct=counts.get("correct", {}),
        tainted=sum(c["tainted"] for c in noted["refine"]),
    )


def _sum(parts: Iterable[Counts], name: str) -> dict[str, int]:
    """Add histograms up; numbers come in their order."""
    total = merged([{name: part[name]} for part in parts]).get(name, {})
    return dict(sorted(total.items(), key=lambda item: len(item[0]) if item[0].isdigit() else 0))


def _mix(config: GsrConfig, noted: Mapping[str, Sequence[Counts]]) -> MixReport | None:
    if config.direct is None:
        return None
    (counts,) = noted["direct"]
    refined = sum(c["rows"] for c in noted["refine"])
    return MixReport(config.direct.share, counts["kept"], refined, counts["shortage"])


def _described(verifier: Verifier) -> str:
    if isinstance(verifier, MathsVerifier):
        return "equality of the final answers as mathematics"
    if isinstance(verifier, ScorerVerifier):
        return f"the scorer {verifier.scorer}"
    if isinstance(verifier, SimilarityVerifier):
        return f"a cosine of at least {verifier.threshold:g} with the reference"
    return f"the verdict of the model {verifier.model}"


def _limits(config: GsrConfig) -> Iterator[str]:
    yield "Only final answers were verified: a correct one may have been reached wrongly."
    if isinstance(config.direct, SourceDirect):
        yield "The source's own solutions were not verified."
    yield from common_limits(config)
