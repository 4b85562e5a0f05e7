"""The rows without candidates: the solutions there are, and those that are drawn."""

from collections.abc import Container, Iterable, Iterator, Sequence

from ptr_data.export.mixing import mix, shortage
from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow
from ptr_data.files import written
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.reading import SOLUTIONS
from ptr_data.methods.gsr.records import SampledAnswers, Solution, fault
from ptr_data.methods.gsr.refinement import benchmark_text
from ptr_data.methods.gsr.rows import direct_id, direct_row
from ptr_data.methods.gsr.sampling import ledger_of, verdicts
from ptr_data.methods.gsr.verifiers import Verify
from ptr_data.pipeline.shards import KEPT, passed, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, GeneratedText

STAGE = "direct"


def from_source(
    unit: Unit, shard: Unit, questions: Container[str], tools: Tools[GsrConfig]
) -> StageStats:
    """Find the source's solutions that may be drawn."""
    end = tools.config.model(tools.config.teacher).thinking_end
    judged = [
        (solution, _unfit(solution, end, questions, tools))
        for solution in read_records(shard.file(SOLUTIONS), Solution)
    ]
    dropped = [reason for _, reason in judged if reason]
    write_shard(unit, (solution for solution, reason in judged if reason is None), dropped)
    return passed(STAGE, len(judged), dropped)


def _unfit(
    solution: Solution, end: str, questions: Container[str], tools: Tools[GsrConfig]
) -> Dropped | None:
    question, text = solution.query, GeneratedText(solution.text, "", 0)
    if question.id not in questions:
        return Dropped(question, STAGE, "question left out")
    if fault(text, end):
        return Dropped(question, STAGE, "no solution")
    return benchmark_text(question, solution.text, STAGE, tools)


def from_teacher(unit: Unit, shard: Unit, tools: Tools[GsrConfig], verify: Verify) -> StageStats:
    """Find the teacher's own solutions that may be drawn."""
    end = tools.config.model(tools.config.teacher).thinking_end
    attempts = list(read_records(shard.file(KEPT), SampledAnswers))
    kept: list[Solution] = []
    dropped: list[Dropped] = []
    with ledger_of(unit) as ledger:
        said = verdicts([(s.query, s.texts) for s in attempts], end, verify, ledger)
        for given, judged in zip(attempts, said, strict=True):
            for text, verdict in zip(given.texts, judged, strict=True):
                wrong = None if verdict == "correct" else Dropped(given.query, STAGE, verdict)
                wrong = wrong or benchmark_text(given.query, text.text, STAGE, tools)
                if wrong:
                    dropped.append(wrong)
                else:
                    kept.append(Solution(given.query, text.text, text.model, text.tokens))
        write_shard(unit, kept, dropped)
    return passed(STAGE, len(kept) + len(dropped), dropped)


def draw(
    unit: Unit, pool: Sequence[Unit], refined: Sequence[StageStats], tools: Tools[GsrConfig]
) -> StageStats:
    """Draw as many rows as the share asks for."""
    config = tools.config
    if config.direct is None:
        return {}
    ids = (direct_id(solution) for solution in _once(pool))
    rule = mix(ids, sum(counts["rows"] for counts in refined), config.direct)
    rows = (
        direct_row(solution, config) for solution in _once(pool) if rule.keeps(direct_id(solution))
    )
    with written(unit.file(KEPT)) as draft:
        kept = write_records(draft, rows)
    return {
        "kept": kept,
        "available": rule.available,
        "shortage": shortage(rule),
        "tally": tally(read_records(unit.file(KEPT), TrainingRow)),
    }


def _once(pool: Iterable[Unit]) -> Iterator[Solution]:
    """Go through the solutions, the same one of the same question only once."""
    seen: set[str] = set()
    for unit in pool:
        for solution in read_records(unit.file(KEPT), Solution):
            key = direct_id(solution)
            if key not in seen:
                seen.add(key)
                yield solution
