"""The stages from a source's rows to refinement rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ptr_data.filters.ngrams import matches
from ptr_data.generation.models import Model, Prompt
from ptr_data.generation.writing import ask
from ptr_data.gsr import prompts, rows
from ptr_data.gsr.config import GsrConfig
from ptr_data.gsr.direct import SourceDirect
from ptr_data.gsr.prefilter import NO_RATE, NO_REFERENCE, STAGE, refused
from ptr_data.gsr.records import Group, Sampled, Solution, Solved, fault
from ptr_data.gsr.selection import choose_candidates, choose_solutions, keeps_hard
from ptr_data.gsr.verifiers import Verify, tallied
from ptr_data.jsonl import json_line, read_records, write_records
from ptr_data.output.tallies import tally
from ptr_data.output.training_rows import Row
from ptr_data.pipeline.queries import DROPPED, KEPT, passed, shard_name, write_shard
from ptr_data.pipeline.tools import Tools
from ptr_data.pipeline.work import Counts, Unit, written
from ptr_data.queries.columns import read_text
from ptr_data.queries.sources import read_entries
from ptr_data.records import Dropped, Generation, Query
from ptr_eval.budget import Counter as TokenCounter
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.thinking import visible_answer

SOLUTIONS = "solutions.jsonl"


def read(unit: Unit, config: GsrConfig) -> Counts:
    """Divide the rows that are used into shards, with the solutions that they hold.

    Args:
        unit: The unit to do.
        config: The build.

    Returns:
        The numbers of shards and rows, and what was dropped.

    Raises:
        UserError: If no row is left.
    """
    notes, reasons = Counter[str](), Counter[str]()
    column = config.direct.column if isinstance(config.direct, SourceDirect) else None
    shards = total = 0
    part: list[Solution] = []

    def flush() -> int:
        shard = Unit(unit.folder, shard_name(shards), unit.fingerprint)
        with written(shard.file(KEPT)) as draft:
            write_records(draft, (entry.query for entry in part))
        with written(shard.file(SOLUTIONS)) as draft:
            write_records(draft, part if column else ())
        part.clear()
        return shards + 1

    with written(unit.file(DROPPED)) as draft, draft.open("w", encoding="ascii") as dropped:
        for query, row in read_entries(config.sources, notes):
            total += 1
            if drop := refused(query, row, config.prefilter, reference=config.judge is None):
                reasons[drop.reason] += 1
                dropped.write(json_line(drop))
                continue
            part.append(Solution(query, read_text(row, column) if column else ""))
            if len(part) == config.shard:
                shards = flush()
    if part:
        shards = flush()
    kept = total - sum(reasons.values())
    if not kept:
        raise UserError(_nothing_left(reasons, config))
    return {
        "shards": shards,
        "rows": total,
        "notes": dict(sorted(notes.items())),
        STAGE: {"in": total, "out": kept, "dropped": dict(sorted(reasons.items()))},
    }


def _nothing_left(reasons: Counter[str], config: GsrConfig) -> str:
    said = ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common())
    remedies = {
        NO_REFERENCE: "name the column of the answers under `sources`, as in "
        "`columns: {question: problem, answer: expected_answer}`",
        NO_RATE: "name the column of pass rates as `prefilter.pass_rate.column`, or set "
        "`prefilter: {pass_rate: null}`",
    }
    (commonest, _), *_ = reasons.most_common(1)
    remedy = remedies.get(commonest, "loosen `prefilter`")
    return f"sources: no row is left after the prefilter ({said}); {remedy}."


def sample(
    unit: Unit, queries: Sequence[Query], name: str, samples: int, tools: Tools[GsrConfig]
) -> Counts:
    """Let a model answer questions alone.

    Args:
        unit: The unit to do.
        queries: The questions.
        name: The model.
        samples: How many texts to write to each.
        tools: The build's tools.

    Returns:
        How many texts are whole, and what the others lack.
    """
    asked = [prompts.bare(query.text, tools.config.prompt) for query in queries]
    texts = _ask(unit, queries, asked, tools.model(name), samples)
    with written(unit.file(KEPT)) as draft:
        write_records(draft, map(Sampled, queries, texts))
    return {"texts": _faults(texts, tools.config.model(name).thinking_end)}


def groups(
    unit: Unit, shard: Unit, tools: Tools[GsrConfig], verify: Verify, counter: TokenCounter
) -> Counts:
    """Choose the candidates that are shown, and ask about them.

    Args:
        unit: The unit to do.
        shard: The student's texts.
        tools: The build's tools.
        verify: Tells which candidates are correct.
        counter: Counts the student's tokens.

    Returns:
        What was given and passed on, and how many candidates are correct.
    """
    config = tools.config
    end = config.model(config.student).thinking_end
    sampled = list(read_records(shard.file(KEPT), Sampled))
    verdicts = _verdicts([(s.query, s.texts) for s in sampled], end, verify, unit)
    kept: list[Group] = []
    dropped: list[Dropped] = []
    for given, said in zip(sampled, verdicts, strict=True):
        group = _group(given, said, end, config)
        made = group if isinstance(group, Dropped) else _with_prompt(group, config, counter)
        (dropped if isinstance(made, Dropped) else kept).append(made)  # type: ignore[arg-type]
    write_shard(unit, kept, dropped)
    return {
        **passed("groups", len(sampled), dropped),
        "verdicts": tallied([verdict for said in verdicts for verdict in said]),
        "correct": _histogram(group.correct for group in kept),
        "sampled correct": _histogram(said.count("correct") for said in verdicts),
        "shown": _histogram(len(group.candidates) for group in kept),
        "identical": sum(len({c.text for c in group.candidates}) == 1 for group in kept),
    }


def _group(given: Sampled, said: Sequence[str], end: str, config: GsrConfig) -> Group | Dropped:
    query, settings = given.query, config.candidates
    shown = [visible_answer(text.text, end).strip() for text in given.texts]
    usable = [bool(text) and g.failed is None for text, g in zip(shown, given.texts, strict=True)]
    correct = [verdict == "correct" for verdict in said]
    chosen = choose_candidates(query.id, usable, correct, settings)
    if len(chosen) < settings.least:
        detail = f"{len(chosen)} of {len(usable)} are usable"
        return Dropped(query, "groups", "too few candidates", detail)
    if not any(correct) and not keeps_hard(query.id, settings):
        return Dropped(query, "groups", "no correct candidate")
    candidates = tuple(_saying(given.texts[place], shown[place]) for place in chosen)
    right = sum(correct[place] for place in chosen)
    return Group(query, candidates, right, sum(correct), "")


def _with_prompt(group: Group, config: GsrConfig, counter: TokenCounter) -> Group | Dropped:
    texts = [candidate.text for candidate in group.candidates]
    asked = prompts.synthesis(group.query.text, texts, config.prompt, counter)
    if asked.tokens > config.prompt.limit:
        return Dropped(group.query, "groups", "prompt too long", f"{asked.tokens:,} tokens")
    return Group(group.query, group.candidates, group.correct, group.sampled, asked.text)


def solutions(unit: Unit, shard: Unit, tools: Tools[GsrConfig]) -> Counts:
    """Let the teacher write solutions to questions with candidates.

    Args:
        unit: The unit to do.
        shard: The groups.
        tools: The build's tools.

    Returns:
        How many texts are whole, and what the others lack.
    """
    config = tools.config
    given = list(read_records(shard.file(KEPT), Group))
    queries, asked = [group.query for group in given], [group.prompt for group in given]
    teacher = tools.model(config.teacher)
    texts = _ask(unit, queries, asked, teacher, config.solutions.samples)
    with written(unit.file(KEPT)) as draft:
        write_records(draft, map(Solved, given, texts))
    return {"texts": _faults(texts, config.model(config.teacher).thinking_end)}


def refine(unit: Unit, shard: Unit, tools: Tools[GsrConfig], verify: Verify) -> Counts:
    """Make refinement rows of the solutions that are kept.

    Args:
        unit: The unit to do.
        shard: The solutions.
        tools: The build's tools.
        verify: Tells which solutions are correct.

    Returns:
        What was given and passed on, in questions, and what became of the solutions.
    """
    config = tools.config
    end = config.model(config.teacher).thinking_end
    solved = list(read_records(shard.file(KEPT), Solved))
    verdicts = _verdicts([(s.group.query, s.texts) for s in solved], end, verify, unit)
    kept: list[Row] = []
    dropped: list[Dropped] = []
    fates = Counter[str]()
    for given, said in zip(solved, verdicts, strict=True):
        made, tainted = _rows(given, said, tools)
        kept += made
        fates.update(verdict for verdict in said if verdict != "correct")
        fates["of an easy question"] += said.count("correct") - len(made) - len(tainted)
        fates.update(fault.reason for fault in tainted)
        if not made:
            query = given.group.query
            dropped.append(next(iter(tainted), Dropped(query, "refine", "no correct solution")))
    write_shard(unit, kept, dropped)
    return {
        **passed("refine", len(solved), dropped),
        "rows": len(kept),
        "fates": {name: count for name, count in sorted(fates.items()) if count},
        "correct solutions": _histogram(said.count("correct") for said in verdicts),
        "tally": tally(kept),
    }


def _rows(
    given: Solved, said: Sequence[str], tools: Tools[GsrConfig]
) -> tuple[list[Row], list[Dropped]]:
    """Make the rows of one question; solutions that hold benchmark text are told apart."""
    config, query = tools.config, given.group.query
    correct = [verdict == "correct" for verdict in said]
    made: list[Row] = []
    tainted: list[Dropped] = []
    for place in choose_solutions(query.id, correct, config.solutions):
        if match := holds_benchmark(query, given.texts[place].text, "refine", tools):
            tainted.append(match)
        else:
            made.append(rows.refine_row(given, place, config))
    return made, tainted


def holds_benchmark(
    query: Query, text: str, stage: str, tools: Tools[GsrConfig]
) -> Dropped | None:
    """Look for benchmark items in a solution.

    Args:
        query: The question.
        text: The solution.
        stage: The stage that looks.
        tools: The build's tools.

    Returns:
        What was found; None if nothing was.
    """
    index = tools.index()
    match = matches(text, index) if index is not None else None
    if match is None:
        return None
    detail = f'{match.split} document {match.document}, in the answer: "{match.words}"'
    return Dropped(query, stage, f"holds text of {match.task}", detail)


def verified(
    sampled: Sequence[Sampled], thinking_end: str, verify: Verify, unit: Unit
) -> list[list[str]]:
    """Tell which texts are correct.

    Args:
        sampled: Questions and texts.
        thinking_end: The mark that ends the texts' thinking blocks.
        verify: Tells.
        unit: The unit that asks.

    Returns:
        For each text the verdict, or why it has none.
    """
    return _verdicts([(s.query, s.texts) for s in sampled], thinking_end, verify, unit)


def _verdicts(
    given: Sequence[tuple[Query, Sequence[Generation]]], end: str, verify: Verify, unit: Unit
) -> list[list[str]]:
    faults = [[fault(text, end) for text in texts] for _, texts in given]
    answers = [
        (query, visible_answer(text.text, end).strip())
        for (query, texts), found in zip(given, faults, strict=True)
        for text, wrong in zip(texts, found, strict=True)
        if wrong is None
    ]
    verdicts = iter(_with_ledger(unit, lambda ledger: verify(answers, ledger)))
    return [[wrong or next(verdicts) for wrong in found] for found in faults]


def _ask(
    unit: Unit, queries: Sequence[Query], asked: Sequence[str], model: Model, samples: int
) -> list[tuple[Generation, ...]]:
    given = [Prompt(q, Conversation.ask(text)) for q, text in zip(queries, asked, strict=True)]
    texts = _with_ledger(unit, lambda ledger: ask(model, given, samples, ledger))
    return [tuple(drawn) for drawn in texts]
