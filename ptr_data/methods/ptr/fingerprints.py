"""What a stage's output depends on: its settings, what it reads, and the stages before it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ptr_data.filters.decontamination import DecontaminationSettings, benchmark_files
from ptr_data.hashing import digest
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.measures import GivenMeasure
from ptr_data.models.model import TextModelSettings
from ptr_data.sources.questions import SourceSettings, source_files

STAGES = ("read", "clean", "unique", "gate", "thoughts", "answers", "rows", "sft", "finish")
"""The stages, in order."""

_END = 1 << 20
_VERSION = 2  # Raised when a stage does something else under the same settings.


@dataclass(slots=True)
class Fingerprints:
    """Fingerprints of stages, each made of those before it."""

    found: dict[str, str] = field(default_factory=dict)
    """Those made so far, by stage."""

    def add(self, stage: str, after: Iterable[str], *facts: Any) -> None:
        """Fingerprint a stage."""
        before = [self.found[name] for name in after]
        self.found[stage] = digest(_VERSION, stage, before, [_plain(fact) for fact in facts])


def fingerprints(config: PtrConfig) -> dict[str, str]:
    """Fingerprint the stages of a build.

    A changed setting changes the fingerprints of its stage and of those that read its output,
    and of no other.
    """
    models = {model.name: model_facts(model) for model in config.models}
    weak, strong = [models[name] for name in config.weak], models[config.strong]
    prints = Fingerprints()
    add = prints.add
    benchmarks = benchmark_facts(config.decontamination)
    add("read", (), [source_facts(source) for source in config.sources], config.shard)
    add("clean", ["read"], config.cleaning, config.duplicates, benchmarks)
    add("unique", ["clean"], config.duplicates)
    add("gate", ["unique"], config.gate, _measure(config), list(models.values()), weak, strong)
    add("thoughts", ["unique"], weak, config.thoughts, config.outputs)
    add("answers", ["thoughts"], strong, config.answers, config.outputs, _file(config))
    add("rows", ["answers"], config.consistency, config.split, config.instruction, benchmarks)
    add("sft", ["rows"], config.sft, _sft(config), config.cleaning, benchmarks, config.split)
    add("finish", ["rows", "sft", "gate"], config.name, config.weak)
    return prints.found


def source_facts(source: SourceSettings) -> Any:
    """Describe a source by what it holds and not by where it is."""
    files = [(path.name, _sha256(path)) for path in source_files(source)]
    return [{**source.model_dump(mode="json"), "path": None}, files]


def model_facts(model: TextModelSettings) -> Any:
    """Describe a model; one on this machine by what it holds and not by where it is."""
    args = {
        key: _content(Path(value)) if isinstance(value, str) and Path(value).exists() else value
        for key, value in model.args.items()
    }
    return {**model.model_dump(mode="json"), "args": args}


def benchmark_facts(settings: DecontaminationSettings | None) -> Any:
    """Describe the benchmarks that are kept out."""
    if settings is None:
        return None
    files = [(path.name, path.stat().st_size) for path in benchmark_files(settings)]
    return [{**settings.model_dump(mode="json"), "data": None}, sorted(files)]


def _plain(fact: Any) -> Any:
    return fact.model_dump(mode="json") if isinstance(fact, BaseModel) else fact


def _sft(config: PtrConfig) -> Any:
    return [source_facts(source) for source in config.sft.sources] if config.sft else None


def _measure(config: PtrConfig) -> Any:
    if isinstance(config.measure, GivenMeasure):
        return _content(config.measure.file)
    return config.measure


def _content(path: Path) -> Any:
    """Describe a file, or a folder's files; of large ones both ends, where weights differ too."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return [(file.relative_to(path).as_posix(), _ends(file)) for file in files]
    return _sha256(path)


def _ends(path: Path) -> tuple[int, str]:
    size = path.stat().st_size
    with path.open("rb") as file:
        found = hashlib.sha256(file.read(_END))
        file.seek(max(0, size - _END))
        found.update(file.read(_END))
    return size, found.hexdigest()


def _file(config: PtrConfig) -> Any:
    examples = config.answers.examples
    return _sha256(examples) if isinstance(examples, Path) else examples


def _sha256(path: Path) -> str:
    if not path.is_file():  # The stage that reads it says so better.
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
