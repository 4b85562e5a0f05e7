"""A checklist a question: whether an answer meets each of its items, asked one by one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.harness.judging import JudgeSettings, ask_judge
from ptr_eval.harness.loading import load_model
from ptr_eval.judge import CHECKLIST, JudgeReply, read_reply, refuse_silence
from ptr_eval.judging.contestants import Contestant, JudgedQuestion, read_contestants
from ptr_eval.judging.options import JudgeOptions, check, ledger_of, named, settings_told
from ptr_eval.judging.told import upright
from ptr_eval.protocols import Reply
from ptr_eval.report.tables.checklists import checklists_table
from ptr_eval.runs import SavedTask, tasks_wanted
from ptr_eval.runs.checklists import CheckedAnswer, CheckedTask, check_checklists, write_checklists

OWN = "own"
"""What stands for the checklists that the questions have themselves."""

_ROW = '{"doc_id": 0, "checklist": ["names a number"]}'


@dataclass(frozen=True, slots=True)
class _Checked:
    """An answer that is to be checked against a list."""

    question: JudgedQuestion
    answer: Contestant
    items: tuple[str, ...]


def judge_by_rubric(
    run: Path, settings: JudgeSettings, options: JudgeOptions, rubric: Path
) -> list[str]:
    """Score every answer of a task by its question's checklist; says what came of it."""
    check(options, settings)
    tasks = list(tasks_wanted(run, options.tasks).values())
    if len(tasks) > 1:
        names = ", ".join(task.task for task in tasks)
        raise UserError(f"--rubric is about the questions of one task; choose one of {names}.")
    saved, asked = tasks[0], replace(settings, form=CHECKLIST)
    found = list(read_contestants(saved))
    lists = _lists(rubric, found, saved)
    wanted = [
        _Checked(question, answer, lists[question.number])
        for question in found
        if question.number in lists
        for answer in question.answers.values()
        if answer.text is not None
    ]
    empty = CheckedTask(
        task=saved.task,
        samples=saved.samples.name,
        name=options.name or named(settings, ""),
        judge=settings.model,
        model=saved.model,
        settings=settings_told(asked),
        without=len(found) - len(lists),
    )
    check_checklists(saved.samples, empty)
    replies = _ask(wanted, saved, asked, options)
    readings = [read_reply(CHECKLIST, reply) for reply in replies]
    checked = replace(empty, answers=tuple(_answers(wanted, replies, readings)))
    write_checklists(saved.samples, checked)
    _require_verdicts(readings, settings)
    return upright(checklists_table([(saved.model, checked)]))


def _ask(
    wanted: Sequence[_Checked], saved: SavedTask, settings: JudgeSettings, options: JudgeOptions
) -> list[Reply]:
    lm = load_model(settings.backend, settings.args)
    openings = [
        CHECKLIST.check(one.question.asked, one.answer.text or "", item)
        for one in wanted
        for item in one.items
    ]
    ledger = ledger_of(saved.samples, options.name or named(settings, ""), options.ledger)
    return ask_judge(lm, openings, settings, ledger)


def _answers(
    wanted: Sequence[_Checked], replies: Sequence[Reply], readings: Sequence[JudgeReply]
) -> Iterator[CheckedAnswer]:
    left = zip(replies, readings, strict=True)
    for one in wanted:
        mine = list(islice(left, len(one.items)))
        yield CheckedAnswer(
            question=one.question.number,
            place=one.answer.place,
            met=tuple(None if s.verdict is None else s.verdict == "yes" for _, s in mine),
            failed=sum(s.failure is not None for _, s in mine),
            tokens=sum(reply.prompt_tokens + reply.generated_tokens for reply, _ in mine),
        )


def _require_verdicts(readings: Sequence[JudgeReply], settings: JudgeSettings) -> None:
    if readings and all(one.verdict is None for one in readings):
        refuse_silence(readings, settings.model, CHECKLIST, "--judge")


def _lists(
    rubric: Path, found: Sequence[JudgedQuestion], saved: SavedTask
) -> dict[int, tuple[str, ...]]:
    """Find each question's checklist; those without one are left out."""
    if str(rubric) == OWN:
        lists = {question.number: question.checklist for question in found if question.checklist}
        if not lists:
            raise UserError(
                f"--rubric {OWN}: no question of {saved.task} has a field `checklist`; name a file."
            )
        return lists
    lists = dict(_rows(rubric))
    known = {question.number for question in found}
    if strange := sorted(set(lists) - known):
        raise UserError(
            f"--rubric {rubric}: {saved.samples} has no question {strange[0]}; `doc_id` is the "
            "number that a samples file gives to a question."
        )
    return lists


def _rows(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--rubric {path} cannot be read ({error}).") from error
    seen: set[int] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        doc_id, items = _row(line, f"--rubric {path}, row {number}")
        if doc_id in seen:
            raise UserError(f"--rubric {path}, row {number}: question {doc_id} has a list already.")
        seen.add(doc_id)
        yield doc_id, items
    if not seen:
        raise UserError(f"--rubric {path} is empty; a row is {_ROW}.")


def _row(line: str, where: str) -> tuple[int, tuple[str, ...]]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not JSON; a row is {_ROW}.") from error
    if not isinstance(row, Mapping) or row.keys() != {"doc_id", "checklist"}:
        raise UserError(f"{where}: must have doc_id and checklist and nothing else, as in {_ROW}.")
    doc_id, items = row["doc_id"], row["checklist"]
    if not isinstance(doc_id, int) or isinstance(doc_id, bool):
        raise UserError(f"{where}: `doc_id` must be a whole number, not {doc_id!r}.")
    texts = isinstance(items, list) and all(isinstance(i, str) and i.strip() for i in items)
    if not texts or not items:
        raise UserError(f"{where}: `checklist` must be a list of texts.")
    return doc_id, tuple(items)
