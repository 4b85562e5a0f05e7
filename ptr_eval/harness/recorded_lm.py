"""Answers that exist already, scored and written as if a model had just given them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ptr_eval.harness.plan import arguments_of
from ptr_eval.harness.task import RefinementTask
from ptr_eval.protocols import Reply
from ptr_eval.runs.recorded import NOT_RECORDED


class ReplayLM(LM):
    """A model that only knows recorded answers."""

    def __init__(self, name: str, answers: Mapping[str, Sequence[Sequence[Reply]]]) -> None:
        super().__init__()
        self.name = name
        self._answers = answers

    def generate_rounds(self, requests: list[Instance]) -> list[str]:
        """Look the recorded answers up."""
        responses = []
        for request in requests:
            recorded = self._answers[str(request.task_name)][int(request.doc_id or 0)]
            shown, settings, slot = request.arguments
            missing = Reply("", failed=NOT_RECORDED)
            reply = recorded[request.idx] if request.idx < len(recorded) else missing
            if not reply.prompt and slot.index == 0:
                reply = replace(reply, prompt=shown)
            request.arguments = arguments_of(slot, reply, settings)
            responses.append(reply.response)
        return responses

    def generate_until(self, requests: list[Instance]) -> NoReturn:
        """Refuse: there is no model."""
        raise TypeError("recorded answers can only be replayed round by round")

    loglikelihood = generate_until
    loglikelihood_rolling = generate_until


@dataclass(frozen=True, slots=True)
class Replay:
    """What to score."""

    name: str
    """The name under which results are written."""
    task: RefinementTask
    """The task, its documents loaded."""
    answers: Sequence[Sequence[Reply]]
    """Replies by place of the document."""
    doc_ids: Sequence[int]
    """The documents' numbers, by place."""
    numbered: bool
    """Whether `doc_ids` select documents of the task; else the task holds just those documents, in
    that order."""


def evaluate_replay(replay: Replay, out: Path, *, unsafe_code: bool = False) -> dict[str, Any]:
    """Score recorded answers, and write lm-eval's files."""
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    name = str(replay.task.config.task)
    places = replay.doc_ids if replay.numbered else range(len(replay.answers))
    tracker = EvaluationTracker(output_path=str(out))
    model = ReplayLM(replay.name, {name: replay.answers})
    logging.getLogger("lm_eval").setLevel(logging.WARNING)
    results: dict[str, Any] = simple_evaluate(
        model=model,
        model_args={"pretrained": replay.name},
        tasks=[replay.task],
        task_manager=TaskManager(include_defaults=False),  # Else all of lm-eval's are looked up.
        samples={name: list(places)},
        evaluation_tracker=tracker,
        log_samples=True,
        confirm_run_unsafe_code=unsafe_code,
    )
    for sample in results["samples"][name]:
        if not replay.numbered:
            sample["doc_id"] = replay.doc_ids[sample["doc_id"]]
    written = {key: value for key, value in results.items() if key != "samples"}
    tracker.save_results_aggregated(results=written, samples=results["samples"])
    tracker.save_results_samples(task_name=name, samples=results["samples"][name])
    return results
