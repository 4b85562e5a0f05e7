"""The rows without candidates: the solutions there are, and those that are drawn."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from ptr_data.export.mixing import mix, shortage
from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow, split_of
from ptr_data.files import written
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.ngrams import NgramIndex
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.config import SplitSettings
from ptr_data.methods.common.questions import benchmark_text, unique_questions
from ptr_data.methods.common.tools import DataJob, origins
from ptr_data.methods.gsr.prompts import bare
from ptr_data.methods.gsr.reading import SOLUTIONS
from ptr_data.methods.gsr.records import SampledAnswers, Solution, fault, trained_text
from ptr_data.methods.gsr.rows import direct_id, direct_row
from ptr_data.methods.gsr.sampling import verdicts
from ptr_data.methods.gsr.selection import DirectSettings
from ptr_data.methods.gsr.verifiers import NamedVerifier, verifier_of
from ptr_data.models.model import TextModelSettings
from ptr_data.pipeline.shards import KEPT, ledger_of, passed, write_shard
from ptr_data.pipeline.stage import Inherited
from ptr_data.pipeline.units import StageStats, StageWork, Unit
from ptr_data.records import Dropped, GeneratedText

STAGE = "direct"
"""The name under which solutions without candidates are counted."""


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What the solutions that may be drawn depend on."""

    solution_column: str | None
    verifier: NamedVerifier | None
    benchmarks: DecontaminationSettings | None
    teacher: Inherited[TextModelSettings]


@dataclass(frozen=True, slots=True)
class DirectFacts:
    """What the rows without candidates depend on."""

    direct: DirectSettings | None
    split: SplitSettings
    keep_thinking: bool
    wording: str
    teacher: Inherited[TextModelSettings]


def pool(job: DataJob, facts: PoolFacts) -> StageWork:
    """Find the solutions without candidates that may be drawn."""
    if facts.verifier is None:
        return _from_source(job, facts)
    return (yield from _from_teacher(job, facts, facts.verifier))


def _from_source(job: DataJob, facts: PoolFacts) -> StageStats:
    index, end = job.tools.index(facts.benchmarks), facts.teacher.thinking_end
    questions = job.tools.once("questions", lambda: {q.id for q in unique_questions(job)})
    judged = [
        (solution, _unfit(solution, end, questions, index))
        for solution in read_records(job.shard("read").file(SOLUTIONS), Solution)
    ]
    dropped = [reason for _, reason in judged if reason]
    write_shard(job.unit, (solution for solution, reason in judged if reason is None), dropped)
    return passed(STAGE, len(judged), dropped)


def _unfit(
    solution: Solution, end: str, questions: Container[str], index: NgramIndex | None
) -> Dropped | None:
    question, text = solution.query, GeneratedText(solution.text, "", 0)
    if question.id not in questions:
        return Dropped(question, STAGE, "question left out")
    if fault(text, end):
        return Dropped(question, STAGE, "no solution")
    return benchmark_text(question, solution.text, STAGE, index)


def _from_teacher(job: DataJob, facts: PoolFacts, verifier: NamedVerifier) -> StageWork:
    index, end = job.tools.index(facts.benchmarks), facts.teacher.thinking_end
    verify = verifier_of(verifier, job.tools)
    attempts = list(read_records(job.shard("attempts").file(KEPT), SampledAnswers))
    kept: list[Solution] = []
    dropped: list[Dropped] = []
    with ledger_of(job.unit) as ledger:
        asked = [(s.query, s.texts) for s in attempts]
        verified = yield from verdicts(asked, end, verify, ledger)
        for given, judged in zip(attempts, verified, strict=True):
            for text, verdict in zip(given.texts, judged, strict=True):
                wrong = None if verdict == "correct" else Dropped(given.query, STAGE, verdict)
                wrong = wrong or benchmark_text(given.query, text.text, STAGE, index)
                if wrong:
                    dropped.append(wrong)
                else:
                    kept.append(Solution(given.query, text.text, text.model, text.tokens))
        write_shard(job.unit, kept, dropped)
    return passed(STAGE, len(kept) + len(dropped), dropped)


def draw(job: DataJob, facts: DirectFacts) -> StageStats:
    """Draw as many rows as the share asks for."""
    if facts.direct is None:
        raise ValueError("there is nothing to draw")
    pool = job.units("pool")
    ids = (direct_id(solution) for solution in _once(pool))
    rule = mix(ids, sum(stats["rows"] for stats in job.stats("refine")), facts.direct)
    rows = (_row(solution, facts) for solution in _once(pool) if rule.keeps(direct_id(solution)))
    with written(job.unit.file(KEPT)) as unfinished:
        kept = write_records(unfinished, rows)
    return {
        "kept": kept,
        "available": rule.available,
        "shortage": shortage(rule),
        "tally": tally(read_records(job.unit.file(KEPT), TrainingRow)),
    }


def _row(solution: Solution, facts: DirectFacts) -> TrainingRow:
    question, teacher = solution.query, facts.teacher
    return direct_row(
        solution,
        bare(question.text, facts.wording),
        trained_text(solution.text, teacher.thinking_end, keep_thinking=facts.keep_thinking),
        origins([teacher])[solution.model] if solution.model else None,
        split_of(question.id, facts.split.dev, facts.split.seed),
    )


def _once(pool: Iterable[Unit]) -> Iterator[Solution]:
    """Go through the solutions, the same one of the same question only once."""
    seen: set[str] = set()
    for unit in pool:
        for solution in read_records(unit.file(KEPT), Solution):
            key = direct_id(solution)
            if key not in seen:
                seen.add(key)
                yield solution
