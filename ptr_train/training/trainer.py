"""The trainer of all methods: transformers' `Trainer` with an objective in place of its loss.

The model runs up to its last hidden states, and the objective computes the loss from them; there
are never logits of a whole batch. Each term is divided by its denominator over all micro-batches
and processes of the step, so that neither accumulation nor the number of processes changes the
result.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback

from ptr_eval.errors import UserError
from ptr_eval.harness.live import same_randomness
from ptr_train.config import SaveSettings
from ptr_train.objectives import KernelSettings, TermWeights
from ptr_train.objectives.base import LogProbs, LossSums, Objective, combine
from ptr_train.records import Batch
from ptr_train.training.checkpoints import checkpoint_folder, is_whole, keep_newest, saving
from ptr_train.training.cost import CostMeter
from ptr_train.training.hidden_states import HiddenFunction, run_on_hidden_states
from ptr_train.training.resuming import apply_settings, without_comparison
from ptr_train.training.sampling import StepSampler
from ptr_train.training.steps import steps_for
from ptr_train.training.term_counts import TermSums, added, mean_of_present, term_counts
from ptr_train.training.trainer_inputs import Inputs, first_items, rows_of, unpack_inputs

_SETTINGS = ("lr", "betas", "eps", "weight_decay")


@dataclass(frozen=True, slots=True)
class LossSpec:
    """The loss that is minimised."""

    objective: Objective
    """Computes the terms of the loss."""
    weights: TermWeights
    """The weights of the terms."""
    kernel: KernelSettings
    """How log-probabilities are computed."""


@dataclass(frozen=True, slots=True)
class _LoggedStep:
    """What is logged of a step."""

    values: TermSums
    """Each term without its weight."""
    counts: TermSums
    """What each term is a mean over, see `term_counts`."""
    weights: Mapping[str, float]
    """The weights of the terms that count."""


@dataclass(frozen=True, slots=True)
class TrainerHooks:
    """What the trainer calls and follows besides the loss."""

    begin: "Callable[[ObjectiveTrainer], None]"
    """Called before the first step, when the model is ready."""
    finish: "Callable[[ObjectiveTrainer, Path, Mapping[str, float]], None]"
    """Called with the folder of a checkpoint after its weights and states are written, and with
    the cost so far."""
    evaluate: "Callable[[ObjectiveTrainer], None] | None"
    """Evaluates tasks on the live model; None for no tasks."""
    save: SaveSettings
    """When checkpoints are saved, and how many are kept."""
    sampler: StepSampler
    """The order of the rows."""
    cost: CostMeter
    """Adds up what the training costs."""


class ObjectiveTrainer(Trainer):  # type: ignore[misc]
    """Trains by an objective."""

    def __init__(self, loss_spec: LossSpec, hooks: TrainerHooks, **options: Any) -> None:
        super().__init__(**options)
        self.add_callback(_StepCallback(self, hooks))
        # Then Trainer does not divide the loss by the number of micro-batches again.
        self.model_accepts_loss_kwargs = True
        self.loss_spec = loss_spec
        self.fresh_settings: list[dict[str, Any]] = []
        self._hooks = hooks
        self._divisors: TermSums = {}
        self._counts: TermSums = {}
        self._weights: dict[str, float] = {}
        self._step: TermSums = {}
        self._logged: list[_LoggedStep] = []
        self._rows: list[str] = []

    # The loss

    def get_batch_samples(
        self, epoch_iterator: Iterator[Inputs], num_batches: int, device: torch.device
    ) -> tuple[list[Inputs], TermSums]:
        """Take the micro-batches of a step, and sum their denominators."""
        batches = list(islice(epoch_iterator, num_batches))
        self._rows = [row for batch in batches for row in rows_of(batch)]
        divisors, counts = [], []
        for inputs in batches:
            batch, extras = unpack_inputs(inputs)
            divisors.append(self.loss_spec.objective.denominators(batch, extras))
            counts.append(term_counts(batch, divisors[-1]))
            self._hooks.cost.add(batch)
        self._divisors, self._counts = self._over_processes(added(divisors), added(counts))
        self._step = {}
        return batches, self._divisors

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Inputs,
        return_outputs: bool = False,
        num_items_in_batch: TermSums | None = None,
    ) -> Tensor:
        """Compute a micro-batch's share of the step's loss."""
        loss = self._losses(model, inputs)
        progress = self.state.global_step / max(self.state.max_steps, 1)
        self._weights = self.loss_spec.weights.at(progress)
        terms = combine(loss, self._weights, num_items_in_batch)
        if not torch.isfinite(terms.total):
            wrong = [name for name, value in terms.values.items() if not torch.isfinite(value)]
            step = self.state.global_step + 1
            raise _not_finite(f"The loss ({', '.join(wrong)})", step, rows_of(inputs))
        self._step = added([self._step, _detached(loss.numerators)])
        return terms.total * self.accelerator.num_processes

    def _losses(self, model: torch.nn.Module, inputs: Inputs) -> LossSums:
        batch, extras = unpack_inputs(inputs)

        def sums(hidden: Tensor, logprobs: LogProbs) -> Any:
            loss = self.loss_spec.objective(hidden, logprobs, batch, extras)
            return dict(loss.numerators), dict(loss.denominators)

        return LossSums(*self.run_on_hidden_states(model, batch, sums))

    def run_on_hidden_states(
        self, model: torch.nn.Module, batch: Batch, function: HiddenFunction
    ) -> Any:
        """Run the model on a batch, and a function on its hidden states, see `hidden_states`."""
        whole = self.accelerator.unwrap_model(model)
        with self.accelerator.autocast():
            return run_on_hidden_states(model, whole, batch, self.loss_spec.kernel, function)

    # Steps

    def _get_train_sampler(self, train_dataset: Any = None) -> StepSampler:
        return self._hooks.sampler

    def planned_steps(self) -> int:
        """Count the steps of the whole training, from its first."""
        args = self.args
        if args.max_steps > 0:
            return int(args.max_steps)
        batch = args.train_batch_size, args.gradient_accumulation_steps
        return steps_for(
            len(self.train_dataset), *batch, args.world_size, epochs=args.num_train_epochs
        )

    def create_optimizer(self, model: Any = None) -> Any:
        """Make the optimizer, and remember its settings: a checkpoint would restore older ones."""
        optimizer = super().create_optimizer(model)
        self.fresh_settings = [
            {name: group[name] for name in _SETTINGS} for group in optimizer.param_groups
        ]
        return optimizer

    def end_step(self) -> None:
        """Store the values of a step's terms, over all micro-batches and processes."""
        (sums,) = self._over_processes(self._step)
        values = {
            name: value / self._divisors[name].clamp(min=1e-9) for name, value in sums.items()
        }
        self._logged.append(_LoggedStep(values, self._counts, self._weights))
        if self.loss_spec.weights.momentum is not None:
            # The size of a term that no row of the step has is not known.
            there = {name: float(value) for name, value in values.items() if self._counts[name] > 0}
            self.loss_spec.weights.observe(there)

    def _over_processes(self, *each: Mapping[str, Tensor]) -> list[TermSums]:
        """Sum numbers over all processes, in one exchange."""
        values = [value.detach().float() for sums in each for value in sums.values()]
        if not values:
            return [{} for _ in each]
        whole = torch.stack(values).to(self.args.device)
        found = iter(self.accelerator.reduce(whole, reduction="sum").unbind())
        return [{name: next(found) for name in sums} for sums in each]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log; with the loss, also each term: its mean over the steps since the last logging."""
        if "loss" in logs and self._logged:
            logs.update(_term_logs(self._logged, dynamic=self.loss_spec.weights.dynamic))
            self._logged = []
        if not torch.isfinite(torch.tensor(float(logs.get("grad_norm", 0.0)))):
            raise _not_finite("The gradient", self.state.global_step, self._rows)
        super().log(logs, start_time)

    # Evaluation

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Sequence[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Compute the terms on the dev split, then evaluate tasks on the live model."""
        with same_randomness():  # Reading the split draws random numbers, too.
            metrics = self._dev_terms() if len(self.eval_dataset) else {}
            if metrics:
                self.log(metrics)
            if self._hooks.evaluate:
                self._hooks.evaluate(self)
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _dev_terms(self) -> dict[str, float]:
        found: list[tuple[Mapping[str, Tensor], ...]] = []
        self.model_wrapped.eval()
        for number, inputs in enumerate(self.get_eval_dataloader()):
            # Of a last batch that is not full, each process gets as many rows as the others: the
            # first rows of the split come again, which must not count twice.
            kept = self._first_time(number)
            used = first_items(inputs, max(kept, 1), self.data_collator.width)
            used = self._prepare_inputs(used)
            with torch.no_grad():
                loss = self._losses(self.model_wrapped, used)
            counts = term_counts(unpack_inputs(used)[0], loss.denominators)
            each = (loss.numerators, loss.denominators, counts)
            found.append(each if kept else tuple(_zeros(values) for values in each))
        self.model_wrapped.train()
        sums, divisors, counts = self._over_processes(*map(added, zip(*found, strict=True)))
        return {
            f"eval_{name}": float(value / divisors[name].clamp(min=1e-9))
            for name, value in sums.items()
            if counts[name] > 0
        }

    def _first_time(self, number: int) -> int:
        """Count the items of a batch of this process that come for the first time."""
        size: int = self.args.eval_batch_size
        processes: int = self.accelerator.num_processes
        place = (number * processes + int(self.accelerator.process_index)) * size
        return min(max(len(self.eval_dataset) - place, 0), size)

    # Checkpoints

    def _init_training_state(self, *given: Any) -> Any:
        with without_comparison():
            return super()._init_training_state(*given)

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        """Save as `Trainer` does, but only complete checkpoints, and each step once."""
        out = Path(self.args.output_dir)
        folder = checkpoint_folder(out, self.state.global_step)
        if is_whole(folder):
            return
        with saving(folder):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()  # Each process writes states of its own.
            cost = self._hooks.cost.total(self.accelerator)
            if self.args.should_save:
                self._hooks.finish(self, folder, cost)
        if self.args.should_save and self._hooks.save.limit:
            keep_newest(out, self._hooks.save.limit)


class _StepCallback(TrainerCallback):  # type: ignore[misc]
    """Calls the hooks between steps."""

    def __init__(self, trainer: ObjectiveTrainer, hooks: TrainerHooks) -> None:
        self._trainer = trainer
        self._hooks = hooks

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Apply what changed since a checkpoint, and call the hook for the start."""
        if state.global_step:
            apply_settings(self._trainer)
        self._hooks.begin(self._trainer)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Choose the order of the epoch: of one that is resumed, no one else does in all cases."""
        self._hooks.sampler.set_epoch(int(state.epoch + 1e-6))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Store the step's terms; log them before a checkpoint, so that no bad loss is saved."""
        self._trainer.end_step()
        control.should_log |= control.should_save

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for a checkpoint at the end of an epoch."""
        every = self._hooks.save.epochs
        control.should_save |= every is not None and round(state.epoch) % every == 0


def _not_finite(what: str, step: int, rows: Sequence[str]) -> UserError:
    shown = ", ".join(map(repr, rows[:8])) + (", ..." if len(rows) > 8 else "")
    return UserError(
        f"{what} is not a finite number at step {step} (rows {shown}); this step was not saved. "
        "Check these rows, or lower `optimizer.learning_rate`, and go on from the last checkpoint "
        "with --resume."
    )


def _term_logs(steps: "Sequence[_LoggedStep]", *, dynamic: bool) -> dict[str, float]:
    """Give what is logged of some steps: terms, counts of those that count, and their weights."""
    logs = mean_of_present([step.values for step in steps], [step.counts for step in steps])
    for name in steps[0].weights:
        if name in steps[0].counts:
            logs[f"{name}_count"] = float(torch.stack([step.counts[name] for step in steps]).sum())
            if dynamic:
                logs[f"{name}_weight"] = sum(step.weights[name] for step in steps) / len(steps)
    return logs


def _zeros(values: Mapping[str, Tensor]) -> TermSums:
    return {name: torch.zeros_like(value) for name, value in values.items()}


def _detached(values: Mapping[str, Tensor]) -> TermSums:
    return {name: value.detach() for name, value in values.items()}
