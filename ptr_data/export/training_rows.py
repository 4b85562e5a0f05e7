"""Finished training rows, and the baselines' rows that are derived from them.

A refinement row is a conversation that the protocol of evaluation asked: it is driven with the
weak models' thoughts as replies, and the strong model's answer ends it. So what a model is
trained on and what it is asked in evaluation are the same by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from ptr_data.filters.consistency import Consistency
from ptr_data.hashing import RANGE, hashed
from ptr_data.records import Candidate, Generation, Query
from ptr_eval.conversation import Conversation, Message, Role
from ptr_eval.protocols import Reply, Sequential

Kind = Literal["ptr", "sft", "refine", "direct"]
Split = Literal["train", "dev"]


@dataclass(frozen=True, slots=True)
class TrainingMessage:
    """A message, and whether a model is trained to write it.

    Attributes:
        role: Who speaks.
        content: The text.
        weight: 1 if the loss counts it, 0 if not; None for messages that are no assistant's.
    """

    role: Role
    content: str
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """How a text was made.

    Attributes:
        model: The model's name in the configuration.
        revision: Its revision; None if it has none.
        backend: What ran it, such as `hf`, `vllm` or `recorded`.
        strategy: Why it counts as weak or strong: `size`, `version` or `domain`; None if unsaid.
        temperature: The sampling temperature; None where it is not known, as below.
        top_p: The total probability of the tokens sampled from; None for all tokens, too.
        top_k: How many tokens were sampled from; None for all, too.
        max_new_tokens: The longest text, in tokens.
        seed: What the seeds of the samples are derived from.
    """

    model: str
    revision: str | None
    backend: str
    strategy: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_new_tokens: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the texts of a row come from.

    Attributes:
        thoughts: The origin of each thought.
        answer: The answer's; None if it is the source's own.
        rejected: The rejected draft's; None if there is none.
    """

    thoughts: tuple[Origin, ...] = ()
    answer: Origin | None = None
    rejected: Origin | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """What filters measured.

    Attributes:
        consistency: The mean cosine over all pairs of the strong model's samples, -1 to 1; None
            for a single sample.
        thought_similarity: The largest cosine of the answer with a thought; None without any.
        correct: How many of the candidates are correct; None where there are none.
    """

    consistency: float | None = None
    thought_similarity: float | None = None
    correct: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Lengths in tokens, each by the tokenizer of the model that wrote the text.

    Attributes:
        thoughts: Of each thought.
        answer: Of the answer; None if it was not counted.
    """

    thoughts: tuple[int, ...] = ()
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A training row.

    Attributes:
        id: The kind and the fingerprint of the query, such as `ptr-0123456789abcdef`; where a
            query has several rows, what tells them apart comes after.
        kind: `ptr` for refinement of attempts of one's own, `refine` for one of candidates;
            `sft` and `direct` for answers without either, that are mixed in.
        split: `train` or `dev`.
        messages: The conversation; its last message is the answer.
        query: The question.
        thoughts: The weak models' attempts, or the student's candidates, in the order in which
            they are shown; may be none.
        answer: The strong model's answer, or the source's own.
        rejected: A weak model's draft to prefer the answer to; None if there is none to use.
        reference: The source's own answer; empty if it has none.
        source: The file or data set the query comes from.
        source_row: Its place there, from 1.
        provenance: Who wrote the texts, and how.
        scores: What filters measured.
        tokens: Lengths.
    """

    id: str
    kind: Kind
    split: Split
    messages: tuple[TrainingMessage, ...]
    query: str
    thoughts: tuple[str, ...]
    answer: str
    rejected: str | None
    reference: str
    source: str
    source_row: int
    provenance: Provenance
    scores: Scores
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class IftRow:
    """A question and its answer, for instruction fine-tuning.

    Attributes:
        id: The id of the row it is derived from.
        messages: The question, and the answer with weight 1.
    """

    id: str
    messages: tuple[TrainingMessage, ...]


@dataclass(frozen=True, slots=True)
class DpoRow:
    """A preference pair in the conversational form that TRL reads.

    Attributes:
        id: The id of the row it is derived from.
        prompt: The question.
        chosen: The answer.
        rejected: A weak model's draft.
    """

    id: str
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]


def ptr_row(
    candidate: Candidate,
    score: Consistency,
    protocol: Sequential,
    origins: Mapping[str, Origin],
    split: Split,
) -> Row:
    """Make a refinement row of a candidate that passed all filters.

    Args:
        candidate: The question with its generations.
        score: Its scores; they name the answer to keep.
        protocol: The protocol of evaluation; its number of rounds is set to what is needed.
        origins: How each model wrote, by its name in the configuration.
        split: The row's split, see `split_of`.

    Returns:
        The row.
    """
    query, shown = candidate.query, candidate.thoughts[: candidate.shown]
    answer, draft = candidate.answers[score.medoid], _draft(candidate)
    thoughts = tuple(storable(thought.text) for thought in shown)
    asked = conversation(storable(query.text), thoughts, protocol)
    return Row(
        id=f"ptr-{query.id}",
        kind="ptr",
        split=split,
        messages=trained(asked, storable(answer.text)),
        query=storable(query.text),
        thoughts=thoughts,
        answer=storable(answer.text),
        rejected=None if draft is None else storable(draft.text),
        reference=storable(query.reference),
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(
            tuple(origins[thought.model] for thought in shown),
            origins[answer.model],
            None if draft is None else origins[draft.model],
        ),
        scores=Scores(score.samples, score.thoughts),
        tokens=Tokens(tuple(thought.tokens for thought in shown), answer.tokens),
    )


def sft_row(query: Query, split: Split, tokens: int | None = None) -> Row:
    """Make a plain row of a question that its source answers.

    Args:
        query: The question, with a reference.
        split: The row's split, see `split_of`.
        tokens: The reference's length in tokens, if it was counted.

    Returns:
        The row.

    Raises:
        ValueError: If the source has no answer.
    """
    if not query.reference.strip():
        raise ValueError(f"{query.source}, row {query.row}: no answer to train on")
    text, answer = storable(query.text), storable(query.reference)
    return Row(
        id=f"sft-{query.id}",
        kind="sft",
        split=split,
        messages=trained(Conversation.ask(text), answer),
        query=text,
        thoughts=(),
        answer=answer,
        rejected=None,
        reference=answer,
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(),
        scores=Scores(),
        tokens=Tokens((), tokens),
    )


def conversation(query: str, thoughts: Sequence[str], protocol: Sequential) -> Conversation:
    """Find what evaluation would ask after these replies.

    Args:
        query: The question.
        thoughts: What the model replied, round by round.
        protocol: The protocol; its number of rounds is set to what is needed.

    Returns:
        The conversation of round `len(thoughts) + 1`.
    """
    dialogue = replace(protocol, rounds=len(thoughts) + 1).converse(Conversation.ask(query))
    (asked,) = next(dialogue)
    for thought in thoughts:
        (asked,) = dialogue.send([Reply(thought)])
    return asked


def split_of(query_id: str, dev_share: float, seed: int) -> Split:
    """Decide a question's split, by itself: equal questions always share one.

    Args:
        query_id: The question's fingerprint.
        dev_share: The expected share of `dev`, from 0 to 1.
        seed: Another seed splits anew.

    Returns:
        `dev` or `train`.
    """
    return "dev" if hashed("split", seed, query_id) < dev_share * RANGE else "train"


def ift_row(row: Row) -> IftRow:
    """Derive the row that instruction fine-tuning sees: the thoughts are left out.

    Args:
        row: The row.

    Returns:
        The question and its answer.
    """
    return IftRow(row.id, trained(Conversation.ask(row.query), row.answer))


def dpo_row(row: Row) -> DpoRow | None:
    """Derive the preference pair that DPO sees.

    Args:
        row: The row.

    Returns:
        The pair; None if there is no rejected draft, or it equals the answer but for blanks.
    """
    if row.rejected is None or row.rejected.split() == row.answer.split():
        return None
    return DpoRow(
        row.id,
        (Message("user", row.query),),
        (Message("assistant", row.answer),),
        (Message("assistant", row.rejected),),
    )


def trained(asked: Conversation, answer: str) -> tuple[TrainingMessage, ...]:
    """End a conversation with the answer, the only message that is trained on.

    Args:
        asked: The conversation.
        answer: The answer.

    Returns:
        The messages of a row.
    """
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
    """Make a text one that UTF-8 can hold.

    Args:
        text: Any text.

    Returns:
        The same, with U+FFFD for each half of a broken surrogate pair.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _draft(candidate: Candidate) -> Generation | None:
    """Choose what to reject: a thought that is whole, rather one that is not shown."""
    shown = candidate.shown
    drafts = (*candidate.thoughts[shown:], *candidate.thoughts[:shown])
    usable = (d for d in drafts if d.failed is None and not d.full and d.text.strip())
    return next(usable, None)
