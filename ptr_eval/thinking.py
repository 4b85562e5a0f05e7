"""Separates the answer of a model from the thinking block that some models write before it.

Models mark the block, for example by `<think>...</think>`. Some chat templates open it in the
prompt, so a response may contain only the end mark. After a block that was opened and never closed
there is no answer.
"""

DEFAULT_END = "</think>"
"""The usual mark at the end of a thinking block."""


def visible_answer(response: str, end: str = DEFAULT_END) -> str:
    """Return the part of a response after its thinking block."""
    if not end:
        return response
    _, mark, after = response.rpartition(end)
    opening = end.replace("/", "", 1)
    if opening != end and opening in after:
        after, mark = after[: after.index(opening)], opening
    return after.strip() if mark else after
