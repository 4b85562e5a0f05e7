"""The two commands that score without a model: responses made elsewhere, and saved runs."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import place
from ptr_eval.harness.recorded_lm import Recording, check_folder, evaluate_recordings
from ptr_eval.harness.recorded_settings import configs_of, refuse_asking, rounds_of
from ptr_eval.harness.scorers import check_scorers
from ptr_eval.harness.settings import PREFIX, TaskSettings
from ptr_eval.harness.task import RefinementTask
from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.unused_settings import unused, used_by
from ptr_eval.harness.wordings import check_wordings
from ptr_eval.protocols import Reply
from ptr_eval.runs import Answer, SavedQuestion, logged_answers, questions, read_responses, read_run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """An answer whose verdict changed."""

    task: str
    """The task."""
    doc_id: int
    """The question."""
    sample: int
    """Which sample of it, from 0."""
    round: int
    """The round, from 1."""
    before: str
    """The saved verdict."""
    after: str
    """The new one."""
    answer_before: str | None
    """What was extracted then."""
    answer_after: str | None
    """What is extracted now."""
    how_before: str
    """How it was found then, or why nothing was found."""
    how_after: str
    """How it is found now, or why nothing is found."""

    def __str__(self) -> str:
        """Write the change as one line."""
        return (
            f"{self.task} {self.doc_id} round {self.round}: {self.before} -> {self.after} "
            f"({self.answer_before!r} -> {self.answer_after!r}): "
            f"{self.how_before} -> {self.how_after}"
        )


def load_task(
    name: str,
    metadata: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]] | None = None,
    include_path: Path | None = None,
) -> RefinementTask:
    """Build a task: one of ours, or one in a folder of the user's own."""
    config = read_task_file(name, include_path)
    config["metadata"] = {**config["metadata"], **metadata}
    return RefinementTask(config, documents)


def score(
    task: str,
    responses: Path,
    out: Path,
    *,
    metadata: Mapping[str, Any],
    name: str | None = None,
    unsafe_code: bool = False,
    include_path: Path | None = None,
) -> dict[str, Any]:
    """Score responses made elsewhere, and write the files that an lm-eval run writes."""
    check_folder("--out", out)
    refuse_asking(metadata)
    replies = read_responses(responses)
    longest = max(len(each) for each in replies.values())
    own = read_task_file(task, include_path)["metadata"]
    shape = {"ptr_samples": 1, **metadata}
    shape = {**rounds_of(longest, own, shape, metadata), **shape}
    loaded = load_task(task, shape, include_path=include_path)
    loaded.asks = False
    given = TaskSettings.from_metadata({**own, **metadata})
    check_scorers({task: given.scorers}, {task: tuple(loaded.spec.scorers)})
    check_wordings({task: given.prompt}, {task: tuple(loaded.spec.prompts)})
    uses = used_by(loaded.settings, chain.from_iterable(loaded.spec.scorer_settings.values()))
    for warning in unused((key.removeprefix(PREFIX) for key in metadata), {task: uses}):
        _log.warning(warning)
    if beyond := [i for i in replies if not 0 <= i < len(loaded.eval_docs)]:
        raise UserError(
            f"{responses}: {task} has documents 0 to {len(loaded.eval_docs) - 1}, not {beyond[0]}."
        )
    room = loaded.config.repeats * sum(loaded.protocol.answers_per_round)
    if long := [number for number, of_one in replies.items() if len(of_one) > room]:
        raise UserError(
            f"{responses}: document {long[0]} has {len(replies[long[0]])} responses, and "
            f"ptr_rounds={loaded.settings.rounds} has room for {room}; leave ptr_rounds out."
        )
    label = name or responses.name.split(".")[0]
    _confirm(loaded, unsafe_code)
    answers = [_numbered(of_one, loaded, number) for number, of_one in replies.items()]
    recording = Recording(label, loaded, answers, list(replies), numbered=True)
    return evaluate_recordings([recording], out, unsafe_code=unsafe_code)


def rescore(
    run: Path,
    out: Path,
    *,
    metadata: Mapping[str, Any],
    unsafe_code: bool = False,
    include_path: Path | None = None,
) -> tuple[list[dict[str, Any]], list[VerdictChange]]:
    """Score a saved run again, with other scorers or settings, without its model or data.

    Args:
        run: Its results file, or a folder that holds it.
        out: The folder to write to.
        metadata: The settings that are to change; only those that say how to score can.
        unsafe_code: Whether the user agreed that code which a model wrote is run.
        include_path: A folder with tasks of the user's own.

    Returns:
        The results, in a list of one, and the answers whose verdicts changed.

    Raises:
        UserError: If the run or a task cannot be found, or a setting cannot be changed.
    """
    check_folder("--out", out)
    tasks = read_run(run)
    recordings = []
    asked: dict[str, list[SavedQuestion]] = {}
    for saved, config in zip(tasks, configs_of(tasks, metadata, include_path), strict=True):
        found = sorted(questions(saved), key=lambda question: question.number)
        task = RefinementTask(config, [question.fields for question in found], saved.description)
        _confirm(task, unsafe_code)
        answers = [question.answers for question in found]
        numbers = [question.number for question in found]
        recordings.append(Recording(saved.model, task, answers, numbers, numbered=False))
        asked[saved.task] = found
    results = evaluate_recordings(recordings, out, unsafe_code=unsafe_code)
    changes = [
        change
        for task_name, found in asked.items()
        for change in _changes(task_name, found, results["samples"][task_name])
    ]
    lines = [json.dumps(asdict(change), ensure_ascii=False) for change in changes]
    (out / "verdict_changes.jsonl").write_text(
        "".join(f"{line}\n" for line in lines), encoding="utf-8"
    )
    return [results], changes


def _numbered(replies: Sequence[Reply], task: RefinementTask, question: int) -> list[Answer]:
    """Number replies as the task's protocol would have asked for them."""
    each = task.protocol.answers_per_round
    answers = []
    for index, reply in enumerate(replies):
        sample, rest = divmod(index, sum(each))
        answers.append(Answer(question, sample, *place(rest, each), reply))
    return answers


def _confirm(task: RefinementTask, unsafe_code: bool) -> None:
    if getattr(task, "UNSAFE_CODE", False) and not unsafe_code:
        raise UserError(
            f"{task.config.task} runs code that a model wrote; add --confirm_run_unsafe_code."
        )


def _changes(
    task: str, asked: Sequence[SavedQuestion], samples: list[dict[str, Any]]
) -> Iterator[VerdictChange]:
    new = logged_answers(samples)
    for question in asked:
        scored = {answer.place: answer for answer in new[question.number]}
        for before in question.answers:
            after = scored.get(before.place)
            if after is None or not (before.grades and after.grades):
                continue  # Not scored before, or there is nothing to score.
            if before.score.verdict == after.score.verdict:
                continue
            yield VerdictChange(
                task,
                question.number,
                before.sample,
                before.round,
                before.score.verdict,
                after.score.verdict,
                before.score.answer,
                after.score.answer,
                before.score.how,
                after.score.how,
            )
