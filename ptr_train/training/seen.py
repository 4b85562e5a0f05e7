"""What a training sees of its data: rows, what was left out of them and why, and padding."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ptr_train.config import TrainConfig
from ptr_train.objectives import DpoSettings
from ptr_train.training.sampling import StepSampler, padded_tokens

_log = logging.getLogger(__name__)

NOTABLE = 0.05
"""Above this share, what is lost is warned of."""


@dataclass(frozen=True, slots=True)
class SeenData:
    """What a training sees of a split."""

    rows: int
    """How many rows, or pairs, it trains on."""
    left_out: Mapping[str, int]
    """How many more there were that encoding left out, by the reason."""
    thoughts: int
    """How many thoughts its rows had."""
    thoughts_cut: int
    """How many of these were left out for length."""
    tokens: int
    """How many tokens an epoch has, without padding."""
    longest: int
    """The most tokens that a row has."""
    padding: float
    """The share of padding in the micro-batches of the first epoch."""
    batches: str
    """How rows are put into micro-batches."""

    def line(self, split: str = "train") -> str:
        """Say it in one line."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        parts = [
            f"{self.rows:,} rows",
            f"{sum(self.left_out.values()):,} left out" + (f" ({reasons})" if reasons else ""),
            f"{self.thoughts_cut:,} of {self.thoughts:,} thoughts cut",
            f"{self.tokens:,} tokens",
            f"longest {self.longest:,}",
            f"{self.padding:.1%} padding ({self.batches})",
        ]
        return f"{split}: {', '.join(parts)}"


def batching(config: TrainConfig, processes: int) -> tuple[int | None, str]:
    """Give the size of the steps within which rows are ordered by length, and say how they are."""
    if config.data.pack:
        return None, "packed"
    train = config.train
    batches = train.gradient_accumulation_steps * processes
    if not config.group_by_length or batches == 1:  # A step of one micro-batch has no other order.
        return None, "at random"
    return train.per_device_batch_size * batches, "by length within each step"


def sampler_of(config: TrainConfig, lengths: list[int], processes: int) -> StepSampler:
    """Make the sampler that a configuration asks for."""
    return StepSampler(lengths, config.seed, batching(config, processes)[0])


def padding_of(config: TrainConfig, lengths: list[int], processes: int, tokens: float) -> float:
    """Give the share of padding in the first epoch, which has so many tokens."""
    order = list(sampler_of(config, lengths, processes))
    return 1 - tokens / padded_tokens(order, lengths, config.train.per_device_batch_size)


def warn_of_losses(seen: SeenData, config: TrainConfig) -> None:
    """Warn if much is left out, or much of what is computed is padding."""
    out = sum(seen.left_out.values())
    if (share := out / max(out + seen.rows, 1)) > NOTABLE:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in seen.left_out.items())
        _log.warning(
            "%.1f %% of the rows are left out (%s); raise `data.encoding.max_length` to keep those "
            "that are too long.",
            100 * share,
            reasons,
        )
    if (share := seen.thoughts_cut / max(seen.thoughts, 1)) > NOTABLE:
        _log.warning(
            "%.1f %% of the thoughts are left out for length, and rows without thoughts do not "
            "teach to refine; raise `data.encoding.max_length`.",
            100 * share,
        )
    if seen.padding > NOTABLE:
        _log.warning(
            "%.1f %% of what is computed is padding; %s.", 100 * seen.padding, _less_padding(config)
        )


def _less_padding(config: TrainConfig) -> str:
    """Say what would lessen padding."""
    remedies = ["a smaller `train.per_device_batch_size` and larger `gradient_accumulation_steps`"]
    if not config.group_by_length and not config.data.pack:
        # Within a step of one micro-batch there is nothing to put in order.
        alone = config.train.gradient_accumulation_steps == 1
        ordered = "`train.group_by_length: true`"
        remedies = [f"{ordered} and {remedies[0]}"] if alone else [ordered, *remedies]
    if not config.data.pack and not isinstance(config.loss, DpoSettings):
        remedies.append("`data.pack: true`")
    return f"set {', or '.join(remedies)}"
