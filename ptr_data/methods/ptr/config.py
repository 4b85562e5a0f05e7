"""The build's configuration: one YAML file, every field with a default but what only you know."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ptr_data.export.mixing import MixSettings
from ptr_data.filters.consistency import ConsistencySettings
from ptr_data.filters.outputs import OutputSettings
from ptr_data.methods.common.config import DataConfig, unknown
from ptr_data.methods.ptr.answers import AnswerSettings
from ptr_data.methods.ptr.measures import JudgeMeasure, Measure
from ptr_data.methods.ptr.strength import GateSettings
from ptr_data.methods.ptr.thoughts import ThoughtSettings
from ptr_data.sources.questions import SourceSettings
from ptr_eval.config import Text
from ptr_eval.errors import UserError
from ptr_eval.instructions import resolve_instruction


class SftSettings(MixSettings):
    """Plain answers mixed in against forgetting."""

    sources: Annotated[list[SourceSettings], Field(min_length=1)]
    """Where their questions and answers come from."""


class PtrConfig(DataConfig):
    """What to build by progressive thought refinement."""

    method: Literal["ptr"] = "ptr"
    """`ptr`."""
    weak: Annotated[list[Text], Field(min_length=1)]
    """The models that write thoughts, in the order in which these are shown."""
    strong: Text
    """The model that writes the answer."""
    thoughts: ThoughtSettings = Field(default_factory=ThoughtSettings)
    """How many thoughts the rows have."""
    answers: AnswerSettings = Field(default_factory=AnswerSettings)
    """How the strong model is asked."""
    gate: GateSettings | None = Field(default_factory=GateSettings)
    """How sure the build must be that strong is stronger; null for not at all."""
    measure: Annotated[Measure | None, Field(validate_default=True)] = None
    """How the answers are scored for that."""
    outputs: OutputSettings = Field(default_factory=OutputSettings)
    """What makes a generation unfit."""
    consistency: ConsistencySettings = Field(default_factory=ConsistencySettings)
    """How well the strong model's samples must agree."""
    instruction: Annotated[Text, Field(validate_default=True)] = "neutral"
    """What the user says between two attempts: a shipped one's name, or text."""
    sft: SftSettings | None = None
    """Plain answers to mix in; null for none."""

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

    @field_validator("measure")
    @classmethod
    def _measured(cls, value: Measure | None, info: ValidationInfo) -> Measure | None:
        if value is None and info.data.get("gate") is not None:
            raise ValueError("must say how weak and strong answers are scored, or set `gate: null`")
        if isinstance(value, JudgeMeasure) and "models" in info.data:
            if value.model not in [model.name for model in info.data["models"]]:
                raise ValueError(unknown(value.model, info.data["models"]))
        return value
