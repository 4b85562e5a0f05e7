"""What an answer changed of the answers that it was made from, and what it copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from ptr_eval.texts.words import Words

RUN = 4
"""So many words in a row must stand in a source to count as copied from it."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """An answer beside its sources: the answer of the round before, or the candidates."""

    edited: float
    """The edit distance to the source that most is copied from, as a share of the longer text."""
    copied: float
    """The share of the answer's words that are copied from any of the sources."""
    copied_from_one: float
    """The share copied from that one source; below `copied` if the answer joins several."""
    unchanged: bool
    """Whether all its words are those of one of the sources."""
    cut: bool
    """Whether only the first words of a text were compared."""


def rewriting(answer: Words, sources: Sequence[Words]) -> Rewriting:
    """Compare an answer with what it was made from.

    A word is copied if it is in a run of 4 words that a source has, too; in an answer of fewer
    words the run is the whole answer.
    """
    if not answer.words or not sources:
        raise ValueError("an answer with words and a source are needed")
    length = min(RUN, len(answer.words))
    runs = _runs(answer.words, length)
    found = [_in_source(runs, source.words, length) for source in sources]
    shares = [_covered(starts, length) / len(answer.words) for starts in found]
    most = max(range(len(sources)), key=shares.__getitem__)
    nearest = sources[most].words
    return Rewriting(
        edited=edit_distance(answer.words, nearest) / max(len(answer.words), len(nearest)),
        copied=_covered(set().union(*found), length) / len(answer.words),
        copied_from_one=shares[most],
        unchanged=any(answer.words == source.words for source in sources),
        cut=answer.cut or any(source.cut for source in sources),
    )


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the fewest words to insert, delete or replace: the Levenshtein distance.

    Each word of one text is a step on bit vectors as long as the other one (Hyyrö 2003), so the
    memory is linear.
    """
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if not one or not other:
        return len(one) + len(other)
    return _bit_vector_distance(one, other)


def _bit_vector_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Go through `other` with the differences of a whole column of the table in two numbers."""
    places: dict[str, int] = {}
    for place, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << place
    whole, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    rises, falls, distance = whole, 0, len(one)
    for word in other:
        match = places.get(word, 0)
        same = (((match & rises) + rises) ^ rises) | match | falls
        right_rises = falls | (whole & ~(same | rises))
        right_falls = rises & same
        if right_rises & last:
            distance += 1
        elif right_falls & last:
            distance -= 1
        right_rises = right_rises << 1 | 1
        rises = whole & ((right_falls << 1) | ~(same | right_rises))
        falls = whole & right_rises & same
    return distance


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the words with which both begin."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _runs(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(length)), strict=False))


def _in_source(runs: Sequence[tuple[str, ...]], source: Sequence[str], length: int) -> set[int]:
    """Find where runs begin that a source has, too."""
    there = set(_runs(source, length))
    return {start for start, run in enumerate(runs) if run in there}


def _covered(starts: set[int], length: int) -> int:
    """Count the words that are in a run that begins at one of these places."""
    return len({start + place for start in starts for place in range(length)})
