"""The first stage: which rows of the sources are used, and the solutions that they hold."""

from collections import Counter

from ptr_data.files import written
from ptr_data.jsonl import json_line, write_records
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.prefilter import NO_RATE, NO_REFERENCE, STAGE, refused
from ptr_data.methods.gsr.records import Solution
from ptr_data.methods.gsr.selection import SourceDirect
from ptr_data.pipeline.shards import DROPPED, KEPT, shard_name
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.sources.columns import read_text
from ptr_data.sources.questions import read_entries
from ptr_eval.errors import UserError

SOLUTIONS = "solutions.jsonl"

_REMEDIES = {
    NO_REFERENCE: "name the column of the answers under `sources`, as in "
    "`columns: {question: problem, answer: expected_answer}`",
    NO_RATE: "name the column of pass rates as `prefilter.pass_rate.column`, or set "
    "`prefilter: {pass_rate: null}`",
}


def read(unit: Unit, config: GsrConfig) -> StageStats:
    """Divide the rows that are used into shards."""
    notes, reasons = Counter[str](), Counter[str]()
    column = config.direct.column if isinstance(config.direct, SourceDirect) else None
    shards = total = 0
    part: list[Solution] = []
    with written(unit.file(DROPPED)) as draft, draft.open("w", encoding="ascii") as dropped:
        for question, row in read_entries(config.sources, notes):
            total += 1
            if drop := refused(question, row, config.prefilter, reference=config.judge is None):
                reasons[drop.reason] += 1
                dropped.write(json_line(drop))
                continue
            part.append(Solution(question, read_text(row, column) if column else ""))
            if len(part) == config.shard:
                _write(unit, shards, part)
                shards += 1
                part.clear()
    if part:
        _write(unit, shards, part)
        shards += 1
    if not shards:
        raise UserError(_nothing_left(reasons))
    drops = dict(sorted(reasons.items()))
    return {
        "shards": shards,
        "rows": total,
        "notes": dict(sorted(notes.items())),
        STAGE: {"in": total, "out": total - sum(drops.values()), "dropped": drops},
    }


def _write(unit: Unit, shard: int, part: list[Solution]) -> None:
    files = Unit(unit.folder, shard_name(shard), unit.fingerprint)
    with written(files.file(KEPT)) as draft:
        write_records(draft, (solution.query for solution in part))
    with written(files.file(SOLUTIONS)) as draft:
        write_records(draft, part)


def _nothing_left(reasons: Counter[str]) -> str:
    said = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
    (commonest, _), *_ = reasons.most_common(1)
    remedy = _REMEDIES.get(commonest, "loosen `prefilter`")
    return f"sources: no row is left after the prefilter ({said}); {remedy}."
