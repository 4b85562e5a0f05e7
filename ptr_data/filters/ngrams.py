"""An index of benchmark items by runs of words (n-grams), and the search for them in a text.

A text of at least `n` words is indexed by every run of `n` words in it, a shorter one of at least
`short_n` by every run of `short_n`, a still shorter one as a whole. Runs are held as 64-bit hashes
in sorted arrays: memory depends on the benchmarks alone, not on how many texts are searched.

A text below `short_n` words may say too little to be looked for within others ("Planets orbit").
It is always found where it is all that a text says.
"""

import hashlib
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationInfo, field_validator

from ptr_eval.config import Settings
from ptr_eval.errors import UserError

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

FORMAT = 2
"""The form of saved indices; raised when it changes, or the way words are split or hashed."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# A character of Chinese or Japanese is a word of its own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
# Signs tell "3 - i" from "3 + i": short texts have few words that could.
_WORD_OR_SIGN = re.compile(rf"{_WORD.pattern}|[-+/^=<>]")
_MINUS = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-")


class NgramSettings(Settings):
    """Which runs of words tell a benchmark item."""

    n: int = Field(default=13, ge=1)
    """The length of a run, in words, for texts of at least that many."""
    short_n: int = Field(default=8, ge=1, validate_default=True)
    """Its length for shorter texts, in words; still shorter ones are looked for whole."""
    min_words: int = Field(default=5, ge=1)
    """The shortest text that is looked for within others, in words; one that is equal to a
    benchmark's text is found at any length."""
    min_characters: int = Field(default=20, ge=1)
    """The shortest text that is looked for within others, in letters and digits."""
    common: int = Field(default=10, ge=1)
    """A run found in more benchmark items than this is a common phrase and does not count (as in
    Brown et al. 2020, appendix C, where training documents are counted)."""

    @field_validator("short_n")
    @classmethod
    def _shorter(cls, short_n: int, info: ValidationInfo) -> int:
        if short_n > info.data.get("n", short_n):
            raise ValueError(f"must be at most n ({info.data['n']})")
        return short_n


class BenchmarkItem(NamedTuple):
    """A benchmark's document and the texts by which it is recognised."""

    task: str
    """The task's name."""
    split: str
    """The split's name."""
    document: int
    """Its number in the split, from 0, as `doc_id` in samples files."""
    texts: tuple[str, ...]
    """Its texts, such as question, and question with answer."""


class NgramMatch(NamedTuple):
    """A benchmark item found in a text."""

    task: str
    """The task's name."""
    split: str
    """The split's name."""
    document: int
    """The document's number in the split, from 0."""
    words: str
    """The run of words that both have. Where several items have it, the first is named."""


@dataclass(frozen=True, slots=True)
class NgramIndex:
    """Benchmark items by the hashes of their runs of words."""

    hashes: Hashes
    """The hashes, sorted within the runs of each length; shape [runs]."""
    owners: npt.NDArray[np.int32]
    """The first item that has each; shape [runs]."""
    lengths: Numbers
    """The lengths of runs in words, longest first; shape [lengths]."""
    starts: Numbers
    """Where the runs of each length start, and where the last end; shape [lengths + 1]."""
    splits: tuple[tuple[str, str], ...]
    """Task and split of the items, in their order."""
    firsts: Numbers
    """The number of each split's first item; shape [splits]."""
    documents: Numbers
    """Each item's document number; shape [items]."""
    whole: Hashes
    """The hashes of all texts of fewer than `below` words, sorted; shape [short texts]."""
    whole_owners: npt.NDArray[np.int32]
    """The first item that has each; shape [short texts]."""
    bare: Numbers
    """The items without a word, of which nothing could be indexed; shape [bare items]."""
    below: int
    """From so many words on, a text equal to a benchmark's is found by its runs."""
    fingerprint: str
    """What `fingerprint` gives for its items and settings."""

    def item(self, number: int) -> tuple[str, str, int]:
        """Name an item."""
        place = int(np.searchsorted(self.firsts, number, side="right")) - 1
        return (*self.splits[place], int(self.documents[number]))


def split_words(text: str) -> list[str]:
    """Split a text into the words that are compared.

    In Unicode's form NFKC and caseless. Everything but letters and digits separates words; marks
    that cannot be seen, such as soft hyphens, do not.
    """
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).casefold()
    return unicodedata.normalize("NFKC", folded)


@lru_cache(maxsize=1 << 17)
def _hash_word(word: str) -> int:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def hash_words(words: Sequence[str]) -> Hashes:
    """Hash words, the same on every machine."""
    return np.fromiter(map(_hash_word, words), np.uint64, len(words))


def hash_whole(text: str) -> int:
    """Hash a short text by its words and the signs of arithmetic between them."""
    parts = _WORD_OR_SIGN.findall(_folded(text).translate(_MINUS))
    return _hash_word(" ".join(parts).strip("-+/^=<> "))


def hash_runs(words: Hashes, length: int) -> Hashes:
    """Hash every run of so many words.

    The hash of w_1 ... w_k is the sum of w_i * B^(k - i) modulo 2^64, for a fixed odd B. Two
    runs that differ have the same one with a probability of about 2^-64.
    """
    count = len(words) - length + 1
    hashes = words[:count].copy()
    for place in range(1, length):
        hashes *= _BASE
        hashes += words[place : place + count]
    return hashes


def find(wanted: Hashes, held: Hashes) -> Numbers:
    """Find hashes among sorted ones."""
    if not len(held):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(wanted)  # Neighbours then touch the same memory.
    places = np.empty(len(wanted), np.int64)
    places[order] = np.searchsorted(held, wanted[order])
    places[places == len(held)] = 0
    places[held[places] != wanted] = -1
    return places


def matches(text: str, index: NgramIndex, *, whole: bool = False) -> NgramMatch | None:
    """Look for a benchmark item within a text, or also for a short one that is the whole text.

    The latter is not for answers: a benchmark's question may be a single word ("Inflation") that
    answers others.
    """
    words = split_words(text)
    hashed = hash_words(words)
    for place, length in enumerate(index.lengths.tolist()):
        if length > len(words):
            continue
        held = slice(int(index.starts[place]), int(index.starts[place + 1]))
        found = find(hash_runs(hashed, length), index.hashes[held])
        hits = np.flatnonzero(found >= 0)
        if len(hits):
            first = int(hits[0])
            owner = int(index.owners[held][found[first]])
            return NgramMatch(*index.item(owner), " ".join(words[first : first + length]))
    if whole and 0 < len(words) < index.below:
        return _equal(text, " ".join(words), index)
    return None


def _equal(text: str, words: str, index: NgramIndex) -> NgramMatch | None:
    (place,) = find(np.array([hash_whole(text)], np.uint64), index.whole).tolist()
    if place < 0:
        return None
    return NgramMatch(*index.item(int(index.whole_owners[place])), words)


def fingerprint(items: Sequence[BenchmarkItem], settings: NgramSettings) -> str:
    """Hash items and settings, to notice an index that was built from others."""
    used = {name: getattr(settings, name) for name in sorted(NgramSettings.model_fields)}
    digest = hashlib.sha256(json.dumps([FORMAT, used]).encode())
    for item in items:
        digest.update(json.dumps(item).encode())
    return digest.hexdigest()[:16]


def save_index(index: NgramIndex, path: Path) -> None:
    """Write an index, wholly or not at all; equal indices give equal bytes."""
    text = json.dumps(
        {"splits": index.splits, "fingerprint": index.fingerprint, "below": index.below}
    )
    arrays = {name: getattr(index, name) for name in _ARRAYS}
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, text=np.array(text), **arrays)
    part.replace(path)


def load_index(path: Path) -> NgramIndex:
    """Read an index back."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            text = json.loads(str(stored["text"]))
            arrays = {name: stored[name] for name in _ARRAYS}
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is no index of benchmark items; delete it to have it built again."
        ) from error
    splits = tuple((task, split) for task, split in text["splits"])
    return NgramIndex(splits=splits, fingerprint=text["fingerprint"], below=text["below"], **arrays)


_ARRAYS = ("hashes", "owners", "lengths", "starts", "firsts", "documents", "whole",
           "whole_owners", "bare")  # fmt: skip
