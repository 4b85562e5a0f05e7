"""Settings of how training rows become token ids."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ptr_eval.config import Settings
from ptr_train.thought_mask import MaskedShare, ThoughtMask


class TranscriptSettings(Settings):
    """How dialogues are written without a chat template: as in the tasks of evaluation."""

    before_answer: str = "\nAnswer: "
    """The text between the user's message and the answer."""
    after_answer: str = "\n\n"
    """The text between an answer and the user's next message."""


class EncodingSettings(Settings):
    """How training rows become token ids."""

    type: Literal["ptr", "ift", "pretrain"] = "ptr"
    """`ptr` encodes rows as they are, `ift` leaves the thoughts out, and in `pretrain` all tokens
    of a text count."""
    max_length: Annotated[int, Field(ge=2)] = 4096
    """The longest encoded row, in tokens."""
    thought_mask: ThoughtMask = True
    """If true, thoughts count as their messages' weights say; the weights of built data are 0. If
    false, they count by `thought_weight`. With a share, such as `{share: 0.5, of: sentences}`, the
    masked parts do not count, and the others count by `thought_weight`."""
    thought_weight: Annotated[float, Field(gt=0)] = 1.0
    """How much a token of a thought counts without the mask; a token of an answer counts 1."""
    shuffle_thoughts: Annotated[int, Field(ge=0)] | None = None
    """As a control, every row gets as many thoughts of another row as it had: the seed of that;
    null for rows with their own thoughts."""
    chat: bool | None = None
    """Whether dialogues are written by the tokenizer's chat template; null for: if it has one."""
    chat_template_args: dict[str, Any] = Field(default_factory=dict)
    """Further arguments of the chat template, as in evaluation, such as `enable_thinking: false`.
    """
    transcript: TranscriptSettings = Field(default_factory=TranscriptSettings)
    """How dialogues are written without a chat template."""
    shard: Annotated[int, Field(ge=1)] = 1_000
    """How many rows a shard has."""

    @model_validator(mode="after")
    def _has_thoughts(self) -> "EncodingSettings":
        if self.type != "ptr" and self.shuffle_thoughts is not None:
            raise ValueError(
                f"must leave `shuffle_thoughts` out, which has no effect on `type: {self.type}`"
            )
        if self.type != "ptr" and isinstance(self.thought_mask, MaskedShare):
            raise ValueError(
                "must have true or false as `thought_mask`, because a share of thoughts has no "
                f"effect on `type: {self.type}`"
            )
        return self
