"""Which natural language a question is written in, by a small model shipped with py3langid.

Only confident judgements count: short questions, formulas and code are left undecided.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any

from ptr_data.filters.code import without_blocks

NO_LANGUAGE = "zxx"
"""The class that the model has for numbers, markup and identifiers."""

# ASCII words with signs of code, formulas or addresses in them; a Chinese sentence around them
# has no blanks and must stay.
_CODE_WORD = re.compile(r"[!-~]*[0-9(){}\[\]<>=_;\\/$#@|+*^&%~][!-~]*")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")


def other_language(text: str, wanted: Collection[str], confidence: float, shortest: int) -> str:
    """Say whether a text is in none of the wanted languages.

    The other languages' probabilities are summed, since related ones, such as Mandarin and Wu,
    share theirs. What is left without words that begin with a capital must say the same: names
    belong to no language.
    """
    prose = " ".join(_CODE_WORD.sub(" ", without_blocks(text)).split())
    if _bytes(prose) < shortest:
        return ""
    language, total = _others(prose, wanted)
    if total < confidence:
        return ""
    uncapitalised = " ".join(_WORD.sub(_without_capital, prose).split())
    if _bytes(uncapitalised) < shortest / 3 or _others(uncapitalised, wanted)[1] < confidence:
        return ""
    return f"{language} ({total:.2f})"


def _others(text: str, wanted: Collection[str]) -> tuple[str, float]:
    """Find the likeliest of the other languages, and the probability of all of them."""
    ranked = _identifier().rank(text)
    others = [(code, share) for code, share in ranked if code not in {*wanted, NO_LANGUAGE}]
    return others[0][0], sum(share for _, share in others)


def _without_capital(word: re.Match[str]) -> str:
    return "" if word.group()[0].isupper() else word.group()


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def known_languages() -> frozenset[str]:
    """List the languages that can be recognized."""
    return frozenset(_identifier().labels) - {NO_LANGUAGE}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
