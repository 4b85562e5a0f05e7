"""Reads the numbers of a text as values of statements."""

import re
from dataclasses import dataclass

from ptr_eval.scoring.answers.statement import Value
from ptr_eval.scoring.answers.text_matcher import TextMatcher
from ptr_eval.scoring.numbers.read_numbers import Number, read_numbers

_LEAD = re.compile(
    r"[\s$£€¥₹*_(+\-=:\"'{\[<>,.\\]*(?:boxed|Rs\.?|US|about|N|x|minus|negative)?[\s$£€¥₹*_(\-={]*",
    re.IGNORECASE,
)
_OPERATOR = re.compile(
    r"[^\d=.,;:!?\n]{0,40}?(?:[-+*/x\u00b7]|\b(?:of|times|plus|minus|divided by)\b)[\s$£€¥₹(]*"
)
_EQUALS = re.compile(r"[^\d=.,;:!?\n]{0,40}=[^\d=.,;:!?\n]{0,40}")
# Between a calculation and its result: "which makes", "that is,", ", or", "gives her".
_RESULT = re.compile(
    r"(?:(?!because|since)[^.;\n(]|\.\d){0,160}?"
    r"(?:,? (?:which|that|and this) (?:is|makes|gives|equals|comes to)|[=>]|i\.e\."
    r"|\b(?:makes?|gives?|equals|comes to|totals)\b(?: (?:her|him|them|us|a total of))?"
    r"|,? or|\bwhere [A-Za-z] =)"
    r",?\s?[$£€¥₹]?(?=-?\d)"
)
_FILLER = re.compile(
    r"(?:an? |the )?(?:total|sum|number|value|amount|equal|N)(?: of| to)?[\s$£€¥₹(\-=]*"
    r"|N,? where N = ?",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"\b(?:is|are|was|were|equals|makes|gives|totals|has|have|gets?|needs?|earns?)\s[$£€¥₹]?(?=-?\d)"
)
_OR = re.compile(
    r"[^\d.,;:!?\n()]{0,20}[,()]? ?\bor\b(?: maybe| perhaps| possibly| is it| else)?[\s$£€¥₹(\\]*"
    r"(?:boxed\{)?[\s$]*(?=-?\d)"
)
_NO_NUMBER = re.compile(r"[\s\"']*(?:to |null\b|none\b|n/a\b|unknown\b)", re.IGNORECASE)
_HEADING = re.compile(r"[.):]\s{1,4}[^\W\d]")
_BEFORE = re.compile(r"[\s=*_(\-$£€¥₹]{0,12}(?:(?:minus|negative)\s)?[$£€¥₹]?", re.IGNORECASE)
_AFTER = re.compile(r"[\s%)*_$£€¥₹]{0,12}(?:[^\W\d]{1,20}[\s.*_)]{0,3}){0,2}[\s.*_)]{0,12}")
_BARE = re.compile(r"[-$£€¥₹\s]{0,3}\d[\d.,/]*%?\.?")
_NUMBERED = re.compile(
    r"\b(?:step|round|question|problem|part|example|note|line|paragraph|case)s? #?\Z", re.IGNORECASE
)
# "18 is wrong", "it cannot be 18", "either 18 or 20", "I do not know".
_LEFT_OPEN = re.compile(
    r"#[^,]{0,3}L[^,]{0,2}[BN]|p[vW]*N[L]*#|#w{0,2}o[^#]{0,3}#|(?:^|:)[vZ]*Nd?#"
    r"|B[twA]{1,3}#|N[vw]{0,2}[EC]|h|^[iT]{0,2}H"
)
_WINDOW = 2_000


@dataclass(frozen=True, slots=True)
class NumberMatcher(TextMatcher):
    """Reads numbers."""

    guess_last: bool = False
    """Whether the last number is the answer where none is stated."""

    def read(self, start: int, end: int, *, named: bool) -> Value | None:
        """Read the number that is announced at a place."""
        if self.is_blank(start, end):
            start, end = self.next_line(end)
        while start and self.text[start - 1] in ".-+":
            start -= 1
        sentence = self.text[start : min(end, start + _WINDOW)]
        numbers = list(read_numbers(sentence))
        if not numbers:
            return None
        if _LEAD.fullmatch(sentence, 0, numbers[0].start):
            number: Number | None = _calculated(sentence, numbers)
            heading = _HEADING.match(sentence, numbers[0].end)
            if heading and self.text[start - 4 : start].endswith("# "):
                return None  # "#### 2. Count the eggs"
        else:
            labelled = self.is_labelled(start)
            number = _in_words(sentence, numbers, labelled=labelled) if named else None
        return self._value(number, start, sentence) if number else None

    def read_box(self, start: int, end: int) -> Value | None:
        """Read the number in a box."""
        sentence = self.text[start:end]
        numbers = list(read_numbers(sentence))
        return self._value(_calculated(sentence, numbers), start, sentence) if numbers else None

    def read_back(self, start: int, end: int) -> Value | None:
        """Read the number that ends before a predicate."""
        sentence = self.text[start:end].rstrip(" \"')}$,(")
        numbers = list(read_numbers(sentence))
        if not numbers or not _AFTER.fullmatch(sentence, numbers[-1].end):
            return None
        return self._value(numbers[-1], start, sentence)

    def guess(self, start: int) -> tuple[Value, str] | None:
        """Read a response that is nothing but a number, or the last number of a text."""
        text = self.text[start:]
        stripped = text.strip()
        if self.leaves_open(_LEFT_OPEN, 300):
            return None
        if len(stripped) <= _WINDOW:
            numbers = list(read_numbers(stripped))
            if (
                len(numbers) == 1
                and _BEFORE.fullmatch(stripped, 0, numbers[0].start)
                and _AFTER.fullmatch(stripped, numbers[0].end)
            ):
                offset = start + text.index(stripped)
                return self._value(numbers[0], offset, ""), "bare number"
        line = stripped.rpartition("\n\n")[2]
        alone = next(read_numbers(line), None) if len(line) < 60 else None
        if alone and line != stripped and _BARE.fullmatch(line):
            return self._value(alone, start + text.rindex(line), ""), "last line"
        if not self.guess_last:
            return None
        last_digit = max(text.rfind(digit) for digit in "0123456789")
        offset = max(0, last_digit - _WINDOW)
        numbers = list(read_numbers(text[offset : last_digit + 60]))
        counted = [n for n in numbers if not _NUMBERED.search(text[: offset + n.start][-16:])]
        last = (counted or numbers)[-1] if numbers else None
        return (self._value(last, start + offset, ""), "last number") if last else None

    def write(self, value: Value) -> str:
        """Write a value plainly."""
        return str(value.item.text)

    def _value(self, number: Number, start: int, sentence: str) -> Value:
        other = _OR.match(sentence, number.end)
        more = next(read_numbers(sentence[other.end() :]), None) if other else None
        decided = more is None or more.value == number.value
        end = number.end if decided or not (other and more) else other.end() + more.end
        return Value(start + number.start, start + end, number.value, number, decided)


def _in_words(sentence: str, numbers: list[Number], *, labelled: bool) -> Number | None:
    """Take the number of an answer in words: "she sells 9 eggs at $2 each, which makes $18"."""
    if _NO_NUMBER.match(sentence):
        return None  # "rounded answer: to 1 decimal place"
    if labelled:
        return numbers[-1]
    if _FILLER.fullmatch(sentence, 0, numbers[0].start):
        return numbers[0]
    stated = _STATES.search(sentence)
    rest = [number for number in numbers if stated and number.start >= stated.end()]
    return rest[-1] if rest else None


def _calculated(sentence: str, numbers: list[Number]) -> Number:
    """Take the result of the calculation with which a sentence begins: "3 + 4 = 7"."""
    found = last = numbers[0]
    calculated = False
    for number in numbers[1:]:
        between = sentence[last.end : number.start]
        if _EQUALS.fullmatch(between):
            found = number
        elif not _OPERATOR.fullmatch(between):
            break
        calculated = True
        last = number
    shown = _RESULT.match(sentence, last.end) if calculated or len(numbers) > 2 else None
    return next((n for n in numbers if shown and n.start >= shown.end()), found)
