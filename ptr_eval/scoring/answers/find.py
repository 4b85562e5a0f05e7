"""Finds statements about an answer in a sentence.

Patterns are over `Sentence.kinds`, one character a word. A rule finds the place where a value is
announced, and the matcher reads the value there; `judge` decides how the statement is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from ptr_eval.scoring.answers.find_subjects import find_subjects
from ptr_eval.scoring.answers.judge import mood_of_subject, mood_of_value
from ptr_eval.scoring.answers.sentences import Sentence, token_at, token_over
from ptr_eval.scoring.answers.slots import is_possessive, read_slot, skip, skip_links
from ptr_eval.scoring.answers.statement import Matcher, Mood, Rank, Statement, Value

PRONOUN = "pronoun"
"""The rule whose statements count only after an answer that was rejected."""

_NAMED_ANSWER = re.compile(r"[)\"]*[dFGu]+[Aa]")
_BETTER = re.compile(r"\w+ [a-z ]{0,30}\b(?:best|better|blank|most accurately)\b")
_OR = re.compile(r"[),\"]*o[vHI]*")
_LABEL = re.compile(
    r"(?:(?<=[,;(\-:.\"])|\A)[(\"dvi#]{0,3}?(?P<words>[FPGKMZzOBnC]+[w#\"()vdiL]{0,4}?)[:,]"
)
_QUALITY = re.compile(
    r"[du][vu]*(?P<mark>F*[GB]|F|VS)[Fu]?[wp]{0,2}(?P<link>L)|(?:dw{1,2}|xw?)p[^,;XTrA]{1,10}(?P<far>L)|(?:\A|(?<=[,X]))[vT]*G[vX]*(?P<bare>L)X?"
)
_PREDICATE = re.compile(
    r"L[vKkTZLW,]*N?[vd]*(?:(?P<answer>[dFPGuOB]*[Aa])|[vdu]*[Gx]|[vdu]*w?B|N$)|t[dFGu]+(?P<as>[Aa])"
    r"|(?P<bare>x|K|k$|pL$)"
)
_VERB = re.compile(
    r"[CMS](?:[vKkt&]|d(?=[^)]))*(?P<np>(?:d(?=[^)])|[PFGOKk])*(?:[Aa]f?)?)[,:(\"t]*|(?<=A)[vW]*c[^.;]{0,12}?t[du]?|c[^.;]{0,16}?t"
)
_POINTER = re.compile(
    r"V|T[,:]?|[Zz][Zz,:]*|p[vWNHKkLTZ]*L|(?<!.)(?=u)|\ALv?p|\A:|:(?=[#w(]{1,4}\Z)|,(?=aw\Z)|\A(?=.{1,4}\Z)"
)
_PRONOUN = re.compile(r"p[vWHZTK]*L[L]*|[Gd]wL")
_INSTEAD = re.compile(r"Y|(?:\A|(?<=[,;(\"XTZ]))[vZ,&]*N(?=[#wda\"(])")
_THEN = re.compile(r"(?:[,;)\"v#o&]*|[^XLAp]{0,6})X[,v]*|[,;)\"v]*(?<=[,;])p[vW]*L")
_AFTER_INSTEAD = re.compile(r"[,;)\"v]*(?<=,)")


def find_statements(sentence: Sentence, matcher: Matcher) -> list[Statement]:
    """List the statements of a sentence that name a value, in order."""
    rules = [find_subjects, _by_quality, _by_label, _by_verb, _by_contrast, _by_box, _by_predicate]
    rules.append(_by_pointer if matcher.choices else _by_pronoun)
    found = [statement for rule in rules for statement in rule(sentence, matcher)]
    for statement in [*found]:
        if statement.mood is Mood.DENIED and statement.value:
            found.extend(_after_denied(sentence, matcher, statement.value, _THEN))
    return [_or_another(s, sentence, matcher) for s in _one_for_each_value(found)]


def _or_another(statement: Statement, s: Sentence, matcher: Matcher) -> Statement:
    """Leave a statement open that goes on with "or" and another value."""
    value = statement.value
    if value is None or statement.mood is not Mood.ASSERTED:
        return statement
    changed = _changed_to(value, s, matcher) if matcher.choices else None
    if changed is not None:
        return replace(statement, value=changed)
    joint = _OR.match(s.kinds, token_at(s, value.end))
    if joint is None:
        return statement
    maybe = "H" in joint.group() or "v" in joint.group()
    if not maybe and _comma_before(s, matcher, joint.start() + joint.group().index("o")):
        return statement  # "9 + 9, or 18"
    other = read_slot(s, matcher, joint.end(), named=False)
    if other is None or other.key == value.key or "=" in f"{value.key}":
        return statement
    both = replace(value, end=other.end, decided=False)
    return replace(statement, mood=Mood.OPEN, value=both)


def _changed_to(value: Value, s: Sentence, matcher: Matcher) -> Value | None:
    """Read the option behind an arrow: "Correction: B -> C"."""
    token = token_at(s, value.end)
    arrow = s.kinds[token : token + 1] == ":" and matcher.text[s.ends[token] - 1] == ">"
    return read_slot(s, matcher, token + 1, named=True) if arrow else None


def _one_for_each_value(found: list[Statement]) -> list[Statement]:
    """Keep one statement for each value: one that is not asserted, else the explicit one."""
    found.sort(key=lambda s: (-s.rank.value, s.mood is Mood.ASSERTED))
    kept: list[Statement] = []
    for statement in found:
        value = statement.value
        if value is None:
            kept.append(statement)
        elif not any(
            other.value and other.value.start < value.end and value.start < other.value.end
            for other in kept
        ):
            kept.append(statement)
    return sorted(kept, key=lambda s: s.place)


def _by_quality(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "the correct total is 18", "the one that is correct is C"."""
    for found in _QUALITY.finditer(s.kinds):
        link = max(found.start("link"), found.start("far"), found.start("bare"))
        if found["mark"] == "B" and not matcher.choices:
            continue
        slot = skip_links(s, link + 1)
        value = read_slot(s, matcher, slot, named=matcher.choices)
        if value:
            head = found.start()
            mood = mood_of_subject(s, head, head, slot, value)
            if found["far"]:  # "the statement that is not true is B"
                if not matcher.closes(value, s.end):
                    continue
                mood = mood_of_value(s, head, head, value)
            yield Statement(s.starts[head], mood, "quality", value)


def _by_label(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "Revised: C", "Old: 20, new: 18", "After checking: C"."""
    if matcher.text.startswith("A:", s.start) and not matcher.choices:
        value = read_slot(s, matcher, 2, named=True)
        if value:
            yield Statement(s.start, Mood.ASSERTED, "label", value)
    for found in _LABEL.finditer(s.kinds):
        words = found["words"]
        if matcher.text[s.starts[found.end() - 1]] not in ":>|":
            continue
        value = read_slot(s, matcher, skip(s, found.end()), named=True)
        if value:
            reported = "P" in words or "O" in words or "B" in words
            mood = (
                Mood.REPORTED if reported else mood_of_value(s, found.start(), found.end(), value)
            )
            yield Statement(s.starts[found.start()], mood, "label", value)


def _by_verb(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "I choose C", "I stand by my previous answer, C", "I change it from B to C"."""
    for found in _VERB.finditer(s.kinds):
        kind = s.kinds[found.start()]
        about_answer = bool(found["np"]) and found["np"][-1] in "Aaf"
        if not matcher.choices and kind in "CMS" and not about_answer:
            if kind in "CS" or s.kinds[found.end() - 1] not in ':M,"':
                continue
        if not matcher.choices and kind == "c" and not re.search("[APFpZ]", s.kinds[: found.end()]):
            continue
        value = read_slot(s, matcher, skip(s, found.end()), named=False)
        if value:
            mood = mood_of_value(s, found.start(), found.end(), value)
            if kind == "S" and mood is Mood.ASSERTED:
                mood = Mood.REPORTED
            if kind == "C" and "I" in s.kinds[found.end() :]:
                mood = Mood.OPEN  # "I would say C if ..."
            yield Statement(s.starts[found.start()], mood, "choice", value)


def _by_contrast(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "not 20 but 18", "instead of B, C": what is denied, and what is set against it."""
    for found in _INSTEAD.finditer(s.kinds):
        denied = read_slot(s, matcher, skip(s, found.end()), named=False)
        if denied:
            yield Statement(s.starts[found.start()], Mood.DENIED, "contrast", denied)
            if found.group().endswith("Y"):
                yield from _after_denied(s, matcher, denied, _AFTER_INSTEAD)
            first = read_slot(s, matcher, 0, named=False) if found.start() else None
            ends = s.starts[found.start()]
            if first and first.end <= ends and not matcher.text[first.end : ends].strip(" ,;-)"):
                yield Statement(s.start, Mood.ASSERTED, "contrast", first)


def _after_denied(
    s: Sentence, matcher: Matcher, denied: Value, pattern: re.Pattern[str]
) -> Iterator[Statement]:
    """Read the value that is set against a denied one: ", but 18"."""
    token = token_at(s, denied.end)
    then = pattern.match(s.kinds, token)
    if then and then.end() > token:
        value = read_slot(s, matcher, skip_links(s, then.end()), named=then.group()[-1:] in "X,")
        if value and value.start >= denied.end:
            mood = mood_of_value(s, then.end(), then.end(), value)
            yield Statement(s.starts[token], mood, "contrast", value)


def _by_box(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find boxed values."""
    for start, end in matcher.boxes:
        if s.start <= start < s.end:
            value = matcher.read_box(start, end)
            if value:
                token = token_over(s, start)
                opened = re.search(r"#{0,2}w\(\Z", s.kinds[:token])
                token = opened.start() if opened else token
                mood = mood_of_value(s, token, token, value)
                if mood is Mood.ASSERTED and _is_alternative(s, matcher, token):
                    mood = Mood.OPEN
                yield Statement(start, mood, "boxed", value)


def _is_alternative(s: Sentence, matcher: Matcher, token: int) -> bool:
    """Whether a value follows "the answer is 18 or"; not "9 + 9, or"."""
    joint = re.search(r"o#{0,2}\Z", s.kinds[:token])
    before = s.kinds[: joint.start()] if joint else ""
    stated = re.search("[Aa]|^v", before) is not None
    return bool(joint) and stated and not _comma_before(s, matcher, joint.start() if joint else 0)


def _comma_before(s: Sentence, matcher: Matcher, token: int) -> bool:
    """Whether a comma is right before a token, perhaps within a formula."""
    return matcher.text[: s.starts[token]].rstrip(" $").endswith(",")


def _by_predicate(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "C is correct", "18 is the answer", "B is wrong"."""
    for found in _PREDICATE.finditer(s.kinds):
        if not found.start() or is_possessive(s, matcher, found.start()):
            continue
        begins = found.start()
        relative = s.kinds[begins - 2 : begins] == ",p" and bool(found["answer"])
        if relative:  # "18, which is the answer"; a box in the sentence is what is meant
            begins -= 2
        value = matcher.read_back(s.start, s.starts[begins])
        if found["bare"] == "x" and not _singles_out(s, matcher, found.start()):
            continue
        explicit = bool(found["answer"] or found["as"])
        if value is None:
            continue
        token = token_over(s, value.start)
        mood = mood_of_value(s, token, token, value)
        if mood is Mood.ASSERTED and not explicit and not matcher.choices:
            continue
        rank = Rank(int(explicit and not relative))
        yield Statement(value.start, mood, "predicate", value, rank)


def _by_pointer(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "so C", "that leaves C", "it is C"."""
    for found in _POINTER.finditer(s.kinds):
        slot = skip_links(s, found.end())
        value = read_slot(s, matcher, slot, named=False)
        alone = not found.group() and "u" not in s.kinds[:1]
        if value is None or (alone and s.mark != "?"):
            continue
        answer = _NAMED_ANSWER.match(s.kinds, token_at(s, value.end))
        denied = "N" in s.kinds[found.end() : slot]
        if answer or denied or matcher.closes(value, s.end):
            head = found.end() if found.group() == ":" else found.start()
            if head > 1 and found.group() == ":" and matcher.text[s.starts[head - 1]] != ":":
                continue
            mood = mood_of_value(s, head, slot, value)
            rank = Rank.EXPLICIT if answer else Rank.PLAIN
            yield Statement(s.starts[found.start()], mood, "pointer", value, rank)


def _singles_out(s: Sentence, matcher: Matcher, verb: int) -> bool:
    """Whether a verb such as "wins", "only C fits", "fits better" says that nothing else does."""
    words = matcher.text[s.starts[verb] : s.end].lower()
    if not words.startswith(
        ("fits", "works", "applies", "qualif", "describes", "complet", "explains")
    ):
        return True
    return "u" in s.kinds[:verb] or bool(_BETTER.match(words))


def _by_pronoun(s: Sentence, matcher: Matcher) -> Iterator[Statement]:
    """Find "it should be 18", which counts after an answer that was rejected."""
    for found in _PRONOUN.finditer(s.kinds):
        slot = skip_links(s, found.end())
        value = read_slot(s, matcher, slot, named=False)
        if value:
            mood = mood_of_value(s, found.start(), slot, value)
            yield Statement(s.starts[found.start()], mood, PRONOUN, value, Rank.PLAIN)
