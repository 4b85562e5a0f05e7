"""The first round's answers taken from a saved run, instead of asking.

Several models, orders or numbers of candidates are then compared on the same first answers.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.engine import PendingTurn
from ptr_eval.errors import UserError
from ptr_eval.protocols import Reply
from ptr_eval.runs import questions, read_run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """What a dialogue of this run is about."""

    task: str
    """The task."""
    fields: Mapping[str, Any]
    """The question, as the reader made it."""
    sample: int
    """Which of its samples, from 0."""
    width: int
    """How many answers its first round asks for."""


class SavedFirstRound:
    """Answers the first round from a saved run.

    The first answers to a question, of all its samples, are dealt in order: sample s gets those
    from s * width on.
    """

    def __init__(self, run: Path, asked: Sequence[AskedQuestion]) -> None:
        saved: dict[tuple[str, str], list[Reply]] = {}
        for task in dict.fromkeys(each.task for each in asked):
            saved.update(_first_answers(run, task))
        self._dealt = [_deal(run, saved, each) for each in asked]
        _warn_of_failures(run, self._dealt)

    def __call__(self, pending: list[PendingTurn]) -> list[Reply]:
        """Look replies up."""
        return [self._dealt[turn.dialogue][turn.position] for turn in pending]


def check_wording(run: Path, name: str, template: object) -> None:
    """Refuse a saved run whose first round worded a task's questions otherwise."""
    saved = next((task for task in read_run(run, [name]) if task.task == name), None)
    if saved and saved.config.get("doc_to_text") != template:
        raise UserError(
            f"ptr_first_round={run}: it asked {name} in another wording (ptr_prompt="
            f"{saved.description.settings.get('prompt', 'v1')}, version {saved.version}); ask in "
            "that one, or ask the first round again."
        )


def _first_answers(run: Path, name: str) -> Iterator[tuple[tuple[str, str], list[Reply]]]:
    """Read a run's first answers to each question; of several runs, the newest with the task."""
    for task in read_run(run, [name]):
        for question in questions(task) if task.task == name else ():
            replies = [answer.reply for answer in question.answers if answer.round == 1]
            yield (name, _fingerprint(question.fields)), replies


def _warn_of_failures(run: Path, dealt: Sequence[Sequence[Reply]]) -> None:
    failures = [reply.missing for replies in dealt for reply in replies]
    if any(failures):
        _log.warning(
            "ptr_first_round=%s: %d of its %d first answers failed, and count as failed here, too; "
            "repeat that run first.",
            run, sum(failures), len(failures),
        )  # fmt: skip


def _deal(
    run: Path, saved: Mapping[tuple[str, str], Sequence[Reply]], asked: AskedQuestion
) -> Sequence[Reply]:
    replies = saved.get((asked.task, _fingerprint(asked.fields)))
    if replies is None:
        raise UserError(
            f"ptr_first_round={run}: it has no answers to some documents of {asked.task}; ask "
            "no others than that run did (--limit, --samples, ptr_data)."
        )
    begin = asked.sample * asked.width
    if begin + asked.width > len(replies):
        enough = len(replies) // asked.width
        remedy = f"add ptr_samples={enough}" if enough else "ask for fewer (ptr_candidates)"
        raise UserError(
            f"ptr_first_round={run}: {len(replies)} answers to a document of {asked.task} do "
            f"not make {asked.sample + 1} groups of {asked.width}; {remedy}."
        )
    return replies[begin : begin + asked.width]


def _fingerprint(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, ensure_ascii=True, default=str)
