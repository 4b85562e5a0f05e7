"""Plots of panels; each function returns finished figures, and `style` writes them."""

from ptr_eval.report.plots.flow import answer_flow
from ptr_eval.report.plots.radar import task_radar
from ptr_eval.report.plots.rounds import accuracy_over_rounds
from ptr_eval.report.plots.tokens import accuracy_against_tokens
from ptr_eval.report.plots.training import training_series

__all__ = [
    "accuracy_against_tokens",
    "accuracy_over_rounds",
    "answer_flow",
    "task_radar",
    "training_series",
]
