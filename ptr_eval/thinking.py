"""Telling a model's answer from the thinking block some models write before it.

Models mark the block as `<think>...</think>` or the like. Some chat templates open it in the
prompt, so a response may hold the end mark alone. A block that was opened and never closed is
a thought cut short: there is no answer after it.
"""

DEFAULT_END = "</think>"


def visible_answer(response: str, end: str = DEFAULT_END) -> str:
    """Return the part of a response after its thinking block."""
    if not end:
        return response
    _, mark, after = response.rpartition(end)
    opening = end.replace("/", "", 1)
    if opening != end and opening in after:
        after, mark = after[: after.index(opening)], opening
    return after.strip() if mark else after
