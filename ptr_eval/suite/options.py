"""The settings of runs: given once as `defaults`, and again for a model or a task.

A later level wins: defaults, then the model's, then the task's. Within `gen_kwargs` and
`metadata` it wins key by key; `extra` adds up.
"""

from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationInfo, field_validator

from ptr_eval.config import Settings
from ptr_eval.errors import UserError
from ptr_eval.harness.settings import MAX_ROUNDS, PREFIX
from ptr_eval.harness.settings import Settings as HarnessSettings
from ptr_eval.suite.field_types import BatchSize, Limit, Template, Word, Words, below, located

_LONG = (
    "--model", "--model_args", "--tasks", "--include_path", "--num_fewshot", "--limit",
    "--batch_size", "--device", "--seed", "--apply_chat_template", "--gen_kwargs", "--metadata",
    "--output_path", "--log_samples", "--confirm_run_unsafe_code",
)  # fmt: skip
_SHORT = ("-M", "-a", "-t", "-f", "-L", "-b", "-o", "-s")
_OURS = {"ptr_ledger": "the suite keeps one", "ptr_instruction": "list it in `instructions`"}


class Options(Settings):
    """Settings; what is absent is left to the level before, and in the end to lm-eval."""

    rounds: Annotated[int, Field(ge=1, le=MAX_ROUNDS)] | None = None
    """How many rounds; short for `ptr_rounds` in the metadata."""
    num_fewshot: Annotated[int, Field(ge=0)] | None = None
    """How many examples to show."""
    limit: Limit | None = None
    """How many questions to ask."""
    batch_size: BatchSize | None = None
    """What `--batch_size` takes."""
    device: Word | None = None
    """What `--device` takes."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """The seed of everything random; also `ptr_seed`, unless the metadata have one."""
    apply_chat_template: Template | None = None
    """Whether to apply the model's chat template, or which one."""
    gen_kwargs: dict[str, JsonValue] | None = None
    """Generation settings."""
    metadata: dict[str, JsonValue] | None = None
    """`ptr_*` settings."""
    extra: Words | None = None
    """Further arguments of lm_eval."""

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, words: list[str] | None) -> list[str] | None:
        for word in words or ():
            flag = word.partition("=")[0]
            # lm_eval takes flags by their first letters, too.
            long = len(flag) > 2 and any(full.startswith(flag) for full in _LONG)
            if long or flag[:2] in _SHORT:
                raise ValueError(f"must leave {flag} to the suite's own fields")
        return words

    @field_validator("metadata")
    @classmethod
    def _settings_of_ours(
        cls, metadata: dict[str, Any] | None, info: ValidationInfo
    ) -> dict[str, Any] | None:
        problems, checked = [], dict(metadata or {})
        for key, value in checked.items():
            try:
                checked[key] = _setting(key, value, info)
            except (ValueError, UserError) as error:
                problems.append(str(error).removesuffix("."))
        if problems:
            raise ValueError("; ".join(problems))
        return checked if metadata else metadata

    def given(self) -> dict[str, Any]:
        """List what was given at this level."""
        values = {name: getattr(self, name) for name in Options.model_fields}
        named = {name: values[name] for name in self.model_fields_set & values.keys()}
        short = {f"{PREFIX}{name}": values[name] for name in ("rounds", "seed") if values[name]}
        named.pop("rounds", None)
        if short:
            named["metadata"] = {**short, **(self.metadata or {})}
        return named


def _setting(key: str, value: Any, info: ValidationInfo) -> Any:
    if key in _OURS:
        raise ValueError(f"must not have {key}: {_OURS[key]}")
    if key.startswith(PREFIX):
        HarnessSettings.from_metadata({key: value})
    if key == "ptr_embedder":
        return located(key, value, info)
    if key == "ptr_data" and str(value).lower() != "none":
        folder = below(str(value), info)
        if not folder.is_dir():
            raise ValueError(f"must have as {key} an existing folder")
        return str(folder)
    return value


def merged(*levels: Options) -> dict[str, Any]:
    """Lay settings over one another."""
    options: dict[str, Any] = {}
    for level in levels:
        for name, value in level.given().items():
            if value is not None and name in ("gen_kwargs", "metadata"):
                value = {**(options.get(name) or {}), **value}
            elif value is not None and name == "extra":
                value = [*(options.get(name) or ()), *value]
            options[name] = value
    return {name: value for name, value in options.items() if value is not None}
