"""The build's configuration: one YAML file, every field with a default but what only you know."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ptr_data.export.mixing import MixSettings
from ptr_data.filters.cleaning import CleaningSettings
from ptr_data.filters.consistency import ConsistencySettings
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.duplicates import DuplicateSettings
from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.ptr.gate.measures import JudgeMeasure, Measure
from ptr_data.methods.ptr.gate.strength import GateSettings
from ptr_data.methods.ptr.writing import AnswerSettings, ThoughtSettings
from ptr_data.models.model import ModelSettings
from ptr_data.sources.queries import SourceSettings
from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.errors import UserError
from ptr_eval.instructions import resolve_instruction


class SplitSettings(Settings):
    """How rows are divided.

    Attributes:
        dev: The share of queries that go to the dev split, from 0 to below 1.
        seed: Another seed divides otherwise.
    """

    dev: Annotated[float, Field(ge=0, lt=1)] = 0.02
    seed: Annotated[int, Field(ge=0)] = 0


class SftSettings(MixSettings):
    """Plain answers mixed in against forgetting.

    Attributes:
        sources: Where their questions and answers come from.
    """

    sources: Annotated[list[SourceSettings], Field(min_length=1)]


class DataConfig(Settings):
    """What builds by any method have in common.

    Attributes:
        out: The folder of the finished data; the work in progress is kept below it.
        name: The data set's name.
        sources: Where the queries come from.
        shard: How many queries are worked on at a time.
        cleaning: What makes a query unfit.
        duplicates: How alike queries may be.
        decontamination: Which benchmarks are kept out; null for none.
        models: All models, by the names used elsewhere.
        split: How rows are divided into train and dev.
    """

    out: FilePath
    name: Text = "refinement-data"
    sources: Annotated[list[SourceSettings], Field(min_length=1)]
    shard: Annotated[int, Field(ge=1)] = 1_000
    cleaning: CleaningSettings = Field(default_factory=CleaningSettings)
    duplicates: DuplicateSettings = Field(default_factory=DuplicateSettings)
    decontamination: DecontaminationSettings | None = Field(default_factory=DecontaminationSettings)
    models: Annotated[list[ModelSettings], Field(min_length=1)]
    split: SplitSettings = Field(default_factory=SplitSettings)

    @field_validator("models")
    @classmethod
    def _named_once(cls, models: list[ModelSettings]) -> list[ModelSettings]:
        names = [model.name for model in models]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two models are called {twice[0]!r}")
        return models

    def model(self, name: str) -> ModelSettings:
        """Look a model up.

        Args:
            name: Its name.

        Returns:
            Its settings.

        Raises:
            ValueError: If there is none of that name.
        """
        for model in self.models:
            if model.name == name:
                return model
        raise ValueError(unknown(name, self.models))


def unknown(name: str, models: Sequence[ModelSettings]) -> str:
    """Say that there is no such model.

    Args:
        name: The name that was given.
        models: The models there are.

    Returns:
        The end of a sentence.
    """
    return f"{name!r} is none of the models {', '.join(model.name for model in models)}"


class BuildConfig(DataConfig):
    """What to build by progressive thought refinement.

    Attributes:
        method: `ptr`.
        weak: The models that write thoughts, in the order in which these are shown.
        strong: The model that writes the answer.
        thoughts: How many thoughts the rows have.
        answers: How the strong model is asked.
        gate: How sure the build must be that strong is stronger; null for not at all.
        measure: How the answers are scored for that.
        outputs: What makes a generation unfit.
        consistency: How well the strong model's samples must agree.
        instruction: What the user says between two attempts: a shipped one's name, or text.
        sft: Plain answers to mix in; null for none.
    """

    method: Literal["ptr"] = "ptr"
    weak: Annotated[list[Text], Field(min_length=1)]
    strong: Text
    thoughts: ThoughtSettings = Field(default_factory=ThoughtSettings)
    answers: AnswerSettings = Field(default_factory=AnswerSettings)
    gate: GateSettings | None = Field(default_factory=GateSettings)
    measure: Measure | None = None
    outputs: OutputSettings = Field(default_factory=OutputSettings)
    consistency: ConsistencySettings = Field(default_factory=ConsistencySettings)
    instruction: Annotated[Text, Field(validate_default=True)] = "neutral"
    sft: SftSettings | None = None

    @field_validator("weak", "strong")
    @classmethod
    def _known(cls, value: list[str] | str, info: ValidationInfo) -> list[str] | str:
        if "models" in info.data:
            names = [model.name for model in info.data["models"]]
            wanted = [value] if isinstance(value, str) else value
            if strange := [name for name in wanted if name not in names]:
                raise ValueError(unknown(strange[0], info.data["models"]))
        return value

    @field_validator("instruction")
    @classmethod
    def _instruction(cls, value: str) -> str:
        try:
            return resolve_instruction(value)
        except UserError as error:
            raise ValueError(str(error).removeprefix("ptr_instruction=").rstrip(".")) from None

    @model_validator(mode="after")
    def _measured(self) -> "BuildConfig":
        if self.gate is not None and self.measure is None:
            raise ValueError(
                "`measure` is missing: say how weak and strong answers are scored, or set "
                "`gate: null`"
            )
        if isinstance(self.measure, JudgeMeasure):
            self.model(self.measure.model)
        return self
