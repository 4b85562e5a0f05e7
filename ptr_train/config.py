"""The configuration of a training: one YAML file, with overrides from the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ptr_eval.config import FilePath, ModelName, Settings, Text
from ptr_eval.errors import UserError
from ptr_eval.harness.setting_paths import settings_below
from ptr_eval.harness.settings import check_live_settings
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.objectives import DpoSettings, IftSettings, KernelSettings, LossSettings, PtrSettings
from ptr_train.shipped import deepspeed_configs
from ptr_train.thought_mask import MaskedShare

Count = Annotated[int, Field(ge=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]


class TrainedModelSettings(Settings):
    """The model to train."""

    renamed: ClassVar[Mapping[str, str]] = {"checkpointing": "gradient_checkpointing"}

    name: ModelName
    """A model on the hub, or the path of a folder, which begins with `./`, `../`, `~/` or `/`."""
    revision: Text | None = None
    """Its revision on the hub; null for the newest."""
    chat_template: FilePath | None = None
    """A file with a Jinja chat template; null for the template of the tokenizer."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] = "sdpa"
    """How attention is computed; `flash_attention_2` is a package of its own to install."""
    precision: Literal["bf16", "fp32"] = "bf16"
    """`bf16` computes in bfloat16; weights that are trained stay in float32, unless DeepSpeed keeps
    float32 copies. `fp32` computes everything in float32."""
    max_position_embeddings: Count | None = None
    """The longest context, in tokens, that the saved model's configuration states; null for the
    value that it has. Only for models with rotary positions."""
    gradient_checkpointing: bool = False
    """Whether activations are computed again in the backward pass instead of stored: less memory,
    about a third more time."""
    cpu: bool = False
    """Whether to train on the CPU even if there is a GPU."""


class LoraSettings(Settings):
    """Low-rank adapters, trained instead of the model."""

    rank: Count = 8
    """The rank r of each adapter."""
    alpha: Count = 16
    """Adapters are scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """The dropout rate of adapters, from 0 to below 1."""
    targets: Annotated[list[Text], Field(min_length=1)] = Field(
        default_factory=lambda: ["q_proj", "v_proj", "gate_proj", "down_proj", "up_proj"]
    )
    """Which linear layers get an adapter, by the end of their names."""

    @field_validator("targets")
    @classmethod
    def _no_head(cls, targets: list[str]) -> list[str]:
        if "lm_head" in targets:
            raise ValueError("must not name the output layer, which takes no adapter")
        return targets


class DataSettings(Settings):
    """What is trained on."""

    path: FilePath
    """A folder that `ptr-data build` or `ptr-train encode` wrote."""
    kinds: Annotated[list[Text], Field(min_length=1)] | None = None
    """Which kinds of rows are trained on, such as `direct` and `refine`; null for all. The dev
    split is always used whole."""
    limit: Count | None = None
    """How many rows are trained on, as many of each kind, chosen by the seed; null for all."""
    same_questions: bool = False
    """Whether the seed chooses questions, not rows, each of which gives one row: runs that differ
    in `kinds` alone then have the same questions. Only questions with rows of all the kinds that
    the data have are taken."""
    encoding: EncodingSettings = Field(default_factory=EncodingSettings)
    """How rows become token ids. What is set here must be as it was in a folder that is already
    encoded; the rest is as it was there."""
    pack: bool = False
    """Whether rows are packed into sequences of up to `encoding.max_length` tokens; a row never
    sees another one."""
    embedder: ModelName = "BAAI/bge-m3"
    """The model that compares attempts as texts, only for `paper_literal`."""

    @field_validator("kinds")
    @classmethod
    def _named_once(cls, kinds: list[str] | None) -> list[str] | None:
        if kinds and len(set(kinds)) < len(kinds):
            raise ValueError("must name each kind once")
        return kinds


class OptimizerSettings(Settings):
    """AdamW and its learning rate schedule."""

    renamed: ClassVar[Mapping[str, str]] = {
        "warmup": "warmup_ratio or warmup_steps",
        "clip": "max_grad_norm",
    }

    learning_rate: Annotated[float, Field(gt=0)] = 1e-5
    """The highest learning rate."""
    betas: Annotated[list[Beta], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.9, 0.999]
    )
    """The decay rates of the running means of gradients and of their squares."""
    eps: Annotated[float, Field(gt=0)] = 1e-8
    """What is added to the denominator."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """The weight decay."""
    schedule: Literal["linear", "cosine", "constant"] = "cosine"
    """The learning rate after the warm-up: it falls to 0 along a line or a cosine, or stays."""
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] | None = 0.03
    """The share of all steps in which it rises from 0; null if `warmup_steps` is set."""
    warmup_steps: Annotated[int, Field(ge=0)] | None = None
    """The number of steps in which it rises from 0; null if `warmup_ratio` is set."""
    max_grad_norm: Annotated[float, Field(ge=0)] = 1.0
    """The norm to which larger gradients are clipped; 0 for no limit."""

    @model_validator(mode="before")
    @classmethod
    def _steps_instead_of_the_default(cls, values: Any) -> Any:
        steps = isinstance(values, Mapping) and values.get("warmup_steps") is not None
        return {"warmup_ratio": None, **values} if steps else values

    @model_validator(mode="after")
    def _one_warmup(self) -> "OptimizerSettings":
        if (self.warmup_ratio is None) == (self.warmup_steps is None):
            raise ValueError("must have `warmup_ratio` or `warmup_steps`, and the other one null")
        return self

    @property
    def warmup(self) -> float:
        """The warm-up as `TrainingArguments.warmup_steps` takes it: steps, or a share below 1."""
        return self.warmup_ratio or self.warmup_steps or 0


class StepSettings(Settings):
    """Batches, and how long the training is."""

    renamed: ClassVar[Mapping[str, str]] = {
        "batch": "per_device_batch_size",
        "accumulation": "gradient_accumulation_steps",
        "max": "max_steps",
        "log": "logging_steps",
    }

    per_device_batch_size: Count = 1
    """How many sequences (for `dpo`, pairs) a process computes at the same time."""
    gradient_accumulation_steps: Count = 8
    """How many such batches each process computes for one optimizer step."""
    epochs: Annotated[float, Field(gt=0)] = 3.0
    """How many times all rows are trained on."""
    max_steps: Count | None = None
    """The number of optimizer steps, in place of `epochs`; null for `epochs`."""
    group_by_length: bool | None = None
    """Whether the rows of a step are put into micro-batches by their length: the same rows in each
    step, with less padding. Null for: if rows are not packed."""
    logging_steps: Count = 10
    """The losses are logged every this many steps."""


class SaveSettings(Settings):
    """When checkpoints are saved; there is always one of the last step."""

    steps: Count | None = None
    """Save every this many steps; null for not by steps."""
    epochs: Count | None = None
    """Save every this many epochs; null for not by epochs."""
    limit: Count | None = 2
    """How many of the newest are kept; null for all."""
    optimizer: bool = True
    """Whether they have what `--resume` needs: about twice the model's size in float32."""


class EvaluationSettings(Settings):
    """Evaluation while training: the dev split's losses, and `ptr_*` tasks on the live model."""

    renamed: ClassVar[Mapping[str, str]] = {"batch": "per_device_batch_size"}

    steps: Count
    """Evaluate every this many steps."""
    at_start: bool = True
    """Whether to evaluate before the first step, too."""
    tasks: list[Text] = Field(default_factory=list)
    """Names of tasks, or paths of their configurations; empty for only the dev split."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The `ptr_*` settings of the tasks, such as `ptr_rounds` and `ptr_data`. `rounds` and
    `instruction` beside `settings` are older names of `ptr_rounds` and `ptr_instruction`."""
    limit: Count | None = None
    """How many questions of each task; null for all."""
    per_device_batch_size: Count = 8
    """How many questions a process answers at the same time."""
    chat: bool | None = None
    """Whether the chat template is used; null for: if there is one."""
    generation: dict[str, Any] = Field(default_factory=dict)
    """Generation settings, such as `max_gen_toks`; the task has the defaults."""
    unsafe_code: bool = False
    """Whether code that the model writes may be run, in a sandbox."""

    @model_validator(mode="before")
    @classmethod
    def _older_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not isinstance(values.get("settings", {}), Mapping):
            return values
        rest, settings = dict(values), dict(values.get("settings", {}))
        for name in ("rounds", "instruction"):
            if name not in rest:
                continue
            if f"ptr_{name}" in settings:
                raise ValueError(
                    f"must have `settings.ptr_{name}` or its older name `{name}`, not both"
                )
            settings[f"ptr_{name}"] = rest.pop(name)
        return {**rest, "settings": settings} if settings else rest

    @field_validator("tasks")
    @classmethod
    def _files_below(cls, tasks: list[str], info: ValidationInfo) -> list[str]:
        folder = (info.context or {}).get("folder", Path())
        return [str(folder / task) if task.endswith(".yaml") else task for task in tasks]

    @field_validator("settings")
    @classmethod
    def _can_be_used(cls, settings: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if others := [name for name in settings if not name.startswith("ptr_")]:
            raise ValueError(f"must have only ptr_* settings, not {', '.join(others)}")
        found = settings_below((info.context or {}).get("folder", Path()), settings)
        try:
            check_live_settings(found)
        except UserError as error:
            raise ValueError(f"must be possible ({str(error).removesuffix('.')})") from None
        return found

    @model_validator(mode="after")
    def _all_used(self) -> "EvaluationSettings":
        unused = [
            name
            for name in ("settings", "limit", "chat", "generation", "unsafe_code")
            if getattr(self, name)
            != type(self).model_fields[name].get_default(call_default_factory=True)
        ]
        if unused and not self.tasks:
            raise ValueError(f"must have `tasks` where there is `{unused[0]}`, which is for tasks")
        return self


class ShardingSettings(Settings):
    """How the memory of one model is divided among processes; by default each has all of it."""

    deepspeed: Text | None = None
    """A shipped configuration (zero2, zero3, zero3-offload) or a JSON file's path."""
    fsdp: bool = False
    """Whether PyTorch's FSDP shards weights, gradients and optimizer."""
    fsdp_layer: Text | None = None
    """The class of the layers that FSDP gathers one by one; null for the model's default."""
    timeout: Count = 1800
    """How many seconds a process waits for another one."""

    @field_validator("deepspeed")
    @classmethod
    def _found(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or not value.endswith(".json"):
            shipped = sorted(deepspeed_configs())
            if value is not None and value not in shipped:
                raise ValueError(f"must be one of {', '.join(shipped)}, or the path of a .json")
            return value
        path = (info.context or {}).get("folder", Path()) / Path(value).expanduser()
        if not path.is_file():
            raise ValueError(f"must be an existing file, and there is no {path}")
        return str(path)

    @model_validator(mode="after")
    def _one_of_them(self) -> "ShardingSettings":
        if self.fsdp and self.deepspeed:
            raise ValueError("must have `deepspeed` or `fsdp`, not both")
        if self.fsdp_layer and not self.fsdp:
            raise ValueError("must have `fsdp: true` where there is `fsdp_layer`")
        return self


class TrainConfig(Settings):
    """A whole configuration."""

    out: FilePath
    """The folder of checkpoints, evaluations and logs."""
    model: TrainedModelSettings
    """The model."""
    data: DataSettings
    """The data."""
    loss: LossSettings = Field(default_factory=PtrSettings)
    """The method, by its `objective` (ptr, ift, dpo or gsr), and its settings."""
    kernel: KernelSettings = Field(default_factory=KernelSettings)
    """How log-probabilities are computed."""
    lora: LoraSettings | None = None
    """Adapters to train instead of the whole model; null for training the whole model."""
    optimizer: OptimizerSettings = Field(default_factory=OptimizerSettings)
    """The optimizer and its schedule."""
    train: StepSettings = Field(default_factory=StepSettings)
    """Batches, and how long the training is."""
    save: SaveSettings = Field(default_factory=SaveSettings)
    """When checkpoints are saved."""
    evaluate: EvaluationSettings | None = None
    """What is evaluated while training, and when; null for nothing."""
    sharding: ShardingSettings = Field(default_factory=ShardingSettings)
    """How the memory of the model is divided among processes."""
    seed: Annotated[int, Field(ge=0)] = 0
    """The seed of the order of rows, of dropout and of new weights."""
    tensorboard: bool = True
    """Whether losses are logged for TensorBoard, into `logs` in `out`."""
    wandb: bool = False
    """Whether losses are sent to Weights & Biases, which has its own environment variables."""

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainConfig":
        problems = self._masks_without_effect()
        encoding = self.data.encoding
        if isinstance(self.loss, DpoSettings) and self.data.pack:
            problems.append("`data.pack` has no effect on the pairs of dpo; leave it out")
        if isinstance(self.loss, DpoSettings) and (
            self.data.kinds or self.data.limit or self.data.same_questions
        ):
            problems.append(
                "`data.kinds`, `data.same_questions` and `data.limit` have no effect on the pairs "
                "of dpo; leave them out"
            )
        if isinstance(self.loss, PtrSettings) and "thought_mask" in encoding.model_fields_set:
            if encoding.thought_mask != self.loss.thought_mask:
                problems.append("`data.encoding.thought_mask` contradicts `loss.thought_mask`")
        if self.data.pack and self.train.group_by_length:
            problems.append("`train.group_by_length` has no effect with `data.pack`; leave one out")
        if self.model.precision == "fp32" and self.model.attention == "flash_attention_2":
            problems.append("`model.attention: flash_attention_2` needs `model.precision: bf16`")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _masks_without_effect(self) -> list[str]:
        needed, dpo = self.encoding, isinstance(self.loss, DpoSettings)
        if isinstance(needed.thought_mask, MaskedShare) and (dpo or needed.type != "ptr"):
            where = "dpo" if dpo else f"`type: {needed.type}`"
            return [f"a share as `thought_mask` has no effect on {where}; leave it out"]
        if needed.thought_mask is True and needed.thought_weight != 1:
            return ["`data.encoding.thought_weight` has no effect with `thought_mask: true`"]
        return []

    @property
    def encoding(self) -> EncodingSettings:
        """How rows become token ids: as `data.encoding` sets it, else as the method needs it."""
        given = self.data.encoding
        if isinstance(self.loss, IftSettings) and "type" not in given.model_fields_set:
            return given.model_copy(update={"type": "ift"})
        if isinstance(self.loss, PtrSettings):
            return given.model_copy(update={"thought_mask": self.loss.thought_mask})
        return given

    @property
    def group_by_length(self) -> bool:
        """Whether the rows of a step are put into micro-batches by their length."""
        chosen = self.train.group_by_length
        return not self.data.pack if chosen is None else chosen

    def written(self) -> dict[str, Any]:
        """Give the configuration as a file has it, with the encoding that the method needs."""
        data = self.data.model_copy(update={"encoding": self.encoding})
        return self.model_copy(update={"data": data}).model_dump(mode="json")
