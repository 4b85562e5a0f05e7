"""Reads a response that repeats a question's sentence and completes it with an option's text.

"... heat is moved away by" is completed in "Heat is moved away by surface winds."; "What is the
last step?" in "The last step is to wash hands."; "it served at a what?" in "It served at a bank."
"""

import re

from ptr_eval.scoring.multiple_choice.normalize import lower_in_place, normalize

_SENTENCE_END = re.compile(r"[.!?:]\s|\n")
_OPEN_END = re.compile(r"[\s:,]*(?:\b(?:an?|the))?[\s:,_]*\Z")
_WHAT = re.compile(r"(?:\b(?:an?|the) )?\bwhat ?\?\s*\Z")
_WHAT_IS = re.compile(r"(?:what|which|who|where) (is|are|was|were) (.+?) ?\?\s*\Z")
_WORD = re.compile(r"[\w'-]+")
_FEWEST, _MOST = 4, 8
"""How many words at the end of the question's sentence must be repeated, and how many at most."""
_LONGEST = 20_000


def completed_by(question: str) -> re.Pattern[str] | None:
    """Return what matches the end of a question's sentence; None if an option completes none."""
    text = lower_in_place(normalize(question[-_LONGEST:]))
    begins = [found.end() for found in _SENTENCE_END.finditer(text.rstrip())]
    sentence = text[begins[-1] if begins else 0 :].strip()
    asked = _WHAT_IS.match(sentence)
    if asked:
        sentence = f"{asked[2]} {asked[1]}"
    elif _WHAT.search(sentence):
        sentence = _WHAT.sub("", sentence)
    elif sentence.endswith((".", "?", "!")):
        return None
    words = _WORD.findall(_OPEN_END.sub("", sentence))[-_MOST:]
    if len(words) < _FEWEST:
        return None
    return re.compile(r"(?<!\w)" + r"[\s,]{1,3}".join(map(re.escape, words)) + r" (?:to )?")
