"""Splits a response where it goes on to another question.

Base models write a further question and its answer after their own answer.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from ptr_eval.scoring.multiple_choice.normalize import lower_in_place

_NEXT_QUESTION = re.compile(
    r"^\W{0,6}(?:(?:next |new )?(?:question|problem|exercise)|Q|human|user|input|instruction|"
    r"问题|题目)(?: ?#?\d{1,4})?\W{0,3}[:.)]"
    # "Now, let's summarize all the answers": few-shot questions answered again
    r"|^[^\n]{0,30}(?:summari[sz]e|summari[sz]ing|combin(?:e|ing)|considering|总结)[^\n]{0,20}"
    r"(?:all the (?:answers|questions)|答案)\b"
    r"|^(?:<\|im_start\|>user|\[INST\]|The following (?:is|are) )",
    re.IGNORECASE | re.MULTILINE,
)
_LISTED = re.compile(r"^[-•(\[ ]{0,3}([A-Za-z0-9]{1,2})[)\].:]\s*(\S.{0,200})", re.DOTALL)
_ANSWER_LINE = re.compile(
    r"(?:(?:the )?(?:correct )?answer|ans|a|答案)\b(?: ?:| is\b)", re.IGNORECASE
)


def split_questions(response: str, keys: dict[str, str]) -> Iterator[str]:
    """Yield the parts of a response that are about one question each.

    A part begins at a heading such as `Question:`, and at a paragraph that is a question with
    options of its own.
    """
    starts = {0, *(found.start() for found in _NEXT_QUESTION.finditer(response))}
    place = 0
    for paragraph in response.split("\n\n"):
        if _is_other_question(paragraph, keys):
            starts.add(place)
        place += len(paragraph) + 2
    edges = [*sorted(starts), len(response)]
    for start, end in pairwise(edges):
        yield response[start:end]


def _is_other_question(paragraph: str, keys: dict[str, str]) -> bool:
    """Whether a paragraph is a question with options of its own and an answer line."""
    lines = paragraph.split("\n")
    items = [_LISTED.match(line) for line in lines]
    if len(lines) < 4 or items[0] or not any(_ANSWER_LINE.match(line) for line in lines):
        return False
    texts = [lower_in_place(item[2]) for item in items if item and item[1] in keys]
    ours = tuple(key for key in keys.values() if key)
    return len(texts) >= 2 and not any(text.startswith(ours) for text in texts)
