"""Multi-round refinement for lm-evaluation-harness: ask again, score every round."""

__version__ = "0.1.0"
