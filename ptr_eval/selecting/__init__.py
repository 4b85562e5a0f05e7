"""Best-of-k: choosing one of the candidates that a saved run holds."""

from ptr_eval.selecting.classifier import RewardSettings
from ptr_eval.selecting.judge import JudgeSettings
from ptr_eval.selecting.run import select

__all__ = ["JudgeSettings", "RewardSettings", "select"]
