"""Evaluation while training: tasks on the live model, saved as runs for `ptr-eval report`."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptr_eval.harness.live import LiveRun, evaluate_live
from ptr_eval.harness.settings import TaskSettings
from ptr_train.config import EvaluationSettings

if TYPE_CHECKING:
    from ptr_train.training.trainer import ObjectiveTrainer

_RECORD = "run.json"


def live_run(settings: EvaluationSettings, name: str) -> LiveRun:
    """Make the run that the settings describe."""
    return LiveRun(
        name=name,
        tasks=settings.tasks,
        metadata=settings.settings,
        limit=settings.limit,
        batch=settings.per_device_batch_size,
        chat=settings.chat,
        generation=settings.generation,
        unsafe_code=settings.unsafe_code,
    )


@dataclass(frozen=True, slots=True)
class LiveEvaluation:
    """Evaluates tasks at a step, into `eval/step-N/` of the training's folder."""

    out: Path
    """The training's folder."""
    method: str
    """The method of the training, for the report."""
    settings: EvaluationSettings
    """What to evaluate."""
    tokenizer: Any
    """The model's tokenizer."""
    shared: bool
    """Whether each process has the whole model, so that processes can share the questions."""

    def __call__(self, trainer: "ObjectiveTrainer") -> None:
        """Evaluate, unless an earlier run has done it for this step."""
        step = trainer.state.global_step
        folder = self.out / "eval" / f"step-{step}"
        done = (folder / _RECORD).is_file()
        trainer.accelerator.wait_for_everyone()  # All have looked now.
        if done or not self.settings.tasks:
            return
        if trainer.args.should_save:
            shutil.rmtree(folder, ignore_errors=True)  # A report would read what a kill left there.
        evaluate_live(
            trainer.accelerator.unwrap_model(trainer.model),
            self.tokenizer,
            live_run(self.settings, self.out.name),
            folder,
            trainer.accelerator if self.shared else None,
        )
        if trainer.args.should_save:
            record = {
                "model": f"{self.out.name}-{step}",  # A report has one model for each step.
                "method": self.method,
                "step": step,
                "instruction": TaskSettings.from_metadata(self.settings.settings).instruction,
            }
            (folder / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
