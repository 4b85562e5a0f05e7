"""The stages from the student's texts to refinement rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow, split_of
from ptr_data.files import written
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.ngrams import NgramIndex
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.config import SplitSettings
from ptr_data.methods.common.questions import benchmark_text
from ptr_data.methods.common.tools import DataJob, origins
from ptr_data.methods.gsr.prompts import PromptSettings, counter_of, synthesis
from ptr_data.methods.gsr.records import CandidateGroup, SampledAnswers, SolvedGroup, trained_text
from ptr_data.methods.gsr.rows import refine_row
from ptr_data.methods.gsr.sampling import faults, histogram, sampled, verdicts
from ptr_data.methods.gsr.selection import (
    CandidateSettings,
    SolutionSettings,
    choose_candidates,
    choose_solutions,
    keeps_hard,
)
from ptr_data.methods.gsr.verifiers import UNVERIFIED, NamedVerifier, verifier_of
from ptr_data.models.model import TextModelSettings
from ptr_data.pipeline.shards import KEPT, ledger_of, passed, write_shard
from ptr_data.pipeline.stage import Inherited
from ptr_data.pipeline.units import StageWork
from ptr_data.records import Dropped
from ptr_eval.budget import TokenCounter
from ptr_eval.thinking import visible_answer


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What the groups of candidates depend on."""

    candidates: CandidateSettings
    prompt: PromptSettings
    verifier: NamedVerifier
    student: Inherited[TextModelSettings]


@dataclass(frozen=True, slots=True)
class SolutionFacts:
    """What the teacher's solutions depend on."""

    teacher: TextModelSettings
    samples: int


@dataclass(frozen=True, slots=True)
class RefineFacts:
    """What the refinement rows depend on."""

    solutions: SolutionSettings
    verifier: NamedVerifier
    split: SplitSettings
    benchmarks: DecontaminationSettings | None
    student: Inherited[TextModelSettings]
    teacher: Inherited[TextModelSettings]


def groups(job: DataJob, facts: GroupFacts) -> StageWork:
    """Choose the candidates that are shown, and word the question with them."""
    student, end = facts.student, facts.student.thinking_end
    verify = verifier_of(facts.verifier, job.tools)
    counter = job.tools.once("token counter", lambda: counter_of(student))
    answered = list(read_records(job.shard("candidates").file(KEPT), SampledAnswers))
    kept: list[CandidateGroup] = []
    dropped: list[Dropped] = []
    with ledger_of(job.unit) as ledger:
        asked = [(s.query, s.texts) for s in answered]
        verified = yield from verdicts(asked, end, verify, ledger)
        for given, judged in zip(answered, verified, strict=True):
            made = _group(given, judged, facts, counter)
            if isinstance(made, Dropped):
                dropped.append(made)
            else:
                kept.append(made)
        write_shard(job.unit, kept, dropped)
    return {
        **passed("groups", len(answered), dropped),
        "verdicts": _counted(verified),
        "sampled correct": histogram(judged.count("correct") for judged in verified),
        "correct": histogram(group.correct for group in kept),
        "shown": histogram(len(group.candidates) for group in kept),
        "identical": sum(len({c.text for c in group.candidates}) == 1 for group in kept),
    }


def _group(
    given: SampledAnswers, verified: Sequence[str], facts: GroupFacts, counter: TokenCounter
) -> CandidateGroup | Dropped:
    question, settings, end = given.query, facts.candidates, facts.student.thinking_end
    texts = [replace(g, text=visible_answer(g.text, end).strip()) for g in given.texts]
    usable = [
        text.failed is None and bool(text.text) and verdict not in UNVERIFIED
        for text, verdict in zip(texts, verified, strict=True)
    ]
    correct = [verdict == "correct" for verdict in verified]
    chosen = choose_candidates(question.id, usable, correct, settings)
    if len(chosen) < settings.least:
        detail = f"{len(chosen)} of {len(usable)} are usable"
        return Dropped(question, "groups", "too few candidates", detail)
    if not any(correct) and not keeps_hard(question.id, settings):
        return Dropped(question, "groups", "no correct candidate")
    shown = tuple(texts[place] for place in chosen)
    prompt = synthesis(question.text, [t.text for t in shown], facts.prompt, counter)
    if prompt.tokens > facts.prompt.limit:
        return Dropped(question, "groups", "prompt too long", f"{prompt.tokens:,} tokens")
    right = sum(correct[place] for place in chosen)
    return CandidateGroup(question, shown, right, prompt.text)


def solutions(job: DataJob, facts: SolutionFacts) -> StageWork:
    """Let the teacher write solutions to questions with candidates."""
    given = list(read_records(job.shard("groups").file(KEPT), CandidateGroup))
    asked = [(group.query, group.prompt) for group in given]
    with ledger_of(job.unit) as ledger:
        teacher = job.tools.model(facts.teacher, keep_thinking=True)
        texts = yield from sampled(teacher, asked, facts.samples, ledger)
        with written(job.unit.file(KEPT)) as unfinished:
            write_records(unfinished, map(SolvedGroup, given, texts))
    return {"texts": faults(texts, facts.teacher.thinking_end)}


def refine(job: DataJob, facts: RefineFacts) -> StageWork:
    """Make refinement rows of the solutions that are kept."""
    end, index = facts.teacher.thinking_end, job.tools.index(facts.benchmarks)
    verify = verifier_of(facts.verifier, job.tools)
    solved = list(read_records(job.shard("solutions").file(KEPT), SolvedGroup))
    kept: list[TrainingRow] = []
    dropped: list[Dropped] = []
    tainted: list[Dropped] = []
    with ledger_of(job.unit) as ledger:
        asked = [(s.group.query, s.texts) for s in solved]
        verified = yield from verdicts(asked, end, verify, ledger)
        for given, judged in zip(solved, verified, strict=True):
            made, spoilt = _rows(given, judged, facts, index)
            kept += made
            tainted += spoilt
            if not made:
                none = Dropped(given.group.query, "refine", "no correct solution")
                dropped.append(next(iter(spoilt), none))
        write_shard(job.unit, kept, dropped)
    return {
        **passed("refine", len(solved), dropped),
        "verdicts": _counted(verified),
        "correct solutions": histogram(judged.count("correct") for judged in verified),
        "tainted": len(tainted),
        "rows": len(kept),
        "tally": tally(kept),
    }


def _rows(
    given: SolvedGroup, verified: Sequence[str], facts: RefineFacts, index: NgramIndex | None
) -> tuple[list[TrainingRow], list[Dropped]]:
    """Make the rows of one question, and list the solutions that hold benchmark text."""
    question, settings, teacher = given.group.query, facts.solutions, facts.teacher
    how = origins([facts.student, teacher])
    split = split_of(question.id, facts.split.dev, facts.split.seed)
    correct = [verdict == "correct" for verdict in verified]
    made: list[TrainingRow] = []
    tainted: list[Dropped] = []
    for place in choose_solutions(question.id, correct, settings):
        text, keep = given.texts[place].text, settings.keep_thinking
        if found := benchmark_text(question, text, "refine", index):
            tainted.append(found)
        else:
            answer = trained_text(text, teacher.thinking_end, keep_thinking=keep)
            made.append(refine_row(given, place, answer, how, split))
    return made, tainted


def _counted(verified: Sequence[Sequence[str]]) -> dict[str, int]:
    return dict(sorted(Counter(verdict for judged in verified for verdict in judged).items()))
