"""Reads which option is named at one place of a response.

An option is named by its label, by its text, or together with others. The place is given: rules
find it. The article "A", the pronoun "I" and parts of numbers or words are never read as labels.
"""

import re
from dataclasses import dataclass

from ptr_eval.scoring.multiple_choice.normalize import lower_in_place
from ptr_eval.scoring.multiple_choice.options import AnswerOptions, option_line_starts

SIGN = "[\u2600-\u2715\u2719-\u274b\u274d\u274f-\u27bf\U0001f300-\U0001faff]"
"""A check mark or picture that models write next to an answer; not a cross."""

# What may be between words such as "the answer is" and the option.
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
    r"[\n)\]}<>\"'.:;,!?|~…]|[^\x00-\x7f\w]|[\u3040-\u9fff\uac00-\ud7af]"
)
_GLUED = re.compile(r"'[a-z]|[.,:]\d|\.[a-z]|\.[A-Z]\.|[-/+^%=&#@\\](?=[^\s-])")
_ASIDE = re.compile(r" (?:[(\"\[{>=|]|-+ )")
_SPACED = re.compile(r" [.,;!?]")
_FOLLOW = re.compile(
    r" ?(?:because|since|as|which|that|due|for|but|not|"
    r"given|and|or|based|from|with|by|according|if|"
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
class NamedOptions:
    """The options that are named at one place."""

    labels: tuple[str, ...]
    """One label; several if the response does not decide; none if what is named is not an option.
    """
    start: int
    """Where the name begins in the response."""
    end: int
    """Where it ends."""
    by_text: bool = False
    """Whether the option is named by its text."""
    marked: bool = False
    """Whether brackets or a word such as "option" show that a label is meant."""


@dataclass(frozen=True, slots=True)
class ResponseText:
    """A normalized part of a response, and the options to find in it."""

    text: str
    """The part."""
    line: str
    """The same on one line; all characters keep their positions."""
    lower_line: str
    """The same in lower case."""
    options: AnswerOptions
    """The options of the question."""
    listed: frozenset[int]
    """Where lines begin that list the options one after the other."""

    @classmethod
    def of(cls, text: str, options: AnswerOptions) -> "ResponseText":
        """Prepare a normalized text for reading."""
        listed = frozenset(option_line_starts(text, options.labels))
        line = text.replace("\n", " ")
        return cls(text, line, lower_in_place(line), options, listed)

    def read(self, start: int, *, strict: bool = False) -> NamedOptions | None:
        """Read what is named at a place, after words such as "definitely option"."""
        skipped = _FILLER.match(self.text, start)
        place = skipped.end() if skipped else start
        if self._crosses_into_list(start, place):
            return None
        marked = self.text[place - 1 : place] in tuple("([{<") and place > start
        marked = marked or bool(_INTRODUCED.search(self.text[max(0, place - 14) : place]))
        opening = _OPENING.match(self.text, start)
        named = self.read_text(opening.end() if opening else start) or self.read_text(place)
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
            return NamedOptions((), place, foreign.end(), marked=marked)
        return None

    def text_for(self, label: str) -> str:
        """Return the text that an option's key is compared with."""
        return self.line if label in self.options.cased else self.lower_line

    def own_text(self, label: str, place: int) -> int | None:
        """Return where the text of an option ends if it follows its label directly."""
        key = self.options.keys[label]
        closers = _CLOSERS.match(self.text, place)
        starts = (closers.end(1), closers.end()) if key and closers else ()
        for start in starts:
            article = _ARTICLE.match(self.text, start)
            for at in (start, article.end() if article else start):
                if self.text_for(label).startswith(key, at):
                    return at + len(key)
        return None

    def has_text_of(self, label: str) -> bool:
        """Whether the text of an option occurs as whole words."""
        key, text = self.options.keys[label], self.text_for(label)
        place = text.find(key) if key else -1
        while place >= 0:
            around = text[place - 1 : place] + text[place + len(key) : place + len(key) + 1]
            if not any(character.isalnum() for character in around):
                return True
            place = text.find(key, place + 1)
        return False

    def denied(self, place: int) -> bool:
        """Whether the words that follow deny what was named: "is wrong", "does not"."""
        return bool(_DENIED.match(self.text, place))

    def _crosses_into_list(self, start: int, place: int) -> bool:
        """Whether a line of an option list begins in between."""
        line = self.text.rfind("\n", start, place) + 1
        return line > start and line in self.listed

    def _own_text_of_label(self, label: str, found: re.Match[str]) -> int | None:
        """Do as `own_text` does, but do not take "a bank account" for option A, "bank"."""
        own = self.own_text(label, found.end())
        is_article = found[0] in "AaIi" and self.text.startswith(" ", found.end())
        return None if own and is_article and not self._text_ends(found.end(), own) else own

    def _read_label(self, place: int, *, marked: bool, strict: bool) -> NamedOptions | None:
        found = self.options.label.match(self.text, place)
        if not found:
            return None
        label = self._label(found[0])
        own = self._own_text_of_label(label, found)
        end = own if own is not None else found.end()
        if own is None and not self._is_label(found, marked=marked, strict=strict):
            return None
        closers = _CLOSERS.match(self.text, end)
        after = closers.end() if closers and own is not None else end
        if own is not None and self._starts_list(label, after):
            return None
        return self._with_joined_labels(label, place, end, marked=marked)

    def _label(self, written: str) -> str:
        labels = self.options.labels
        return next((label for label in labels if label == written), None) or next(
            label for label in labels if label.lower() == written.lower()
        )

    def _is_label(self, found: re.Match[str], *, marked: bool, strict: bool) -> bool:
        """Whether the text that follows shows that this is a label, not a word or number."""
        text, end, written = self.text, found.end(), found[0]
        if _GLUED.match(text, end):
            return bool(_ALSO.match(text, end) and self.options.label.match(text, end + 1))
        if _CLOSED.match(text, end):
            is_word = written in "ai" and not marked
            return not (
                is_word and text.startswith((",", "?", "\n") if strict else (",", "?"), end)
            )
        is_number = written.isdigit()
        if _ASIDE.match(text, end):
            return not is_number or text[end + 1] in '("['
        if _FOLLOW.match(text, end):
            return marked or written.isupper() or is_number
        return marked or not (strict or is_number or written in "AIai" or written.islower())

    def _starts_list(self, label: str, place: int) -> bool:
        """Whether the next option follows directly, so that this is a list of the options."""
        following = self.options.labels.index(label) + 1
        if following == len(self.options.labels):
            return False
        item = re.compile(rf"[\s,;(\[]*{re.escape(self.options.labels[following])}[).:\]]")
        return bool(item.match(self.text, place))

    def _with_joined_labels(
        self, label: str, start: int, end: int, *, marked: bool
    ) -> NamedOptions:
        """Add the labels that are named together with this one: "A or C"."""
        labels = {label: None}
        best = NamedOptions((label,), start, end, marked=marked)
        for _ in self.options.labels:
            joint = _ALSO.match(self.text, end)
            found = self.options.label.match(self.text, joint.end()) if joint else None
            if not found or not (found[0].isupper() or found[0].isdigit() or marked):
                break
            more = self._label(found[0])
            labels[more] = None
            end = self.own_text(more, found.end()) or found.end()
            if _PAIRED.match(self.text, end):
                best = NamedOptions(tuple(labels), start, end, marked=marked)
        return best

    def read_text(self, place: int) -> NamedOptions | None:
        """Read the longest option text that begins at a place and ends with a word."""
        article = _ARTICLE.match(self.text, place)
        best: NamedOptions | None = None
        for at in {place, article.end() if article else place}:
            for label, key in self.options.keys.items():
                end = at + len(key)
                longer = key and (best is None or end > best.end)
                if longer and self.text_for(label).startswith(key, at) and self._text_ends(at, end):
                    best = NamedOptions((label,), at, end, by_text=True)
        return best

    def _text_ends(self, start: int, end: int) -> bool:
        """Whether an option text ends with a whole word, and is not denied or continued."""
        if self.text[end - 1].isalnum() and self.text[end : end + 1].isalnum():
            return False
        if _TEXT_END.match(self.text, end):
            return False
        is_long = self.text.count(" ", start, end) >= 4
        return is_long or any(
            mark.match(self.text, end) for mark in (_CLOSED, _SPACED, _ASIDE, _FOLLOW)
        )
