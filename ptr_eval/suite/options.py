"""The settings of runs, given as `defaults`, for a model, and for a task.

The settings of a task win over those of its model, and these win over the defaults. In `gen_kwargs`
and `metadata` this holds for each key; the arguments in `extra` are added.
"""

from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from ptr_eval.config import Settings
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import MAX_ROUNDS, PREFIX, TaskSettings
from ptr_eval.suite.field_types import (
    ArgumentText,
    ArgumentTexts,
    BatchSize,
    ChatTemplate,
    Limit,
)
from ptr_eval.suite.setting_paths import located

_LONG_FLAGS = (
    "--model", "--model_args", "--tasks", "--include_path", "--num_fewshot", "--limit",
    "--batch_size", "--device", "--seed", "--apply_chat_template", "--gen_kwargs", "--metadata",
    "--output_path", "--log_samples", "--confirm_run_unsafe_code",
)  # fmt: skip
_SHORT_FLAGS = ("-M", "-a", "-t", "-f", "-L", "-b", "-o", "-s")
_REFUSED = {
    "--predict_only": "a report needs scores",
    "-x": "a report needs scores",
    "--config": "write what it says into the suite file",
    "-C": "write what it says into the suite file",
}
_SET_BY_SUITE = {
    "ptr_ledger": "the suite has one for each model",
    "ptr_instruction": "list it in `instructions`",
}


class RunOptions(Settings):
    """Settings of runs; where one is missing, the level before or lm-eval decides."""

    rounds: Annotated[int, Field(ge=1, le=MAX_ROUNDS)] | None = None
    """How many rounds to ask; the same as `ptr_rounds` in `metadata`."""
    num_fewshot: Annotated[int, Field(ge=0)] | None = None
    """How many examples to show before the question."""
    limit: Limit | None = None
    """How many questions to ask."""
    batch_size: BatchSize | None = None
    """The value of `--batch_size`."""
    device: ArgumentText | None = None
    """The value of `--device`."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """The seed of lm-eval, and of `ptr_seed` where `metadata` has none."""
    apply_chat_template: ChatTemplate | None = None
    """Whether to apply the model's chat template, or the name of one."""
    gen_kwargs: dict[str, JsonValue] | None = None
    """Generation settings, such as `temperature`."""
    metadata: dict[str, JsonValue] | None = None
    """Our settings, `ptr_*`; local paths are absolute."""
    extra: ArgumentTexts | None = None
    """Further arguments of lm_eval."""

    @field_validator("extra")
    @classmethod
    def _without_our_flags(cls, arguments: list[str] | None) -> list[str] | None:
        for argument in arguments or ():
            flag = argument.partition("=")[0]
            # lm_eval also accepts the beginning of a flag.
            long = len(flag) > 2 and any(full.startswith(flag) for full in _LONG_FLAGS)
            if long or flag[:2] in _SHORT_FLAGS:
                raise ValueError(f"must not have {flag}: use the field of the suite file")
            if reason := next((why for full, why in _REFUSED.items() if _means(flag, full)), None):
                raise ValueError(f"must not have {flag}: {reason}")
        return arguments

    @field_validator("metadata")
    @classmethod
    def _known_settings(
        cls, metadata: dict[str, Any] | None, info: ValidationInfo
    ) -> dict[str, Any] | None:
        problems, checked = [], dict(metadata or {})
        if info.data.get("rounds") is not None and f"{PREFIX}rounds" in checked:
            problems.append(
                f"must not have {PREFIX}rounds where there is `rounds`, which is the same"
            )
        for key, value in checked.items():
            try:
                checked[key] = _setting(key, value, info)
            except (ValueError, UserError) as error:
                problems.append(str(error).removesuffix("."))
        if problems:
            raise ValueError("; ".join(problems))
        return checked if metadata else metadata

    def given(self) -> dict[str, Any]:
        """Return the settings that are given at this level."""
        values = {name: getattr(self, name) for name in RunOptions.model_fields}
        named = {name: values[name] for name in self.model_fields_set & values.keys()}
        given = {name: values[name] for name in ("rounds", "seed") if values[name] is not None}
        short = {f"{PREFIX}{name}": value for name, value in given.items()}
        named.pop("rounds", None)
        if short:
            named["metadata"] = {**short, **(self.metadata or {})}
        return named


def _means(flag: str, full: str) -> bool:
    """Tell whether a flag is another one, or the beginning of its name."""
    return flag == full or (len(flag) > 3 and full.startswith(flag))


def _setting(key: str, value: Any, info: ValidationInfo) -> Any:
    if key in _SET_BY_SUITE:
        raise ValueError(f"must not have {key}: {_SET_BY_SUITE[key]}")
    value = located(key, value, info)
    if key.startswith(PREFIX):
        TaskSettings.from_metadata({key: value})
    return value


def merge_options(*levels: RunOptions) -> dict[str, Any]:
    """Merge settings; later levels win."""
    options: dict[str, Any] = {}
    for level in levels:
        for name, value in level.given().items():
            if value is not None and name in ("gen_kwargs", "metadata"):
                value = {**(options.get(name) or {}), **value}
            elif value is not None and name == "extra":
                value = [*(options.get(name) or ()), *value]
            options[name] = value
    return {name: value for name, value in options.items() if value is not None}
