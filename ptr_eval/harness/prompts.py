"""From what a protocol asks to what a backend is sent: fitted, rendered, keyed, batched."""

import collections
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ptr_eval.budget import FittedConversation, TokenCounter, fit
from ptr_eval.conversation import Conversation
from ptr_eval.engine import Ask, request_key
from ptr_eval.errors import UserError
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.plan import Slot

Batch = list[int]
"""Places, in a round's requests, of those that are handed to the backend together."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One dialogue: a document and sample being asked."""

    slot: Slot
    """Its first slot, which holds the plan and the opening."""
    settings: Mapping[str, Any]
    """The generation settings."""


@dataclass(frozen=True, slots=True)
class Request:
    """A rendered ask, ready to be sent."""

    prompt: Any
    """What the backend takes: text, or messages packed by a chat server's client."""
    settings: dict[str, Any]
    """The generation settings, seed included where the backend takes one."""
    fitted: FittedConversation
    """What the budget did to the conversation."""
    key: str
    """The request's name in the ledger."""
    draw: str
    """The same without the model, which random states are derived from: a copy of a checkpoint
    draws the same."""

    @property
    def text(self) -> str:
        """The prompt as text; a chat server's messages as JSON."""
        return _text(self.prompt)


@dataclass(frozen=True, slots=True)
class Prompter:
    """Prepares a round's requests."""

    backend: Backend
    """The model."""
    chains: Sequence[Chain]
    """The dialogues, by the index that asks carry."""
    identity: str
    """The model's name in the ledger."""

    def prepare(self, asks: Sequence[Ask]) -> tuple[list[Request], list[Batch]]:
        """Render a round's asks and divide them into batches."""
        seen: collections.Counter[str] = collections.Counter()
        rooms: dict[str, int | None] = {}
        requests = []
        for ask in asks:
            chain = self.chains[ask.chain]
            name = _name(chain.settings)
            if name not in rooms:
                context = chain.slot.plan.settings.context
                rooms[name] = self.backend.room(chain.settings, context)
            requests.append(self._request(ask, chain, rooms[name], seen))
        batches = list(self._batches(requests))
        return self._bound(requests, batches), batches

    def _request(
        self, ask: Ask, chain: Chain, room: int | None, seen: collections.Counter[str]
    ) -> Request:
        rendered: dict[Conversation, Any] = {}

        def count(conversation: Conversation) -> int:
            rendered[conversation] = self._render(chain, conversation)
            return self.backend.count(_text(rendered[conversation]))

        counter = TokenCounter(count, self.backend.count)
        fitted = fit(ask.conversation, max_tokens=room, count=counter)
        prompt = rendered[fitted.conversation]
        settings = self._seeded(ask, chain, _text(prompt))

        def key(place: str, model: str = "") -> str:
            return request_key(
                model=model,
                prompt=_text(prompt),
                settings={**settings, "_seed": chain.slot.plan.settings.seed},
                sample=chain.slot.sample,
                round=ask.round,
                place=place,
            )

        twin = key(str(ask.position))
        seen[twin] += 1
        place = f"{ask.position}.{seen[twin]}"
        return Request(prompt, settings, fitted, key(place, self.identity), key(place))

    def _render(self, chain: Chain, conversation: Conversation) -> Any:
        plan = chain.slot.plan
        if not plan.chat:
            return plan.transcript.render(conversation)
        try:
            return self.backend.lm.apply_chat_template(conversation.messages())
        except ValueError as error:
            raise UserError(
                f"The model's chat template cannot be applied ({error}); "
                "leave out --apply_chat_template to use a plain transcript."
            ) from error

    def _seeded(self, ask: Ask, chain: Chain, prompt: str) -> dict[str, Any]:
        seed = chain.slot.plan.settings.seed
        if seed is None or not is_sampled(chain.settings):
            return dict(chain.settings)
        place: list[Any] = [seed, chain.slot.sample, ask.round, ask.position]
        # vLLM draws each request alone; API requests with one seed are sent together.
        if self.backend.kind == "vllm":
            place.append(prompt)
        return self.backend.seeded(chain.settings, seed_of(place))

    def _batches(self, requests: Sequence[Request]) -> Iterator[Batch]:
        """Divide a round, known answers included, so that a resumed run divides it alike."""
        size = self.backend.batch_size
        if size is None:
            wave = min(chain.slot.plan.settings.wave for chain in self.chains)
            yield from _cut(range(len(requests)), wave)
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
                state = seed_of([requests[i].draw for i in batch])
                for i in batch:
                    bound[i] = replace(requests[i], key=f"{requests[i].key}-{state}")
        return bound


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
