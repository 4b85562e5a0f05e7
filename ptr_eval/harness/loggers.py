"""What lm-eval's loggers for W&B and trackio show of our tasks: one row or trace a dialogue.

They take each sample for one prompt, one response and every metric of the task. Ours come once a
scorer, with the answers of all rounds, and only the headline has `score@t`. So the methods that
read samples are given all of a dialogue at once; tasks of others go through as they are.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from lm_eval.loggers import TrackioLogger, WandbLogger

from ptr_eval.harness.logged_dialogues import LoggedDialogue, Sample, dialogues_in, shown
from ptr_eval.runs import plain_sample


def adapt_loggers() -> None:
    """Let lm-eval's loggers show our tasks whole; they are classes that may be in use already."""
    WandbLogger._generate_dataset = _wandb_table(WandbLogger._generate_dataset)
    WandbLogger.log_eval_samples = _without_groups(WandbLogger.log_eval_samples)
    TrackioLogger.log_eval_samples = _trackio_traces(TrackioLogger.log_eval_samples)


def _wandb_table(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Make a table with one row a dialogue, and a column for each text and figure."""

    @wraps(plain)
    def table(self: WandbLogger, data: list[Sample], config: Mapping[str, Any]) -> Any:
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
    cells = {"sample": dialogue.sample, **dialogue.texts(), **dialogue.verdicts()}
    return plain_sample(dialogue.target, dialogue.answers), {**cells, **dialogue.figures}


def _without_groups(plain: Callable[..., None]) -> Callable[..., None]:
    """Keep lm-eval from looking for the samples of a group that has no figures of its own."""

    @wraps(plain)
    def log(self: WandbLogger, samples: Mapping[str, list[Sample]]) -> None:
        self.group_names = [name for name in self.task_names if name not in samples]
        plain(self, samples)

    return log


def _trackio_traces(plain: Callable[..., None]) -> Callable[..., None]:
    """Log one trace a dialogue, with all its turns."""

    @wraps(plain)
    def log(self: TrackioLogger, samples: Mapping[str, list[Sample]]) -> None:
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
        for turn in dialogue.turns
        for role, text in [("user", turn.reply.prompt), ("assistant", shown(turn))]
    ]


def _metadata(task: str, dialogue: LoggedDialogue) -> dict[str, Any]:
    place = {"task": task, "doc_id": dialogue.question, "sample": dialogue.sample}
    return {**place, "target": dialogue.target, **dialogue.verdicts(), **dialogue.figures}
