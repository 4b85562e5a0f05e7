"""How training rows become token ids."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ptr_eval.config import Settings


class TranscriptSettings(Settings):
    """How conversations are written out without a chat template; as in the evaluation's tasks.

    Attributes:
        before_answer: Between what the user says and the answer.
        after_answer: Between an answer and what the user says next.
    """

    before_answer: str = "\nAnswer: "
    after_answer: str = "\n\n"


class EncodingSettings(Settings):
    """How training rows become token ids.

    Attributes:
        type: `ptr` encodes rows as they are, `ift` leaves the thoughts out, and `pretrain` counts
            all tokens of a text.
        max_length: The longest encoded row, in tokens.
        thought_mask: Whether thoughts count as their messages' weights say, which in built data
            is not at all; if false, they count by `thought_weight`.
        thought_weight: How much a token of a thought counts without the mask; an answer's is 1.
        shuffle_thoughts: The seed by which every row gets another row's thoughts, as many as it
            had: a control; null leaves them alone.
        chat: Whether conversations are rendered by the tokenizer's chat template; null for if it
            has one.
        chat_template_args: Further arguments of the chat template, as in the evaluation, such as
            `enable_thinking: false`.
        transcript: How conversations are written out without a chat template.
        shard: How many rows are worked on at a time.
    """

    type: Literal["ptr", "ift", "pretrain"] = "ptr"
    max_length: Annotated[int, Field(ge=2)] = 4096
    thought_mask: bool = True
    thought_weight: Annotated[float, Field(gt=0)] = 1.0
    shuffle_thoughts: Annotated[int, Field(ge=0)] | None = None
    chat: bool | None = None
    chat_template_args: dict[str, Any] = Field(default_factory=dict)
    transcript: TranscriptSettings = Field(default_factory=TranscriptSettings)
    shard: Annotated[int, Field(ge=1)] = 1_000

    @model_validator(mode="after")
    def _has_thoughts(self) -> "EncodingSettings":
        if self.type != "ptr" and self.shuffle_thoughts is not None:
            raise ValueError(f"`shuffle_thoughts` has no effect on `type: {self.type}`")
        return self
