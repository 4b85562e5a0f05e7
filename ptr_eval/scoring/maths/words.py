"""Writes answers in words in one form: numbers, dates, times, "yes, it is", "no solution"."""

import re
from itertools import takewhile

_ONES = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
"""The power of ten of each word such as "million"."""
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6} | {
    **{"seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "hundredth": 100}
}
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
# Nouns that add nothing: "an even function" is even.
_NOUNS = frozenset(
    "function functions number numbers integer integers triangle angle matrix curve solution "
    "solutions value values line lines".split()
)
_ARTICLE = re.compile(r"\A(?:[Aa]n?|[Tt]he|[Oo]n|[Ii]n) (?!and\b|or\b)(?=[\w-]{2})")
_MEANINGS = {
    **dict.fromkeys(["none", "empty set", "empty", "null set", "dne"], r"\emptyset"),
    **dict.fromkeys(["does not exist", "no such number exists"], r"\emptyset"),
    **dict.fromkeys(["infinity", "infinite", "infinitely many"], r"\infty"),
    **dict.fromkeys(
        ["all reals", "all real", "any real", "every real", "all real x"], r"\mathbb{R}"
    ),
    **dict.fromkeys(["set of all reals", "set of all real", "set of real"], r"\mathbb{R}"),
}
# "No solution", "there are no real solutions", "no solutions exist".
_NO_SOLUTION = frozenset(
    "no solution solutions root roots there is are exist exists has have real equation it".split()
)
_YES_OR_NO = re.compile(
    r"(?:yes|no)(?:[,;:. ]+(?:it|they|that|this|there|she|he|we|you)\b.{0,80}|, .{1,200})"
)
_ALL_BUT = re.compile(r"all real(?:s| numbers| values)(?: of x)? except (?:x = )?([-0-9, ]{1,40})")
DENIAL = frozenset(
    "not never cannot no nor neither isn't aren't wasn't doesn't don't can't won't".split()
)
"""Words that deny."""
DOUBT = frozenset("but if unless only maybe perhaps however except or might may could".split())
"""Words that make an answer doubtful or depend on something."""
_CLOCK = re.compile(r"(\d{1,2})(?::([0-5]\d))?(?: ?([ap])\.? ?m\b\.?| o'clock)?", re.IGNORECASE)


def in_one_wording(text: str) -> str:
    r"""Write an answer that consists of words in one form, "\emptyset" for "no solution"."""
    text = _ARTICLE.sub("", text, count=1)
    words = re.findall(r"[\w']+|[^\w\s]", text.casefold())
    plain = " ".join(w for w in words if w[0].isalnum())
    if {"no"} < set(words) <= _NO_SOLUTION:
        return r"\emptyset"
    excepted = _ALL_BUT.fullmatch(text.casefold())
    if excepted:
        return rf"\mathbb{{R}}\setminus\{{{excepted[1]}\}}"
    date = _date(plain.split())
    if date:
        return date
    number = number_in_words(plain.split())
    if number:
        return number
    if _YES_OR_NO.fullmatch(text.casefold()) and not DOUBT & set(words):
        return words[0] if words[0] == "no" or not DENIAL & set(words) else plain
    if words[0] == "neither" and "nor" in words:
        return "neither"
    while len(words) > 1 and words[-1] in _NOUNS:
        words.pop()
    meaning = _MEANINGS.get(plain) or _MEANINGS.get(" ".join(words))
    if meaning:
        return meaning
    # In "red and blue" the order means nothing; in "red, blue, green" it may be a ranking.
    return " and ".join(sorted(" ".join(words).split(" and ")))


def is_date(text: str) -> bool:
    """Whether an answer is a date, such as "4 July"."""
    return _date(re.findall(r"\w+", text.casefold())) is not None


def counted(text: str) -> str:
    """Read the number of "seven days"; any other text stays as it is."""
    words = re.findall(r"[a-z]+", text.casefold())
    known = sum(1 for _ in takewhile(lambda w: w in _ONES or w in _TENS or w in SCALES, words))
    rest = words[known:]
    if not known or len(rest) > 2 or set(rest) & (DOUBT | DENIAL) or set(rest) & set(_PARTS):
        return text
    return number_in_words(words[:known]) or text


def number_in_words(words: list[str]) -> str | None:
    """Read a number in words: "twenty-one" as "21", "two thirds" as a fraction."""
    words = [w for w in words if w != "and"]
    if words and words[0] in ("minus", "negative"):
        number = number_in_words(words[1:])
        return f"-{number}" if number else None
    below = _PARTS.get(words[-1].removesuffix("s"), _PARTS.get(words[-1])) if words else None
    if below and len(words) > 1:
        above = _whole(words[:-1])
        return rf"\frac{{{above}}}{{{below}}}" if above is not None else None
    whole = _whole(words)
    return None if whole is None else str(whole)


def _whole(words: list[str]) -> int | None:
    """Read a whole number: "two hundred five thousand one"."""
    if not words or words in (["hundred"], ["thousand"]):
        return None
    total, current, room = 0, 0, 100
    for word in words:
        small, power = _ONES.get(word, _TENS.get(word)), SCALES.get(word, 0)
        if small is not None and small < room and (small or len(words) == 1):
            current, room = current + small, 10 if small >= 20 else 0
        elif power == 2 and current < 100:
            current, room = max(current, 1) * 100, 100
        elif power > 2:
            total, current, room = total + max(current, 1) * 10**power, 0, 100
        else:
            return None
    return total + current


def _date(words: list[str]) -> str | None:
    """Write a date with the month first: "4 July" as "july 4"."""
    words = [w for w in words if w not in ("of", "the", "on")]
    months = [m for m in _MONTHS for w in words if w == m or (len(w) in (3, 4) and m.startswith(w))]
    others = [
        re.sub(r"(?<=\d)(?:st|nd|rd|th)\Z", "", w)
        for w in words
        if not any(m == w or (len(w) in (3, 4) and m.startswith(w)) for m in _MONTHS)
    ]
    if len(months) != 1 or not others or not all(w.isdigit() for w in others) or len(others) > 2:
        return None
    return " ".join([months[0], *sorted(others, key=len)])


def clock_time(text: str, other: str) -> tuple[int, str] | None:
    """Read a time of day: minutes since midnight or noon, and "a", "p" or "".

    "9" is a time where the other answer is one.
    """
    match = _CLOCK.fullmatch(text.strip())
    clear = match and (match[2] or match[3] or re.search(r":[0-5]|[ap]\.? ?m\b", other))
    if match is None or not clear or int(match[1]) > 23:
        return None
    hour, half = int(match[1]), (match[3] or "").lower()
    if hour > 12 and not half:
        hour, half = hour - 12, "p"
    return hour % 12 * 60 + int(match[2] or 0), half
