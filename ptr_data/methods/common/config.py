"""The part of a build's configuration that does not depend on the method."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ptr_data.filters.cleaning import CleaningSettings
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.duplicates import DuplicateSettings
from ptr_data.models.model import TextModelSettings
from ptr_data.sources.questions import SourceSettings
from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.engine import EngineName


class SplitSettings(Settings):
    """How rows are divided."""

    dev: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """The share of queries that go to the dev split, from 0 to below 1."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed divides otherwise."""


def named_once(models: list[TextModelSettings]) -> list[TextModelSettings]:
    """Refuse two models of one name, for a field of models."""
    names = [model.name for model in models]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two models are called {twice[0]!r}")
    return models


class DataConfig(Settings):
    """What builds by any method have in common."""

    out: FilePath
    """The folder of the finished data; the work in progress is kept below it."""
    name: Text = "refinement-data"
    """The data set's name."""
    sources: Annotated[list[SourceSettings], Field(min_length=1)]
    """Where the queries come from."""
    shard: Annotated[int, Field(ge=1)] = 1_000
    """How many queries are worked on at a time."""
    cleaning: CleaningSettings = Field(default_factory=CleaningSettings)
    """What makes a query unfit."""
    duplicates: DuplicateSettings = Field(default_factory=DuplicateSettings)
    """How similar queries may be."""
    decontamination: DecontaminationSettings | None = Field(default_factory=DecontaminationSettings)
    """Which benchmarks are kept out; null for none."""
    models: Annotated[list[TextModelSettings], Field(min_length=1), AfterValidator(named_once)]
    """All models, by the names used elsewhere."""
    engine: EngineName = "auto"
    """When models are asked what, as `ptr_engine` in evaluation; the texts are the same.
    `continuous`: several shards, samples and models at once, as much as a server or vLLM takes;
    `lockstep`: one shard after the other; `auto`: `continuous` where that is possible."""
    split: SplitSettings = Field(default_factory=SplitSettings)
    """How rows are divided into train and dev."""

    def model(self, name: str) -> TextModelSettings:
        """Look a model up."""
        return model_called(name, self.models)

    def identity(self) -> dict[str, Any]:
        """Describe the whole configuration without the machine's own paths."""
        plain: dict[str, Any] = _without_folders(
            self.model_dump(mode="json", exclude={"out", "engine"})
        )
        return plain


def model_called(name: str, models: Sequence[TextModelSettings]) -> TextModelSettings:
    """Look a model up by its name; a ValueError if there is none."""
    for model in models:
        if model.name == name:
            return model
    raise ValueError(unknown(name, models))


def unknown(name: str, models: Sequence[TextModelSettings]) -> str:
    """Say that there is no such model."""
    return f"{name!r} is none of the models {', '.join(model.name for model in models)}"


def _without_folders(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_folders(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_folders(item) for item in value]
    if isinstance(value, str) and value.startswith("/") and "\n" not in value:
        return Path(value).name
    return value
