"""Few-shot examples of the question's own subject, as MMLU prescribes."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.samplers import ContextSampler


class SubjectSampler(ContextSampler):
    """Draws the first n examples of a subject, in the order of the file."""

    subject: str | None = None
    """The subject of the document about to be asked."""

    def sample(
        self,
        n: int,
        eval_doc: dict[str, Any] | None = None,
        df: Sequence[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Sequence[dict[str, Any]]:
        """Draw examples for a document."""
        pool = list(df if df is not None else self.df)
        own = [example for example in pool if example.get("subject") == self.subject]
        chosen: list[dict[str, Any]] = (own or pool)[:n]
        return chosen
