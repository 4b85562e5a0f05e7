"""Finds statements whose subject is the answer: "the answer is C", "my previous answer of 18"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ptr_eval.scoring.answers.judge import mood_of_subject, mood_of_value
from ptr_eval.scoring.answers.sentences import Sentence
from ptr_eval.scoring.answers.slots import is_possessive, read_slot, skip, skip_links
from ptr_eval.scoring.answers.statement import Matcher, Mood, Statement, Value

_MODIFIERS = frozenset("dPFGOBKkuvNn&")
_GAP = 16
_HEADING = 6
_OTHER_SUBJECT = re.compile(r"R[wpditf]{0,3}\Z")  # "confidence in the answer"
_ASIDE_DENIAL = {True: "", False: ",N"}  # "Denver, not Chicago"
_NO_LABEL = re.compile(r"[GB]|^w")  # "answer type:", "why the answer is right:"
_MENTION = re.compile(r"\b(?:words?|phrase|sentence) \"\Z", re.IGNORECASE)
_QUESTION = re.compile(r"question|problem|puzzle|today", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A noun for the answer, with the words that belong to it."""

    s: Sentence
    matcher: Matcher
    head: int
    """The first token that belongs to it."""
    noun: int
    """The noun."""

    @property
    def words(self) -> str:
        """The kinds of the words before the noun."""
        return self.s.kinds[self.head : self.noun]

    def place(self) -> int:
        """Where it begins in the text."""
        return self.s.starts[self.head]


def find_subjects(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "the answer (to this question) is C", "Answer: C", "#### 18"."""
    for noun, kind in enumerate(s.kinds):
        if kind == "!":
            value = read_slot(s, matcher, noun + 1, named=True)
            if value:
                mood = mood_of_value(s, noun, noun + 1, value)
                yield Statement(s.starts[noun], mood, "hash", value)
        elif kind in "Aa" and matcher.text[s.starts[noun] - 1 : s.starts[noun]] != "/":
            head = noun
            while head and (s.kinds[head - 1] in _MODIFIERS or is_possessive(s, matcher, head - 1)):
                head -= 1
            if not _OTHER_SUBJECT.search(s.kinds[:head]):
                yield from _statements(_Subject(s, matcher, head, noun))


def _statements(subject: _Subject) -> Iterator[Statement]:
    s = subject.s
    whole = subject.noun - subject.head == subject.noun == len(s.kinds) - 1
    if whole and s.mark == "\n" and subject.noun < _HEADING:
        value = read_slot(s, subject.matcher, subject.noun + 1, named=True)
        if value:
            mood = mood_of_subject(s, subject.head, subject.noun, subject.noun + 1, value)
            yield Statement(s.start, mood, "label", value)
    own = _own_value(subject)
    if own:
        yield own
    linked = None if own and own.mood is Mood.ASSERTED else _linked_value(subject)
    if linked and (linked.value or not own):
        yield linked


def _own_value(subject: _Subject) -> Statement | None:
    """Read "my previous answer of 18", "the earlier answer, C,"."""
    s, matcher, after = subject.s, subject.matcher, subject.noun + 1
    joint = re.match(r"[f,(\"]?[\"(]?", s.kinds[after:])
    slot = after + (joint.end() if joint else 0)
    if slot >= len(s.kinds) or s.kinds[slot] in "LNVCSpiP:-)Kc" or not _may_own(subject, slot):
        return None
    end = next((i for i in range(slot, len(s.kinds)) if s.kinds[i] in "LKkNS,)WGx"), len(s.kinds))
    stop = s.starts[end] if end < len(s.kinds) else s.end
    value = matcher.read(s.starts[slot], stop, named=slot + 1 == end)
    if value is None or value.start > s.starts[slot] + 2:
        return None
    if s.kinds[after] == "," and matcher.text[value.end : value.end + 1] not in (",", ""):
        return None
    if s.kinds[after] == "," and not value.solid:
        return None  # "the answer, as stated above, is"
    mood = mood_of_value(s, subject.head, after, value)
    confirmed = re.match('[),"]*[LKkG]', s.kinds[end:]) or "M" in s.kinds[: subject.head]
    if mood is Mood.ASSERTED and "P" in subject.words and not confirmed:
        mood = Mood.REPORTED
    if mood is Mood.ASSERTED and not (end == len(s.kinds) or s.kinds[end] in "LKN),Gx"):
        return None
    return Statement(subject.place(), mood, "answer", value)


def _may_own(subject: _Subject, slot: int) -> bool:
    """Whether a value may follow the noun directly; not in "option B is in England"."""
    s, earlier = subject.s, "P" in subject.words
    if s.kinds[subject.noun] == "a":
        return earlier or s.kinds[subject.noun + 1] == ","
    joined = s.kinds[subject.noun + 1] in "f,"
    alone = s.kinds[slot:] == "#" and s.kinds[subject.head - 1 : subject.head] != "t"
    return earlier or joined or alone or subject.matcher.choices


def _linked_value(subject: _Subject) -> Statement | None:
    """Read the value behind the first link that has one."""
    s, matcher, first = subject.s, subject.matcher, subject.noun + 1
    if s.kinds[subject.noun] == "a" and s.kinds[first : first + 1] in ("w", "#", "d", "("):
        if matcher.read(s.ends[subject.noun], s.end, named=False):
            return None  # "option A is ..." is about A
    for link in range(first, min(len(s.kinds), subject.noun + _GAP)):
        if s.kinds[link] == "R" and s.kinds[link - 1] in ",t":
            continue  # "the answer, based on the map, is"
        if _ends_subject(subject, link):
            return None
        if _is_quoted(subject, link):
            return None
        if not _is_link(subject, link):
            continue
        found, goes_on = _at_link(subject, link)
        if found or not goes_on:
            return found
    return None


def _ends_subject(subject: _Subject, link: int) -> bool:
    """Whether what follows a token is no more about the answer."""
    s, kind, first = subject.s, subject.s.kinds[link], subject.noun + 1
    if kind in "?XITAr;R" or (kind == "a" and s.kinds[subject.noun] == "A"):
        return True
    if kind != ":":
        return False
    sign = subject.matcher.text[s.starts[link]]
    return (link > first and sign not in ":>\uff1a") or bool(_NO_LABEL.search(s.kinds[first:link]))


def _is_link(subject: _Subject, link: int) -> bool:
    """Whether a token links the answer to a value."""
    s, kind, first = subject.s, subject.s.kinds[link], subject.noun + 1
    if kind in "Nn":  # languages that deny without a linking word
        return s.kinds[link + 1 : link + 2] not in ("L", "v", "W", "i", "c")
    if kind == ",":  # "the answer I gave before, 20," and the cells of a table
        table = link == first and subject.matcher.text[s.starts[link]] == "|"
        return table or bool(re.search("[PS]", s.kinds[first:link]))
    return kind in "L:" or (kind in "-)" and link <= first + 1)


def _is_quoted(subject: _Subject, link: int) -> bool:
    """Whether the words are only quoted: 'after the words "The answer is"'."""
    before = subject.matcher.text[: subject.place()][-12:]
    return subject.s.kinds[link : link + 2] == 'L"' and bool(_MENTION.search(before))


def _at_link(subject: _Subject, link: int) -> tuple[Statement | None, bool]:
    """Read what is said behind a link; whether a later link may still have the value."""
    s, matcher, first = subject.s, subject.matcher, subject.noun + 1
    kind = s.kinds[link]
    value = read_slot(s, matcher, link + 1, named=True) if matcher.choices else None
    slot = link + 1 if value else skip_links(s, link + 1)
    denied = "N" in s.kinds[first:slot]
    left_open = Statement(subject.place(), Mood.OPEN, "is") if denied else None
    if not value and kind == "L" and s.kinds[slot : slot + 1] in ("G", "B", "R", "S", "M"):
        colon = -1 if s.kinds[slot] == "B" else s.kinds.find(":", slot, slot + 4)
        if colon < 0 and _is_remark(s, slot):
            return left_open, False
        if colon > 0:  # "the answer is unchanged: 18"; not "is correct: I checked it in 2 ways"
            value = read_slot(s, matcher, skip(s, colon + 1), named=False)
            if value is None:
                return left_open, False
        slot += s.kinds[slot] == "G"
    if s.kinds[slot : slot + 1] == "V" and not matcher.choices:
        return None, False
    value = value or read_slot(
        s, matcher, slot, named=True, before="X" if denied else _ASIDE_DENIAL[matcher.choices]
    )
    if value is None:
        return left_open, kind != ":" and s.kinds[slot : slot + 1] != "N"
    how = "label" if kind in ":-)" and link <= first + 1 else "is"
    return Statement(subject.place(), _mood(subject, link, slot, value), how, value), False


def _mood(subject: _Subject, link: int, slot: int, value: Value) -> Mood:
    """Judge the statement; somebody else's answer, and a past one, is only reported."""
    s, matcher = subject.s, subject.matcher
    mood = mood_of_subject(s, subject.head, subject.noun, slot, value)
    before = matcher.text[: s.starts[subject.noun]][-24:]
    approved = re.search("[GKk]", s.kinds[subject.noun : slot])
    owned = "L" in subject.words and not approved and not _QUESTION.search(before)
    past = matcher.text[s.starts[link] : s.ends[link]] in ("was", "were")
    if mood is Mood.ASSERTED and (owned or (past and "P" in s.kinds[: subject.head])):
        return Mood.REPORTED
    return mood


def _is_remark(s: Sentence, token: int) -> bool:
    """Whether "correct", "given" and so on end what is said of the answer."""
    following = s.kinds[token + 1 : token + 2]
    if s.kinds[token] == "G" and following == "#":
        return False  # "most likely 18"
    return s.kinds[token] in "GBRM" or following in ("", "t", "w", ",", "r")
