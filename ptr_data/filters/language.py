"""Which natural language a question is written in, by a small model shipped with py3langid.

Only confident judgements count: short questions, formulas and code are left undecided.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Any

NO_LANGUAGE = "zxx"
"""The class that the model has for numbers, markup and identifiers."""

_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`", re.DOTALL)
# ASCII words with signs of code, formulas or addresses in them; a Chinese sentence around them
# has no blanks and must stay.
_CODE_WORD = re.compile(r"[!-~]*[0-9(){}\[\]<>=_;\\/$#@|+*^&%~][!-~]*")


def other_language(text: str, wanted: Collection[str], confidence: float, shortest: int) -> str:
    """Say whether a text is in none of the wanted languages.

    The other languages' probabilities are summed, since related ones, such as Mandarin and Wu,
    share theirs.
    """
    prose = " ".join(_CODE_WORD.sub(" ", _CODE_BLOCK.sub(" ", text)).split())
    if len(prose.encode("utf-8", "replace")) < shortest:
        return ""
    ranked = _identifier().rank(prose)
    others = [(code, share) for code, share in ranked if code not in {*wanted, NO_LANGUAGE}]
    total = sum(share for _, share in others)
    return f"{others[0][0]} ({total:.2f})" if total >= confidence else ""


def known_languages() -> frozenset[str]:
    """List the languages that can be recognized."""
    return frozenset(_identifier().labels) - {NO_LANGUAGE}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
