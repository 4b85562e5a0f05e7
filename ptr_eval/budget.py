"""Fitting a conversation into a model's context.

Quoted texts are first cut to their shares of their budget. Then the oldest answers go, with the
requests that followed them; if that is not enough, quoted texts are cut further, all alike. The
rest of the opening never goes. What was cut or dropped is counted and reported with the sample.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ptr_eval.conversation import Conversation

CUT_MARK = "[...] "
"""What stands before a quoted text whose beginning was cut off."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversation that was made to fit."""

    conversation: Conversation
    """What is left."""
    tokens: int | None
    """Its length in tokens; None if the backend cannot count."""
    dropped: int = 0
    """How many answers were dropped."""
    shortened: int = 0
    """How many quoted texts were cut."""
    overflows: bool = False
    """Whether even the bare opening is too long, so that the backend will cut it."""

    @property
    def cut(self) -> bool:
        """Whether the model sees less than the protocol asked it to."""
        return self.dropped > 0 or self.shortened > 0 or self.overflows


@dataclass(frozen=True, slots=True)
class Counter:
    """How long things are, in tokens."""

    conversation: Callable[[Conversation], int | None]
    """The length of a rendered conversation, or None if unknown."""
    text: Callable[[str], int]
    """The length of a text."""


def fit(conversation: Conversation, *, room: int | None, count: Counter) -> Fitted:
    """Cut quoted texts to their budget, then drop turns and cut further until all fits."""
    whole = conversation
    if whole.quotation:
        conversation = _quoting(whole, whole.quotation.share, count.text)
    tokens = count.conversation(conversation)
    dropped = 0
    while room is not None and tokens is not None and tokens > room and conversation.turns:
        conversation = conversation.without_oldest_turn()
        tokens = count.conversation(conversation)
        dropped += 1
    overflows = room is not None and tokens is not None and tokens > room
    if overflows and whole.quotation and room is not None:
        bare = replace(whole, turns=())
        fits = _most(
            whole.quotation.share,
            lambda share: (count.conversation(_quoting(bare, share, count.text)) or 0) <= room,
        )
        conversation = _quoting(bare, fits, count.text)
        tokens = count.conversation(conversation)
        overflows = tokens is not None and tokens > room
    return Fitted(conversation, tokens, dropped, _shortened(whole, conversation), overflows)


def ending(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """Keep the end of a text, where its answer stands."""
    if count(text) <= tokens:
        return text
    kept = _most(len(text), lambda characters: count(text[len(text) - characters :]) <= tokens)
    return CUT_MARK + text[len(text) - kept :].lstrip()


def estimate_tokens(text: str) -> int:
    """Guess a text's length in tokens where there is no tokenizer: UTF-8 bytes / 4, rounded up."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 4)


def _quoting(conversation: Conversation, share: int, count: Callable[[str], int]) -> Conversation:
    quotation = conversation.quotation
    if quotation is None:
        return conversation
    texts = tuple(ending(text, share, count) for text in quotation.texts)
    return replace(conversation, quotation=replace(quotation, texts=texts))


def _shortened(before: Conversation, after: Conversation) -> int:
    if before.quotation is None or after.quotation is None:
        return 0
    pairs = zip(before.quotation.texts, after.quotation.texts, strict=True)
    return sum(old != new for old, new in pairs)


def _most(highest: int, fits: Callable[[int], bool]) -> int:
    """Find the largest number from 0 to `highest` that fits, 0 if none does."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
