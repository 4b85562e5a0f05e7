"""What lm-eval's loggers for W&B and trackio show of our tasks: one row or trace a dialogue.

They take a task's samples for one prompt, one response and the same metrics each. Ours come once
a scorer, with the answers of all rounds, and only the headline has `score@t`. So the two methods
that read samples are given all of a dialogue at once; tasks of others go through as they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from lm_eval.loggers import TrackioLogger, WandbLogger
from lm_eval.loggers.utils import remove_none_pattern

from ptr_eval.runs import Answer, logged_answers

Sample = Mapping[str, Any]
"""What lm-eval logs of a question under one scorer."""


@dataclass(frozen=True, slots=True)
class LoggedDialogue:
    """All that is logged of one sample of a question."""

    question: int
    """The number of the question."""
    sample: int
    """Which of several samples of the question, from 0."""
    target: str
    """The right answer as the task words it."""
    answers: Sequence[Answer]
    """Its scored answers."""
    figures: Mapping[str, float]
    """The question's figures, by `<metric>@<round>,<scorer>`: means over its samples."""

    def texts(self) -> dict[str, str]:
        """Lay out what the model wrote, by kind of turn and round: `response@3`, `critique@2`."""
        turns = [turn for answer in self.answers for turn in answer.turns]
        return _cells(
            (f"{'response' if turn.scored else turn.kind}@{turn.round}", _shown(turn))
            for turn in turns
        )

    def verdicts(self) -> dict[str, str]:
        """Lay out what each scorer found, by round: `answer@3,strict`, `verdict@3,strict`."""
        return _cells(
            (f"{name}@{answer.round},{scorer}", value)
            for answer in self.answers
            for scorer, grade in answer.grades.items()
            for name, value in [
                ("answer", grade.score.answer or ""),
                ("verdict", grade.score.verdict),
            ]
        )


def adapt_loggers() -> None:
    """Let lm-eval's loggers show our tasks whole; they are classes that may be in use already."""
    WandbLogger._generate_dataset = _wandb_table(WandbLogger._generate_dataset)
    WandbLogger.log_eval_samples = _without_groups(WandbLogger.log_eval_samples)
    TrackioLogger.log_eval_samples = _trackio_traces(TrackioLogger.log_eval_samples)


def _wandb_table(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Make a table with one row a dialogue, and a column for each text and figure."""

    @wraps(plain)
    def table(self: WandbLogger, data: Sequence[Sample], config: Mapping[str, Any]) -> Any:
        if "ptr" not in config:
            return plain(self, data, config)
        rows = [_row(dialogue) for dialogue in dialogues_in(data)]
        columns = dict.fromkeys(name for _, cells in rows for name in cells)
        metrics = [{"metric": name} for name in columns]
        whole = [{**head, **columns, **cells} for head, cells in rows]
        return plain(self, whole, {**config, "metric_list": metrics})

    return table


def _row(dialogue: LoggedDialogue) -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe a dialogue by what lm-eval shows of every task, and by further cells."""
    last = dialogue.answers[-1]
    head = {
        "doc_id": dialogue.question,
        "target": dialogue.target,
        "arguments": [(dialogue.answers[0].reply.prompt,)],
        "resps": [[last.reply.response]],
        "filtered_resps": [str(last)],
    }
    cells = {"sample": dialogue.sample, **dialogue.texts(), **dialogue.verdicts()}
    return head, {**cells, **dialogue.figures}


def _without_groups(plain: Callable[..., None]) -> Callable[..., None]:
    """Keep lm-eval from looking for the samples of a group that has no figures of its own."""

    @wraps(plain)
    def log(self: WandbLogger, samples: Mapping[str, Sequence[Sample]]) -> None:
        self.group_names = [name for name in self.task_names if name not in samples]
        plain(self, samples)

    return log


def _trackio_traces(plain: Callable[..., None]) -> Callable[..., None]:
    """Log one trace a dialogue, with all its turns."""

    @wraps(plain)
    def log(self: TrackioLogger, samples: Mapping[str, Sequence[Sample]]) -> None:
        ours = [name for name in samples if "ptr" in self.task_configs.get(name, {})]
        plain(self, {name: samples[name] for name in samples if name not in ours})
        for task in ours:
            for dialogue in dialogues_in(samples[task]):
                trace = self._trackio.Trace(_messages(dialogue), _metadata(task, dialogue))
                self._trackio.log({f"{task}/sample": trace}, step=self.step)

    return log


def _messages(dialogue: LoggedDialogue) -> list[dict[str, str]]:
    return [
        {"role": role, "content": text}
        for answer in dialogue.answers
        for turn in answer.turns
        for role, text in [("user", turn.reply.prompt), ("assistant", _shown(turn))]
    ]


def _metadata(task: str, dialogue: LoggedDialogue) -> dict[str, Any]:
    place = {"task": task, "doc_id": dialogue.question, "sample": dialogue.sample}
    return {**place, "target": dialogue.target, **dialogue.verdicts(), **dialogue.figures}


def dialogues_in(samples: Sequence[Sample]) -> list[LoggedDialogue]:
    """Put together again what lm-eval logs of a task scorer by scorer."""
    figures: dict[int, dict[str, float]] = {}
    targets: dict[int, str] = {}
    for sample in samples:
        number = sample["doc_id"]
        targets[number] = str(sample["target"])
        figures.setdefault(number, {}).update(
            {
                remove_none_pattern(f"{name},{sample['filter']}")[0]: sample[name]
                for name in sample["metrics"]
            }
        )
    return [
        LoggedDialogue(number, n, targets[number], dialogue, figures[number])
        for number, answers in logged_answers(list(samples)).items()
        for n, dialogue in _by_sample(answers).items()
    ]


def _by_sample(answers: Sequence[Answer]) -> dict[int, list[Answer]]:
    found: dict[int, list[Answer]] = {}
    for answer in answers:
        found.setdefault(answer.sample, []).append(answer)
    return found


def _shown(turn: Answer) -> str:
    """Show a response, or in brackets why there is none."""
    reply = turn.reply
    return (
        f"({reply.outcome}: {reply.failure or reply.refusal})" if reply.missing else reply.response
    )


def _cells(parts: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Gather texts by name; several of one name are numbered in one text."""
    found: dict[str, list[str]] = {}
    for name, text in parts:
        found.setdefault(name, []).append(text)
    return {name: _numbered(texts) for name, texts in found.items()}


def _numbered(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n\n".join(f"[{n}] {text}" for n, text in enumerate(texts, start=1))
