"""Encoded rows as a data set of the trainer, and the collator that makes batches of them."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch

from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.encoding.encode import encode_files
from ptr_train.encoding.packing import collate, pack
from ptr_train.encoding.sources import cut, find_file
from ptr_train.encoding.storage import EncodedData, encoded_in, open_encoded, read_summary
from ptr_train.encoding.tokens import padding_id
from ptr_train.objectives import GsrSettings, LossSettings, PtrSettings
from ptr_train.objectives.base import Extras
from ptr_train.objectives.consistency import text_similarity
from ptr_train.records import REFINE, EncodedRow
from ptr_train.training.encoded_folder import check_encoding
from ptr_train.training.seen import SeenData, batching, padding_of
from ptr_train.training.selection import check_method, select
from ptr_train.training.trainer_inputs import Inputs, pack_inputs

Similarity = Callable[[EncodedRow], float]
"""From a row to the similarity of its attempts as texts, see `text_similarity`."""


@dataclass(frozen=True, slots=True)
class RowDataset(Sequence[list[EncodedRow]]):
    """Sequences of rows: one row each or, if rows are packed, several."""

    encoded: EncodedData
    """The rows."""
    places: Sequence[Sequence[int]]
    """For each sequence, the places of its rows in `encoded`."""
    kinds: Mapping[str, int]
    """How many rows of each kind the sequences have."""
    lengths: list[int]
    """How many tokens each sequence has."""

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        return [self.encoded[place] for place in self.places[index]]


@dataclass(frozen=True, slots=True)
class RowCollator:
    """Makes batches of sequences of rows."""

    width: ClassVar[int] = 1
    """How many sequences of a batch an item of the data set becomes."""
    pad_id: int
    """The id of padding."""
    tells_kinds: bool = False
    """Whether batches say which rows refine, which `gsr` needs."""
    similarity: Similarity | None = None
    """The similarity of attempts, which `paper_literal` needs; None for no similarities."""

    def __call__(self, sequences: Sequence[Sequence[EncodedRow]]) -> Inputs:
        """Make a batch."""
        extras = Extras(
            refines=_by_row(sequences, refines, torch.bool) if self.tells_kinds else None,
            similarities=_by_row(sequences, self.similarity, torch.float32)
            if self.similarity
            else None,
        )
        ids = [row.id for rows in sequences for row in rows]
        return pack_inputs(collate(sequences, self.pad_id), extras, ids)


def row_collator(config: TrainConfig, tokenizer: Any) -> RowCollator:
    """Make the collator that the configuration needs."""
    return RowCollator(
        pad_id=padding_id(tokenizer),
        tells_kinds=isinstance(config.loss, GsrSettings),
        similarity=_similarity(config, tokenizer) if _compares_texts(config.loss) else None,
    )


def open_rows(
    config: TrainConfig, tokenizer: Any, split: str, *, first: bool = True
) -> RowDataset | None:
    """Open a split; the first process encodes it first. None if there is no dev split."""
    encoded = _open_encoded(config, tokenizer, split, first=first)
    if encoded is None:
        return None
    if not len(encoded):
        raise UserError(f"{encoded.folder} has no rows to train on; name another `data.path`.")
    kinds = encoded.kinds
    ids = encoded.ids if config.data.same_questions else ()
    chosen = select(kinds, config, ids) if split == "train" else list(range(len(encoded)))
    counts = Counter(kinds[place] for place in chosen)
    if split == "train":
        check_method(config, counts, int((encoded.attempts[chosen] - 1).sum()))
    lengths = encoded.lengths[chosen].tolist()
    if not config.data.pack:
        return RowDataset(encoded, [[place] for place in chosen], counts, lengths)
    packed = pack(lengths, max(config.encoding.max_length, *lengths))
    sequences = [[chosen[place] for place in places] for places in packed]
    sizes = [sum(lengths[place] for place in places) for places in packed]
    return RowDataset(encoded, sequences, counts, sizes)


def seen_rows(rows: RowDataset, config: TrainConfig, processes: int) -> SeenData:
    """Say what a training sees of its rows."""
    places = [place for sequence in rows.places for place in sequence]
    cut_off = int(rows.encoded.dropped[places].sum())
    return SeenData(
        rows=len(places),
        left_out=read_summary(rows.encoded.folder).dropped,
        thoughts=int((rows.encoded.attempts[places] - 1).sum()) + cut_off,
        thoughts_cut=cut_off,
        tokens=sum(rows.lengths),
        longest=int(rows.encoded.lengths[places].max()),
        padding=padding_of(config, rows.lengths, processes, sum(rows.lengths)),
        batches=batching(config, processes)[1],
    )


def refines(row: EncodedRow) -> bool:
    """Tell whether a row refines; others solve directly."""
    return row.kind in REFINE


def _open_encoded(
    config: TrainConfig, tokenizer: Any, split: str, *, first: bool
) -> EncodedData | None:
    path = config.data.path
    if (folder := encoded_in(path, split)) is not None:
        check_encoding(folder, config, tokenizer)
        return open_encoded(folder)
    if split == "dev" and not has_rows(path, split):
        return None
    out = encoded_folder(config, split)
    if first:
        helpers = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # The others wait meanwhile.
        encode_files(path, tokenizer, config.encoding, out, split=split, processes=helpers)
    return open_encoded(out)


def encoded_folder(config: TrainConfig, split: str) -> Path:
    """Give the folder of a split's encoding."""
    return config.out / "encoded" / split


def has_rows(path: Path, split: str) -> bool:
    """Tell whether data have rows of a split; the file of a split may be empty."""
    if not path.is_dir():
        return False
    try:
        return bool(cut(find_file(path, split), 1))
    except UserError:
        return False


def _compares_texts(loss: LossSettings) -> bool:
    return (
        isinstance(loss, PtrSettings)
        and loss.variant == "paper_literal"
        and "consistency" in loss.terms
    )


def _similarity(config: TrainConfig, tokenizer: Any) -> Similarity:
    from ptr_eval.scoring import load_embedder

    embed = load_embedder(config.data.embedder)

    def similarity(row: EncodedRow) -> float:
        spans = [row.input_ids[attempt.start : attempt.end] for attempt in row.attempts]
        texts = [tokenizer.decode(span, skip_special_tokens=True) for span in spans]
        return text_similarity(texts, lambda each: embed(each).astype("float64"))

    return similarity


def _by_row(
    sequences: Sequence[Sequence[EncodedRow]],
    value: Callable[[EncodedRow], Any],
    dtype: torch.dtype,
) -> torch.Tensor:
    """Put values of rows into a tensor [B, S], with 0 where a sequence has fewer rows."""
    filled = torch.zeros(len(sequences), max(map(len, sequences)), dtype=dtype)
    for place, found in _enumerated(sequences, value):
        filled[place] = found
    return filled


def _enumerated(
    sequences: Sequence[Sequence[EncodedRow]], value: Callable[[EncodedRow], Any]
) -> Iterator[tuple[tuple[int, int], Any]]:
    for b, rows in enumerate(sequences):
        for s, row in enumerate(rows):
            yield (b, s), value(row)
