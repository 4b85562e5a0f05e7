"""From what a protocol asks to what a backend is sent: fitted, rendered, keyed, batched."""

import collections
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2 import TemplateError

from ptr_eval.budget import FittedConversation, TokenCounter, fit
from ptr_eval.conversation import Conversation
from ptr_eval.engine import PendingTurn, request_key
from ptr_eval.errors import UserError
from ptr_eval.harness.answer_key import DialogueSpec
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.end_of_turn import EndOfTurn, stop_at_end_of_turn
from ptr_eval.harness.failures import described

Batch = list[int]
"""Places, in a step's requests, of those that are given to the backend together."""


@dataclass(frozen=True, slots=True)
class Request:
    """A pending turn, fitted and rendered, ready to be sent."""

    prompt: Any
    """What the backend takes: text, or messages packed by a chat server's client."""
    settings: dict[str, Any]
    """The generation settings, seed included where the backend takes one."""
    fitted: FittedConversation
    """What the budget did to the conversation."""
    spec: DialogueSpec
    """The dialogue that asks."""
    key: str
    """The request's name in the ledger."""
    sampling_key: str
    """The same without the model, from which random states are derived: a copy of a checkpoint
    draws the same samples."""

    @property
    def text(self) -> str:
        """The prompt as text; a chat server's messages as JSON."""
        return _text(self.prompt)


@dataclass(frozen=True, slots=True)
class Prompter:
    """Turns pending turns into requests."""

    backend: Backend
    """The model."""
    specs: Sequence[DialogueSpec]
    """The dialogues, by the index that pending turns carry."""
    identity: str
    """The model's name in the ledger."""
    chunk: int
    """How many requests are given to the backend at a time, where it has no fixed batch size."""
    end_of_turn: EndOfTurn | None = None
    """What ends a turn in the chat template, if generation does not end there anyway."""
    _limits: dict[tuple[str, int | None], int | None] = field(default_factory=dict, init=False)
    _owners: list[str] = field(default_factory=list, init=False)

    def prepare(self, pending: Sequence[PendingTurn]) -> tuple[list[Request], list[Batch]]:
        """Render a step's turns and divide them into batches; equal requests are numbered."""
        seen: collections.Counter[str] = collections.Counter()
        asked = self._counted([self._request(turn) for turn in pending])
        requests = [self._numbered(*each, seen) for each in zip(pending, asked, strict=True)]
        batches = list(self._batches(requests))
        return self._bound(requests, batches), batches

    def prepare_one(self, pending: PendingTurn) -> Request:
        """Render a turn; its name in the ledger does not depend on when it is asked."""
        request = self._request(pending)
        return replace(request, key=self.own_key(pending, request))

    def own_key(self, pending: PendingTurn, request: Request) -> str:
        """Name a reply by what is asked and by who asks it; see `owners`."""
        if not self._owners:
            self._owners.extend(owners(self.specs))
        owner = self._owners[pending.dialogue]
        return self._key(pending, request, str(pending.position), self.identity, owner)

    def _limit(self, spec: DialogueSpec) -> int | None:
        name, context = _name(spec.generation), spec.context.settings.context
        if (name, context) not in self._limits:
            limit = self.backend.max_prompt_tokens(spec.generation, context)
            self._limits[name, context] = limit
        return self._limits[name, context]

    def _request(self, pending: PendingTurn) -> Request:
        spec = self.specs[pending.dialogue]
        rendered: dict[Conversation, Any] = {}
        limit, tokens = self._limit(spec), self.backend.tokens

        def count(conversation: Conversation) -> int | None:
            rendered[conversation] = self._render(spec, conversation)
            return tokens.count_unless_short(_text(rendered[conversation]), limit)

        counter = TokenCounter(count, tokens.count)
        fitted = fit(pending.turn.conversation, max_tokens=limit, count=counter)
        prompt = rendered[fitted.conversation]
        return Request(prompt, self._seeded(pending, spec, _text(prompt)), fitted, spec, "", "")

    def _numbered(
        self, pending: PendingTurn, request: Request, seen: collections.Counter[str]
    ) -> Request:
        duplicate_key = self._key(pending, request, str(pending.position))
        seen[duplicate_key] += 1
        place = f"{pending.position}.{seen[duplicate_key]}"
        key = self._key(pending, request, place, self.identity)
        return replace(request, key=key, sampling_key=self._key(pending, request, place))

    @staticmethod
    def _key(
        pending: PendingTurn, request: Request, place: str, model: str = "", owner: str = ""
    ) -> str:
        spec = request.spec
        return request_key(
            model=model,
            prompt=request.text,
            settings={**request.settings, "_seed": spec.context.settings.seed},
            sample=spec.sample,
            round=pending.step,
            place=place,
            owner=owner,
        )

    def _counted(self, requests: Sequence[Request]) -> list[Request]:
        """Count those prompts that were surely not too long."""
        tokens = self.backend.tokens.count_all(r.text for r in requests if r.fitted.tokens is None)
        return [
            replace(r, fitted=replace(r.fitted, tokens=tokens[r.text]))
            if r.fitted.tokens is None
            else r
            for r in requests
        ]

    def _render(self, spec: DialogueSpec, conversation: Conversation) -> Any:
        if not spec.context.chat:
            return spec.context.transcript.render(conversation)
        try:
            return self.backend.lm.apply_chat_template(conversation.messages())
        except (TypeError, ValueError, TemplateError) as error:
            raise UserError(
                f"The model's chat template cannot be applied ({described(error)}); "
                "leave out --apply_chat_template to use a plain transcript."
            ) from error

    def _seeded(self, pending: PendingTurn, spec: DialogueSpec, prompt: str) -> dict[str, Any]:
        seed = spec.context.settings.seed
        generation = dict(spec.generation)
        if spec.context.chat:
            generation = stop_at_end_of_turn(generation, self.backend.kind, self.end_of_turn)
        if seed is None or not is_sampled(spec.generation):
            return generation
        place: list[Any] = [seed, spec.sample, pending.step, pending.position]
        # vLLM draws each request alone; API requests with one seed are sent together.
        if self.backend.kind == "vllm":
            place.append(prompt)
        return self.backend.seeded(generation, seed_of(place))

    def _batches(self, requests: Sequence[Request]) -> Iterator[Batch]:
        """Divide a step, known answers included, so that a resumed run divides it the same way."""
        size = self.backend.batch_size
        if size is None:
            yield from _cut(range(len(requests)), self.chunk)
            return
        groups: dict[str, list[int]] = {}
        for i, request in enumerate(requests):
            groups.setdefault(_name(request.settings), []).append(i)
        for group in groups.values():
            # Longest first, as the backend itself would: out-of-memory shows at once.
            group.sort(key=lambda i: -(requests[i].fitted.tokens or 0))
            yield from _cut(group, size)

    def _bound(self, requests: Sequence[Request], batches: Sequence[Batch]) -> list[Request]:
        """Key answers that are drawn from one random state by all that is drawn from it."""
        bound = list(requests)
        for batch in batches if self.backend.kind == "hf" else []:
            if is_sampled(requests[batch[0]].settings):
                state = seed_of([requests[i].sampling_key for i in batch])
                for i in batch:
                    bound[i] = replace(requests[i], key=f"{requests[i].key}-{state}")
        return bound


def owners(specs: Sequence[DialogueSpec]) -> Iterator[str]:
    """Name dialogues by what makes them ask; those that would ask the same are numbered.

    Where dialogues go on one by one, a reply's name in the ledger is what was asked (model, prompt,
    settings, sample, step, position) and this name of who asked. So it depends on no order, and no
    two dialogues share a reply, even where different ones come to the same prompt.

    Elsewhere, and in earlier versions, equal prompts of a step are numbered by their dialogues. A
    reply under such a name is found by that rule before anything is asked, and gets its owner
    (recall.py); each goes to one dialogue.
    """
    seen: collections.Counter[str] = collections.Counter()
    for spec in specs:
        context = spec.context
        asked = [spec.opening.messages(), spec.sample, spec.generation, context.settings.seed]
        written = [context.chat, context.transcript.before_answer, context.transcript.after_answer]
        facts = json.dumps([*asked, *written], sort_keys=True, default=str)
        name = hashlib.sha256(facts.encode("ascii")).hexdigest()[:16]
        seen[name] += 1
        yield f"{name}.{seen[name]}"


def seed_of(facts: Sequence[Any]) -> int:
    """Derive a seed from facts."""
    digest = hashlib.sha256(json.dumps(list(facts)).encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _text(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else str(prompt.prompt)


def _name(settings: Mapping[str, Any]) -> str:
    return json.dumps(dict(settings), sort_keys=True, default=str)


def _cut(indices: Sequence[int], size: int) -> Iterator[Batch]:
    for start in range(0, len(indices), size):
        yield list(indices[start : start + size])
