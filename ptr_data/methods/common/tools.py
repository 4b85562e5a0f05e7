"""What the stages of a build work with, opened when first needed and closed at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from ptr_data.export.training_rows import TextOrigin
from ptr_data.filters.consistency import Embed
from ptr_data.filters.decontamination import open_index
from ptr_data.filters.ngrams import NgramIndex
from ptr_data.methods.common.config import DataConfig
from ptr_data.models.model import TextModel, TextModelSettings, open_model

WORK = "work"
"""The folder, below the finished data, in which a build keeps what it has done so far."""


C = TypeVar("C", bound=DataConfig, covariant=True)


@dataclass(slots=True)
class Tools(Generic[C]):
    """A build's models and indexes."""

    config: C
    """What to build."""
    whole: bool = False
    """Whether models' texts keep their thinking blocks."""
    _models: dict[str, TextModel] = field(default_factory=dict)
    _index: NgramIndex | None = field(default=None)

    @property
    def work(self) -> Path:
        """The folder of the work in progress."""
        return self.config.out / WORK

    def model(self, name: str) -> TextModel:
        """Open a model, once."""
        if name not in self._models:
            folder = self.work / "recorded"
            folder.mkdir(parents=True, exist_ok=True)
            settings = self.config.model(name)
            if self.whole:
                settings = settings.model_copy(update={"thinking_end": ""})
            self._models[name] = open_model(settings, folder)
        return self._models[name]

    def index(self) -> NgramIndex | None:
        """Open the index of benchmark items, once."""
        settings = self.config.decontamination
        if settings is not None and self._index is None:
            self.work.mkdir(parents=True, exist_ok=True)
            self._index = open_index(settings, self.work / "benchmarks.npz")
        return self._index

    def close(self) -> None:
        """Let go of all models."""
        for model in self._models.values():
            model.close()
        self._models.clear()


@cache
def embedder(name: str) -> Embed:
    """Load an embedding model, once a process."""
    from ptr_eval.scoring import load_embedder

    embed = load_embedder(name)
    return lambda texts: embed(texts).astype(np.float64)


def origins(config: DataConfig) -> Mapping[str, TextOrigin]:
    """Describe how each model writes."""
    return {model.name: _origin(model) for model in config.models}


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
