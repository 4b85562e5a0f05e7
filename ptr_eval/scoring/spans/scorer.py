"""Scores reading answers: a number, a date, or one or several spans of a passage (DROP).

The answer is what the response states after "answer is" or "Answer:", or all of a response that
is short. It is compared by the official evaluator's rules (exact match, and F1 of bags of words
with the best pairing of spans), and the best of all annotated answers counts.
"""

import re
import string
from collections.abc import Sequence

from ptr_eval.scoring.answers import clean, read_response
from ptr_eval.scoring.score import Score, Verdict
from ptr_eval.scoring.spans.matcher import SpanMatcher

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_SEPARATORS = re.compile(
    r"[\"']?[,;]\s+(?:and\s+|or\s+)?[\"']?|\s+(?:and|&|as well as|plus)\s+|\s/\s|\n+"
)


def score_spans(response: str, *, golds: Sequence[Sequence[str]]) -> Score:
    """Score a response against all annotated answers.

    Args:
        response: What the model wrote, without its thinking block.
        golds: The annotated answers, each a sequence of spans; a number or date is one span.

    Returns:
        The score. Its value is the F1, `parts` has `em` and `f1` (each from 0 to 1), and the
        verdict is `correct` if the match is exact.

    Example:
        >>> score_spans("The answer is the Broncos.", golds=[["Denver Broncos"]]).parts
        {'em': 0.0, 'f1': 0.67}
    """
    found = read_response(response, clean, SpanMatcher.of)
    if found.value is None:
        return Score.unparsed(found.how, kept=found.kept, em=0.0, f1=0.0)
    answer = str(found.value.item)
    em, f1 = best_match(answer, golds)
    parts = {"em": em, "f1": f1}
    verdict: Verdict = "correct" if em == 1.0 else "wrong"
    return Score(f1, verdict, answer, found.how, parts, found.span)


def best_match(answer: str, golds: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Compare an answer with all annotated ones by the official rules; return EM and F1.

    Where an annotated answer has several spans, the answer is also split at commas and "and".
    """
    whole = (answer,)
    parts = tuple(part for part in _SEPARATORS.split(answer) if part.strip())
    best_em, best_f1 = 0.0, 0.0
    for gold in golds:
        spans = [span for span in gold if span.strip()]
        for predicted in (whole, parts) if len(spans) > 1 else (whole,):
            if spans and predicted:
                em, f1 = _exact_and_f1(predicted, spans)
                best_em, best_f1 = max(best_em, em), max(best_f1, f1)
    return best_em, best_f1


def _exact_and_f1(predicted: Sequence[str], gold: Sequence[str]) -> tuple[float, float]:
    predicted, gold = [_normalized(p) for p in predicted], [_normalized(g) for g in gold]
    exact = len(predicted) == len(gold) and set(predicted) == set(gold)
    return float(exact), round(_aligned_f1(predicted, gold), 2)


def _aligned_f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    """Pair spans one to one so that the sum of F1 is largest; a span without a pair counts 0."""
    scores = [[_bag_f1(set(p.split()), set(g.split())) for p in predicted] for g in gold]
    longest = max(len(predicted), len(gold))
    if longest == 1:
        return scores[0][0]
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    table = np.asarray(scores)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum()) / longest


def _bag_f1(predicted: set[str], gold: set[str]) -> float:
    numbers = {word for word in gold if _is_number(word)}
    if numbers and not numbers & {word for word in predicted if _is_number(word)}:
        return 0.0  # A number of the right answer must be given.
    shared = len(predicted & gold)
    precision = shared / len(predicted) if predicted else 1.0
    recall = shared / len(gold) if gold else 1.0
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def _normalized(text: str) -> str:
    """Write in lower case, without punctuation and articles, with numbers as floats."""
    words = (_normalized_word(word) for word in re.split(r"[ -]", text.lower()))
    return " ".join(part for word in words for part in word.split())


def _normalized_word(word: str) -> str:
    if not _is_number(word):
        word = "".join(c for c in word if c not in _PUNCTUATION)
    if _is_number(word):
        return str(float(word))
    return _ARTICLES.sub(" ", word)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
