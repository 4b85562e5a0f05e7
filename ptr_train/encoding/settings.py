"""How training rows become token ids."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ptr_eval.config import Settings


class TranscriptSettings(Settings):
    """How conversations are written out without a chat template; as in the evaluation's tasks."""

    before_answer: str = "\nAnswer: "
    """Between what the user says and the answer."""
    after_answer: str = "\n\n"
    """Between an answer and what the user says next."""


class EncodingSettings(Settings):
    """How training rows become token ids."""

    type: Literal["ptr", "ift", "pretrain"] = "ptr"
    """`ptr` encodes rows as they are, `ift` leaves the thoughts out, and `pretrain` counts all
    tokens of a text."""
    max_length: Annotated[int, Field(ge=2)] = 4096
    """The longest encoded row, in tokens."""
    thought_mask: bool = True
    """Whether thoughts count as their messages' weights say, which in built data is not at all; if
    false, they count by `thought_weight`."""
    thought_weight: Annotated[float, Field(gt=0)] = 1.0
    """How much a token of a thought counts without the mask; an answer's is 1."""
    shuffle_thoughts: Annotated[int, Field(ge=0)] | None = None
    """The seed by which every row gets another row's thoughts, as many as it had: a control; null
    leaves them alone."""
    chat: bool | None = None
    """Whether conversations are rendered by the tokenizer's chat template; null for if it has one.
    """
    chat_template_args: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of the chat template, as in the evaluation, such as `enable_thinking:
    false`."""
    transcript: TranscriptSettings = Field(default_factory=TranscriptSettings)
    """How conversations are written out without a chat template."""
    shard: Annotated[int, Field(ge=1)] = 1_000
    """How many rows are worked on at a time."""

    @model_validator(mode="after")
    def _has_thoughts(self) -> "EncodingSettings":
        if self.type != "ptr" and self.shuffle_thoughts is not None:
            raise ValueError(f"`shuffle_thoughts` has no effect on `type: {self.type}`")
        return self
