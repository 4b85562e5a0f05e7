"""Finished training rows, and the baselines' rows that are derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from ptr_data.hashing import RANGE, hashed
from ptr_data.jsonl import from_json
from ptr_eval.conversation import Conversation, Message, Role

RowKind = Literal["ptr", "sft", "refine", "direct"]
Split = Literal["train", "dev"]


@dataclass(frozen=True, slots=True)
class TrainingMessage:
    """A message, and whether a model is trained to write it."""

    role: Role
    """Who speaks."""
    content: str
    """The text."""
    weight: int | None = None
    """1 if the loss counts it, 0 if not; None for messages that are no assistant's."""


@dataclass(frozen=True, slots=True)
class TextOrigin:
    """How a text was made."""

    model: str
    """The model's name in the configuration."""
    revision: str | None
    """Its revision; None if it has none."""
    backend: str
    """What ran it, such as `hf`, `vllm` or `recorded`."""
    strategy: str | None = None
    """Why it counts as weak or strong: `size`, `version` or `domain`; None if unsaid."""
    temperature: float | None = None
    """The sampling temperature; None where it is not known, as below."""
    top_p: float | None = None
    """The total probability of the tokens sampled from; None for all tokens, too."""
    top_k: int | None = None
    """How many tokens were sampled from; None for all, too."""
    max_new_tokens: int | None = None
    """The longest text, in tokens."""
    seed: int | None = None
    """What the seeds of the samples are derived from."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the texts of a row come from."""

    thoughts: tuple[TextOrigin, ...] = ()
    """The origin of each thought."""
    answer: TextOrigin | None = None
    """The answer's; None if it is the source's own."""
    draft: TextOrigin | None = None
    """The draft's; None if there is none."""


@dataclass(frozen=True, slots=True)
class RowScores:
    """What filters measured."""

    consistency: float | None = None
    """The mean cosine over all pairs of the strong model's samples, -1 to 1; None for a single
    sample."""
    thought_similarity: float | None = None
    """The largest cosine of the answer with a thought; None without any."""
    correct: int | None = None
    """How many of the candidates are correct; None where there are none."""


@dataclass(frozen=True, slots=True)
class RowTokens:
    """Lengths in tokens, each by the tokenizer of the model that wrote the text."""

    thoughts: tuple[int, ...] = ()
    """Of each thought."""
    answer: int | None = None
    """Of the answer; None if it was not counted."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A training row."""

    id: str
    """The kind and the fingerprint of the query, such as `ptr-0123456789abcdef`; where a query has
    several rows, what distinguishes them comes after."""
    kind: RowKind
    """`ptr` for refinement of attempts of one's own, `refine` for one of candidates; `sft` and
    `direct` for answers without either, that are mixed in."""
    split: Split
    """`train` or `dev`."""
    messages: tuple[TrainingMessage, ...]
    """The conversation; its last message is the answer."""
    query: str
    """The question."""
    thoughts: tuple[str, ...]
    """The weak models' attempts, or the student's candidates, in the order in which they are
    shown; may be none."""
    answer: str
    """The strong model's answer, or the source's own."""
    draft: str | None
    """A weak model's draft to prefer the answer to; None if there is none to use. Trainers take
    columns called `chosen` or `rejected` for preference pairs, so this one is called neither."""
    reference: str
    """The source's own answer; empty if it has none."""
    source: str
    """The file or data set the query comes from."""
    source_row: int
    """Its place there, from 1."""
    provenance: Provenance
    """Who wrote the texts, and how."""
    scores: RowScores
    """What filters measured."""
    tokens: RowTokens
    """Lengths."""


@dataclass(frozen=True, slots=True)
class IftRow:
    """A question and its answer, for instruction fine-tuning."""

    id: str
    """The id of the row it is derived from."""
    messages: tuple[TrainingMessage, ...]
    """The question, and the answer with weight 1."""


@dataclass(frozen=True, slots=True)
class PromptCompletionRow:
    """A row as everything before the answer, and the answer.

    Trainers that read this form train on the completion alone, so thoughts are masked for them,
    too.
    """

    id: str
    """The id of the row it is derived from."""
    prompt: tuple[Message, ...]
    """The question, and the thoughts with the requests after them."""
    completion: tuple[Message, ...]
    """The answer."""


@dataclass(frozen=True, slots=True)
class DpoRow:
    """A preference pair in the conversational form that TRL reads."""

    id: str
    """The id of the row it is derived from."""
    prompt: tuple[Message, ...]
    """The question."""
    chosen: tuple[Message, ...]
    """The answer."""
    rejected: tuple[Message, ...]
    """A weak model's draft."""


def training_row(plain: Mapping[str, Any]) -> TrainingRow:
    """Read a row from plain JSON; older builds call the draft `rejected`."""
    row: TrainingRow = from_json(
        {**_renamed(plain), "provenance": _renamed(plain["provenance"])}, TrainingRow
    )
    return row


def _renamed(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {"draft" if name == "rejected" else name: value for name, value in plain.items()}


def split_of(question_id: str, dev_share: float, seed: int) -> Split:
    """Decide a question's split, by itself: equal questions always share one."""
    return "dev" if hashed("split", seed, question_id) < dev_share * RANGE else "train"


def ift_row(row: TrainingRow) -> IftRow:
    """Derive the row that instruction fine-tuning sees: the thoughts are left out."""
    return IftRow(row.id, trained(Conversation.ask(row.query), row.answer))


def prompt_completion_row(row: TrainingRow) -> PromptCompletionRow:
    """Derive the row whose thought mask no trainer can miss."""
    *before, answer = (Message(message.role, message.content) for message in row.messages)
    return PromptCompletionRow(row.id, tuple(before), (answer,))


def dpo_row(row: TrainingRow) -> DpoRow | None:
    """Derive the preference pair that DPO sees."""
    if row.draft is None or row.draft.split() == row.answer.split():
        return None
    return DpoRow(
        row.id,
        (Message("user", row.query),),
        (Message("assistant", row.answer),),
        (Message("assistant", row.draft),),
    )


def trained(asked: Conversation, answer: str) -> tuple[TrainingMessage, ...]:
    """End a conversation with the answer, the only message that is trained on."""
    before = (
        TrainingMessage(
            cast(Role, message["role"]),
            message["content"],
            0 if message["role"] == "assistant" else None,
        )
        for message in asked.messages()
    )
    return (*before, TrainingMessage("assistant", answer, 1))


def storable(text: str) -> str:
    """Make a text one that UTF-8 can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
