"""Says whether the words before a block of code introduce an earlier or a wrong version of it."""

import re

_OLD = (
    "(?:previous|prior|earlier|original|old|older|former|initial|first|round (?:1|one)|(?:my|your)"
    " last|incorrect|wrong|buggy|broken|faulty|flawed|bad|failing|rejected|superseded|outdated)"
)
_CODE = (
    "(?:version|code|attempt|solution|answer|implementation|function|definition|program|draft|try"
    "|approach|snippet|response|round|one|way)s?"
)
_ONCE = "(?:previously|originally|earlier|initially|before|at first)"
_WROTE = "(?:i|you|we) (?:had|wrote|gave)"

# Each is one form of a label; labels are in small letters, without marks and the last colon.
_SUPERSEDED = re.compile(
    "|".join(
        (
            rf"\b{_OLD}(?: \w+){{0,2}} {_CODE}(?: \w+){{0,4}}$",  # my original code for reference
            rf"\b{_OLD} {_CODE} (?:was|is|had|read|looked)\b.{{0,40}}$",  # the old code was this
            rf"^(?:the |your |my |from )?{_OLD}$",  # original
            rf"\b{_CODE}(?: \d+)? {_OLD}$",  # version 1 (old)
            rf"\b(?:my|your|the) (?:\w+ ){{0,2}}{_CODE} was$",  # my answer was
            rf"\b{_CODE} with (?:the|a|my) (?:bug|mistake|error)$",  # the version with the bug
            rf"^{_ONCE}$|\bbefore,? it was$",  # before
            rf"\b{_ONCE},? {_WROTE}\b",  # earlier I wrote
            rf"\bwhat {_WROTE}\b",  # what I had
            rf"\b{_WROTE}(?: \w+)? {_ONCE}(?: was)?$",  # the code I gave before
            r"\bmistake (?:is|was|would be)\b",  # a common mistake is to add
            r"^(?:do not|don't|never) (?:write|use|do|code)\b",  # do not write it like this
            rf"^(?:this|it|the following)(?: {_CODE})? (?:is|was) (?:wrong|incorrect|buggy)$",
            r"\b(?:instead of|in place of|rather than|replaces|from)$",  # this replaces
            "[❌✗👎]",
        )
    )
)
_BEFORE_CHANGE = re.compile(
    r"\bbefore (?:the |my |this )?(?:fix|change|correction|refactor|edit)(?:ing)?$"
)
_CURRENT = re.compile(
    r"\b(?:correct|corrected|correction|fixed|fixes|new|newer|revised|revision|updated|update"
    r"|refined|refinement|improved|improvement|improves|now|final|rewritten|rewrite|optimi[sz]ed"
    r"|better|becomes|after|modified|working|cleaner|simplified|second|enhanced|adjusted|amended"
    r"|without|same|unchanged|fix (?:for|of|to))\b|[✅✓👍]"
)
# "Based on the previous version", "I have checked my earlier code": what follows is another one.
_ONLY_MENTIONED = re.compile(
    rf"^(?:i|we|let me|after|upon|on|having|given|considering) (?!had|wrote|gave|changed)"
    rf"|\b(?:based on|building on|unlike|than|as|over|of|extends|keep|stand by|repeat|confirm)"
    rf" (?:the |my |your )?{_OLD}\b"
)
_MARKS = re.compile(r"<[^>]{1,20}>|[*_`#()>\[\]]")


def shows_superseded(text: str) -> bool | None:
    """Say what a sentence or a heading before a block of code introduces.

    Args:
        text: The sentence or heading.

    Returns:
        True for an earlier or a wrong version, False for a current one, None if it does not say.
    """
    plain = _MARKS.sub("", text.lower().replace("\u2019", "'")).strip()
    label, states = plain.rstrip(":,- "), plain.endswith((".", "!", "?"))
    if not states and _BEFORE_CHANGE.search(label):
        return True
    if _CURRENT.search(label):
        return False
    if states or _ONLY_MENTIONED.search(label):
        return None
    return True if _SUPERSEDED.search(label) else None
