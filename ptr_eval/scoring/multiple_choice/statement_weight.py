"""Decides how much a statement counts: fully, only if there is no firm one, or not at all.

Only the sentence before the statement and the words right after it are read. The two patterns at
the end find second thoughts anywhere in a response.
"""

import re
from enum import IntEnum


class StatementWeight(IntEnum):
    """How much a statement counts."""

    IGNORED = 0
    """Denied, or reported as an earlier or another person's answer."""
    TENTATIVE = 1
    """Hypothetical or a question: counts only if there is no firm statement."""
    FIRM = 2
    """Meant as it is written."""


_SENTENCE_START = re.compile(r"[.?!;](?=[\s\"')])|\n")
_CLAUSE_START = re.compile(
    r"[;:]|, (?:and )?(?=now |then |in fact |it )|\bas [^,.;\n]{1,30}(?:,|(?=the answer))|"
    r"\b(?:although|though|while|whereas) [^,.;\n]{1,60},|"
    r"(?<![a-z])(?:but|however|so|therefore|thus|hence|"
    r"yet|instead|rather|though|whereas|while|actually|upon|after)(?![a-z])",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:n't|\bnot|\bcannot|\bnever)(?: (?:think|believe|mean|say|agree|imply|accept|see|"
    r"necessarily|simply|be|the case|true|because|to|have|want|would|just)){0,5}"
    r"(?: that)?(?: my| the)?\s*$"
    r"|\b(?:unlikely|doubt|nor|neither|instead of|rather than|avoid|before|without|against|than|"
    r"rule out|ruled out|eliminate|eliminated)(?: that)?(?: my| the)?\s*$",
    re.IGNORECASE,
)
_SUPPOSITION = re.compile(
    r"\b(?:if|whether|unless|suppose|supposing|assume|assuming|imagine|pretend|say)(?: that)?"
    r"(?: my| the| you| we| I| one| they)?(?: only)?(?: correct)?\s*$|\bwhy not\s*$",
    re.IGNORECASE,
)
_REPORT = re.compile(
    r"\b(?:(?:at|I|we) first|initially|originally|previously|mistakenly|wrongly|incorrectly|"
    r"used to|(?:I|we|you|once|had) (?:thought|assumed)|tempt(?:ed|ing)|"
    r"(?:would|could|might) have|"
    r"(?:some|many|most|other) (?:people|students|might|may|would|could)|"
    r"(?:one|you|they|someone) (?:might|may)|had I|I had(?! to)|was going to)\b"
    r"|\b(?:(?:previous|initial|original|first|earlier|prior|old|alternative|student'?s?)(?: \w+)?|"
    r"(?:some|many|(?<!the )most|those|people|students|anyone|someone|others)(?: who)?(?: \w+)?)"
    r"\s*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if(?! (?:I|you|we) \w+(?: forced| asked)? to)|unless|were|had(?! to)|suppose|"
    r"assuming|provided)\b",
    re.IGNORECASE,
)
_POSSIBLE = re.compile(r"\b(?:could|might|may)\b", re.IGNORECASE)
_MODAL = re.compile(r"\b(?:would|could|might|may)\b|\w'd\b", re.IGNORECASE)
_REASSURED = re.compile(
    r"[^.\n]{0,90}?\b(?:(?:correct|right)(?! (?:one|answer|choice|option) (?:is|was|should))|"
    r"stands?|remains?|holds?|stick|confirm(?:ed)?|agree|unchanged|accurate)\b",
    re.IGNORECASE,
)
# "My previous answer was C. I still think so.": the next sentence confirms it.
_KEPT = re.compile(
    r"[^.!?\n]{0,90}[.!]\s{1,2}(?:(?:After|Upon|On) [^.,\n]{0,60}, )?"
    r"(?:I|it|that|this)(?:'m| am| is| do)? (?:still|stand by|stick|confirm|maintain)\b"
    r"[^.!?\n]{0,90}",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"n't\b|\b(?:not|but|however|incorrect|wrong|although|now|mistake\w*|changed?)\b", re.I
)
_ASKED = re.compile(r"[^.\n;]{0,40}\?")
_QUESTION = re.compile(
    r"\W*(?:could|can|might|may|would|should|is|isn't|what|how about|why|which)\b", re.IGNORECASE
)

SECOND_THOUGHT = re.compile(
    r"\b(?:wait|actually|correction|scratch that|on second thought|hmm+|oops|no,|sorry|"
    r"apologi[sz]e|I (?:made|see) (?:a|an|my|the) (?:mistake|error)|"
    r"(?:re-?(?:consider|evaluat|examin|check|think|visit|assess)|reflect)(?:e|es|ing|ed|ion)?|"
    r"let me (?:double[- ])?(?:check|verify|correct))\b",
    re.IGNORECASE,
)
RETRACTION = re.compile(
    r"(?:^|[.!?\n] ?|- |\bbut )(?:oh,? )?(?:wait|no|nope|hmm+|actually|sorry|oops|I apologi[sz]e)\b"
    r"[^.?!\n]{0,40}"
    r"\b(?:that|this|it|which|my (?:previous |earlier |last )?(?:answer|choice)|the above)"
    r"(?: (?:is|was|seems|can)|'s|isn't|wasn't|can't)"
    r"(?: (?:be|also|clearly|actually|not|completely|just|quite|so|in)){0,4} ?"
    r"(?:(?<=not )(?:right|correct|accurate)|(?<=n't )(?:right|correct|accurate|be right)|"
    r"(?<=quite )right|wrong|incorrect|mistaken|a mistake|an error)",
    re.IGNORECASE,
)


def weigh_statement(text: str, start: int, end: int) -> StatementWeight:
    """Decide how much the statement between two positions counts."""
    sentence = _since(_SENTENCE_START, text[max(0, start - 200) : start])
    clause = _since(_CLAUSE_START, sentence)
    statement = text[start:end]
    if _DENIAL.search(clause) or _SUPPOSITION.search(clause):
        return StatementWeight.IGNORED
    if _REPORT.search(clause) or _REPORT.match(statement):
        return _weigh_reported(text, start)
    if _ASKED.match(text, end) and _QUESTION.match(sentence + statement):
        return StatementWeight.IGNORED
    after = _SENTENCE_START.split(text[end : end + 80], maxsplit=1)[0]
    tentative = _is_tentative(clause, sentence, statement, after)
    return StatementWeight.TENTATIVE if tentative else StatementWeight.FIRM


def _is_tentative(clause: str, sentence: str, statement: str, after: str) -> bool:
    """Whether the statement is a question, or says what would or might be the answer."""
    if "?" in after or _POSSIBLE.search(statement):
        return True
    conditional = _CONDITION.search(sentence) or _CONDITION.search(after)
    return bool(conditional and _MODAL.search(clause[-12:] + statement))


def _weigh_reported(text: str, start: int) -> StatementWeight:
    """Count an earlier answer if the writer confirms it."""
    kept = _REASSURED.match(text, start) or _KEPT.match(text, start)
    if kept and not _TAKEN_BACK.search(kept[0]):
        return StatementWeight.FIRM
    return StatementWeight.IGNORED


def _since(break_: re.Pattern[str], text: str) -> str:
    """Return the text after the last break."""
    place = 0
    for found in break_.finditer(text):
        place = found.end()
    return text[place:]
