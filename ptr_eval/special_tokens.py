"""The special tokens of a tokenizer in text, as chat templates write them."""

from typing import Any


def special_token_at_start(tokenizer: Any, text: str) -> str | None:
    """Find the special token that a text begins with, the longest one; None if there is none."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    special = {str(token) for token in added if token.special} | set(tokenizer.all_special_tokens)
    begun = [token for token in special if token and text.startswith(token)]
    return max(begun, key=len) if begun else None
