"""Best-of-k: choosing one of the candidates that a saved run holds."""

from ptr_eval.best_of_n.classifier import RewardSettings
from ptr_eval.best_of_n.judge import JudgeSettings
from ptr_eval.best_of_n.run import select

__all__ = ["JudgeSettings", "RewardSettings", "select"]
