"""Settings of the objectives, and of the kernel that computes log-probabilities."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ptr_eval.config import Settings
from ptr_train.thought_mask import ThoughtMask

Share = Annotated[float, Field(ge=0, le=1)]
Reduction = Literal["token", "sequence"]
"""Whether every token counts the same, or every row, by the mean over its tokens."""


class KernelSettings(Settings):
    """How log-probabilities are computed."""

    kernel: Literal["auto", "chunked", "liger"] = "auto"
    """`chunked` is plain torch; `liger` is a fused kernel for NVIDIA GPUs, a package of its own to
    install; `auto` uses liger where it works."""
    token_chunk: Annotated[int, Field(ge=1)] = 1024
    """How many tokens a tile of `chunked` has."""
    vocabulary_chunk: Annotated[int, Field(ge=1)] = 8192
    """How many words of the vocabulary a tile has."""


class Lambdas(Settings):
    """The weights of the terms of the PTR loss; they sum to 1."""

    nll: Share
    """Lambda 1, of the negative log-likelihood of the final answer."""
    consistency: Share
    """Lambda 2, of the consistency of consecutive attempts."""
    confidence: Share
    """Lambda 3, of the confidence: the probability of attempts."""

    @model_validator(mode="after")
    def _sums_to_one(self) -> "Lambdas":
        if abs((total := sum(self.model_dump().values())) - 1) > 1e-6:
            raise ValueError(f"must sum to 1 (this sums to {total:g})")
        return self


class PtrSettings(Settings):
    """The objective of progressive thought refinement."""

    objective: Literal["ptr"] = "ptr"
    """`ptr`."""
    variant: Literal["paper_fixed", "paper_literal", "masked_ce"] = "paper_fixed"
    """`paper_fixed` is the published formula with its defects corrected; `paper_literal` is the
    published formula with its defects; `masked_ce` is what the released code does: only the
    likelihood of the final answer."""
    lambdas: Lambdas | None = None
    """The weights at the start; by default `nll` has 0.8, and the others have 0.1 each."""
    schedule: Literal["fixed", "linear", "balanced"] = "fixed"
    """`fixed` keeps the lambdas; `linear` changes them from `lambdas` to `final_lambdas` over the
    training; `balanced` divides each by the running mean of its term."""
    final_lambdas: Lambdas | None = None
    """The weights at the end, for `linear`."""
    balance_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """The decay rate of the running means, for `balanced`."""
    balance_floor: Annotated[float, Field(gt=0)] = 0.01
    """The least value of a running mean in the formula, for `balanced`."""
    beta_0: Annotated[float, Field(gt=0)] = 1.0
    """The scale of beta_t = beta_0 * t / n, for `paper_literal`; in other variants it cancels."""
    thought_mask: ThoughtMask = True
    """Whether thoughts are left out of the likelihood term; with a share, such as `{share: 0.5, of:
    sentences}`, part of them is. The other parts count by `data.encoding.thought_weight`."""
    confidence_over: Literal["answer", "all"] = "answer"
    """Whether confidence is of the final answer alone or of all attempts; `all` has an effect on
    thoughts even with `thought_mask`."""
    consistency: Literal["hidden", "token"] = "hidden"
    """Whether attempts are compared by their mean hidden states or token by token."""
    reduction: Reduction = "token"
    """Whether every token counts the same in the likelihood term, or every row."""

    @model_validator(mode="after")
    def _fits_together(self) -> "PtrSettings":
        problems = [
            f"`{name}` has no effect in {self.variant}; leave it out"
            for name in _WITHOUT_EFFECT[self.variant]
            if getattr(self, name) != type(self).model_fields[name].default
        ]
        if (self.schedule == "linear") != (self.final_lambdas is not None):
            problems.append(
                "`schedule: linear` and `final_lambdas` need each other; set both or none"
            )
        if self.variant == "paper_literal" and "consistency" in self.terms and len(self.terms) == 1:
            problems.append("`consistency` as the only term has no gradient in paper_literal")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def initial_lambdas(self) -> dict[str, float]:
        """How much each term counts at the start, by its name."""
        if self.variant == "masked_ce":
            return {"nll": 1.0, "consistency": 0.0, "confidence": 0.0}
        if self.lambdas is None:
            return {"nll": 0.8, "consistency": 0.1, "confidence": 0.1}
        return self.lambdas.model_dump()

    @property
    def terms(self) -> list[str]:
        """The names of the terms that count at some time."""
        last = self.final_lambdas.model_dump() if self.final_lambdas else {}
        first = self.initial_lambdas
        return [name for name, value in first.items() if value or last.get(name)]


_WITHOUT_EFFECT = {
    "paper_fixed": ("beta_0",),
    "paper_literal": ("confidence_over", "consistency", "reduction"),
    "masked_ce": (
        "lambdas",
        "schedule",
        "final_lambdas",
        "beta_0",
        "confidence_over",
        "consistency",
    ),
}


class IftSettings(Settings):
    """Plain fine-tuning on instructions."""

    objective: Literal["ift"] = "ift"
    """`ift`."""
    reduction: Reduction = "token"
    """Whether every token counts the same, or every row."""


class GsrSettings(Settings):
    """The hybrid objective of generative self-refinement."""

    objective: Literal["gsr"] = "gsr"
    """`gsr`."""
    refine_weight: Share = 0.5
    """The weight of rows that refine candidates; rows that solve directly have the rest of 1."""
    reduction: Reduction = "token"
    """Whether every token counts the same, or every row."""


class DpoSettings(Settings):
    """Direct preference optimisation."""

    objective: Literal["dpo"] = "dpo"
    """`dpo`."""
    beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the model is kept near the reference; larger is stronger."""
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """The share of pairs that are assumed to have the wrong order."""
    sft_weight: Annotated[float, Field(ge=0)] = 0.0
    """The weight of the chosen answers' negative log-likelihood per token."""


LossSettings = Annotated[
    PtrSettings | IftSettings | GsrSettings | DpoSettings, Field(discriminator="objective")
]
"""Settings of any objective; `objective` says which."""
