"""Ask a model many questions, in an order that does not depend on theirs."""

from collections.abc import Sequence
from pathlib import Path

from ptr_data.models.model import Prompt, TextModel
from ptr_data.records import GeneratedText
from ptr_eval.errors import UserError

# Fewer failures than this may be the prompts'.
_ALL_FAILED = 20


def ask(
    model: TextModel, prompts: Sequence[Prompt], samples: int, ledger: Path | None
) -> list[list[GeneratedText]]:
    """Ask in an order of our own, on which what is drawn in batches may depend."""
    order = sorted(range(len(prompts)), key=lambda i: prompts[i].query.id)
    texts = model.generate([prompts[i] for i in order], samples, ledger)
    reasons = {text.failed for drawn in texts for text in drawn}
    if len(prompts) >= _ALL_FAILED and None not in reasons:
        raise UserError(
            f"Model {model.name} failed on all of {len(prompts)} questions "
            f"({texts[0][0].failed}); correct that, or remove the model from the configuration."
        )
    by_place = dict(zip(order, texts, strict=True))
    return [by_place[i] for i in range(len(prompts))]
