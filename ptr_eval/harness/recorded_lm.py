"""Answers that exist already, scored and written as if a model had just given them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import AnswerKey
from ptr_eval.harness.task import RefinementTask
from ptr_eval.log import quiet_lm_eval
from ptr_eval.protocols import Reply
from ptr_eval.runs import NOT_RECORDED, Answer, put_answer


class RecordedLM(LM):
    """A model that only knows recorded answers."""

    def __init__(self, name: str, answers: Mapping[str, Sequence[Sequence[Answer]]]) -> None:
        super().__init__()
        self.name = name
        self._answers = {
            task: [{answer.place: answer for answer in of_one} for of_one in by_question]
            for task, by_question in answers.items()
        }

    def generate_rounds(self, requests: list[Instance]) -> list[str]:
        """Look the recorded answers up."""
        responses = []
        for request in requests:
            key: AnswerKey = request.arguments[2]
            number = int(request.doc_id or 0)
            asked = key.answer(number, Reply("", failure=NOT_RECORDED))
            known = self._answers[str(request.task_name)][number]
            answer = replace(known.get(asked.place, asked), question=number, grades={})
            if not answer.reply.prompt and key.index == 0:
                answer = replace(answer, reply=replace(answer.reply, prompt=request.arguments[0]))
            put_answer(request, answer)
            responses.append(answer.reply.response)
        return responses

    def generate_until(self, requests: list[Instance]) -> NoReturn:
        """Refuse: there is no model."""
        raise TypeError("recorded answers can only be replayed round by round")

    loglikelihood = generate_until
    loglikelihood_rolling = generate_until


@dataclass(frozen=True, slots=True)
class Recording:
    """What to score."""

    name: str
    """The name under which results are written."""
    task: RefinementTask
    """The task, its documents loaded."""
    answers: Sequence[Sequence[Answer]]
    """Answers by place of the question."""
    doc_ids: Sequence[int]
    """The documents' numbers, by place."""
    numbered: bool
    """Whether `doc_ids` select documents of the task; else the task holds just those documents, in
    that order."""


def check_folder(flag: str, folder: Path) -> None:
    """Refuse a place for results that is no folder, before anything is computed."""
    if folder.is_file() or folder.suffix == ".json":
        raise UserError(f"{flag} {folder}: is a file; name the folder to write to.")
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise UserError(f"{flag} {folder}: {above} is not a folder; name another place.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UserError(f"{flag} {folder}: {above} cannot be written to; name another place.")


def evaluate_recordings(
    recordings: Sequence[Recording], out: Path, *, unsafe_code: bool = False
) -> dict[str, Any]:
    """Score recorded answers of one model, and write lm-eval's files: one run, whatever tasks."""
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    by_task = {str(recording.task.config.task): recording for recording in recordings}
    places = {
        name: list(recording.doc_ids if recording.numbered else range(len(recording.answers)))
        for name, recording in by_task.items()
    }
    tracker = EvaluationTracker(output_path=str(out))
    model = recordings[0].name
    quiet_lm_eval()
    results: dict[str, Any] = simple_evaluate(
        model=RecordedLM(model, {name: each.answers for name, each in by_task.items()}),
        model_args={"pretrained": model},
        tasks=[recording.task for recording in recordings],
        task_manager=TaskManager(include_defaults=False),  # Else all of lm-eval's are looked up.
        samples=places,
        evaluation_tracker=tracker,
        log_samples=True,
        confirm_run_unsafe_code=unsafe_code,
    )
    for name, recording in by_task.items():
        for sample in results["samples"][name]:
            if not recording.numbered:
                sample["doc_id"] = recording.doc_ids[sample["doc_id"]]
    written = {key: value for key, value in results.items() if key != "samples"}
    tracker.save_results_aggregated(results=written, samples=results["samples"])
    for name in by_task:
        tracker.save_results_samples(task_name=name, samples=results["samples"][name])
    return results
