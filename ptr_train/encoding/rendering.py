"""Rows as text: the prompt of evaluation, then what a model is to write after it.

The prompt is rendered by what renders evaluation's, the tokenizer's chat template or a plain
transcript. Thoughts are found in it by rendering it again with marks in their places: whatever
stands around the marks is the template's or the user's. So templates need no marks of their own,
and may rewrite history, as long as they do no more than cut thoughts.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.errors import UserError
from ptr_eval.thinking import DEFAULT_END
from ptr_train.encoding.examples import TrainingExample
from ptr_train.encoding.settings import EncodingSettings

Messages = list[dict[str, str]]

_log = logging.getLogger(__name__)
_CLOSES = DEFAULT_END
_OPENS = _CLOSES.replace("/", "")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as text: its prompt, lead and answer, in this order."""

    prompt: str
    """What evaluation asks."""
    thoughts: tuple[tuple[int, int], ...]
    """Where each thought and the end of its turn stand in it, as places of characters."""
    lead: str
    """What the template writes before an answer and evaluation does not ask, such as an empty
    thinking block; mostly empty, and never counted."""
    answer: str
    """What the model is to write, the end of its turn included."""


class Renderer(Protocol):
    """A way to write rows out."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row out."""


def open_renderer(tokenizer: Any, settings: EncodingSettings) -> Renderer:
    """Choose how rows are written out."""
    chat = bool(tokenizer.chat_template) if settings.chat is None else settings.chat
    if not chat:
        form = settings.transcript
        transcript = Transcript(form.before_answer, form.after_answer)
        return TranscriptRenderer(transcript, _end_of_text(tokenizer))
    if not tokenizer.chat_template:
        raise UserError(
            f"`chat` is set and {tokenizer.name_or_path or 'the tokenizer'} has no chat template; "
            "leave it out to use a plain transcript."
        )
    return _chat_renderer(ChatTemplate(tokenizer, settings.chat_template_args))


@dataclass(frozen=True, slots=True)
class TranscriptRenderer:
    """Writes rows out as evaluation does without a chat template."""

    transcript: Transcript
    """How."""
    stop: str
    """The token that ends an answer."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row out, see `Renderer`."""
        asked = example.conversation
        prompt = self.transcript.render(asked)
        whole = self.transcript.render(asked.then(_mark(0), ""))
        lead = whole[len(prompt) : whole.rindex(_mark(0))]
        thoughts = example.thoughts
        marked = self.transcript.render(_marked(asked)) if thoughts else ""
        spans = _spans(prompt, marked, thoughts, (lead, ""))
        if spans is None:
            raise UserError(f"{example.id}: its thoughts cannot be told from the rest.")
        return Rendered(prompt, spans, "", f"{lead}{example.answer}{self.stop}")


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A tokenizer's chat template, applied as evaluation applies it."""

    tokenizer: Any
    """The tokenizer."""
    args: dict[str, Any]
    """Further arguments of the template."""

    def apply(self, messages: Messages, where: str, *, prompt: bool) -> str:
        """Write messages out; without the system's where the template refuses it."""
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
    """Writes rows out by a chat template."""

    template: ChatTemplate
    """The template."""
    lead: str
    """What it writes between a prompt and the answer."""
    end: str
    """What it writes after an answer up to its end-of-turn token; empty if it has none."""
    after: str
    """All that it writes after the last answer."""
    stop: str
    """What ends an answer: the same as `end`, or the end-of-text token."""

    def render(self, example: TrainingExample) -> Rendered:
        """Write a row out, see `Renderer`."""
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
        if lead.isspace():  # Most tokenizers join a blank to what follows it.
            lead, answer = "", lead + answer
        return Rendered(prompt, spans, lead, answer + self.stop)

    def _answer(self, prompt: str, example: TrainingExample) -> tuple[str, str]:
        """Find how the template writes the answer, which it may trim, but not of its thinking."""
        messages = example.conversation.messages()
        ended = [*messages, {"role": "assistant", "content": example.answer}]
        whole = self.template.apply(ended, example.id, prompt=False)
        if not whole.startswith(prompt) or not whole.endswith(self.after):
            return "", _after(prompt, example)  # Evaluation's prompt decides.
        written = whole[len(prompt) :].removesuffix(self.after)
        if _CLOSES in example.answer and _CLOSES not in written:
            return "", _after(prompt, example)
        answer = written.removeprefix(self.lead)
        if written.startswith(self.lead) and answer in example.answer:
            return self.lead, answer
        return "", written  # The answer brings its own thinking block, say.


def _chat_renderer(template: ChatTemplate) -> ChatRenderer:
    """Try a template out on a question and an answer."""
    where = "a question and its answer"
    asked = [{"role": "user", "content": "?"}]
    answer = {"role": "assistant", "content": _mark(0)}
    prompt = template.apply(asked, where, prompt=True)
    before, found, after = template.apply([*asked, answer], where, prompt=False).partition(_mark(0))
    if not found:
        raise UserError(
            "The chat template leaves answers out or rewrites them; use another or `chat: false`."
        )
    lead = before.removeprefix(prompt) if before.startswith(prompt) else ""
    if lead.strip():
        _log.warning(
            "The chat template writes %r between a prompt and its answer, which evaluation leaves "
            "to the model and training does not count; if the template can put it into prompts, "
            "as with `chat_template_args: {enable_thinking: false}`, do so here and there.",
            lead,
        )
    end = _end_of_turn(template.tokenizer, after)
    return ChatRenderer(template, lead, end, after, end or _end_of_text(template.tokenizer))


def _after(prompt: str, example: TrainingExample) -> str:
    """Write an answer where its prompt may have opened a thinking block, or closed one."""
    asked, answer = prompt.rstrip(), example.answer
    if asked.endswith(_OPENS) and answer.lstrip().startswith(_OPENS):
        return answer.lstrip().removeprefix(_OPENS).removeprefix(prompt[len(asked) :])
    thinking, closed, said = answer.rpartition(_CLOSES)
    if not asked.endswith(_CLOSES) or not closed:
        return answer
    if thinking.replace(_OPENS, "").strip():
        raise UserError(
            f"{example.id}: the answer thinks, but the chat template has closed the thinking block "
            "before it; leave `enable_thinking: false` out, or thinking out of the answers."
        )
    return said.lstrip("\n")


def _end_of_turn(tokenizer: Any, after: str) -> str:
    """Cut what follows an answer after the first special token, if only blanks precede it."""
    added = tokenizer.added_tokens_decoder.values()
    special = {str(token) for token in added if token.special} | set(tokenizer.all_special_tokens)
    begun = [token for token in special if token and after.lstrip().startswith(token)]
    if not begun:
        return ""
    token = max(begun, key=len)
    return after[: after.index(token) + len(token)]


def _end_of_text(tokenizer: Any) -> str:
    if not tokenizer.eos_token:
        raise UserError(
            f"{tokenizer.name_or_path or 'The tokenizer'} has neither a chat template that ends "
            "answers with a token of their own nor an end-of-text token; give it an `eos_token`."
        )
    return str(tokenizer.eos_token)


def _mark(number: int) -> str:
    return f"\ue000thought-{number}\ue001"


def _marked(conversation: Conversation) -> Conversation:
    turns = (replace(turn, answer=_mark(i)) for i, turn in enumerate(conversation.turns))
    return replace(conversation, turns=tuple(turns))


def _spans(
    prompt: str, marked: str, thoughts: Sequence[str], around: tuple[str, str]
) -> tuple[tuple[int, int], ...] | None:
    """Find thoughts, from the blank before them to the end of their turn."""
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
        # The longest that fits, since a thought may hold what follows it, too.
        stop = prompt.rfind(following, start, start + len(thought) + len(following))
        if not prompt.startswith(piece, place) or stop < 0 or prompt[start:stop] not in thought:
            return None
        begin = start - len(blank) if piece.endswith(blank) else start
        spans.append((begin, stop + len(end) if following.startswith(end) else stop))
        place = stop
    return tuple(spans) if prompt[place:] == between[-1] else None
