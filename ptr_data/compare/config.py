"""The configuration of a comparison."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ptr_data.filters.cleaning import CleaningSettings
from ptr_data.filters.outputs import OutputSettings
from ptr_data.hashing import content_of
from ptr_data.methods.common.config import model_called, named_once, unknown
from ptr_data.methods.ptr.measures import GivenMeasure, JudgeMeasure, Measure
from ptr_data.methods.ptr.prompts import BUILT_IN, WorkedExample, read_examples
from ptr_data.models.model import RECORDED, TextModelSettings
from ptr_data.sources.questions import SourceSettings
from ptr_eval.config import FilePath, Settings, Text
from ptr_eval.engine import EngineName

_Names = Annotated[
    list[Text],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
]


class CompareConfig(Settings):
    """What to compare."""

    out: FilePath
    """The folder of the result; the ledgers of the models' replies are kept below it."""
    sources: Annotated[list[SourceSettings], Field(min_length=1)]
    """Where the questions come from."""
    sample: Annotated[int, Field(ge=5)] = 100
    """How many questions are asked, chosen by hash."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed chooses other questions."""
    cleaning: CleaningSettings = Field(default_factory=CleaningSettings)
    """What makes a question unfit, as in a build."""
    models: Annotated[list[TextModelSettings], Field(min_length=2), AfterValidator(named_once)]
    """All models, by the names used elsewhere."""
    weak: _Names
    """The models that write thoughts; each is paired with each strong one."""
    strong: _Names
    """The models that answer with and without the thoughts."""
    thoughts: Annotated[int, Field(ge=1, le=20)] = 2
    """How many thoughts of a weak model are shown with a question."""
    examples: Annotated[Literal["built-in"] | FilePath, Field(union_mode="left_to_right")] = (
        "built-in"
    )
    """The worked examples, with and without which the strong models answer: `built-in`, or a JSON
    Lines file with the fields `query`, `thoughts` and `answer`."""
    outputs: OutputSettings = Field(default_factory=OutputSettings)
    """What makes a text unfit; unfit thoughts are not shown."""
    measure: Measure
    """How answers are scored: by a judge, a scorer, or a file of scores."""
    engine: EngineName = "auto"
    """When models are asked what, as in a build; the texts are the same."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The largest Holm-adjusted p value that counts as a difference."""

    @field_validator("weak", "strong")
    @classmethod
    def _known(cls, names: list[str], info: ValidationInfo) -> list[str]:
        models = info.data.get("models")
        if models and (strange := [n for n in names if n not in [m.name for m in models]]):
            raise ValueError(unknown(strange[0], models))
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]!r} is there twice")
        return names

    @model_validator(mode="after")
    def _roles(self) -> "CompareConfig":
        if both := sorted(set(self.weak) & set(self.strong)):
            raise ValueError(f"{both[0]!r} is both weak and strong; name it in one of them")
        if isinstance(self.measure, JudgeMeasure):
            judge = self.model(self.measure.model)
            if judge.backend == RECORDED:
                raise ValueError(
                    f"the judge {judge.name} cannot be recorded; give its scores with `kind: given`"
                )
        return self

    def model(self, name: str) -> TextModelSettings:
        """Look a model up."""
        return model_called(name, self.models)

    def read_examples(self) -> tuple[WorkedExample, ...]:
        """Find the worked examples."""
        return BUILT_IN if self.examples == "built-in" else read_examples(self.examples)

    def identity(self) -> Any:
        """Describe the comparison by what files hold and not by where they are."""
        parts = {"sources", "models", "measure", "examples", "out", "engine"}
        measure = self.measure
        return [
            self.model_dump(mode="json", exclude=parts),
            [source.identity() for source in self.sources],
            [model.identity() for model in self.models],
            measure.identity()
            if isinstance(measure, JudgeMeasure | GivenMeasure)
            else measure.model_dump(mode="json"),
            self.examples if self.examples == "built-in" else content_of(self.examples),
        ]
