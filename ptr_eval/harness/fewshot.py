"""Few-shot examples of the question's own subject, as MMLU prescribes."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.samplers import ContextSampler


class SubjectSampler(ContextSampler):
    """Draws the first n examples of a subject, in the order of the file.

    Attributes:
        subject: The subject of the document about to be asked.
    """

    subject: str | None = None

    def sample(
        self,
        n: int,
        eval_doc: dict[str, Any] | None = None,
        df: Sequence[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Sequence[dict[str, Any]]:
        """Draw examples for a document.

        Args:
            n: How many.
            eval_doc: Not used; the subject's examples are of another split.
            df: Examples to draw from, instead of the split's.
            **kwargs: Not used.

        Returns:
            The examples; all subjects' if the document's subject is not known.
        """
        pool = list(df if df is not None else self.df)
        own = [example for example in pool if example.get("subject") == self.subject]
        chosen: list[dict[str, Any]] = (own or pool)[:n]
        return chosen
