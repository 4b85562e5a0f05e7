"""The configuration of a build by generative self-refinement; the defaults are the published ones.

Learning to Refine (arXiv 2509.00084), appendix E.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ptr_data.methods.common.config import DataConfig, unknown
from ptr_data.methods.gsr.prefilter import PrefilterSettings
from ptr_data.methods.gsr.prompts import PromptSettings
from ptr_data.methods.gsr.selection import (
    CandidateSettings,
    DirectSettings,
    SolutionSettings,
    SourceDirect,
)
from ptr_data.methods.gsr.verifiers import (
    Judge,
    JudgeVerifier,
    MathsVerifier,
    NamedVerifier,
    Verifier,
)
from ptr_data.models.model import PUBLISHED
from ptr_eval.config import Text
from ptr_eval.judge import resolve_form

STUDENT = {"temperature": 1.0, "top_p": 0.95, "top_k": None, "max_new_tokens": 4_096}
"""How the student samples candidates, unless its entry says otherwise."""

TEACHER = {"temperature": 0.7, "top_p": 0.95, "top_k": None, "max_new_tokens": 16_384}
"""How the teacher samples solutions, unless its entry says otherwise."""

JUDGE = {"temperature": 0.0, "top_p": None, "top_k": None, "max_new_tokens": 2_048}
"""How a judge answers, unless its entry says otherwise."""


class GsrConfig(DataConfig):
    """What to build by generative self-refinement.

    Models sample as published for their role (`STUDENT`, `TEACHER`, `JUDGE`) where their
    `generation` does not say otherwise.
    """

    method: Literal["gsr"]
    """`gsr`."""
    prefilter: PrefilterSettings = Field(default_factory=PrefilterSettings)
    """Which rows of the sources are used."""
    student: Text
    """The model that writes candidates."""
    teacher: Text
    """The model that writes solutions."""
    verifier: Verifier = Field(default_factory=lambda: MathsVerifier(kind="maths"))
    """How candidates and solutions are told right from wrong."""
    candidates: CandidateSettings = Field(default_factory=CandidateSettings)
    """How many candidates are drawn, and which are shown."""
    prompt: PromptSettings = Field(default_factory=PromptSettings)
    """What is asked, and how long it may be."""
    solutions: SolutionSettings = Field(default_factory=SolutionSettings)
    """How many solutions are drawn, and which are kept."""
    direct: DirectSettings | None = Field(default_factory=lambda: SourceDirect(kind="source"))
    """The rows without candidates; null for none."""

    @model_validator(mode="before")
    @classmethod
    def _published(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("models"), list):
            return raw
        verifier = raw.get("verifier")
        judge = verifier.get("model") if isinstance(verifier, Mapping) else None
        named = ((judge, JUDGE), (raw.get("teacher"), TEACHER), (raw.get("student"), STUDENT))
        roles = {name: how for name, how in named if isinstance(name, str)}
        return {**raw, "models": [_sampling(model, roles) for model in raw["models"]]}

    @field_validator("student", "teacher", "verifier")
    @classmethod
    def _known(cls, value: Any, info: ValidationInfo) -> Any:
        name = value.model if isinstance(value, JudgeVerifier) else value
        models = info.data.get("models", [])
        if models and isinstance(name, str) and name not in [model.name for model in models]:
            raise ValueError(unknown(name, models))
        return value

    @field_validator("teacher")
    @classmethod
    def _apart(cls, teacher: str, info: ValidationInfo) -> str:
        if teacher == info.data.get("student"):
            raise ValueError(
                f"student and teacher are both {teacher!r}, but they sample otherwise: give the "
                "model two entries in `models`"
            )
        return teacher

    @property
    def judge(self) -> str | None:
        """The model that judges, if one does."""
        return self.verifier.model if isinstance(self.verifier, JudgeVerifier) else None

    @property
    def named_verifier(self) -> NamedVerifier:
        """The verifier, with the settings of the model that judges."""
        if isinstance(self.verifier, JudgeVerifier):
            form = resolve_form(self.verifier.judge_form, pairs=False)
            return Judge(self.model(self.verifier.model), form)
        return self.verifier


def _sampling(model: Any, roles: Mapping[str, Mapping[str, Any]]) -> Any:
    """Fill in how a model samples in its role; what is malformed is left to be reported."""
    name = model.get("name") if isinstance(model, Mapping) else None
    if not isinstance(name, str) or name not in roles:
        return model
    given = model.get("generation", {})
    given = {} if given == PUBLISHED else given
    return {**model, "generation": {**roles[name], **given}} if isinstance(given, dict) else model
