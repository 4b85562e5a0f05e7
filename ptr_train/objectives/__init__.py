"""The losses that are minimised: of PTR, and of the methods that it is compared with.

An objective gives the numerators and denominators of its terms separately. The trainer divides by
denominators that are summed over all micro-batches and processes of a step, so that their number
does not change the result.
"""

from typing import TYPE_CHECKING

from ptr_train.objectives.lambdas import TermWeights
from ptr_train.objectives.settings import (
    DpoSettings,
    GsrSettings,
    IftSettings,
    KernelSettings,
    Lambdas,
    LossSettings,
    PtrSettings,
)

if TYPE_CHECKING:
    from ptr_train.objectives.base import Objective

__all__ = [
    "DpoSettings",
    "GsrSettings",
    "IftSettings",
    "KernelSettings",
    "Lambdas",
    "LossSettings",
    "PtrSettings",
    "TermWeights",
    "make_objective",
    "make_weights",
]


def make_objective(settings: LossSettings) -> "Objective":
    """Make the objective that settings describe.

    Args:
        settings: The settings.

    Returns:
        The objective.
    """
    from ptr_train.objectives.dpo import Dpo
    from ptr_train.objectives.gsr import Gsr
    from ptr_train.objectives.ift import Ift
    from ptr_train.objectives.ptr import Ptr, warn_of_conflicts

    if isinstance(settings, PtrSettings):
        warn_of_conflicts(settings)
        return Ptr(settings)
    if isinstance(settings, GsrSettings):
        return Gsr(settings)
    return Dpo(settings) if isinstance(settings, DpoSettings) else Ift(settings)


def make_weights(settings: LossSettings) -> TermWeights:
    """Make the weights of an objective's terms, as settings describe them.

    Args:
        settings: The settings.

    Returns:
        The weights, at the start of a training.
    """
    if isinstance(settings, PtrSettings):
        final = settings.final_lambdas
        return TermWeights(
            start=settings.initial_lambdas,
            end=final.model_dump() if final else None,
            momentum=settings.balance_momentum if settings.schedule == "balanced" else None,
            floor=settings.balance_floor,
        )
    if isinstance(settings, GsrSettings):
        refine = settings.refine_weight
        return TermWeights({"direct": 1 - refine, "refine": refine})
    if isinstance(settings, DpoSettings):
        return TermWeights({"dpo": 1.0, "sft": settings.sft_weight})
    return TermWeights({"nll": 1.0})
