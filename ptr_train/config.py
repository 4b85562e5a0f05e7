"""The training's configuration: one YAML file, with overrides from the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ptr_eval.config import FilePath, ModelName, Settings, Text
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.objectives import DpoSettings, IftSettings, KernelSettings, LossSettings, PtrSettings
from ptr_train.shipped import deepspeed_configs

Count = Annotated[int, Field(ge=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]


class TrainedModelSettings(Settings):
    """The model to train."""

    renamed: ClassVar[Mapping[str, str]] = {"checkpointing": "gradient_checkpointing"}

    name: ModelName
    """A model on the hub, or a folder that begins with `./`, `../`, `~/` or `/`."""
    revision: Text | None = None
    """Its revision on the hub; null for the newest."""
    chat_template: FilePath | None = None
    """A file with a Jinja chat template; null for the tokenizer's own."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] = "sdpa"
    """How attention is computed; `flash_attention_2` must be installed apart."""
    precision: Literal["bf16", "fp32"] = "bf16"
    """`bf16` computes in bfloat16, and keeps weights that are trained in float32 unless DeepSpeed
    does; `fp32` does everything in float32."""
    max_position_embeddings: Count | None = None
    """For how long a context the model says that it is; null for as its own configuration has it.
    For models with rotary positions."""
    gradient_checkpointing: bool = False
    """Whether activations are computed again in the backward pass instead of kept: less memory,
    about a third more time."""
    cpu: bool = False
    """Whether to stay on the CPU even where there is a GPU."""


class LoraSettings(Settings):
    """Low-rank adapters, trained instead of the model."""

    rank: Count = 8
    """The rank r of each adapter."""
    alpha: Count = 16
    """Adapters are scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """The share of inputs that an adapter does not see, from 0 to below 1."""
    targets: Annotated[list[Text], Field(min_length=1)] = Field(
        default_factory=lambda: ["q_proj", "v_proj", "gate_proj", "down_proj", "up_proj"]
    )
    """Which linear layers get one, by the end of their names."""

    @field_validator("targets")
    @classmethod
    def _no_head(cls, targets: list[str]) -> list[str]:
        if "lm_head" in targets:
            raise ValueError("the output layer takes no adapter")
        return targets


class DataSettings(Settings):
    """What is trained on."""

    path: FilePath
    """A folder that `ptr-data build` or `ptr-train encode` wrote."""
    kinds: Annotated[list[Text], Field(min_length=1)] | None = None
    """Which kinds of rows are trained on, such as `direct` and `refine`; null for all. The dev
    split is evaluated whole."""
    limit: Count | None = None
    """On how many rows, an equal number of each kind, chosen by the seed; null for all."""
    encoding: EncodingSettings = Field(default_factory=EncodingSettings)
    """How rows become tokens; not for a folder that is encoded already."""
    pack: bool = False
    """Whether rows share sequences of up to `encoding.max_length` tokens, each seeing itself
    alone."""
    embedder: ModelName = "BAAI/bge-m3"
    """The model that compares attempts as texts, for `paper_literal` alone."""

    @field_validator("kinds")
    @classmethod
    def _named_once(cls, kinds: list[str] | None) -> list[str] | None:
        if kinds and len(set(kinds)) < len(kinds):
            raise ValueError("names a kind twice")
        return kinds


class OptimizerSettings(Settings):
    """AdamW and its schedule."""

    renamed: ClassVar[Mapping[str, str]] = {
        "warmup": "warmup_ratio or warmup_steps",
        "clip": "max_grad_norm",
    }

    learning_rate: Annotated[float, Field(gt=0)] = 1e-5
    """The highest learning rate."""
    betas: Annotated[list[Beta], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.9, 0.999]
    )
    """How much of the running means of gradients and of their squares is kept."""
    eps: Annotated[float, Field(gt=0)] = 1e-8
    """What is added to the root of the latter."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """How much weights shrink a step, times the learning rate."""
    schedule: Literal["linear", "cosine", "constant"] = "cosine"
    """What the learning rate does after the warm-up: fall to 0 along a line or a cosine, or stay.
    """
    warmup_ratio: Annotated[float, Field(ge=0, lt=1)] | None = 0.03
    """Over which share of all steps it rises from 0; null if `warmup_steps` says."""
    warmup_steps: Annotated[int, Field(ge=0)] | None = None
    """Over how many steps it rises from 0; null if `warmup_ratio` says."""
    max_grad_norm: Annotated[float, Field(ge=0)] = 1.0
    """The largest norm of a gradient; longer ones are shortened to it. 0 for no limit."""

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
    """How much is trained."""

    renamed: ClassVar[Mapping[str, str]] = {
        "batch": "per_device_batch_size",
        "accumulation": "gradient_accumulation_steps",
        "max": "max_steps",
        "log": "logging_steps",
    }

    per_device_batch_size: Count = 1
    """How many sequences (for `dpo`, pairs) a process works on at once."""
    gradient_accumulation_steps: Count = 8
    """How many such batches an optimizer step takes."""
    epochs: Annotated[float, Field(gt=0)] = 3.0
    """How many times all rows are seen."""
    max_steps: Count | None = None
    """The number of optimizer steps, whatever `epochs` says; null for no limit."""
    logging_steps: Count = 10
    """After how many steps losses are logged."""


class SaveSettings(Settings):
    """Checkpoints. The last step is always saved."""

    steps: Count | None = None
    """After how many steps; null for not by step."""
    epochs: Count | None = None
    """After how many epochs; null for not by epoch."""
    limit: Count | None = 2
    """How many are kept, the newest; null for all."""
    optimizer: bool = True
    """Whether they hold what resuming needs, about twice the model's size in float32; without,
    they can only be evaluated."""


class EvaluationSettings(Settings):
    """Evaluation while training: the dev split's losses, and `ptr_*` tasks on the live model."""

    renamed: ClassVar[Mapping[str, str]] = {"batch": "per_device_batch_size"}

    steps: Count
    """After how many steps."""
    at_start: bool = True
    """Whether also before the first step."""
    tasks: list[Text] = Field(default_factory=list)
    """Names of tasks, or paths of their configurations; empty for the dev split alone."""
    rounds: Count = 3
    """How often each question is asked."""
    instruction: Text = "neutral"
    """What is said between rounds, as for the tasks' `ptr_instruction`."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Further `ptr_*` settings, such as `ptr_data`."""
    limit: Count | None = None
    """How many questions of each task; null for all."""
    per_device_batch_size: Count = 8
    """How many questions a process answers at once."""
    chat: bool | None = None
    """Whether the chat template is used; null for if there is one."""
    generation: dict[str, Any] = Field(default_factory=dict)
    """How answers are generated, such as `max_gen_toks`; the rest is the task's."""
    unsafe_code: bool = False
    """Whether code that the model wrote may be run, in a sandbox."""


class ShardingSettings(Settings):
    """How several processes share a model; each has all of it if nothing is said here."""

    deepspeed: Text | None = None
    """A shipped configuration (zero2, zero3, zero3-offload) or a JSON file's path."""
    fsdp: bool = False
    """Whether PyTorch's FSDP shards weights, gradients and optimizer."""
    fsdp_layer: Text | None = None
    """The class of the layers that FSDP gathers one by one; null for the model's."""
    timeout: Count = 1800
    """How many seconds a process waits for another."""

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
            raise ValueError(f"no such file as {path}")
        return str(path)

    @model_validator(mode="after")
    def _one_of_them(self) -> "ShardingSettings":
        if self.fsdp and self.deepspeed:
            raise ValueError("`deepspeed` and `fsdp` exclude each other")
        if self.fsdp_layer and not self.fsdp:
            raise ValueError("`fsdp_layer` has no effect without `fsdp: true`")
        return self


class TrainConfig(Settings):
    """What to train, on what, and how."""

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
    """Adapters to train instead of the whole model; null for the whole model."""
    optimizer: OptimizerSettings = Field(default_factory=OptimizerSettings)
    """The optimizer and its schedule."""
    train: StepSettings = Field(default_factory=StepSettings)
    """How much is trained."""
    save: SaveSettings = Field(default_factory=SaveSettings)
    """When checkpoints are saved."""
    evaluate: EvaluationSettings | None = None
    """When and what is evaluated; null for nothing."""
    sharding: ShardingSettings = Field(default_factory=ShardingSettings)
    """How several processes share the model."""
    seed: Annotated[int, Field(ge=0)] = 0
    """What the order of rows, dropout and new weights are drawn from."""
    tensorboard: bool = True
    """Whether losses are written for TensorBoard, below `out`."""
    wandb: bool = False
    """Whether they are sent to Weights & Biases, by its own environment variables."""

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainConfig":
        problems = []
        encoding = self.data.encoding
        if isinstance(self.loss, DpoSettings) and self.data.pack:
            problems.append("`data.pack` packs rows, but dpo compares pairs; leave it out")
        if isinstance(self.loss, DpoSettings) and (self.data.kinds or self.data.limit):
            problems.append("`data.kinds` and `data.limit` choose rows, but dpo compares pairs")
        if isinstance(self.loss, PtrSettings) and "thought_mask" in encoding.model_fields_set:
            if encoding.thought_mask != self.loss.thought_mask:
                problems.append("`data.encoding.thought_mask` contradicts `loss.thought_mask`")
        if self.model.precision == "fp32" and self.model.attention == "flash_attention_2":
            problems.append("`model.attention: flash_attention_2` needs `model.precision: bf16`")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def encoding(self) -> EncodingSettings:
        """How rows become tokens: as `data.encoding` says, and else as the method needs it."""
        said = self.data.encoding
        if isinstance(self.loss, IftSettings) and "type" not in said.model_fields_set:
            return said.model_copy(update={"type": "ift"})
        if isinstance(self.loss, PtrSettings):
            return said.model_copy(update={"thought_mask": self.loss.thought_mask})
        return said
