"""Writes rows as text: the prompt as in evaluation, then what the model is to write.

The prompt is written as evaluation writes it, by the tokenizer's chat template or as a plain
transcript. To find the thoughts in it, it is written a second time with marks in their places:
the text around the marks is the template's or the user's. So a template needs no marks of its own.
It may change earlier exchanges, as long as it only cuts thoughts.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.errors import UserError
from ptr_eval.special_tokens import special_token_at_start
from ptr_eval.thinking import DEFAULT_END, block_at_end
from ptr_train.encoding.examples import TrainingExample
from ptr_train.encoding.settings import EncodingSettings

Messages = list[dict[str, str]]

_log = logging.getLogger(__name__)
_CLOSES = DEFAULT_END
_OPENS = _CLOSES.replace("/", "")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as text: prompt, lead and answer, in this order."""

    prompt: str
    """The text that evaluation sends."""
    thoughts: tuple[tuple[int, int], ...]
    """The characters of each thought with the end of its turn: first, and after the last."""
    lead: str
    """What the template writes before an answer and evaluation does not send, such as an empty
    thinking block, or the end of one that the prompt opened. Mostly empty; it never counts."""
    answer: str
    """What the model is to write, with the end of its turn."""


class Renderer(Protocol):
    """A way to write rows as text."""

    @property
    def stop(self) -> str:
        """What ends an answer."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row."""


def open_renderer(tokenizer: Any, settings: EncodingSettings) -> Renderer:
    """Choose how rows are written: by a chat template or as a transcript."""
    chat = bool(tokenizer.chat_template) if settings.chat is None else settings.chat
    if not chat:
        form = settings.transcript
        transcript = Transcript(form.before_answer, form.after_answer)
        return TranscriptRenderer(transcript, _end_of_text(tokenizer))
    if not tokenizer.chat_template:
        raise UserError(
            f"`chat` is set and {tokenizer.name_or_path or 'the tokenizer'} has no chat template; "
            "leave `chat` out to use a plain transcript."
        )
    return _chat_renderer(ChatTemplate(tokenizer, settings.chat_template_args))


@dataclass(frozen=True, slots=True)
class TranscriptRenderer:
    """Writes rows as evaluation does without a chat template."""

    transcript: Transcript
    """How dialogues are written."""
    stop: str
    """The token that ends an answer."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row, see `Renderer`."""
        asked = example.conversation
        prompt = self.transcript.render(asked)
        whole = self.transcript.render(asked.then(_mark(0), ""))
        lead = whole[len(prompt) : whole.rindex(_mark(0))]
        thoughts = example.thoughts
        marked = self.transcript.render(_marked(asked)) if thoughts else ""
        spans = _spans(prompt, marked, thoughts, (lead, ""))
        if spans is None:
            raise UserError(f"{example.id}: its thoughts cannot be found in the transcript.")
        return Rendered(prompt, spans, "", f"{lead}{example.answer}{self.stop}")


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A tokenizer's chat template, used as in evaluation."""

    tokenizer: Any
    """The tokenizer."""
    args: dict[str, Any]
    """Further arguments of the template."""

    def apply(self, messages: Messages, where: str, *, prompt: bool) -> str:
        """Write messages; without the system message if the template refuses it."""
        from jinja2 import TemplateError

        plain = [message for message in messages if message["role"] != "system"]
        try:
            return self._apply(messages, prompt)
        except TemplateError as error:
            refused = error
        try:
            if len(plain) < len(messages):
                return self._apply(plain, prompt)
        except TemplateError as error:
            refused = error
        raise UserError(f"{where}: the chat template refuses its messages ({refused}).")

    def _apply(self, messages: Messages, prompt: bool) -> str:
        text: str = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=prompt, **self.args
        )
        return text


@dataclass(frozen=True, slots=True)
class ChatRenderer:
    """Writes rows by a chat template."""

    template: ChatTemplate
    """The template."""
    lead: str
    """What it writes between a prompt and the answer."""
    end: str
    """What it writes after an answer, up to its end-of-turn token; empty if it has none."""
    after: str
    """Everything that it writes after the last answer."""
    stop: str
    """What ends an answer: `end`, or the end-of-text token."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row, see `Renderer`."""
        where, asked = example.id, example.conversation
        prompt = self.template.apply(asked.messages(), where, prompt=True)
        thoughts = example.thoughts
        marked = ""
        if thoughts:
            marked = self.template.apply(_marked(asked).messages(), where, prompt=True)
        blank = self.lead if self.lead.isspace() else ""
        spans = _spans(prompt, marked, thoughts, (blank, self.end))
        if spans is None:
            raise UserError(
                f"{where}: the chat template rewrites the conversation so that its thoughts cannot "
                "be found in it; set `chat: false` or use another template."
            )
        lead, answer = self._answer(prompt, example)
        if block_at_end(prompt, _CLOSES) == "open" and _CLOSES not in lead + answer:
            # Else the answer would be trained as a thought.
            lead, answer = _closing(prompt), (lead + answer).lstrip("\n")
        if lead.isspace():  # Most tokenizers join a blank to the text after it.
            lead, answer = "", lead + answer
        return Rendered(prompt, spans, lead, answer + self.stop)

    def _answer(self, prompt: str, example: TrainingExample) -> tuple[str, str]:
        """Find how the template writes the answer: it may trim it, but not cut its thinking."""
        messages = example.conversation.messages()
        ended = [*messages, {"role": "assistant", "content": example.answer}]
        whole = self.template.apply(ended, example.id, prompt=False)
        if not whole.startswith(prompt) or not whole.endswith(self.after):
            return "", _after(prompt, example)  # The prompt stays as in evaluation.
        written = whole[len(prompt) :].removesuffix(self.after)
        if _CLOSES in example.answer and _CLOSES not in written:
            return "", _after(prompt, example)
        answer = written.removeprefix(self.lead)
        if written.startswith(self.lead) and answer in example.answer:
            return self.lead, answer
        return "", written  # For example, the answer has a thinking block of its own.


def _chat_renderer(template: ChatTemplate) -> ChatRenderer:
    """Find, with a question and an answer, what a template writes around answers."""
    where = "a question and its answer"
    asked = [{"role": "user", "content": "?"}]
    answer = {"role": "assistant", "content": _mark(0)}
    prompt = template.apply(asked, where, prompt=True)
    before, found, after = template.apply([*asked, answer], where, prompt=False).partition(_mark(0))
    if not found:
        raise UserError(
            "The chat template leaves answers out or changes them; use another or `chat: false`."
        )
    lead = before.removeprefix(prompt) if before.startswith(prompt) else ""
    if lead.strip():
        _log.warning(
            "The chat template writes %r between a prompt and its answer. Evaluation leaves "
            "that to the model, and training does not count it. If the template can put it into "
            "prompts, as with `chat_template_args: {enable_thinking: false}`, set that for both.",
            lead,
        )
    if block_at_end(prompt, _CLOSES) == "open":
        _log.warning(
            "The chat template opens a thinking block in prompts. Training closes it before "
            "answers that have no thinking, and does not count that; evaluation leaves it to the "
            "model. If the template can switch thinking off, as with `chat_template_args: "
            "{enable_thinking: false}`, set that for both."
        )
    end = _end_of_turn(template.tokenizer, after)
    return ChatRenderer(template, lead, end, after, end or _end_of_text(template.tokenizer))


def _after(prompt: str, example: TrainingExample) -> str:
    """Write an answer after a prompt that may have opened a thinking block, or closed one."""
    asked, answer = prompt.rstrip(), example.answer
    if asked.endswith(_OPENS) and answer.lstrip().startswith(_OPENS):
        return answer.lstrip().removeprefix(_OPENS).removeprefix(prompt[len(asked) :])
    thinking, closed, visible = answer.rpartition(_CLOSES)
    if not asked.endswith(_CLOSES) or not closed:
        return answer
    if thinking.replace(_OPENS, "").strip():
        raise UserError(
            f"{example.id}: the answer has a thinking block, but the chat template closes the "
            "block before the answer; remove `enable_thinking: false`, or the answers' thinking."
        )
    return visible.lstrip("\n")


def _closing(prompt: str) -> str:
    """Close the thinking block that a prompt opened, as an empty block is written."""
    return ("\n" if prompt.endswith("\n") else "\n\n") + f"{_CLOSES}\n\n"


def _end_of_turn(tokenizer: Any, after: str) -> str:
    """Give the text after an answer up to its first special token, if only blanks come before."""
    token = special_token_at_start(tokenizer, after.lstrip())
    if token is None:
        return ""
    return after[: after.index(token) + len(token)]


def _end_of_text(tokenizer: Any) -> str:
    if not tokenizer.eos_token:
        raise UserError(
            f"{tokenizer.name_or_path or 'The tokenizer'} has neither a chat template that ends "
            "answers with a special token nor an end-of-text token; give it an `eos_token`."
        )
    return str(tokenizer.eos_token)


def _mark(number: int) -> str:
    return f"\ue000thought-{number}\ue001"


def _marked(conversation: Conversation) -> Conversation:
    exchanges = (
        replace(exchange, answer=_mark(i)) for i, exchange in enumerate(conversation.exchanges)
    )
    return replace(conversation, exchanges=tuple(exchanges))


def _spans(
    prompt: str, marked: str, thoughts: Sequence[str], around: tuple[str, str]
) -> tuple[tuple[int, int], ...] | None:
    """Find the thoughts, each from the blank before it to the end of its turn."""
    if not thoughts:
        return ()
    blank, end = around
    between = []
    for number in range(len(thoughts)):
        piece, found, marked = marked.partition(_mark(number))
        if not found:
            return None
        between.append(piece)
    between.append(marked)
    spans, place = [], 0
    for thought, piece, following in zip(thoughts, between[:-1], between[1:], strict=True):
        start = place + len(piece)
        # The longest match, because a thought may itself contain the text that follows it.
        stop = prompt.rfind(following, start, start + len(thought) + len(following))
        if not prompt.startswith(piece, place) or stop < 0 or prompt[start:stop] not in thought:
            return None
        begin = start - len(blank) if piece.endswith(blank) else start
        spans.append((begin, stop + len(end) if following.startswith(end) else stop))
        place = stop
    return tuple(spans) if prompt[place:] == between[-1] else None
