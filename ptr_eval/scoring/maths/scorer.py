r"""Score MATH-type answers: the boxed or stated answer, compared by math-verify.

Equal strings and plain numbers are decided here; everything else is compared symbolically in a
worker process under a limit of CPU time. Units, dollars and degree signs do not matter, "75\%"
equals 3/4 and also 75, "x=5" equals 5, "\{1,2\}" equals "2,1", but "(1,2)" never equals "1,2".
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

from ptr_eval.scoring.maths import latex, pool
from ptr_eval.scoring.score import Score
from ptr_eval.scoring.statements import (
    Statement,
    before_next_question,
    boxes,
    first_sentence,
    last_statements,
)

MAX_LENGTH = 2_000
_TAIL = 4_000
_FORMULA = re.compile(
    r"\$\$(?P<a>.{1,2000}?)\$\$|(?<!\\)\$(?P<b>(?:\\[$]|[^$]){1,2000}?)(?<!\\)\$"
    r"|\\\[(?P<c>.{1,2000}?)\\\]|\\\((?P<d>.{1,2000}?)\\\)"
    r"|(?P<e>\\begin\{(?:align|equation|gather)\*?\}.{1,2000}?\\end\{(?:align|equation|gather)\*?\})",
    re.DOTALL,
)
# Between two answers given together: "\boxed{1} and \boxed{2}".
_JOINT = re.compile(
    r"[\s$.\\()\[\]]{0,12}(?:,|;|and|or|,\s?and|,\s?or)[\s$\\()\[\]]{0,12}(?:[a-z]\s?=\s?)?"
)
_END_MARK = re.compile(r"^[\s$\\()\[\]]*(?:blacksquare|square|checkmark|qed)[\s$\\()\[\]]*$")
_ENGLISH = re.compile(r"(?<![\\A-Za-z{])(?!sqrt|sin|cos|tan|log|pi\b)[A-Za-z]{2,}")
_LINK = re.compile(r"\b(?:is|are|equals):?\s{0,3}(?=\$|\\[(\[])")
_MATHS = re.compile(r"[0-9\\$]")


class Found(NamedTuple):
    """An answer found in a response."""

    text: str
    """The answer, or the text that contains it."""
    how: str
    """The rule that found it."""
    prose: bool
    """Whether math-verify still has to find it in `text`."""


class _Verdict(NamedTuple):
    equal: bool
    note: str
    found: bool = True


def score_maths(response: str, *, gold: str) -> Score:
    r"""Score a response whose answer is mathematical.

    Args:
        response: The model's text.
        gold: The right answer in LaTeX, or a solution with the answer in `\boxed{}`.

    Returns:
        The score; a comparison that ran out of time is wrong, and its `how` says so.

    Raises:
        ValueError: If `gold` is empty.
    """
    right = _gold(gold)
    found = find_answer(response)
    if found is None:
        return Score.unparsed("no answer")
    return _score(found, _compare(right, found.text, found.prose))


def score_maths_batch(
    responses: Sequence[str], golds: Sequence[str], *, workers: int | None = None
) -> list[Score]:
    """Score many responses on several cores, each different pair of answers once.

    Args:
        responses: The models' texts.
        golds: The right answer of each.
        workers: Comparing processes; by default one per core.

    Returns:
        One score per response, each as `score_maths` gives it.

    Raises:
        ValueError: If the two have different lengths or a gold answer is empty.
    """
    found = [find_answer(response) for response in responses]
    right = [_gold(gold) for gold in golds]
    tasks = {
        (gold, answer.text, answer.prose)
        for gold, answer in zip(right, found, strict=True)
        if answer is not None
    }
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as threads:
        verdicts = dict(zip(tasks, threads.map(lambda task: _compare(*task), tasks), strict=True))
    return [
        Score.unparsed("no answer")
        if answer is None
        else _score(answer, verdicts[gold, answer.text, answer.prose])
        for gold, answer in zip(right, found, strict=True)
    ]


def equivalent(a: str, b: str) -> bool:
    """Whether two extracted answers are the same, in whichever direction math-verify finds it.

    Not transitive: 10% equals both 10 and 0.1.

    Args:
        a: An answer.
        b: Another.

    Returns:
        True if they are; False also if the comparison ran out of time.
    """
    return _compare(a, b, False).equal or _compare(b, a, False).equal


def equivalent_pairs(pairs: Sequence[tuple[str, str]], *, workers: int | None = None) -> list[bool]:
    """Compare many pairs of extracted answers on several cores.

    Args:
        pairs: The pairs.
        workers: Comparing processes; by default one per core.

    Returns:
        Whether each pair is the same, as `equivalent` finds it.
    """
    different = list(dict.fromkeys(pairs))
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as threads:
        verdicts = dict(
            zip(different, threads.map(lambda pair: equivalent(*pair), different), strict=True)
        )
    return [verdicts[pair] for pair in pairs]


def find_answer(response: str) -> Found | None:
    r"""Find the answer: the last `\boxed{}`, else the last stated one, else the last formula."""
    text = before_next_question(response, working=_MATHS.pattern)
    boxed = _joined_boxes(text)
    if boxed:
        return Found(boxed, "boxed", False)
    for statement in last_statements(text):
        stated = _stated(statement)
        if stated:
            return stated
    tail = text[-_TAIL:]
    formula = _formulas(tail, last=True)
    if formula:
        return Found(formula, "last formula", False)
    if any(character.isalnum() for character in tail):
        return Found(tail[-MAX_LENGTH:], "last expression (math-verify)", True)
    return None


def _gold(gold: str) -> str:
    boxed = _joined_boxes(gold) if "box" in gold else None
    if not (boxed or gold.strip()):
        raise ValueError("the gold answer is empty")
    return boxed or gold


def _joined_boxes(text: str) -> str | None:
    """The content of the last box, and of those given together with it."""
    parts: list[Statement] = []
    for box in boxes(text):
        if parts:
            end = box.end + len(box.text)
            if not _JOINT.fullmatch(text[end + 1 : min(parts[-1].start, end + 60)]):
                break
        if box.text.strip():
            parts.append(box)
    if not parts:
        return None
    joined = ", ".join(part.text for part in reversed(parts))
    inner = _joined_boxes(joined) if "box" in joined and len(joined) <= MAX_LENGTH else None
    return inner or joined


def _stated(statement: Statement) -> Found | None:
    """Read the answer off a statement in prose."""
    text = statement.text.lstrip(" \t\n*_:")
    sentence = first_sentence(text).strip(" *_")
    formula = _FORMULA.search(text)
    limit = len(sentence) if statement.kind == "is" else min(len(sentence), 60)
    if formula and formula.start() < limit:
        # "Answer: The domain of $f$ is $x>2$".
        link = _LINK.search(sentence, formula.end()) if formula.start() > 0 else None
        if link and statement.kind == "label" and _FORMULA.match(text, link.end()):
            text = text[link.end() :]
        return Found(_formulas(text, last=False) or "", "stated", False)
    if not sentence:
        return None
    if len(_ENGLISH.findall(sentence)) > 3 or (
        _MATHS.search(sentence) and _ENGLISH.search(sentence)
    ):
        return Found(sentence, "stated", True) if _MATHS.search(sentence) else None
    return Found(sentence, "stated", False)


def _formulas(text: str, *, last: bool) -> str | None:
    """The first or last formula of a text, and those given together with it."""
    matches = [match for match in _FORMULA.finditer(text) if not _END_MARK.search(match[0])]
    if not matches:
        return None
    if last:
        matches.reverse()
    chosen = [matches[0]]
    for match in matches[1:]:
        before, after = (match, chosen[-1]) if last else (chosen[-1], match)
        if not _JOINT.fullmatch(text[before.end() : after.start()]):
            break
        chosen.append(match)
    parts = [next(filter(None, match.groups())).strip() for match in chosen]
    return ", ".join(reversed(parts) if last else parts)


def _score(found: Found, verdict: _Verdict) -> Score:
    if not verdict.found:
        return Score.unparsed("no answer")
    answer = found.text.strip()[:MAX_LENGTH]
    return Score.of(verdict.equal, answer, found.how + verdict.note)


def _compare(gold: str, answer: str, prose: bool) -> _Verdict:
    if max(len(gold), len(answer)) > MAX_LENGTH:
        return _Verdict(gold.strip() == answer.strip(), ", too long to compare but as text")
    return _compare_short(gold, answer, prose)


@lru_cache(maxsize=4096)
def _compare_short(gold: str, answer: str, prose: bool) -> _Verdict:
    """Compare two answers: as strings, as numbers, then in a worker."""
    tidy_gold, tidy_answer = latex.tidy(gold), latex.tidy(answer)
    if not prose:
        tidy_answer = latex.last_side(tidy_answer, tidy_gold)
        tidy_gold, tidy_answer = (
            latex.without_name(tidy_gold, tidy_answer),
            latex.without_name(tidy_answer, tidy_gold),
        )
    decided = _quickly(tidy_gold, tidy_answer, prose, words=r"\text" in gold)
    if decided is not None:
        return _Verdict(decided, "")
    reply = pool.pool().ask(tidy_gold, answer if prose else tidy_answer, prose)
    note = f", comparison {reply.failure}" if reply.failure else ""
    return _Verdict(reply.equal, note, reply.found)


def _quickly(gold: str, answer: str, prose: bool, words: bool) -> bool | None:
    """Decide without mathematics, if possible."""
    key_gold, key_answer = latex.key(gold), latex.key(answer)
    if latex.choice(gold) and not prose:
        key_answer = latex.choice(answer) or key_answer
    if not key_gold or not key_answer or key_gold == key_answer:
        return key_gold == key_answer
    if prose:
        return None
    if (latex.is_words(gold) and words) or (latex.is_words(answer) and _MATHS.search(gold)):
        return False
    return _same_number(key_gold, key_answer)


def _same_number(key_gold: str, key_answer: str) -> bool | None:
    """Decide plain numbers, percentages, and lists against tuples."""
    bases = latex.based(key_gold), latex.based(key_answer)
    if bases[0] or bases[1]:
        gold, answer = bases[0] or (key_gold, None), bases[1] or (key_answer, None)
        return gold[0] == answer[0] and (None in (gold[1], answer[1]) or gold == answer)
    a, b = latex.number(key_gold), latex.number(key_answer)
    if a and b and (a[0] == b[0] or min(a[1], b[1]) >= 0 or max(a[1], b[1]) < 6):
        return a[0] == b[0]
    if key_gold.endswith("%") != key_answer.endswith("%"):
        a, b = latex.number(key_gold.rstrip("%")), latex.number(key_answer.rstrip("%"))
        if a and b:
            percent, plain = (a[0], b[0]) if key_gold.endswith("%") else (b[0], a[0])
            return plain in (percent, percent / 100)
    brackets, others = latex.elements(key_gold)[0], latex.elements(key_answer)[0]
    if brackets is not None and others is not None and (brackets == "") != (others == ""):
        return False
    return None
