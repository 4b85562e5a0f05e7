"""Rounds that are not answered by the model under evaluation.

The first round's answers may be taken from a saved run, so that several models, orders or
numbers of candidates are compared on the same answers; later rounds may be asked of another
model, which then refines what the first one wrote.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.engine import Ask
from ptr_eval.errors import UserError
from ptr_eval.harness.loading import load_model
from ptr_eval.protocols import Reply
from ptr_eval.runs.recorded import read_saved


class Aggregator(Settings):
    """A model that refines what another one wrote."""

    backend: Text
    """A backend of lm-eval, such as `hf`."""
    args: dict[str, Any]
    """Its arguments, as --model_args takes them."""


def load_aggregator(choice: str, lm: LM) -> LM:
    """Load the model that answers from the second round on."""
    backend, colon, model = choice.partition(":")
    if choice.endswith((".yaml", ".yml")):
        asked = read_yaml_config(Path(choice).expanduser(), Aggregator)
    elif colon and backend and model:
        name = "model" if "completions" in backend else "pretrained"
        asked = Aggregator(backend=backend, args={name: model})
    else:
        raise UserError(
            f"ptr_aggregator={choice}: write BACKEND:MODEL, such as hf:./model, or name a YAML "
            "file with `backend` and `args`."
        )
    same = {name: getattr(lm, name, None) for name in ("device", "batch_size")}
    taken = {name: str(value) for name, value in same.items() if value is not None}
    return load_model(asked.backend, {**taken, **asked.args})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dialogue of this run is about."""

    task: str
    """The task."""
    doc: Mapping[str, Any]
    """The document."""
    sample: int
    """Which of its samples, from 0."""
    width: int
    """How many answers its first round asks for."""


class SavedRound:
    """Answers the first round from a saved run.

    The first answers to a document, of all its samples, are dealt out in order: sample s gets
    those from s * width on.
    """

    def __init__(self, run: Path, dialogues: Sequence[Asked]) -> None:
        saved = {
            (task.task, _fingerprint(sample["doc"])): list(replies)
            for task in read_saved(run)
            for sample, replies in zip(task.samples, task.first_rounds(), strict=True)
        }
        self._dealt = [self._deal(run, saved, asked) for asked in dialogues]

    def __call__(self, asks: list[Ask]) -> list[Reply]:
        """Look answers up."""
        return [self._dealt[ask.chain][ask.position] for ask in asks]

    @staticmethod
    def _deal(
        run: Path, saved: Mapping[tuple[str, str], Sequence[Reply]], asked: Asked
    ) -> Sequence[Reply]:
        replies = saved.get((asked.task, _fingerprint(asked.doc)))
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


def _fingerprint(doc: Mapping[str, Any]) -> str:
    return json.dumps(doc, sort_keys=True, ensure_ascii=True, default=str)
