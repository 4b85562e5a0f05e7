"""Questions that contain their own answer.

An answer found in its question is no proof of a leak: of 11 such rows among 2,425 of WizardLM,
Alpaca and Self-Instruct, all ask to extract, reorder, punctuate or shorten a given text. An
answer therefore counts as leaked only behind a mark such as "Answer:", or if it is long. Answers
that are leaked in other words are not found.
"""

import re

# A character of Chinese or Japanese is a word of its own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_MARK = re.compile(
    r"\b(?:answer|solution|response|reply|assistant|gpt|result)s?\W{0,4}"
    r"(?:[:\uff1a=]|\bis\b)\W*$"
)


def leaked_answer(question: str, answer: str, words: int, marked_words: int) -> str:
    """Look for an answer in its question; case, punctuation and blanks make no difference."""
    asked, wanted = question.casefold(), _WORD.findall(answer.casefold())
    if not wanted:
        return ""
    found = list(_WORD.finditer(asked))
    there = f" {' '.join(word.group() for word in found)} "
    needle = f" {' '.join(wanted)} "
    at = there.find(needle)
    while at >= 0:
        first = there.count(" ", 0, at)
        last = first + len(wanted) == len(found)
        marked = _MARK.search(asked[max(0, found[first].start() - 60) : found[first].start()])
        if len(wanted) >= words or (marked and (last or len(wanted) >= marked_words)):
            return f"its answer of {len(wanted)} words"
        at = there.find(needle, at + 1)
    return ""
