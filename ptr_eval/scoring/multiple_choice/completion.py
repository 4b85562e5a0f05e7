"""Reads a response that answers in a sentence of the question's own words, with an option's text.

"... heat is moved away by" is completed in "Heat is moved away by surface winds."; "What is the
last step?" in "The last step is to wash hands."; "Which of these tools is best for seeing cells?"
in "A lens is best for seeing cells." and in "The tool best for seeing cells is a lens."
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ptr_eval.scoring.multiple_choice.normalize import lower_in_place, normalize

_SENTENCE_END = re.compile(r"[.!?:]\s|\n")
_OPEN_END = re.compile(r"[\s:,]*(?:\b(?:an?|the))?[\s:,_]*\Z")
_WHAT = re.compile(r"(?:\b(?:an?|the) )?\bwhat ?\?\s*\Z")
_WHAT_IS = re.compile(r"(?:what|which|who|where) (is|are|was|were) (.+?) ?\?\s*\Z")
_WHICH = re.compile(
    r"which (?:(?:one )?of (?:the following|these|those|the) )?((?:[\w-]+ ){0,4}?)"
    r"(is|are|was|were|has|have|had|can|could|will|would) (.+?) ?\?\s*\Z"
)
_GAP = r"[\s,]{1,3}"
_WORD = re.compile(r"[\w'-]+")
_DENIED = re.compile(r"n't\b|\b(?:not|never|cannot|neither|if|whether|incorrect|wrong|least)\b")
_BEFORE_OPTION = r"\s(?:to |their |its |his |her )?"
_IS = r"\s(?:is|are|was|were|would be|will be)(?: indeed| likely| probably| most likely)?"
_FEWEST, _MOST = 4, 8
"""How many words at the end of the question's sentence must be repeated, and how many at most."""
_LONGEST = 20_000
_CLAUSE = 160
_SENTENCE_START = re.compile(r".*(?:[.?!#]\s|\n)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class QuestionSentence:
    """The last sentence of a question, in the forms in which a response may repeat it."""

    text: str
    """The question, in lower case."""
    before: re.Pattern[str]
    """Matches the words that stand before the option."""
    after: re.Pattern[str] | None
    """Matches the words that may stand behind the option; None if there are none."""

    def _denies(self, words: str) -> bool:
        """Whether words that are not the question's deny or suppose something."""
        return any(found[0] not in self.text for found in _DENIED.finditer(words))

    def places(self, text: str) -> Iterator[tuple[int, int | None]]:
        """Yield where an option may begin, and where the words behind it do, if there are any."""
        for repeated in self.before.finditer(text):
            if not self._denies(_sentence(text, repeated.start())):
                yield repeated.end(), None
        for repeated in self.after.finditer(text) if self.after else ():
            sentence = _sentence(text, repeated.start())
            if not self._denies(sentence):
                yield repeated.start() - len(sentence), repeated.start()


def question_sentence(question: str) -> QuestionSentence | None:
    """Read the last sentence of a question; None if no option can be put into it."""
    text = lower_in_place(normalize(question[-_LONGEST:]))
    begins = [found.end() for found in _SENTENCE_END.finditer(text.rstrip())]
    sentence = text[begins[-1] if begins else 0 :].strip()
    asked, behind = _WHAT_IS.match(sentence), False
    which = None if asked else _WHICH.match(sentence)
    if which and (patterns := _which_patterns(which)):
        return QuestionSentence(text, *patterns)
    if asked:
        sentence = f"{asked[2]} {asked[1]}"
    elif _WHAT.search(sentence):
        sentence = _WHAT.sub("", sentence)
    elif sentence.endswith("?"):
        sentence, behind = sentence[:-1], True
    elif sentence.endswith((".", "!")):
        return None
    words = _WORD.findall(_OPEN_END.sub("", sentence))[-_MOST:]
    if len(words) < _FEWEST:
        return None
    if behind:
        after = re.compile(rf"{_joined(words)}(?!\w)")
        return QuestionSentence(text, re.compile(_joined(words) + _IS + _BEFORE_OPTION), after)
    may_lack = [] if _DENIED.search(" ".join(words[-2:])) else words[_FEWEST + 1 :][-2:]
    repeated = _joined(words[: len(words) - len(may_lack)])
    for word in may_lack:
        word = f"{_GAP}{re.escape(word)}(?!\\w)"
        repeated += f"(?:{word}|(?!{word}))"  # the question's own last word is no option
    return QuestionSentence(text, re.compile(repeated + _BEFORE_OPTION), None)


def _which_patterns(asked: re.Match[str]) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Return what stands before and behind an option that answers "Which of these Xs is Y?".

    "(The X) Y is OPTION", "OPTION is Y"; if Y is short, the word in brackets must be there.
    """
    nouns, rest = _WORD.findall(asked[1]), _WORD.findall(asked[3])[-_MOST:]
    before = after = _joined(rest)
    if len(rest) < _FEWEST:
        if len(rest) < _FEWEST - 1 or not nouns:
            return None
        before = rf"(?<!\w){_singular(nouns[-1])} {before}"
        after = rf"(?<!\w)(?:is|are|was|were|has|have|{asked[2]}) {after}"
    return re.compile(before + _IS + _BEFORE_OPTION), re.compile(rf"{after}(?!\w)")


def _singular(word: str) -> str:
    """Return a pattern of a word that may be a plural."""
    if word.endswith("ies"):
        return f"{re.escape(word[:-3])}(?:ies|y)"
    if word.endswith("s") and not word.endswith("ss"):
        return f"{re.escape(word[:-1].removesuffix('e'))}e?s?"
    return re.escape(word)


def _joined(words: list[str]) -> str:
    """Return a pattern of words that follow each other."""
    return r"(?<!\w)" + _GAP.join(map(re.escape, words))


def _sentence(text: str, end: int) -> str:
    """Return what stands before a place in its sentence."""
    before = text[max(0, end - _CLAUSE) : end]
    start = _SENTENCE_START.match(before)
    return before[start.end() :] if start else before
