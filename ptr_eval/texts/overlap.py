"""BLEU and chrF of texts against references, from counts that are kept an item.

Both are figures of a whole corpus: counts of n-grams are added up first, and the figure is
computed from the sums. They equal those of sacrebleu's command line with the same signature.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_WORD_ORDER = 4  # of BLEU
_CHARACTER_ORDER = 6  # of chrF
_BETA = 2


@dataclass(frozen=True, slots=True)
class CorpusFigure:
    """A figure over many texts that is no mean over them."""

    value: Callable[[npt.NDArray[Any]], Floats]
    """Computes it from sums of counts, [..., counts] to [...], from 0 to 100."""
    signature: Callable[[], str]
    """Says how it is computed, in sacrebleu's words."""


def overlap_counts(text: str, reference: str) -> dict[str, tuple[int, ...]]:
    """Count what BLEU and chrF need of one text, in which blanks and line breaks are one blank.

    `bleu`: matches of 1 to 4 words, totals of the same, and the lengths of text and reference.
    `chrf`: for 1 to 6 characters the totals of text and reference, and the matches.
    """
    text, reference = _line(text), _line(reference)
    found = _bleu_metric().sentence_score(text, [reference])
    lengths = (int(found.sys_len), int(found.ref_len))
    pairs = [
        _pair(text.replace(" ", ""), reference.replace(" ", ""), length)
        for length in range(1, _CHARACTER_ORDER + 1)
    ]
    return {
        "bleu": (*map(int, found.counts), *map(int, found.totals), *lengths),
        "chrf": tuple(count for pair in pairs for count in pair),
    }


def bleu(counts: npt.NDArray[Any]) -> Floats:
    """Compute BLEU, from 0 to 100, from sums of counts: [..., 10] to [...].

    exp(mean over n of log p_n), times exp(1 - reference / text) if the texts are shorter. Where
    nothing of a length matches, p_n is 1 / (2^z total) at the z-th such length (`smooth:exp`).
    """
    counts = np.asarray(counts, dtype=np.float64)
    matches, totals = counts[..., :_WORD_ORDER], counts[..., _WORD_ORDER : 2 * _WORD_ORDER]
    text, reference = counts[..., -2], counts[..., -1]
    none = matches == 0
    smoothed = np.where(none, 0.5 ** np.cumsum(none, axis=-1), matches)
    defined = (totals > 0).all(axis=-1) & ~none.all(axis=-1)
    precisions = np.divide(smoothed, totals, out=np.ones_like(smoothed), where=totals > 0)
    ratio = np.divide(reference, text, out=np.ones_like(text), where=text > 0)
    brevity = np.where(text > 0, np.exp(np.minimum(0.0, 1 - ratio)), 0.0)
    value = 100 * brevity * np.exp(np.log(precisions).mean(axis=-1))
    return np.asarray(np.where(defined, value, 0.0))


def chrf(counts: npt.NDArray[Any]) -> Floats:
    """Compute chrF2, from 0 to 100, from sums of counts: [..., 18] to [...].

    5 p r / (4 p + r), where p and r are the means of precision and recall over the lengths of
    which both sides have n-grams.
    """
    counts = np.asarray(counts, dtype=np.float64)
    texts, references, matches = np.moveaxis(
        counts.reshape(*counts.shape[:-1], _CHARACTER_ORDER, 3), -1, 0
    )
    there = (texts > 0) & (references > 0)
    orders = np.maximum(there.sum(axis=-1), 1)
    blank = np.zeros_like(matches)
    precision = np.divide(matches, texts, out=blank.copy(), where=there).sum(axis=-1) / orders
    recall = np.divide(matches, references, out=blank.copy(), where=there).sum(axis=-1) / orders
    below = _BETA**2 * precision + recall
    above = 100 * (1 + _BETA**2) * precision * recall
    return np.asarray(np.divide(above, below, out=np.zeros_like(below), where=below > 0))


def bleu_signature() -> str:
    """Say as sacrebleu does how BLEU is computed: one reference, as written, tokenizer 13a."""
    return f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{_version()}"


def chrf_signature() -> str:
    """Say as sacrebleu does how chrF is computed: up to 6 characters, no words, no blanks."""
    return f"nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{_version()}"


CORPUS_FIGURES: Mapping[str, CorpusFigure] = {
    "bleu": CorpusFigure(bleu, bleu_signature),
    "chrf": CorpusFigure(chrf, chrf_signature),
}
"""The figures of `overlap_counts`, by its names."""


def _line(text: str) -> str:
    # A file cannot hold lone surrogates.
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _pair(text: str, reference: str, length: int) -> tuple[int, int, int]:
    """Count the n-grams of a text and of its reference, and those that match."""
    ours, theirs = _characters(text, length), _characters(reference, length)
    matches = sum(min(count, theirs[run]) for run, count in ours.items() if run in theirs)
    return (ours.total() if theirs else 0), theirs.total(), matches


def _characters(text: str, length: int) -> Counter[str]:
    starts: Sequence[int] = range(len(text) - length + 1)
    return Counter(text[start : start + length] for start in starts)


@cache
def _bleu_metric() -> Any:
    from sacrebleu.metrics import BLEU

    # Counts do not depend on it, but a sentence would be warned of without.
    return BLEU(tokenize="13a", effective_order=True)


def _version() -> str:
    import sacrebleu

    return str(sacrebleu.__version__)
