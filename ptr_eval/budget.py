"""Fits a conversation into the context of a model.

First, quoted texts are cut to their shares of their budget. Then the oldest answers are dropped,
with the requests that followed them. If that is not enough, the quoted texts are cut further, all
to the same length. The rest of the opening is never cut. What was cut or dropped is counted and
reported with the sample.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ptr_eval.conversation import Conversation

CUT_MARK = "[...] "
"""Comes before a quoted text whose beginning was cut off."""


@dataclass(frozen=True, slots=True)
class FittedConversation:
    """A conversation that was fitted into a context."""

    conversation: Conversation
    """The conversation, without what was cut or dropped."""
    tokens: int | None
    """Its length in tokens; None if it was not counted, since it surely fits."""
    dropped: int = 0
    """How many answers were dropped."""
    shortened: int = 0
    """How many quoted texts were cut."""
    overflows: bool = False
    """Whether even the opening alone is too long, so that the backend will cut it."""

    @property
    def truncated(self) -> bool:
        """Whether the model sees less than the protocol asked for."""
        return self.dropped > 0 or self.shortened > 0 or self.overflows


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts the tokens of a model."""

    conversation: Callable[[Conversation], int | None]
    """Returns the length of a rendered conversation; None if that is unknown, or surely fits."""
    text: Callable[[str], int]
    """Returns the length of a text."""


def fit(
    conversation: Conversation, *, max_tokens: int | None, count: TokenCounter
) -> FittedConversation:
    """Cut quoted texts to their budget, then drop exchanges and cut further until all fits."""
    whole = conversation
    if whole.quotation:
        conversation = _quoting(whole, whole.quotation.share, count.text)
    tokens = count.conversation(conversation)
    dropped = 0
    while _exceeds(tokens, max_tokens) and conversation.exchanges:
        conversation = conversation.without_oldest_exchange()
        tokens = count.conversation(conversation)
        dropped += 1
    if _exceeds(tokens, max_tokens) and whole.quotation:
        bare = replace(whole, exchanges=())

        def fits(share: int) -> bool:
            length = count.conversation(_quoting(bare, share, count.text))
            return not _exceeds(length, max_tokens)

        share = _most(whole.quotation.share, fits)
        conversation = _quoting(bare, share, count.text)
        tokens = count.conversation(conversation)
    return FittedConversation(
        conversation=conversation,
        tokens=tokens,
        dropped=dropped,
        shortened=_shortened(whole, conversation),
        overflows=_exceeds(tokens, max_tokens),
    )


def keep_end(text: str, tokens: int, count: Callable[[str], int]) -> str:
    """Keep the end of a text, which has its answer."""
    if count(text) <= tokens:
        return text
    kept = _most(len(text), lambda characters: count(text[len(text) - characters :]) <= tokens)
    return CUT_MARK + text[len(text) - kept :].lstrip()


def estimate_tokens(text: str) -> int:
    """Estimate the length of a text in tokens, without a tokenizer: UTF-8 bytes / 4, rounded up."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 4)


def _exceeds(tokens: int | None, max_tokens: int | None) -> bool:
    """Whether a length is known to be above a known limit."""
    return tokens is not None and max_tokens is not None and tokens > max_tokens


def _quoting(conversation: Conversation, share: int, count: Callable[[str], int]) -> Conversation:
    quotation = conversation.quotation
    if quotation is None:
        return conversation
    texts = tuple(keep_end(text, share, count) for text in quotation.texts)
    return replace(conversation, quotation=replace(quotation, texts=texts))


def _shortened(before: Conversation, after: Conversation) -> int:
    if before.quotation is None or after.quotation is None:
        return 0
    pairs = zip(before.quotation.texts, after.quotation.texts, strict=True)
    return sum(old != new for old, new in pairs)


def _most(highest: int, fits: Callable[[int], bool]) -> int:
    """Find the largest number from 0 to `highest` that fits; 0 if none does."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
