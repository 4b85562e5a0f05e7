"""Reads the value at a place of a sentence, past words that may be before it."""

import re

from ptr_eval.scoring.answers.sentences import Sentence
from ptr_eval.scoring.answers.statement import Matcher, Value

_SKIPPED = frozenset("vKkTZz,:-")
_ASIDE = re.compile(r"\([KkT]+\)|d?[Kk]|dv(?=v*[w#]\Z)")


def read_slot(
    s: Sentence, matcher: Matcher, token: int, *, named: bool, before: str = ""
) -> Value | None:
    """Read the value at a token, which ends before a kind; it may be in the next line."""
    start = s.starts[token] if token < len(s.kinds) else s.end
    stop = s.kinds.find(before, token) if before else -1
    return matcher.read(start, s.starts[stop] if stop > 0 else s.end, named=named)


def skip(s: Sentence, token: int) -> int:
    """Pass over what may be between a link and its value."""
    while token < len(s.kinds):
        aside = _ASIDE.match(s.kinds, token)
        if not aside and s.kinds[token] not in _SKIPPED:
            break
        token = aside.end() if aside else token + 1
    return token


def skip_links(s: Sentence, token: int) -> int:
    """Pass over "is not", "should therefore be", "would, as before, be"."""
    while True:
        passed = skip(s, token)
        aside = s.kinds[passed : passed + 2] == "P,"  # "is, as before, C"
        if passed < len(s.kinds) and (s.kinds[passed] in "LNWHX" or aside):
            passed += 1
        if passed == token:
            return token
        token = passed


def is_possessive(s: Sentence, matcher: Matcher, token: int) -> bool:
    """Whether a token is the "'s" or the number of "candidate 2's"."""
    if s.kinds[token] == "L":
        owned = matcher.text[s.starts[token] : s.ends[token]] == "'s"
        return owned and s.kinds[token - 1 : token] in ("#", "O", "w")
    return s.kinds[token] == "#" and s.kinds[token - 1 : token] == "O"
