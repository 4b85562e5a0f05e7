"""Direct preference optimisation: makes chosen answers more likely than rejected ones.

Sequences 2i and 2i + 1 of a batch are the chosen and the rejected row of pair i; each sequence has
one row.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import logsigmoid

from ptr_train.objectives.base import Extras, LogProbs, LossSums, layout, logprobs_at
from ptr_train.objectives.settings import DpoSettings
from ptr_train.records import Batch


def answer_logprobs(hidden: Tensor, logprobs: LogProbs, batch: Batch) -> Tensor:
    """Give the log-probability of each sequence's final answer, the sum over its tokens. [B].

    `Extras.reference` has the same numbers of the reference model, without gradient.
    """
    where = layout(batch)
    if where.shape[1] > 1:
        raise ValueError("preference pairs must not be packed: a sequence must have one row")
    return logprobs_at(hidden, logprobs, batch.input_ids, where.answer).sum(1)


def dpo_losses(policy: Tensor, reference: Tensor, settings: DpoSettings) -> tuple[Tensor, Tensor]:
    """Give each pair's loss and its margin beta d. [pairs] each.

    With d = (log p(c) - log p_ref(c)) - (log p(r) - log p_ref(r)), c chosen, r rejected:
    L = - (1 - e) log sigmoid(beta d) - e log sigmoid(- beta d)
    (Rafailov et al., 2023, arXiv:2305.18290, eq. 7; smoothed by e as in Mitchell's note on
    conservative DPO).
    """
    ratios = (policy - reference.to(policy.dtype)).view(-1, 2)
    margins = settings.beta * (ratios[:, 0] - ratios[:, 1])
    smooth = settings.label_smoothing
    return -(1 - smooth) * logsigmoid(margins) - smooth * logsigmoid(-margins), margins


@dataclass(frozen=True, slots=True)
class Dpo:
    """The mean of `dpo_losses`, and the chosen answers' negative log-likelihood per token."""

    settings: DpoSettings
    """The settings."""

    def denominators(self, batch: Batch, extras: Extras) -> dict[str, Tensor]:
        """Give what each term divides by."""
        tokens = layout(batch).answer[::2].sum()
        pairs = tokens.new_tensor(len(batch.input_ids) // 2)
        return {"dpo": pairs, "sft": tokens, "margin": pairs, "accuracy": pairs}

    def __call__(
        self, hidden: Tensor, logprobs: LogProbs, batch: Batch, extras: Extras
    ) -> LossSums:
        """Sum each term over a micro-batch."""
        if extras.reference is None:
            raise ValueError(
                "dpo needs the log-probabilities of the reference (`Extras.reference`)"
            )
        policy = answer_logprobs(hidden, logprobs, batch)
        losses, margins = dpo_losses(policy, extras.reference, self.settings)
        numerators = {
            "dpo": losses.sum(),
            "sft": -policy[::2].sum(),
            "margin": margins.detach().sum(),
            "accuracy": (margins.detach() > 0).to(margins.dtype).sum(),
        }
        return LossSums(numerators, self.denominators(batch, extras))
