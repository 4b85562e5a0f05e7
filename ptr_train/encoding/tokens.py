"""Rows as token ids, with the weight of each token and the positions of the attempts.

The prompt is tokenised alone, as in evaluation. What the model is to write is tokenised as its
continuation. So no token has text of both: the model reads the first and writes the second.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ptr_eval.errors import UserError
from ptr_train.encoding.examples import TrainingExample
from ptr_train.encoding.masking import sentence_parts, token_parts
from ptr_train.encoding.rendering import Rendered, Renderer, open_renderer
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.records import Attempt, EncodedRow
from ptr_train.thought_mask import MaskedShare

_PROBES = ("a", " a", "\na", "Ab", "4")


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encodes rows."""

    tokenizer: Any
    """A fast tokenizer of transformers."""
    renderer: Renderer
    """Writes rows as text."""
    prefix: tuple[int, ...]
    """The tokens that the tokenizer puts before a text, such as a begin-of-text token."""
    anchor: str
    """A text that is put before continuations to tokenise them; empty if no such text works."""
    anchored: int
    """How many tokens the anchor has."""
    mask: MaskedShare | None
    """The share of the thoughts that does not count; None if that depends on whole thoughts."""

    def encode(self, examples: Sequence[TrainingExample]) -> list[EncodedRow]:
        """Encode rows."""
        rendered = [self.renderer.render(example) for example in examples]
        prompts = self._tokenise([row.prompt for row in rendered])
        leads = {lead: self._continuation(lead) for lead in {row.lead for row in rendered}}
        answers = self._tokenise([self.anchor + row.answer for row in rendered])
        return [
            self._assembled(example, row, prompt, leads[row.lead], answer.ids[self.anchored :])
            for example, row, prompt, answer in zip(
                examples, rendered, prompts, answers, strict=True
            )
        ]

    def encode_text(self, name: str, kind: str, text: str, max_length: int) -> Iterator[EncodedRow]:
        """Encode a text, all of whose tokens count; one that is too long becomes several rows."""
        (encoding,) = self._tokenise([text])
        last = self.tokenizer.eos_token_id
        ids = [*self._prefix_of(text), *encoding.ids, *([] if last is None else [last])]
        for number, start in enumerate(range(0, len(ids), max_length), 1):
            piece = ids[start : start + max_length]
            piece_id = name if len(ids) <= max_length else f"{name}#{number}"
            yield EncodedRow(piece_id, kind, piece, [1.0] * len(piece), (Attempt(0, len(piece)),))

    def _assembled(
        self,
        example: TrainingExample,
        row: Rendered,
        prompt: Any,
        lead: list[int],
        answer: list[int],
    ) -> EncodedRow:
        prefix = self._prefix_of(row.prompt)
        ids = [*prefix, *prompt.ids, *lead, *answer]
        attempts = []
        if row.thoughts:
            starts = [start for start, _ in prompt.offsets]
            for first, stop in row.thoughts:
                begin = len(prefix) + bisect_left(starts, first)
                attempts.append(Attempt(begin, len(prefix) + bisect_left(starts, stop)))
        attempts.append(Attempt(len(ids) - len(answer), len(ids)))
        weights = [0.0] * len(ids)
        for attempt, weight in zip(attempts, example.weights, strict=True):
            if weight:
                weights[attempt.start : attempt.end] = [weight] * (attempt.end - attempt.start)
        if self.mask and row.thoughts:
            parts = self._parts(row, prompt, attempts[:-1], len(prefix))
            for number in self.mask.masked(example.id, len(parts)):
                for place in parts[number]:
                    weights[place] = 0.0
        return EncodedRow(example.id, example.kind, ids, weights, tuple(attempts), example.dropped)

    def _parts(
        self, row: Rendered, prompt: Any, thoughts: Sequence[Attempt], before: int
    ) -> list[list[int]]:
        """Divide the thoughts into what the mask chooses from: the places of each part's tokens."""
        if self.mask is None or self.mask.of == "tokens":
            return token_parts(thoughts)
        stop = self.renderer.stop
        texts = [row.prompt[first:last].removesuffix(stop) for first, last in row.thoughts]
        ends = [
            [
                prompt.offsets[place - before][1] - first
                for place in range(thought.start, thought.end)
            ]
            for thought, (first, _) in zip(thoughts, row.thoughts, strict=True)
        ]
        return sentence_parts(thoughts, texts, ends)

    def _prefix_of(self, text: str) -> tuple[int, ...]:
        """Give the tokens to put before a text: none if it starts with a begin-of-text token."""
        begin = self.tokenizer.bos_token
        return () if begin and text.startswith(begin) else self.prefix

    def _continuation(self, text: str) -> list[int]:
        (encoding,) = self._tokenise([self.anchor + text])
        ids: list[int] = encoding.ids[self.anchored :]
        return ids

    def _tokenise(self, texts: Sequence[str]) -> Sequence[Any]:
        return _tokenised(self.tokenizer, texts)


def open_encoder(tokenizer: Any, settings: EncodingSettings) -> Encoder:
    """Make an encoder with a tokenizer."""
    if not tokenizer.is_fast:
        name = tokenizer.name_or_path or "The tokenizer"
        raise UserError(f"{name} has no `tokenizer.json`; convert it to a fast tokenizer.")
    anchor = next((text for text in _anchors(tokenizer) if _holds(tokenizer, text)), "")
    plain = _tokenised(tokenizer, ["a"])[0].ids
    full = tokenizer("a").input_ids
    places = (i for i in range(len(full)) if full[i : i + len(plain)] == plain)
    prefix = full[: next(places, 0)]
    return Encoder(
        tokenizer=tokenizer,
        renderer=open_renderer(tokenizer, settings),
        prefix=tuple(prefix),
        anchor=anchor,
        anchored=len(_tokenised(tokenizer, [anchor])[0].ids),
        mask=settings.thought_mask if isinstance(settings.thought_mask, MaskedShare) else None,
    )


def padding_id(tokenizer: Any) -> int:
    """Choose the id of padding; nothing attends to it, and it never counts."""
    for found in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if found is not None:
            return int(found)
    raise UserError(
        f"{tokenizer.name_or_path or 'The tokenizer'} has neither a padding nor an end-of-text "
        "token; give it a `pad_token`."
    )


def _anchors(tokenizer: Any) -> Iterator[str]:
    """List the anchors to try: special tokens, then a newline."""
    yield from (token for token in (tokenizer.eos_token, tokenizer.bos_token) if token)
    yield "\n"


def _holds(tokenizer: Any, anchor: str) -> bool:
    """Check that the anchor's tokens stay the same before any text, and that nothing is lost."""
    alone, *joined = _tokenised(tokenizer, [anchor, *(anchor + probe for probe in _PROBES)])
    kept = all(encoding.ids[: len(alone.ids)] == alone.ids for encoding in joined)
    before = _decoded(tokenizer, alone.ids)
    return kept and all(
        _decoded(tokenizer, encoding.ids) == before + probe
        for encoding, probe in zip(joined, _PROBES, strict=True)
    )


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    return text


def _tokenised(tokenizer: Any, texts: Sequence[str]) -> Sequence[Any]:
    found: Sequence[Any] = tokenizer(
        list(texts),
        add_special_tokens=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    ).encodings
    return found
