"""Preference pairs for DPO, with the log-probabilities of the frozen reference.

The reference is the model before its first step. So the model computes the log-probabilities of
the reference once, before that step, and they are saved next to the checkpoints. No second model
takes memory, and it works the same with full fine-tuning, adapters, ZeRO and FSDP.
"""

import json
import logging
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from accelerate.utils import broadcast_object_list
from torch.utils.data import Subset
from tqdm import tqdm

from ptr_data.files import written
from ptr_data.hashing import digest
from ptr_data.pipeline.units import StageStats, Unit, run_units
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.encoding.examples import read_example
from ptr_train.encoding.fitting import LeftOutRow, fit
from ptr_train.encoding.identity import Fingerprints, differing, encoding_inputs
from ptr_train.encoding.packing import collate
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.sources import cut, read_slice
from ptr_train.encoding.storage import EncodedData, EncodedFile, write_encoded
from ptr_train.encoding.tokens import open_encoder
from ptr_train.objectives.base import Extras
from ptr_train.objectives.dpo import answer_logprobs
from ptr_train.records import EncodedRow
from ptr_train.training.fingerprints import data_file
from ptr_train.training.row_dataset import has_rows
from ptr_train.training.seen import SeenData, batching, padding_of
from ptr_train.training.trainer_inputs import Inputs, pack_inputs, unpack_inputs

if TYPE_CHECKING:
    from ptr_train.training.trainer import ObjectiveTrainer

_log = logging.getLogger(__name__)

_BATCH = 256
_KEPT_EVERY = 30.0  # Seconds.
_VERSION = 1  # Raised when the same settings give other pairs.
_COLUMNS = ("id", "prompt", "chosen", "rejected")


class PreferencePair(NamedTuple):
    """A preference pair."""

    chosen: EncodedRow
    """The question with the preferred answer."""
    rejected: EncodedRow
    """The question with the other answer."""
    reference: tuple[float, float] | None
    """The reference's log-probabilities of the two answers; None before they are computed."""


class PairDataset(Sequence[PreferencePair]):
    """Preference pairs, encoded, with the reference's log-probabilities once they are known."""

    def __init__(
        self, encoded: Sequence[tuple[EncodedRow, EncodedRow]], left_out: Mapping[str, int]
    ) -> None:
        self.encoded = encoded
        self.left_out = left_out
        self.reference: Any = None

    @property
    def kinds(self) -> dict[str, int]:
        """How many pairs there are."""
        return {"pairs": len(self.encoded)}

    @property
    def lengths(self) -> list[int]:
        """How many tokens the longer row of each pair has."""
        return [max(len(row.input_ids) for row in pair) for pair in self.encoded]

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, index: Any) -> Any:
        chosen, rejected = self.encoded[index]
        known = self.reference is not None
        return PreferencePair(chosen, rejected, tuple(self.reference[index]) if known else None)


@dataclass(frozen=True, slots=True)
class PairCollator:
    """Makes batches: sequences 2i and 2i + 1 are the chosen and the rejected row of pair i."""

    width: ClassVar[int] = 2
    """How many sequences of a batch an item of the data set becomes."""
    pad_id: int
    """The id of padding."""

    def __call__(self, pairs: Sequence[PreferencePair]) -> Inputs:
        """Make a batch."""
        sequences = [[row] for pair in pairs for row in (pair.chosen, pair.rejected)]
        known = [value for pair in pairs for value in pair.reference or ()]
        reference = torch.tensor(known, dtype=torch.float32) if known else None
        batch = collate(sequences, self.pad_id)
        return pack_inputs(batch, Extras(reference=reference), [pair.chosen.id for pair in pairs])


def open_pairs(
    config: TrainConfig, tokenizer: Any, split: str, *, first: bool = True
) -> PairDataset | None:
    """Open the pairs of a split, which the first process encodes; long ones are left out."""
    folder = config.data.path / "dpo"
    if split == "dev" and not has_rows(folder if folder.is_dir() else config.data.path, split):
        return None
    path = data_file(config, split)
    facts = config.encoding.model_dump(mode="json")
    inputs = encoding_inputs(tokenizer, config.encoding, path)
    unit = Unit(config.out / "encoded" / "dpo", split, digest(_VERSION, facts, inputs))
    if first:
        run_units([unit], lambda one: _encoded(one, path, tokenizer, config.encoding), "Encoding")
    counts = unit.counts()
    if counts is None:
        raise UserError(f"{unit.file('arrow')} is not finished; start the training again.")
    if not counts["rows"]:
        raise UserError(
            f"{path} has no pairs of up to {config.encoding.max_length} tokens each; add some, or "
            "raise `data.encoding.max_length`."
        )
    file = EncodedFile(unit.file("arrow").name, counts["rows"], counts["tokens"])
    rows = list(EncodedData(unit.folder, [file]))
    return PairDataset(list(zip(rows[::2], rows[1::2], strict=True)), counts["left_out"])


def _encoded(unit: Unit, path: Path, tokenizer: Any, settings: EncodingSettings) -> StageStats:
    """Encode the pairs of a file, chosen and rejected rows in turn, and count them."""
    encoder, length = open_encoder(tokenizer, settings), settings.max_length
    kept: list[EncodedRow] = []
    left_out = Counter[str]()
    named_rows = (row for part in cut(path, _BATCH) for row in read_slice(part, _COLUMNS))
    for rows in _batches(named_rows):
        sides = [
            fit([_example(row, side, place) for place, row in rows], encoder.encode, length)
            for side in ("chosen", "rejected")
        ]
        for pair in zip(*sides, strict=True):
            whole = [row for row in pair if isinstance(row, EncodedRow)]
            if len(whole) == len(pair):
                kept += whole
            else:
                left_out.update({row.reason for row in pair if isinstance(row, LeftOutRow)})
    write_encoded(unit.file("arrow"), kept)
    tokens = sum(len(row.input_ids) for row in kept)
    return {"rows": len(kept), "tokens": tokens, "left_out": dict(sorted(left_out.items()))}


def seen_pairs(pairs: PairDataset, config: TrainConfig, processes: int) -> SeenData:
    """Say what a training sees of its pairs."""
    rows = [row for pair in pairs.encoded for row in pair]
    tokens, lengths = sum(len(row.input_ids) for row in rows), pairs.lengths
    cut_off = sum(row.dropped for row in rows)
    return SeenData(
        rows=len(pairs),
        left_out=pairs.left_out,
        thoughts=sum(len(row.attempts) - 1 for row in rows) + cut_off,
        thoughts_cut=cut_off,
        tokens=tokens,
        longest=max(lengths),
        padding=padding_of(config, lengths, processes, tokens / PairCollator.width),
        batches=batching(config, processes)[1],
    )


def find_reference(
    trainer: "ObjectiveTrainer", pairs: PairDataset, file: Path, inputs: Fingerprints
) -> None:
    """Set the pairs' reference: from the file of an earlier run, or computed by the model now."""
    ids = [chosen.id for chosen, _ in pairs.encoded]
    if file.is_file():
        with np.load(file, allow_pickle=False) as kept:
            known = json.loads(str(kept["inputs"])) if "inputs" in kept else None
            other = differing(known or {}, inputs) or ["pairs"] * (kept["ids"].tolist() != ids)
            if other:
                raise UserError(
                    f"{file} is the reference of another training (other {', '.join(other)}); "
                    "choose another `out`, or remove that file."
                )
            if known is None:
                _log.warning(
                    "%s does not say whose reference it is: an earlier version made it.", file
                )
            pairs.reference = kept["values"]
        return
    if trainer.state.global_step:
        raise UserError(
            f"{file} is missing, and the trained model is no longer its own reference; start again "
            "with another `out`."
        )
    part = file.with_suffix(".part.npz")
    pairs.reference = _reference(trainer, pairs, part, digest(ids, dict(inputs)))
    if trainer.args.should_save:
        file.parent.mkdir(parents=True, exist_ok=True)
        with written(file) as draft, draft.open("wb") as out:
            np.savez(out, ids=ids, values=pairs.reference, inputs=json.dumps(dict(inputs)))
        part.unlink(missing_ok=True)


def _reference(trainer: "ObjectiveTrainer", pairs: PairDataset, part: Path, stamp: str) -> Any:
    """Compute the log-probabilities of chosen and rejected answers. [pairs, 2].

    What is known is kept in `part` from time to time, so that a killed pass goes on from there.
    """
    model, found = trainer.model_wrapped, [_kept(part, stamp)]
    broadcast_object_list(found)  # Only the first process can be relied on to see the file.
    rest, kept_at = Subset(pairs, range(len(found[0]), len(pairs))), time.monotonic()
    model.eval()
    with tqdm(
        total=len(pairs),
        initial=len(found[0]),
        desc="Reference",
        unit=" pair",
        disable=not trainer.is_world_process_zero(),
    ) as bar:
        for inputs in trainer.get_test_dataloader(rest) if len(rest) else ():
            batch, _ = unpack_inputs(trainer._prepare_inputs(inputs))
            with torch.no_grad():
                values = trainer.run_on_hidden_states(
                    model, batch, partial(answer_logprobs, batch=batch)
                )
            gathered = trainer.accelerator.gather_for_metrics(values.view(-1, 2))
            found.append(gathered.cpu().numpy())
            bar.update(len(found[-1]))
            if trainer.args.should_save and time.monotonic() - kept_at >= _KEPT_EVERY:
                _keep(part, stamp, np.concatenate(found))
                kept_at = time.monotonic()
    model.train()
    return np.concatenate(found)


def _keep(part: Path, stamp: str, values: Any) -> None:
    with written(part) as draft, draft.open("wb") as out:
        np.savez(out, stamp=stamp, values=values)


def _kept(part: Path, stamp: str) -> Any:
    """Read what a killed pass over the same pairs left. [pairs that are known, 2]."""
    with suppress(OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        with part.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["stamp"]) == stamp:
                return kept["values"]
    return np.empty((0, 2), np.float32)


def _batches(
    rows: Iterator[tuple[str, Mapping[str, Any]]],
) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _example(row: Mapping[str, Any], side: str, place: str) -> Any:
    try:
        messages = [*row["prompt"], *row[side]]
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{place}: a preference pair must have `prompt`, `chosen` and `rejected`, each a list "
            "of messages; name a folder that `ptr-data build` wrote."
        ) from error
    return read_example({"id": row.get("id"), "messages": messages}, place)
