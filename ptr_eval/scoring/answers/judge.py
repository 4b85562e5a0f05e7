"""Decides how a statement is meant, from the words around it in its sentence."""

import re

from ptr_eval.scoring.answers.sentences import Sentence, token_at
from ptr_eval.scoring.answers.statement import Mood, Value

# A clause begins after these: "but", "so", "because", "candidate 2:", a comma before a subject.
_CLAUSE = re.compile(
    r"[XTr;]|(?<=[O#wBGK]):|(?:,&?|&|-)(?="
    r"[vTZF\"(]*(?:[dPFGOBKu]*[Aa]|p[vWKNL]*L|p[vW]+|i|[du]*G|I|Y|O|N|[w#]L|C|M|[FPG][#w]*:))|(?<=[IS]),"
)
# "not", "I do not think that"; but not "the sum of all that are not even is".
_DENIES = re.compile(r"[NB](?:[wvpditkKGPFSCEMA]{0,4}|L[vdwp]{0,3})#{0,2}\Z")
_LEAVES_OPEN = re.compile(r"H[vLdkp]*\Z|\A[,Tv]*H")
_AFTER = re.compile(
    r"[)\",:(\-p&X]*(?:w{1,2}(?=L))?(?:"
    r"(?P<bad>(?:[Lp]+[vPd]*|[vP]*)B(?!w?[Aa])|[vw]{0,2}B(?=\)|$)|LN(?=$|[,;.)])|L?[vL]*N[vdL]*[FPGu]*[GAaR]|&?N[.)]?$|LN$|n[.,]*$)"
    r"|(?P<earlier>L[dvi]*P(?=[Fw]?A|$|[,)X]))"
    r"|(?P<good>[LvKkWZTd]*(?:G|y|M)|L?d?[Kk]|N?[iw]{0,3}K)"
    r"|(?P<maybe>[iv]{0,2}H|NLN)"
    r")"
)


# "my previous answer", "I first said", "candidates who chose", "(previously"; not "originally".
_REPORTS = re.compile(
    r"P[FGw]?[Aa]|[iOP][vPwkdH]{0,2}S|O[pwvHWLd#&]{0,4}[SC]|P[^XT]{0,4}[iO]v?[SC]|P[SC]|#S|S[,:]*\""
)
_REPORTS_NEXT = re.compile(
    r"P.{0,4}P#{0,2}\Z|(?:\A|[(,d])P[:,]?\Z|O#?[(,]?\Z|O[HWtvp]{0,2}w?[HWtvp]{0,2}[Aa]?\Z"
)

# "torn between 18 and", "I cannot decide between 18 and"; "and 20 are equally likely".
_LEFT_OPEN = re.compile(r"(?:h[^L:]{0,12}|N[vw]{0,2}E[^,]{0,12})\Z")
_OPENED = re.compile(r"[^h]{0,14}h")


def clause_start(kinds: str, token: int) -> int:
    """Return the token with which the clause of a token begins."""
    start = 0
    for found in _CLAUSE.finditer(kinds):
        if found.end() > token:
            break
        start = found.end()
    return start


def mood_of_subject(s: Sentence, head: int, noun: int, slot: int, value: Value) -> Mood:
    """Judge "the ... answer ... is VALUE" from the words in it and around it."""
    subject, gap = s.kinds[head:noun], s.kinds[noun + 1 : slot]
    gap = gap.replace("Nc", "K")  # "does not change"
    own = subject + gap
    if re.search(r"[Nn]", own):
        return Mood.DENIED
    if "H" in own:
        return Mood.OPEN
    reported = re.search(r"[POB]", subject) or re.search(r"P|O|S(?!:)", gap)
    if re.search("[KkMG]", gap) or "M" in s.kinds[clause_start(s.kinds, head) : head]:
        reported = None
    if reported and "F" not in subject:
        good = _AFTER.match(s.kinds, token_at(s, value.end))
        return Mood.ASSERTED if good and good["good"] else Mood.REPORTED
    return mood_of_value(s, head, slot, value, gap)


def mood_of_value(s: Sentence, head: int, slot: int, value: Value, gap: str = "") -> Mood:
    """Judge a statement from its clause before `head` and the words behind its value."""
    before = s.kinds[clause_start(s.kinds, head) : head]
    following = s.kinds[token_at(s, value.end) :]
    if not value.decided or _LEFT_OPEN.search(s.kinds[:head]) or _OPENED.match(following):
        return Mood.OPEN
    if re.match("[^.]{0,3}W", following) and "I" in following:
        return Mood.OPEN
    announced = s.kinds[head:slot]
    after = _AFTER.match(s.kinds, token_at(s, value.end))
    if after and after["bad"] is not None:
        return Mood.DENIED
    if re.search("I[^,]*\\Z", before) or ("W" in before + announced + gap and "I" in s.kinds):
        return Mood.OPEN
    if "N" in announced or _DENIES.search(before):
        return Mood.DENIED
    if "H" in announced or _LEAVES_OPEN.search(before) or (after and after["maybe"] is not None):
        return Mood.OPEN
    confirmed = (
        (after and after["good"] is not None)
        or re.search("[MKkG]", announced + gap)
        or re.search("[MKk]", before)
    )
    reports = _REPORTS.search(before + announced) or _REPORTS_NEXT.search(before)
    if reports and not confirmed:
        return Mood.REPORTED
    if after and after["earlier"] is not None:
        return Mood.REPORTED
    return Mood.ASSERTED
