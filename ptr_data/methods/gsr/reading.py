"""The first stage: which rows of the sources are used, and the solutions that they hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ptr_data.files import written
from ptr_data.jsonl import write_records
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.gsr.prefilter import NO_RATE, NO_REFERENCE, STAGE, PrefilterSettings, refused
from ptr_data.methods.gsr.records import Solution
from ptr_data.pipeline.shards import KEPT, counted, dropping, shard_name
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, Question
from ptr_data.sources.columns import read_text
from ptr_data.sources.questions import UNREADABLE, SourceSettings, read_entries
from ptr_data.sources.rows import DataRow
from ptr_eval.errors import UserError

SOLUTIONS = "solutions.jsonl"

_REMEDIES = {
    NO_REFERENCE: "name the column of the answers under `sources`, as in "
    "`columns: {question: problem, answer: expected_answer}`",
    NO_RATE: "name the column of pass rates as `prefilter.pass_rate.column`, or set "
    "`prefilter: {pass_rate: null}`",
}


@dataclass(frozen=True, slots=True)
class GsrReadFacts:
    """What the shards depend on."""

    sources: Sequence[SourceSettings]
    shard: int
    prefilter: PrefilterSettings
    needs_reference: bool
    solution_column: str | None


def read(job: DataJob, facts: GsrReadFacts) -> StageStats:
    """Divide the rows that are used into shards."""
    notes, column = Counter[str](), facts.solution_column
    shards = total = 0
    part: list[Solution] = []

    def made(question: Question, row: DataRow) -> Solution | Dropped:
        drop = refused(question, row, facts.prefilter, reference=facts.needs_reference)
        return drop or Solution(question, read_text(row, column) if column else "")

    with dropping(job.unit) as dropped:
        for solution in read_entries(facts.sources, made, notes, dropped.add):
            total += 1
            if isinstance(solution, Dropped):
                dropped.add(solution)
                continue
            part.append(solution)
            if len(part) == facts.shard:
                _write(job.unit, shards, part)
                shards += 1
                part.clear()
    if part:
        _write(job.unit, shards, part)
        shards += 1
    unreadable = Counter({UNREADABLE: dropped.reasons.pop(UNREADABLE, 0)})
    if not shards:
        raise UserError(_nothing_left(dropped.reasons))
    return {
        "shards": shards,
        "rows": total,
        "notes": dict(sorted(notes.items())),
        **counted("read", total + unreadable.total(), +unreadable),
        **counted(STAGE, total, dropped.reasons),
    }


def _write(unit: Unit, shard: int, part: list[Solution]) -> None:
    files = Unit(unit.folder, shard_name(shard), unit.fingerprint)
    with written(files.file(KEPT)) as unfinished:
        write_records(unfinished, (solution.query for solution in part))
    with written(files.file(SOLUTIONS)) as unfinished:
        write_records(unfinished, part)


def _nothing_left(reasons: Counter[str]) -> str:
    counts = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
    (commonest, _), *_ = reasons.most_common(1)
    remedy = _REMEDIES.get(commonest, "loosen `prefilter`")
    return f"sources: no row is left after the prefilter ({counts}); {remedy}."
