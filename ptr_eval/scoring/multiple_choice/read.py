"""Reads which option is named at one place of a page: by label, by text, or several at once.

It does not look for the place: the rules do. It never reads the article "A", the pronoun "I",
a part of a number or of a word as a label.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ptr_eval.scoring.multiple_choice.text import clean, listing_starts, lower

SIGN = "[\u2600-\u2715\u2719-\u274b\u274d\u274f-\u27bf\U0001f300-\U0001faff]"
"""Ticks and pictures that models put beside an answer; no crosses."""

_EDGE = r"(?![A-Za-z0-9_\u00c0-\u024f])"
# What may stand between a cue such as "the answer is" and the option.
_FILLER = re.compile(
    r"(?:[\s\"'(\[{}<:>,]|[-=](?=[\s\"'(])|\.{3}|…|\\boxed\b"
    r"|(?:definitely|clearly|therefore|thus|hence|indeed|simply|probably|likely|most|actually|"
    r"obviously|certainly|surely|still|again|also|only|either|both|just|then|now|perhaps|maybe|"
    r"as follows|none other than|the|is|be|it's|option|choice|answer|letter|number|"
    r"no\.|label|statement|item|ending|"
    r"alternative|selection|correct|best|right|following|one|of|选项|選項|项)(?![a-z])"
    r"){0,14}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[\s\"'(\[{:,]{0,12}")
_INTRODUCED = re.compile(r"(?:option|choice|letter|number|label|no\.)[ \"'(\[{]{0,4}$", re.I)
_CLOSED = re.compile(
    rf"$| {SIGN}|"
    r"[\n)\]}>\"'.:;,!?|~…]|[^\x00-\x7f\w]|[\u3040-\u9fff\uac00-\ud7af]"
)
_GLUED = re.compile(r"'[a-z]|[.,:]\d|\.[a-z]|\.[A-Z]\.|[-/+^%=&#@\\](?=[^\s-])")
_ASIDE = re.compile(r" (?:[(\"\[{>=|]|-+ )")
_SPACED = re.compile(r" [.,;!?]")
_FOLLOW = re.compile(
    r" ?(?:because|since|as|which|due|for|but|not|given|and|or|based|from|with|by|according|if|"
    r"instead|rather|again|here|too|though|however|so|in|after|when|where|while|"
    r"the (?:most |only )?(?:correct|right|best|likely|appropriate|accurate|answer|choice))"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"[^\w\n.;]{0,4}(?:(?:is|are|was|were|would be|seems|appears|being|must be|can be) "
    r"(?:also |both |all |clearly |definitely |simply |likely |the )*"
    r"(?:not|never|wrong|incorrect|false|ruled|eliminated|excluded|out|unlikely|invalid|implausible"
    r"|inaccurate|irrelevant)\b|(?:isn|aren|wasn|weren|doesn|don|can|won|couldn|wouldn)'t\b"
    r"|(?:cannot|does not|do not|can be ruled|should be ruled)\b)",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"[\"')\]}]{0,4} ?(?:,? ?(?:and/or|and|or|以及|及|和|或)(?![a-z])|[,/&+])[ \"'(\[{]{0,4}"
    r"(?:also |both |maybe |possibly |option |choice |answer )?[\"'(\[{]{0,4}",
    re.IGNORECASE,
)
_PAIRED = re.compile(
    r"[\"')\]}]{0,4}(?:$|[.!?;:\n,)]|(?= ?>)"
    r"| (?:are|both|depending|but|because|since|as|is correct|is right)\b)",
    re.IGNORECASE,
)
_CLOSERS = re.compile(r"([)\]}>\"'.:,|/-]{0,4}[ \n]?)(?:[(\"'=:>\[{]|-(?= )){0,4} ?")
_FOREIGN = re.compile(r"([A-Z]|\d{1,2})(?=[)\]}\"'.]{0,3}(?:\n|$|[.!] |[)\]}]))")
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)
_TEXT_END = re.compile(r"[%°^=+*\\_]|[-/]\w|[.,:]\d|'[a-z]")


@dataclass(frozen=True, slots=True)
class Named:
    """What is named at one place."""

    labels: tuple[str, ...]
    """One label; several if the response does not decide; none if what is named is not an option.
    """
    end: int
    """Where the naming ends on the page."""
    by_text: bool = False
    """Whether the option is named by its text."""
    marked: bool = False
    """Whether brackets or a word such as "option" say that a label is meant."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one question, ready to be recognised."""

    labels: tuple[str, ...]
    """The labels in order."""
    keys: Mapping[str, str]
    """The texts by label, cleaned, lower case, without article and punctuation around them; empty
    where two options read the same."""
    cased: frozenset[str]
    """The labels whose text differs from another only by case, and keeps it."""
    label: re.Pattern[str]
    """Matches one label in either case."""


@lru_cache(maxsize=64)
def _label_pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    pattern = "(?:" + "|".join(map(re.escape, longest_first)) + ")" + _EDGE
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def prepare(options: Mapping[str, str]) -> Options:
    """Make the options ready."""
    labels = tuple(options)
    spelt = {label: text_key(text) for label, text in options.items()}
    lowered = {label: lower(key) for label, key in spelt.items()}
    times, twins = Counter(lowered.values()), Counter(spelt.values())
    cased = frozenset(label for label in labels if times[lowered[label]] > 1)  # Tt and tt
    keys = {label: spelt[label] if label in cased else lowered[label] for label in labels}
    keys = {label: key if twins[spelt[label]] == 1 else "" for label, key in keys.items()}
    return Options(labels, keys, cased, _label_pattern(labels))


def text_key(text: str) -> str:
    """Return the form in which an option's text is compared."""
    key = clean(text).replace("\n", " ").lstrip(" \"'([{:,").rstrip(" .,;:!?\"'")
    return key[article.end() :] if (article := _ARTICLE.match(key)) else key


@dataclass(frozen=True, slots=True)
class Page:
    """A cleaned stretch of a response and the options to find in it."""

    text: str
    """The stretch."""
    cased: str
    """The same on one line, every character at its place."""
    flat: str
    """The same in lower case."""
    options: Options
    """The options."""
    listed: frozenset[int]
    """Where lines begin that list the options one after the other."""

    @classmethod
    def of(cls, text: str, options: Options) -> "Page":
        """Make a page."""
        listed = frozenset(listing_starts(text, options.labels))
        line = text.replace("\n", " ")
        return cls(text, line, lower(line), options, listed)

    def read(self, start: int, *, strict: bool = False) -> Named | None:
        """Read what is named at a place, words such as "definitely option" skipped."""
        skipped = _FILLER.match(self.text, start)
        place = skipped.end() if skipped else start
        if self._crosses_into_list(start, place):
            return None
        marked = self.text[place - 1 : place] in tuple("([{<") and place > start
        marked = marked or bool(_INTRODUCED.search(self.text[max(0, place - 14) : place]))
        opening = _OPENING.match(self.text, start)
        named = self._read_text(opening.end() if opening else start) or self._read_text(place)
        label = self._read_label(place, marked=marked, strict=strict)
        undecided = label is not None and len(label.labels) > 1  # "both A and B" may be an option
        if label and (named is None or named.end < label.end + (not undecided)):
            return label
        if named:
            return named
        foreign = _FOREIGN.match(self.text, place)
        if foreign and foreign[1] in self.options.labels:
            return None
        if foreign and foreign[1].isdigit() == self.options.labels[0].isdigit():
            return Named((), foreign.end(), marked=marked)
        return None

    def spelling(self, label: str) -> str:
        """Return the page as an option's key is to be compared with it."""
        return self.cased if label in self.options.cased else self.flat

    def own_text(self, label: str, place: int) -> int | None:
        """Return where the text of an option ends if it stands right after its label."""
        key = self.options.keys[label]
        closers = _CLOSERS.match(self.text, place)
        starts = (closers.end(1), closers.end()) if key and closers else ()
        for start in starts:
            article = _ARTICLE.match(self.text, start)
            for at in (start, article.end() if article else start):
                if self.spelling(label).startswith(key, at):
                    return at + len(key)
        return None

    def denied(self, place: int) -> bool:
        """Whether what ends here is said to be wrong, or not to be something."""
        return bool(_DENIED.match(self.text, place))

    def _crosses_into_list(self, start: int, place: int) -> bool:
        """Whether another line begins in between that lists the options."""
        line = self.text.rfind("\n", start, place) + 1
        return line > start and line in self.listed

    def _own(self, label: str, found: re.Match[str]) -> int | None:
        """As `own_text`, but "a bank account" is not option A, a bank."""
        own = self.own_text(label, found.end())
        is_article = found[0] in "AaIi" and self.text.startswith(" ", found.end())
        return None if own and is_article and not self._text_ends(found.end(), own) else own

    def _read_label(self, place: int, *, marked: bool, strict: bool) -> Named | None:
        found = self.options.label.match(self.text, place)
        if not found:
            return None
        label = self._label(found[0])
        own = self._own(label, found)
        end = own if own is not None else found.end()
        if own is None and not self._ends(found, marked=marked, strict=strict):
            return None
        closers = _CLOSERS.match(self.text, end)
        after = closers.end() if closers and own is not None else end
        if own is None and self.denied(found.end()):
            return None
        if own is not None and self._starts_list(label, after):
            return None
        return self._with_more(label, end, marked=marked)

    def _label(self, spelt: str) -> str:
        labels = self.options.labels
        return next((label for label in labels if label == spelt), None) or next(
            label for label in labels if label.lower() == spelt.lower()
        )

    def _ends(self, found: re.Match[str], *, marked: bool, strict: bool) -> bool:
        """Whether what follows shows that a label, and no word or number, was read."""
        text, end, spelt = self.text, found.end(), found[0]
        if _GLUED.match(text, end):
            return bool(_ALSO.match(text, end) and self.options.label.match(text, end + 1))
        if _CLOSED.match(text, end):
            is_word = spelt in "ai" and not marked
            return not (
                is_word and text.startswith((",", "?", "\n") if strict else (",", "?"), end)
            )
        is_number = spelt.isdigit()
        if _ASIDE.match(text, end):
            return not is_number or text[end + 1] in '("['
        if _FOLLOW.match(text, end):
            return marked or spelt.isupper() or is_number
        return marked or not (strict or is_number or spelt in "AIai" or spelt.islower())

    def _starts_list(self, label: str, place: int) -> bool:
        """Whether the next option follows at once, so that the options are being restated."""
        following = self.options.labels.index(label) + 1
        if following == len(self.options.labels):
            return False
        item = re.compile(rf"[\s,;(\[]*{re.escape(self.options.labels[following])}[).:\]]")
        return bool(item.match(self.text, place))

    def _with_more(self, label: str, end: int, *, marked: bool) -> Named:
        """Add the labels that are named in the same breath: "A or C"."""
        labels = {label: None}
        best = Named((label,), end, marked=marked)
        for _ in self.options.labels:
            joint = _ALSO.match(self.text, end)
            found = self.options.label.match(self.text, joint.end()) if joint else None
            if not found or not (found[0].isupper() or found[0].isdigit() or marked):
                break
            more = self._label(found[0])
            labels[more] = None
            end = self.own_text(more, found.end()) or found.end()
            if _PAIRED.match(self.text, end) and not self.denied(end):
                best = Named(tuple(labels), end, marked=marked)
        return best

    def _read_text(self, place: int) -> Named | None:
        """Read the longest option text that starts here and ends with a word."""
        article = _ARTICLE.match(self.text, place)
        best: Named | None = None
        for at in {place, article.end() if article else place}:
            for label, key in self.options.keys.items():
                end = at + len(key)
                longer = key and (best is None or end > best.end)
                if longer and self.spelling(label).startswith(key, at) and self._text_ends(at, end):
                    best = Named((label,), end, by_text=True)
        return best

    def _text_ends(self, start: int, end: int) -> bool:
        """Whether an option text ends with its words, and is what the sentence says."""
        if self.text[end - 1].isalnum() and self.text[end : end + 1].isalnum():
            return False
        if _TEXT_END.match(self.text, end) or self.denied(end):
            return False
        is_long = self.text.count(" ", start, end) >= 4
        return is_long or any(
            mark.match(self.text, end) for mark in (_CLOSED, _SPACED, _ASIDE, _FOLLOW)
        )


_ITEM = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2}|\d{1,2})(?=[)\].: \n-])")
_BETWEEN = re.compile(r"[\s,;.?!\"'()\[\]|*•-]{0,8}")


REMOVED = "#"
"""Stands for a removed list, so that nothing is read across it."""


def without_lists(text: str, options: Options) -> str:
    """Return the text without restated options: two or more in a row, each with its own text."""
    page = Page.of(text, options)
    runs: list[list[int]] = []  # start, end, items, place of the last label
    for found in _ITEM.finditer(text):
        if found[1] not in options.labels or (runs and found.start() < runs[-1][1]):
            continue  # no label, or the article that the last text begins with
        own = page.own_text(found[1], found.end())
        if own is None:
            continue
        place = options.labels.index(found[1])
        gap = _BETWEEN.match(text, runs[-1][1]) if runs else None
        if gap and gap.end() >= found.start() and place == runs[-1][3] + 1:
            runs[-1][1:] = [own, runs[-1][2] + 1, place]
        else:
            runs.append([found.start(), own, 1, place])
    parts, end = [], 0
    for start, stop, items, last in runs:
        if items > 1 and start >= end:
            parts.append(text[end:start])
            end = _cut_item(text, stop, options.labels[last + 1 : last + 2])
    return f"\n\n{REMOVED}\n\n".join([*parts, text[end:]])


def _cut_item(text: str, end: int, following: tuple[str, ...]) -> int:
    """Return the end of a list whose last item was cut off by the token limit, or was varied."""
    gap = _BETWEEN.match(text, end)
    if not following or not gap:
        return end
    item = re.compile(rf"{re.escape(following[0])}[).:][^\n]*").match(text, gap.end())
    return item.end() if item and item.end() == len(text) else end
