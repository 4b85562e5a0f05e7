"""What the stages of a build work with, opened when first needed and closed at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ptr_data.export.training_rows import TextOrigin
from ptr_data.filters.consistency import Embed
from ptr_data.filters.decontamination import DecontaminationSettings, open_index
from ptr_data.filters.ngrams import FORMAT, NgramIndex
from ptr_data.models.model import TextModel, TextModelSettings, open_model
from ptr_data.pipeline.runner import Job

V = TypeVar("V")


@dataclass(slots=True)
class Tools:
    """A build's models and indexes; they know nothing of its configuration."""

    out: Path
    """The folder of the finished data."""
    _models: dict[tuple[str, bool], TextModel] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """The folder of the work in progress."""
        return self.out / "work"

    def model(self, settings: TextModelSettings, *, keep_thinking: bool = False) -> TextModel:
        """Open a model, once a stage."""
        key = settings.name, keep_thinking
        if key not in self._models:
            folder = self.work / "recorded"
            folder.mkdir(parents=True, exist_ok=True)
            self._models[key] = open_model(settings, folder, keep_thinking=keep_thinking)
        return self._models[key]

    def index(self, benchmarks: DecontaminationSettings | None) -> NgramIndex | None:
        """Open the index of benchmark items, once a build."""
        if benchmarks is None:
            return None
        self.work.mkdir(parents=True, exist_ok=True)
        return self.once(
            "benchmarks", lambda: open_index(benchmarks, self.work / f"benchmarks-{FORMAT}.npz")
        )

    def once(self, name: str, make: Callable[[], V]) -> V:
        """Make something, once a build."""
        if name not in self._made:
            self._made[name] = make()
        made: V = self._made[name]
        return made

    def close(self) -> None:
        """Let go of all models."""
        for model in self._models.values():
            model.close()
        self._models.clear()


DataJob = Job[Tools]
"""One unit of a stage of a build at work."""


@cache
def embedder(name: str) -> Embed:
    """Load an embedding model, once a process."""
    from ptr_eval.scoring import load_embedder

    embed = load_embedder(name)
    return lambda texts: embed(texts).astype(np.float64)


def origins(models: Iterable[TextModelSettings]) -> Mapping[str, TextOrigin]:
    """Describe how models write, by their names."""
    return {model.name: _origin(model) for model in models}


def _origin(model: TextModelSettings) -> TextOrigin:
    how = model.generation
    return TextOrigin(
        model=model.name,
        revision=model.revision,
        backend=model.backend,
        strategy=model.strategy,
        temperature=how.temperature,
        top_p=how.top_p,
        top_k=how.top_k,
        max_new_tokens=how.max_new_tokens,
        seed=how.seed,
    )
