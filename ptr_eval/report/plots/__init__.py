"""Plots of panels and statistics; each function returns finished figures, `style` writes them."""

from ptr_eval.report.plots.by_correct import ByCorrect, accuracy_by_correct_candidates
from ptr_eval.report.plots.code_quality import code_quality_over_rounds
from ptr_eval.report.plots.composition import TokenUse, token_composition
from ptr_eval.report.plots.flow import answer_flow
from ptr_eval.report.plots.judged import win_rates
from ptr_eval.report.plots.over_candidates import LINES, OverCandidates, accuracy_over_candidates
from ptr_eval.report.plots.radar import task_radar
from ptr_eval.report.plots.refined import Refined, refined_bars, refinement_gaps
from ptr_eval.report.plots.rounds import accuracy_over_rounds
from ptr_eval.report.plots.tokens import accuracy_against_tokens
from ptr_eval.report.plots.training import training_series

__all__ = [
    "LINES",
    "ByCorrect",
    "OverCandidates",
    "Refined",
    "TokenUse",
    "accuracy_against_tokens",
    "accuracy_by_correct_candidates",
    "accuracy_over_candidates",
    "accuracy_over_rounds",
    "answer_flow",
    "code_quality_over_rounds",
    "refined_bars",
    "refinement_gaps",
    "task_radar",
    "token_composition",
    "training_series",
    "win_rates",
]
