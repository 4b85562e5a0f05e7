"""Settings of the objectives, and of the kernel that computes log-probabilities."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ptr_eval.config import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Reduction = Literal["token", "sequence"]
"""Whether every token counts alike, or every row, by the mean over its tokens."""


class KernelSettings(Settings):
    """How log-probabilities are computed."""

    kernel: Literal["auto", "chunked", "liger"] = "auto"
    """`chunked` is plain torch; `liger` a fused kernel for NVIDIA GPUs, to be installed apart;
    `auto` takes liger where it can."""
    token_chunk: Annotated[int, Field(ge=1)] = 1024
    """How many tokens `chunked` works on at once."""
    vocabulary_chunk: Annotated[int, Field(ge=1)] = 8192
    """How many words of the vocabulary it works on at once."""


class Lambdas(Settings):
    """How much each term of the PTR loss counts; together 1."""

    nll: Share
    """Lambda 1, of the final answer's negative log-likelihood."""
    consistency: Share
    """Lambda 2, of the agreement of consecutive attempts."""
    confidence: Share
    """Lambda 3, of the probability given to attempts."""

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
    """`paper_fixed` repairs the published formula; `paper_literal` is that formula as printed,
    defects included; `masked_ce` is what the released code does, the final answer's likelihood
    alone."""
    lambdas: Lambdas | None = None
    """How much each term counts, at the start; `nll` .8 and the others .1 if left out."""
    schedule: Literal["fixed", "linear", "balanced"] = "fixed"
    """`fixed` keeps lambdas; `linear` leads from `lambdas` to `final_lambdas` over the training;
    `balanced` divides each by the running size of its term."""
    final_lambdas: Lambdas | None = None
    """How much each term counts at the end, for `linear`."""
    balance_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """How much of a running size is kept at each step, for `balanced`."""
    balance_floor: Annotated[float, Field(gt=0)] = 0.01
    """The least running size that a term is taken to have, for `balanced`."""
    beta_0: Annotated[float, Field(gt=0)] = 1.0
    """The scale of beta_t = beta_0 * t / n, for `paper_literal`; elsewhere it cancels."""
    thought_mask: bool = True
    """Whether thoughts are exempt from the likelihood term."""
    confidence_over: Literal["answer", "all"] = "answer"
    """Whether confidence is asked for in the final answer alone, or in all attempts, which counts
    thoughts even under `thought_mask`."""
    consistency: Literal["hidden", "token"] = "hidden"
    """Whether attempts are compared by their mean hidden states or token by token."""
    reduction: Reduction = "token"
    """Whether the likelihood term counts every token alike, or every row."""

    @model_validator(mode="after")
    def _fits_together(self) -> "PtrSettings":
        problems = [
            f"`{name}` has no effect in {self.variant}, so leave it out"
            for name in _WITHOUT_EFFECT[self.variant]
            if getattr(self, name) != type(self).model_fields[name].default
        ]
        if (self.schedule == "linear") != (self.final_lambdas is not None):
            problems.append("`final_lambdas` and `schedule: linear` go together")
        if self.variant == "paper_literal" and "consistency" in self.terms and len(self.terms) == 1:
            problems.append("`consistency` alone has no gradient in paper_literal")
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
    """Whether every token counts alike, or every row."""


class GsrSettings(Settings):
    """The hybrid objective of generative self-refinement."""

    objective: Literal["gsr"] = "gsr"
    """`gsr`."""
    refine_weight: Share = 0.5
    """How much rows that refine candidates count; rows that solve directly count the rest."""
    reduction: Reduction = "token"
    """Whether every token counts alike, or every row."""


class DpoSettings(Settings):
    """Direct preference optimisation."""

    objective: Literal["dpo"] = "dpo"
    """`dpo`."""
    beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the policy is held to the reference; larger is stronger."""
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """The share of pairs taken to be labelled the wrong way round."""
    sft_weight: Annotated[float, Field(ge=0)] = 0.0
    """How much the chosen answers' likelihood per token counts beside."""


LossSettings = Annotated[
    PtrSettings | IftSettings | GsrSettings | DpoSettings, Field(discriminator="objective")
]
"""Settings of any objective, told apart by `objective`."""
