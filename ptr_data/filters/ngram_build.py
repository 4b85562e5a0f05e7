"""Building the index of benchmark items.

Every text that is indexed is found again, alone or within another, whatever its case, blanks and
punctuation. Common phrases do not count, but cannot hide a text: one of at least `short_n` words
that is made of nothing else is indexed whole. Texts that are too short and, below `short_n` words,
common phrases ("which of the following is true") are not looked for within others: there their
items are found by their other texts, such as question with options.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ptr_data.filters.ngrams import (
    BenchmarkItem,
    Hashes,
    NgramIndex,
    NgramSettings,
    Numbers,
    find,
    fingerprint,
    hash_runs,
    hash_whole,
    hash_words,
    split_words,
)

_CHUNK = 1 << 20  # Words that are worked on at a time.

Flags = npt.NDArray[np.bool_]
Runs = tuple[Hashes, npt.NDArray[np.int32]]


class _Corpus(NamedTuple):
    """All items' texts as hashed words, one after the other; equal texts once.

    `ends` is each text's end in `words`, `characters` its letters and digits, `owners` its first
    item; `uses` are pairs of item and text. So a passage that many items share counts once, and
    is no common phrase.
    """

    words: Hashes
    ends: Numbers
    characters: Numbers
    owners: npt.NDArray[np.int32]
    uses: Numbers

    def lengths(self) -> Numbers:
        return np.diff(self.ends, prepend=0)

    def chunks(self) -> list[slice]:
        """Cut the texts into ranges of about `_CHUNK` words, no item in two of them."""
        last = np.flatnonzero(np.diff(self.owners, append=-1))
        group = self.ends[last] // _CHUNK
        stops = last[np.flatnonzero(np.diff(group, append=-1))] + 1
        return [slice(int(a), int(b)) for a, b in zip([0, *stops[:-1]], stops, strict=True)]

    def runs(self, length: int) -> Iterator[tuple[Hashes, Numbers]]:
        """Hash all runs of so many words, chunk by chunk, and tell of which text each is."""
        lengths = self.lengths()
        for chunk in self.chunks():
            begin = int(self.ends[chunk.start] - lengths[chunk.start])
            words = self.words[begin : int(self.ends[chunk.stop - 1])]
            texts = np.repeat(np.arange(chunk.start, chunk.stop), lengths[chunk])
            if len(words) >= length:
                inside = np.flatnonzero(texts[: len(texts) - length + 1] == texts[length - 1 :])
                yield hash_runs(words, length)[inside], texts[inside]


def build_index(items: Sequence[BenchmarkItem], settings: NgramSettings) -> NgramIndex:
    """Index benchmark items.

    Memory grows with the benchmarks, by about 50 bytes for each of their words.
    """
    corpus = _read(items)
    lengths = corpus.lengths()
    long_enough = (lengths >= settings.min_words) & (corpus.characters >= settings.min_characters)
    run = np.where(lengths >= settings.short_n, settings.short_n, lengths * long_enough)
    run[lengths >= settings.n] = settings.n
    covered = np.zeros(len(lengths), bool)
    parts: dict[int, Runs] = {}
    for length in np.unique(run[run > 0]).tolist():
        hashes, owners = _distinct(corpus, length, run == length)
        rare = _count_items(corpus, length, hashes) <= settings.common
        parts[length] = hashes[rare], owners[rare]
        covered |= _having(corpus, length, parts[length][0]) & (run == length)
    hidden = (run >= settings.short_n) & ~covered
    for length in np.unique(lengths[hidden]).tolist():
        whole = _distinct(corpus, length, hidden & (lengths == length))
        parts[length] = _merged(parts[length], whole) if length in parts else whole
    covered |= hidden | (lengths < settings.short_n)
    return _assembled(items, settings, parts, corpus.uses, covered)


def _short(items: Sequence[BenchmarkItem], below: int) -> Runs:
    """Hash all short texts, each once, with the first item that has it."""
    first: dict[int, int] = {}
    for number, item in enumerate(items):
        for text in item.texts:
            if 0 < len(split_words(text)) < below:
                first.setdefault(hash_whole(text), number)
    hashes = np.array(sorted(first), np.uint64)
    return hashes, np.array([first[key] for key in hashes.tolist()], np.int32)


def _read(items: Sequence[BenchmarkItem]) -> _Corpus:
    seen: dict[bytes, int] = {}
    hashed: list[Hashes] = []
    characters, owners, uses = [], [], []
    for number, item in enumerate(items):
        for text in item.texts:
            words = split_words(text)
            if not words:
                continue
            hashes = hash_words(words)
            key = hashlib.blake2b(hashes.tobytes(), digest_size=16).digest()
            if key not in seen:
                seen[key] = len(hashed)
                hashed.append(hashes)
                characters.append(sum(map(len, words)))
                owners.append(number)
            uses.append((number, seen[key]))
    return _Corpus(
        np.concatenate(hashed) if hashed else np.empty(0, np.uint64),
        np.cumsum([len(hashes) for hashes in hashed], dtype=np.int64),
        np.array(characters, np.int64),
        np.array(owners, np.int32),
        np.array(uses, np.int64).reshape(-1, 2),
    )


def _distinct(corpus: _Corpus, length: int, chosen: Flags) -> Runs:
    """Collect the runs of chosen texts, each once, with the first item that has it."""
    held: Runs = (np.empty(0, np.uint64), np.empty(0, np.int32))
    for hashes, texts in corpus.runs(length):
        of_chosen = chosen[texts]
        held = _merged(held, (hashes[of_chosen], corpus.owners[texts[of_chosen]]))
    return held


def _merged(first: Runs, second: Runs) -> Runs:
    """Sort runs together, each once, with the first item given for it."""
    hashes = np.concatenate([first[0], second[0]])
    owners = np.concatenate([first[1], second[1]])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    new = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    return hashes[new], owners[new]


def _count_items(corpus: _Corpus, length: int, held: Hashes) -> Numbers:
    """Count, for each run, the items in which it occurs."""
    counts = np.zeros(len(held), np.int64)
    for hashes, texts in corpus.runs(length):
        found = find(hashes, held)
        there = found >= 0
        items = int(corpus.owners[-1]) + 1
        pairs = np.unique(found[there] * items + corpus.owners[texts[there]])
        counts += np.bincount(pairs // items, minlength=len(held))
    return counts


def _having(corpus: _Corpus, length: int, held: Hashes) -> Flags:
    """Tell which texts have any of the runs."""
    having = np.zeros(len(corpus.ends), bool)
    for hashes, texts in corpus.runs(length):
        having[texts[find(hashes, held) >= 0]] = True
    return having


def _assembled(
    items: Sequence[BenchmarkItem],
    settings: NgramSettings,
    parts: dict[int, Runs],
    uses: Numbers,
    covered: Flags,
) -> NgramIndex:
    lengths = sorted((length for length, (hashes, _) in parts.items() if len(hashes)), reverse=True)
    splits = [(item.task, item.split) for item in items]
    firsts = [n for n, split in enumerate(splits) if n == 0 or split != splits[n - 1]]
    kept = [parts[length] for length in lengths]
    empty: Runs = (np.empty(0, np.uint64), np.empty(0, np.int32))
    hashes, owners = (np.concatenate(column) for column in zip(*kept, empty, strict=True))
    found = uses[covered[uses[:, 1]], 0]
    whole, whole_owners = _short(items, settings.short_n)
    return NgramIndex(
        hashes=hashes,
        owners=owners,
        lengths=np.array(lengths, np.int64),
        starts=np.cumsum([0, *(len(part[0]) for part in kept)], dtype=np.int64),
        splits=tuple(splits[n] for n in firsts),
        firsts=np.array(firsts, np.int64),
        documents=np.array([item.document for item in items], np.int64),
        whole=whole,
        whole_owners=whole_owners,
        below=settings.short_n,
        bare=np.setdiff1d(np.arange(len(items)), found),
        fingerprint=fingerprint(items, settings),
    )
