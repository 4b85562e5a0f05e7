"""Asking models: many questions, in an order that does not depend on theirs, and much at once."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ptr_data.models.model import Prompt, TextModel
from ptr_data.records import GeneratedText
from ptr_eval.engine import EngineName
from ptr_eval.errors import UserError

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work

T = TypeVar("T")

# Fewer failures than this may be the prompts'.
_ALL_FAILED = 20
_MANY_CUT = 0.5

_log = logging.getLogger(__name__)


def carry_out(works: "Sequence[Work[T]]", title: str, engine: EngineName = "auto") -> list[T]:
    """Do work that asks models; what was begun is finished first."""
    from ptr_eval.harness import asks

    return asks.carry_out(works, f"{title}, requests", engine)


def together(works: "Sequence[Work[T]]") -> "Work[list[T]]":
    """Do several works as one, so that what they ask is asked at the same time."""
    from ptr_eval.harness import asks

    return asks.together(works)


def ask(
    model: TextModel, prompts: Sequence[Prompt], samples: int, ledger: Path | None
) -> "Work[list[list[GeneratedText]]]":
    """Ask in an order of our own, on which what is drawn in batches may depend.

    What goes wrong with all of a model's texts about a shard ends the build before more than the
    beginning of the next shard is paid for.
    """
    order = sorted(range(len(prompts)), key=lambda i: prompts[i].query.id)
    texts = yield from model.generate([prompts[i] for i in order], samples, ledger)
    reasons = {text.failed for drawn in texts for text in drawn}
    if len(prompts) >= _ALL_FAILED and None not in reasons:
        raise UserError(
            f"Model {model.name} failed on all of {len(prompts)} questions "
            f"({texts[0][0].failed}); correct that, or remove the model from the configuration."
        )
    _check_lengths(model.name, [text for drawn in texts for text in drawn])
    by_place = dict(zip(order, texts, strict=True))
    return [by_place[i] for i in range(len(prompts))]


def _check_lengths(model: str, texts: Sequence[GeneratedText]) -> None:
    """Stop if all texts reach the token limit, so that they may be cut off; warn if most do."""
    cut = [text for text in texts if text.full]
    if len(texts) < _ALL_FAILED or len(cut) <= len(texts) * _MANY_CUT:
        return
    problem = (
        f"Model {model}: {len(cut):,} of {len(texts):,} texts reach the token limit of "
        f"{max(text.tokens for text in cut):,} and may be cut off; raise `max_new_tokens` in its "
        "`generation`, or name there under `stop` where its texts end."
    )
    if len(cut) == len(texts):
        raise UserError(problem)
    _log.warning("%s Texts that are cut off are not used as they are.", problem)
