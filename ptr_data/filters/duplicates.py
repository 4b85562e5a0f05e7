"""Find exact and near duplicates among questions; the first of each group stays.

`signature` is computed shard by shard, in any order; `mark_duplicates` then passes once over all
questions in order. Its index is an SQLite file, so that memory does not grow with the number of
questions. Near means similar in wording: paraphrases are not found. Questions whose sources answer
them differently are different ones, however similar ("What is 3 + 4?", "What is 3 + 5?").
"""

import hashlib
import json
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from ptr_data.records import Question, question_id
from ptr_eval.config import Settings

FULL_BUCKET = 16
"""How many kept questions may share one band's values; further ones are not indexed under it.

This and `COMPARED` bound the work where thousands of questions are made from one template. Such
questions are still found through their other bands; exact duplicates are always found.
"""

COMPARED = 32
"""With how many kept questions one is compared, those that share the most bands first."""

_Mark = tuple[str, str] | None
_Numbered = tuple[int, "Sketch"]

_SEED = 1
_BLOCK = 8_192  # questions looked up at once: sorted keys touch each page of the index once
_CACHE_KIB = 65_536
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE kept (position INTEGER PRIMARY KEY, id TEXT, signature BLOB, reference TEXT);
CREATE TABLE buckets (key INTEGER, position INTEGER, PRIMARY KEY (key, position)) WITHOUT ROWID;
"""


class DuplicateSettings(Settings):
    """How similar two questions must be for the later one to be dropped.

    With b bands of r = permutations / bands values each, a pair of Jaccard similarity s is
    compared with probability 1 - (1 - s^r)^b (Leskovec, Rajaraman and Ullman, Mining of Massive
    Datasets, section 3.4), and dropped if its estimated similarity, whose standard error is at
    most sqrt(s (1 - s) / permutations), reaches the threshold. By default s = .9 is compared with
    probability .9999, .8 with .95, .5 with .06.
    """

    near: bool = True
    """Whether near duplicates are dropped; exact ones always are."""
    references: bool = True
    """Whether near duplicates must have equal references, where both have one; set it to false for
    sources whose answers to one question differ."""
    threshold: float = Field(default=0.8, gt=0, le=1)
    """The least Jaccard similarity of near duplicates, above 0 and up to 1."""
    shingle: int = Field(default=5, ge=1)
    """The length of the overlapping pieces that are compared, in characters."""
    permutations: int = Field(default=128, ge=1, le=4096)
    """The number of values in a signature, four bytes each."""
    bands: int = Field(default=16, ge=1)
    """The number of equal parts in which two signatures may meet."""

    @field_validator("bands")
    @classmethod
    def _divides(cls, bands: int, info: ValidationInfo) -> int:
        permutations = info.data.get("permutations", bands)
        if permutations % bands:
            raise ValueError(f"must divide permutations ({permutations})")
        return bands


class Sketch(NamedTuple):
    """What is known of a question where it is compared with others."""

    id: str
    """Its id."""
    signature: bytes = b""
    """Its signature; empty if near duplicates are kept."""
    reference: str = ""
    """A fingerprint of its reference; empty if it has none, or if that makes no difference."""


def sketch(question: Question, settings: DuplicateSettings) -> Sketch:
    """Note what a question is compared by; case, blanks and Unicode form make no difference."""
    compared = settings.near and settings.references and question.reference.strip()
    reference = question_id(question.reference) if compared else ""
    return Sketch(question.id, signature(question, settings), reference)


def signature(question: Question, settings: DuplicateSettings) -> bytes:
    """Compute the MinHash signature of a question's character shingles.

    Case, blanks and Unicode form make no difference, as in `Query.id`.
    """
    if not settings.near:
        return b""
    from rensa import RMinHash

    plain = " ".join(unicodedata.normalize("NFKC", question.text).casefold().split())
    size = settings.shingle
    hashes = RMinHash(num_perm=settings.permutations, seed=_SEED)
    # The library takes well-formed text only; a lone surrogate becomes a question mark.
    plain = plain.encode("utf-8", "replace").decode("utf-8")
    hashes.update([plain[i : i + size] for i in range(max(1, len(plain) - size + 1))])
    return np.array(hashes.digest(), dtype="<u4").tobytes()


def mark_duplicates(
    sketches: Iterable[Sketch], folder: Path, settings: DuplicateSettings
) -> Iterator[_Mark]:
    """Find the questions that repeat an earlier one which is kept."""
    numbered = enumerate(sketches)
    with _index(folder) as index:
        while block := list(islice(numbered, _BLOCK)):
            yield from _mark(index, block, settings)


def _mark(
    index: sqlite3.Connection, block: Sequence[_Numbered], settings: DuplicateSettings
) -> list[_Mark]:
    bands = settings.bands if settings.near else 0
    keys = [_keys(each.id, each.signature, bands) for _, each in block]
    buckets = _stored(index, keys)
    marks = []
    entries = []
    for (position, each), own in zip(block, keys, strict=True):
        near = _candidates(buckets, own)
        mark = _repeated(index, near, each, settings.threshold)
        if mark is None:
            index.execute("INSERT INTO kept VALUES (?, ?, ?, ?)", (position, *each))
            for key in own:
                bucket = buckets.setdefault(key, [])
                if len(bucket) < FULL_BUCKET:
                    bucket.append(position)
                    entries.append((key, position))
        marks.append(mark)
    index.executemany("INSERT INTO buckets VALUES (?, ?)", sorted(set(entries)))
    return marks


@contextmanager
def _index(folder: Path) -> Iterator[sqlite3.Connection]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "duplicates.sqlite"
    path.unlink(missing_ok=True)
    index = sqlite3.connect(path, isolation_level=None)
    try:
        index.executescript(_SCHEMA)
        index.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        index.execute("BEGIN")
        yield index
    finally:
        index.close()
        path.unlink(missing_ok=True)


def _keys(name: str, values: bytes, bands: int) -> list[int]:
    """Name the buckets of a question: one for its id, then one for each band of its signature."""
    size = len(values) // max(1, bands)
    parts = [b"id" + name.encode()]
    parts += [b"%d:" % band + values[band * size : (band + 1) * size] for band in range(bands)]
    digests = b"".join(hashlib.blake2b(part, digest_size=8).digest() for part in parts)
    keys: list[int] = np.frombuffer(digests, dtype="<i8").tolist()
    return keys


def _stored(index: sqlite3.Connection, keys: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Read the buckets that questions would fall into: positions of kept questions by key."""
    wanted = json.dumps(list(chain.from_iterable(keys)))
    buckets: dict[int, list[int]] = {}
    question = "SELECT key, position FROM buckets WHERE key IN (SELECT value FROM json_each(?))"
    for key, position in index.execute(question, (wanted,)):
        buckets.setdefault(key, []).append(position)
    return buckets


def _candidates(buckets: Mapping[int, Sequence[int]], keys: Sequence[int]) -> list[int]:
    """Choose whom to compare with: who has the same id, then who shares the most bands."""
    same, *bands = (buckets.get(key, ()) for key in keys)
    shared = Counter(chain.from_iterable(bands))
    ranked = sorted(shared, key=lambda position: (-shared[position], position))
    return [*same, *ranked[:COMPARED]]


def _repeated(
    index: sqlite3.Connection, candidates: Sequence[int], question: Sketch, threshold: float
) -> _Mark:
    """Pick the candidate that a question repeats: its copy, or the most similar one."""
    best, of = 0.0, ""
    own = np.frombuffer(question.signature, dtype="<u4")
    for position in candidates:
        wanted = "SELECT id, signature, reference FROM kept WHERE position = ?"
        other = Sketch(*index.execute(wanted, (position,)).fetchone())
        if other.id == question.id:
            return "exact duplicate", other.id
        if question.signature and not _answered_otherwise(question, other):
            same = np.count_nonzero(own == np.frombuffer(other.signature, dtype="<u4"))
            if (similarity := same / len(own)) > best:
                best, of = similarity, other.id
    return ("near duplicate", f"{of} (similarity {best:.2f})") if best >= threshold else None


def _answered_otherwise(one: Sketch, other: Sketch) -> bool:
    return bool(one.reference and other.reference) and one.reference != other.reference
