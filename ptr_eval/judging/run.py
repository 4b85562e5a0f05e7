"""Asking a judge about the matches of a saved run, and writing down what it says."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ptr_eval.harness.asks import carry_out
from ptr_eval.harness.judging import AskedPair, JudgeSettings, ShownPair, judge_pairs
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import require_readable
from ptr_eval.judging.matches import Match, TaskMatches, read_matches
from ptr_eval.judging.options import JudgeOptions, check, ledger_of, named, settings_told
from ptr_eval.judging.people import read_votes
from ptr_eval.judging.style import style
from ptr_eval.judging.told import told
from ptr_eval.runs.judgements import JudgedMatch, Judgement, check_judgement, write_judgement

FLAG = "--prompt"


def judge_rounds(run: Path, settings: JudgeSettings, options: JudgeOptions) -> list[str]:
    """Let a judge compare the answers of a saved run, and write what it says beside the run.

    Args:
        run: The run's results file, or a folder that holds it.
        settings: The judge.
        options: What is judged.

    Returns:
        What came of it, line by line.

    Raises:
        UserError: If there is nothing to compare, the judge cannot be used, or not a single match
            could be read; what was read is written all the same.
    """
    check(options, settings)
    found = read_matches(
        run, options.tasks, options.compare, options.other, control=options.control
    )
    empty = [_judgement(task, settings, options) for task in found]
    for task, judgement in zip(found, empty, strict=True):
        check_judgement(task.saved.samples, judgement)
    matches = [match for task in found for match in task.matches]
    votes = read_votes(options.people, matches) if options.people else [None] * len(matches)
    asked = _asked(matches, found[0].saved.samples, settings, options)
    rows = map(_row, matches, asked, votes)
    written = []
    for task, judgement in zip(found, empty, strict=True):
        written.append(replace(judgement, matches=tuple(islice(rows, len(task.matches)))))
        write_judgement(task.saved.samples, written[-1])
    pairs = [once.pair for repeats in asked for once in repeats]
    require_readable(pairs, settings.model, settings.form, FLAG)
    return told(written)


def _judgement(task: TaskMatches, settings: JudgeSettings, options: JudgeOptions) -> Judgement:
    kind = f"against-{task.other.model.rpartition('/')[2]}" if task.other else options.compare
    return Judgement(
        task=task.saved.task,
        samples=task.saved.samples.name,
        name=options.name or named(settings, kind),
        judge=settings.model,
        models=task.models,
        compare="run" if task.other else options.compare,
        other=str(task.other.results) if task.other else "",
        settings=settings_told(settings, repeats=options.repeats),
        left_out=task.left_out,
    )


def _asked(
    matches: Sequence[Match], samples: Path, settings: JudgeSettings, options: JudgeOptions
) -> list[list[AskedPair]]:
    """Ask about matches of unequal texts: what was said in each repeat; nothing of equal ones."""
    wanted = [match for match in matches if not match.equal]
    if not wanted:
        return [[] for _ in matches]
    lm = load_model(settings.backend, settings.args)
    ledger = ledger_of(samples, options.name or named(settings, ""), options.ledger)
    shown = [ShownPair(match.question.asked, *match.texts) for match in wanted]
    work = judge_pairs(lm, shown, settings, ledger, options.repeats)
    answered = iter(*carry_out([work], "Judging", settings.engine))
    return [[] if match.equal else next(answered) for match in matches]


def _row(match: Match, repeats: Sequence[AskedPair], vote: str | None) -> JudgedMatch:
    later, earlier = match.texts
    judged = JudgedMatch(
        question=match.question.number,
        later=match.later.place,
        earlier=match.earlier.place,
        result="tie",
        verdicts=(),
        lengths=(len(later), len(earlier)),
        styles=(style(later), style(earlier)),
        control=match.control,
        people=vote,
    )
    if not repeats:
        return judged
    first = repeats[0].pair
    return replace(
        judged,
        result=first.result,
        verdicts=tuple(once.pair.verdicts for once in repeats),
        cut=repeats[0].cut,
        tokens=sum(once.tokens for once in repeats),
        failure=first.failure,
        replies=(first.forward.text, first.backward.text),
    )
