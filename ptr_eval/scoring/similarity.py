"""Scores summaries by their similarity to a reference: embeddings, ROUGE, BLEU and chrF (XSum).

The threshold from which a summary counts as correct is needed only to count fixed and broken
answers; the mean similarity does not depend on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_eval.scoring.score import Score, Verdict
from ptr_eval.scoring.summaries import FoundSummary, find_summary
from ptr_eval.texts.overlap import overlap_counts

Embedder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Maps texts to unit vectors, shape [texts, dimensions]."""

ROUGE = ("rouge1", "rouge2", "rougeL")
"""The names of the ROUGE measures."""

_LONGEST = 10_000  # characters; more than any embedding model reads
_MOST_WORDS = 1_000  # the time of ROUGE-L grows with the product of both lengths


def score_similarity(
    responses: Sequence[str],
    references: Sequence[str],
    *,
    embed: Embedder,
    threshold: float = 0.6,
) -> list[Score]:
    """Score summaries against references.

    Args:
        responses: What models wrote, without thinking blocks, shape [responses].
        references: The reference for each, shape [responses].
        embed: The embedding model.
        threshold: The cosine, from 0 to 1, from which a summary counts as correct.

    Returns:
        One score for each response. Its value is the cosine, with 0 for negative ones; `parts`
        has the F-measures `rouge1`, `rouge2` and `rougeL`; `counts` has what BLEU and chrF over
        many summaries are computed from, where no summary counts as an empty one.

    Raises:
        ValueError: The numbers of responses and references differ.
    """
    found = [find_summary(response) for response in responses]
    pairs = list(zip(found, references, strict=True))
    written = [(_text(f), reference) for f, reference in pairs if f.text and not f.kept]
    cosines = iter(_cosines(written, embed))
    return [
        _score(f, reference, next(cosines), threshold)
        if f.text and not f.kept
        else replace(
            Score.unparsed(f.how, f.kept, **dict.fromkeys(ROUGE, 0.0)),
            counts=overlap_counts("", reference),
        )
        for f, reference in pairs
    ]


def _text(found: FoundSummary) -> str:
    """Return a summary as embedding models take it; a long one is cut."""
    # Tokenizers refuse lone surrogates.
    return found.text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")


def rouge(response: str, reference: str) -> dict[str, float]:
    """Measure the overlap of words, word pairs, and the longest common subsequence.

    Words are stemmed, as is usual for summaries. Only the first 1,000 words are compared.

    Args:
        response: The summary.
        reference: The reference.

    Returns:
        The F-measures `rouge1`, `rouge2` and `rougeL`, from 0 to 1.
    """
    scores = _rouge_scorer().score(_first_words(reference), _first_words(response))
    return {name: float(scores[name].fmeasure) for name in ROUGE}


def load_embedder(name_or_path: str = "BAAI/bge-m3", device: str | None = None) -> Embedder:
    """Load an embedding model through sentence-transformers.

    Args:
        name_or_path: The name of a model on the hub, or a local folder.
        device: Where to run it, such as `cpu` or `cuda:0`; None for the best device.

    Returns:
        A function from texts to unit vectors, shape [texts, dimensions].

    Raises:
        UserError: If the model cannot be loaded.
    """
    require("`similarity`", "similarity", "sentence_transformers")
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name_or_path, device=device)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"The embedding model {name_or_path} cannot be loaded ({reason}); check the network, "
            "or name a local folder instead (--metadata ptr_embedder=FOLDER in evaluation)."
        ) from error

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=len(texts) > 1000
        )
        return np.asarray(vectors, dtype=np.float32)

    return embed


def _cosines(pairs: Sequence[tuple[str, str]], embed: Embedder) -> list[float]:
    if not pairs:
        return []
    # Rounds often repeat a text, and each reference is given once per round.
    unique = list(dict.fromkeys(text for pair in pairs for text in pair))
    rows = {text: row for row, text in enumerate(unique)}
    vectors = embed(unique)
    return [float(vectors[rows[a]] @ vectors[rows[b]]) for a, b in pairs]


def _score(found: FoundSummary, reference: str, cosine: float, threshold: float) -> Score:
    summary = _text(found)
    value = min(1.0, max(0.0, cosine))
    parts = rouge(summary, reference)
    verdict: Verdict = "correct" if value >= threshold else "wrong"
    counts = overlap_counts(summary, reference)
    return Score(value, verdict, summary, found.how, parts, found.span, counts=counts)


def _first_words(text: str) -> str:
    return " ".join(text[:_LONGEST].split(maxsplit=_MOST_WORDS)[:_MOST_WORDS])


@cache
def _rouge_scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(ROUGE), use_stemmer=True)
