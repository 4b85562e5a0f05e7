"""The stages from the student's texts to refinement rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow
from ptr_data.files import written
from ptr_data.filters.ngrams import matches
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.gsr import prompts
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.records import CandidateGroup, SampledAnswers, SolvedGroup
from ptr_data.methods.gsr.rows import refine_row
from ptr_data.methods.gsr.sampling import asked, faults, histogram, ledger_of, verdicts
from ptr_data.methods.gsr.selection import choose_candidates, choose_solutions, keeps_hard
from ptr_data.methods.gsr.verifiers import Verify
from ptr_data.pipeline.shards import KEPT, passed, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, Question
from ptr_eval.budget import Counter as TokenCounter
from ptr_eval.thinking import visible_answer


def groups(
    unit: Unit, shard: Unit, tools: Tools[GsrConfig], verify: Verify, counter: TokenCounter
) -> StageStats:
    """Choose the candidates that are shown, and word the question with them."""
    config = tools.config
    end = config.model(config.student).thinking_end
    sampled = list(read_records(shard.file(KEPT), SampledAnswers))
    kept: list[CandidateGroup] = []
    dropped: list[Dropped] = []
    with ledger_of(unit) as ledger:
        said = verdicts([(s.query, s.texts) for s in sampled], end, verify, ledger)
        for given, judged in zip(sampled, said, strict=True):
            made = _group(given, judged, end, config, counter)
            if isinstance(made, Dropped):
                dropped.append(made)
            else:
                kept.append(made)
        write_shard(unit, kept, dropped)
    return {
        **passed("groups", len(sampled), dropped),
        "verdicts": _counted(said),
        "sampled correct": histogram(judged.count("correct") for judged in said),
        "correct": histogram(group.correct for group in kept),
        "shown": histogram(len(group.candidates) for group in kept),
        "identical": sum(len({c.text for c in group.candidates}) == 1 for group in kept),
    }


def _group(
    given: SampledAnswers, said: Sequence[str], end: str, config: GsrConfig, counter: TokenCounter
) -> CandidateGroup | Dropped:
    question, settings = given.query, config.candidates
    texts = [replace(g, text=visible_answer(g.text, end).strip()) for g in given.texts]
    usable = [text.failed is None and bool(text.text) for text in texts]
    correct = [verdict == "correct" for verdict in said]
    chosen = choose_candidates(question.id, usable, correct, settings)
    if len(chosen) < settings.least:
        detail = f"{len(chosen)} of {len(usable)} are usable"
        return Dropped(question, "groups", "too few candidates", detail)
    if not any(correct) and not keeps_hard(question.id, settings):
        return Dropped(question, "groups", "no correct candidate")
    shown = tuple(texts[place] for place in chosen)
    prompt = prompts.synthesis(question.text, [t.text for t in shown], config.prompt, counter)
    if prompt.tokens > config.prompt.limit:
        return Dropped(question, "groups", "prompt too long", f"{prompt.tokens:,} tokens")
    right = sum(correct[place] for place in chosen)
    return CandidateGroup(question, shown, right, prompt.text)


def solutions(unit: Unit, shard: Unit, tools: Tools[GsrConfig]) -> StageStats:
    """Let the teacher write solutions to questions with candidates."""
    config = tools.config
    given = list(read_records(shard.file(KEPT), CandidateGroup))
    questions, said = [group.query for group in given], [group.prompt for group in given]
    with ledger_of(unit) as ledger:
        samples = config.solutions.samples
        texts = asked(questions, said, config.teacher, samples, tools, ledger)
        with written(unit.file(KEPT)) as draft:
            write_records(draft, map(SolvedGroup, given, texts))
    return {"texts": faults(texts, config.model(config.teacher).thinking_end)}


def refine(unit: Unit, shard: Unit, tools: Tools[GsrConfig], verify: Verify) -> StageStats:
    """Make refinement rows of the solutions that are kept."""
    config = tools.config
    end = config.model(config.teacher).thinking_end
    solved = list(read_records(shard.file(KEPT), SolvedGroup))
    kept: list[TrainingRow] = []
    dropped: list[Dropped] = []
    tainted: list[Dropped] = []
    with ledger_of(unit) as ledger:
        said = verdicts([(s.group.query, s.texts) for s in solved], end, verify, ledger)
        for given, judged in zip(solved, said, strict=True):
            made, spoilt = _rows(given, judged, tools)
            kept += made
            tainted += spoilt
            if not made:
                none = Dropped(given.group.query, "refine", "no correct solution")
                dropped.append(next(iter(spoilt), none))
        write_shard(unit, kept, dropped)
    return {
        **passed("refine", len(solved), dropped),
        "verdicts": _counted(said),
        "correct solutions": histogram(judged.count("correct") for judged in said),
        "tainted": len(tainted),
        "rows": len(kept),
        "tally": tally(kept),
    }


def _rows(
    given: SolvedGroup, said: Sequence[str], tools: Tools[GsrConfig]
) -> tuple[list[TrainingRow], list[Dropped]]:
    """Make the rows of one question; solutions that hold benchmark text are told apart."""
    config, question = tools.config, given.group.query
    correct = [verdict == "correct" for verdict in said]
    made: list[TrainingRow] = []
    tainted: list[Dropped] = []
    for place in choose_solutions(question.id, correct, config.solutions):
        if found := benchmark_text(question, given.texts[place].text, "refine", tools):
            tainted.append(found)
        else:
            made.append(refine_row(given, place, config))
    return made, tainted


def benchmark_text(
    question: Question, text: str, stage: str, tools: Tools[GsrConfig]
) -> Dropped | None:
    """Look for benchmark items in a solution."""
    index = tools.index()
    match = matches(text, index) if index is not None else None
    if match is None:
        return None
    detail = f'{match.split} document {match.document}, in the answer: "{match.words}"'
    return Dropped(question, stage, f"holds text of {match.task}", detail)


def _counted(said: Sequence[Sequence[str]]) -> dict[str, int]:
    return dict(sorted(Counter(verdict for judged in said for verdict in judged).items()))
