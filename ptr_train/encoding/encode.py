"""Encodes a file of training rows, shard by shard; many processes can share the work.

The folder of an encoding has `shards/`, the encoded rows with a marker for each finished shard;
`dropped.jsonl`, the rows that were left out; and `summary.json`, which is written last. A later
call goes on with the shards that are not finished.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ptr_data.files import written
from ptr_data.hashing import digest
from ptr_data.jsonl import write_records
from ptr_data.pipeline.units import StageStats, Unit, run_units
from ptr_eval.errors import UserError
from ptr_train.encoding.examples import TrainingExample, read_example, with_weights
from ptr_train.encoding.fitting import LeftOutRow, fit
from ptr_train.encoding.identity import encoding_inputs
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.shuffling import ThoughtPool, open_pool, write_pool
from ptr_train.encoding.sources import Slice, cut, find_file, read_slice
from ptr_train.encoding.storage import (
    EncodedFile,
    Summary,
    Tally,
    tally,
    write_encoded,
    write_summary,
)
from ptr_train.encoding.tokens import Encoder, open_encoder
from ptr_train.records import Attempt, EncodedRow

DROPPED = "dropped.jsonl"
"""The file of the rows that were left out, with the reasons."""

_SHARDS = "shards"
_POOL = "thoughts"
_BATCH = 256
_VERSION = 3  # Raised when the same settings give other rows, or other counts of them.

Result = EncodedRow | LeftOutRow
"""What a row became."""


def encode(
    data: Path,
    tokenizer: str,
    out: Path,
    settings: EncodingSettings,
    *,
    split: str = "train",
    processes: int = 1,
) -> Summary:
    """Encode a data set, see `encode_files`."""
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"The tokenizer of {tokenizer} cannot be loaded: {reason}") from error
    return encode_files(data, loaded, settings, out, split=split, processes=processes)


def encode_files(
    data: Path,
    tokenizer: Any,
    settings: EncodingSettings,
    out: Path,
    *,
    split: str = "train",
    processes: int = 1,
) -> Summary:
    """Encode a data set, or go on where an earlier call stopped.

    Any number of calls may work on the same folder at the same time, on any machines.
    """
    path = find_file(data, split)
    slices = tuple(cut(path, settings.shard))
    encoder = open_encoder(tokenizer, settings)
    inputs = encoding_inputs(tokenizer, settings, path)
    fingerprint = digest(_VERSION, settings.model_dump(mode="json"), inputs)
    job = _Job(slices, encoder, settings, out / _SHARDS, fingerprint)
    if settings.shuffle_thoughts is not None:
        run_units([Unit(job.folder, _POOL, fingerprint)], job.write_pool, "Shuffling")
    with _helpers(job, min(processes, len(slices)) - 1):
        stage_stats = job.run()
    summary = replace(_summary(stage_stats, job, path.name), inputs=inputs)
    left_out = (LeftOutRow(*entry) for counts in stage_stats for entry in counts["left_out"])
    with written(out / DROPPED) as draft:
        write_records(draft, left_out)
    if not summary.total.rows:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.dropped.items())
        raise UserError(
            f"{path}: all rows were left out ({reasons}); raise `max_length` "
            f"{settings.max_length} or add rows."
        )
    write_summary(out, summary)
    return summary


@dataclass(frozen=True, slots=True)
class _Job:
    """What each process needs to encode a shard."""

    slices: tuple[Slice, ...]
    encoder: Encoder
    settings: EncodingSettings
    folder: Path
    fingerprint: str

    def units(self) -> list[Unit]:
        return [Unit(self.folder, f"{n:05d}", self.fingerprint) for n in range(len(self.slices))]

    def run(self) -> list[StageStats]:
        units = self.units()
        slices = {unit.name: part for unit, part in zip(units, self.slices, strict=True)}
        shuffled = self.settings.shuffle_thoughts is not None
        pool = open_pool(self.folder / _POOL) if shuffled else None

        def work(unit: Unit) -> StageStats:
            results = _encoded(slices[unit.name], self.encoder, self.settings, pool)
            return _store(unit, results)

        return run_units(units, work, "Encoding")

    def write_pool(self, unit: Unit) -> StageStats:
        rows = (pair for part in self.slices for pair in read_slice(part))
        examples = (read_example(row, place) for place, row in rows)
        write_pool(examples, unit.folder / unit.name, self.settings.shuffle_thoughts or 0)
        return {}


def _encoded(
    part: Slice, encoder: Encoder, settings: EncodingSettings, pool: ThoughtPool | None
) -> Iterator[Result]:
    """Encode a slice, a batch of rows at a time."""
    rows = enumerate(read_slice(part), part.first)
    while batch := list(islice(rows, _BATCH)):
        examples: list[TrainingExample] = []
        for number, (place, row) in batch:
            if settings.type == "pretrain" and "messages" not in row:
                yield from _text(place, row, encoder, settings)
                continue
            example = with_weights(read_example(row, place), settings)
            changed = pool.shuffled(example, number) if pool else example
            if changed is None:
                yield LeftOutRow(example.id, "no other row with as many thoughts")
            else:
                examples.append(changed)
        fitted = fit(examples, encoder.encode, settings.max_length)
        for encoded in fitted:
            if settings.type == "pretrain" and isinstance(encoded, EncodedRow):
                yield _all_counted(encoded)
            else:
                yield encoded


def _text(
    place: str, row: Mapping[str, Any], encoder: Encoder, settings: EncodingSettings
) -> Iterator[Result]:
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise UserError(f"{place}: `type: pretrain` needs rows with a `text` that is not empty.")
    name = str(row.get("id") or place)
    yield from encoder.encode_text(name, str(row.get("kind") or "text"), text, settings.max_length)


def _all_counted(row: EncodedRow) -> EncodedRow:
    length = len(row.input_ids)
    return replace(row, weights=[1.0] * length, attempts=(Attempt(0, length),))


def _store(unit: Unit, results: Iterator[Result]) -> StageStats:
    """Write a shard, and count its rows and tokens."""
    kinds: dict[str, Tally] = {}
    kept: list[EncodedRow] = []
    left_out: list[LeftOutRow] = []
    for row in results:
        if isinstance(row, LeftOutRow):
            left_out.append(row)
        else:
            kept.append(row)
            kinds[row.kind] = kinds.get(row.kind, Tally()).plus(tally(row))
    write_encoded(unit.file("arrow"), kept)
    return {
        "kinds": {kind: found.sizes for kind, found in kinds.items()},
        "truncated": sum(row.dropped > 0 for row in kept),
        "thoughts_dropped": sum(row.dropped for row in kept),
        "thoughts": sum(len(row.attempts) - 1 + row.dropped for row in kept),
        "longest": max((len(row.input_ids) for row in kept), default=0),
        "left_out": [(row.id, row.reason, row.tokens) for row in left_out],
    }


def _summary(stage_stats: Sequence[StageStats], job: _Job, source: str) -> Summary:
    kinds: dict[str, Tally] = {}
    files = []
    for unit, counts in zip(job.units(), stage_stats, strict=True):
        here = Tally()
        for kind, sizes in counts["kinds"].items():
            here = here.plus(Tally(*sizes))
            kinds[kind] = kinds.get(kind, Tally()).plus(Tally(*sizes))
        files.append(EncodedFile(f"{_SHARDS}/{unit.file('arrow').name}", here.rows, here.tokens))
    total = Tally()
    for found in kinds.values():
        total = total.plus(found)
    dropped = Counter(reason for counts in stage_stats for _, reason, _ in counts["left_out"])
    return Summary(
        source=source,
        tokenizer=str(job.encoder.tokenizer.name_or_path),
        settings=job.settings.model_dump(mode="json"),
        total=total,
        kinds=dict(sorted(kinds.items())),
        truncated=sum(counts["truncated"] for counts in stage_stats),
        thoughts_dropped=sum(counts["thoughts_dropped"] for counts in stage_stats),
        dropped=dict(sorted(dropped.items())),
        files=tuple(files),
        thoughts=sum(counts["thoughts"] for counts in stage_stats),
        longest=max(counts["longest"] for counts in stage_stats),
    )


@contextmanager
def _helpers(job: _Job, count: int) -> Iterator[None]:
    """Let more processes work on the same shards as the `with` block.

    They may fail: the block does what they did not finish, and meets the same errors.
    """
    if count < 1:
        yield
        return
    context = multiprocessing.get_context("spawn")
    # The processes share the cores, and one progress bar is enough.
    environment = {"TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1"}
    helpers = [context.Process(target=_help, args=(job,), daemon=True) for _ in range(count)]
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        for helper in helpers:
            helper.start()
        yield
    finally:
        for helper in helpers:
            helper.terminate()
            helper.join()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _help(job: _Job) -> None:
    with suppress(UserError):
        job.run()
