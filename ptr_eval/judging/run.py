"""Asking a judge about the matches of a saved run, and writing down what it says."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.judging import AskedPair, JudgeSettings, ShownPair, judge_pairs
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import require_readable
from ptr_eval.judging.matches import Match, TaskMatches, read_matches
from ptr_eval.judging.people import read_votes
from ptr_eval.judging.style import style
from ptr_eval.judging.told import told
from ptr_eval.runs import JudgedMatch, Judgement, check_judgement, write_judgement

FLAG = "--prompt"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What is judged."""

    compare: str = "first"
    """With what each answer is compared: `first`, `previous`, or `run:PATH`, another run."""
    tasks: Sequence[str] = ()
    """The tasks wanted; all if empty."""
    name: str | None = None
    """What the judgement is called; after the judge and what is compared by default."""
    repeats: int = 1
    """How many times each match is judged."""
    control: bool = True
    """Whether two samples of the same round are compared, too, where there are two."""
    people: Path | None = None
    """A CSV of what people said of the same matches."""
    ledger: Path | None = None
    """Where replies are kept; beside the results by default."""

    @property
    def other(self) -> Path | None:
        """The run compared with."""
        return Path(self.compare.removeprefix("run:")) if self.compare.startswith("run:") else None


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
    check(settings, options)
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


def check(settings: JudgeSettings, options: JudgeOptions) -> None:
    """Refuse what cannot be done, all of it at once."""
    problems = []
    if options.repeats > 1 and not settings.draws:
        problems.append(
            f"--repeats {options.repeats}: the judge decodes greedily, so it would say the same "
            "each time; draw its verdicts, as with --gen-kwargs temperature=0.6."
        )
    if options.other is None and options.compare not in ("first", "previous"):
        problems.append(
            f"--compare {options.compare}: compare with first, previous, or run: and the path of "
            "another run."
        )
    if options.name is not None and not _NAME.fullmatch(options.name):
        problems.append(
            f"--name {options.name}: use letters, digits, dots, dashes and underscores."
        )
    if problems:
        raise UserError.collect(problems)


def named(settings: JudgeSettings, kind: str) -> str:
    """Name a judgement after the judge and what it judges."""
    parts = [settings.model.rstrip("/").rpartition("/")[2], kind]
    words = [re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip(".-") for part in parts]
    return "_".join(filter(None, words))


def ledger_of(samples: Path, name: str, given: Path | None) -> Path:
    """Find where replies are kept."""
    return given or samples.with_name(f"judgements_{name}.ledger")


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


def settings_told(settings: JudgeSettings, **more: Any) -> dict[str, Any]:
    """Describe how a judge is asked, in plain JSON types."""
    form = asdict(settings.form)
    return {
        "backend": settings.backend,
        **settings.sampling.generation,
        "seed": settings.seed,
        **more,
        "judge_form": {**form, "means": dict(form["means"])},
    }


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
    said = iter(judge_pairs(lm, shown, settings, ledger, options.repeats))
    return [[] if match.equal else next(said) for match in matches]


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
