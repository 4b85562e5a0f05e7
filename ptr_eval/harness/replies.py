"""From what a backend gave back to a reply: what depends on the prompt, and lengths."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ptr_eval.harness.backend import Backend
from ptr_eval.harness.requests import Request
from ptr_eval.harness.tally import GIVE_UP
from ptr_eval.protocols import Reply
from ptr_eval.runs import writable
from ptr_eval.thinking import block_at_end

NOT_ASKED = f"not asked: {GIVE_UP} requests in a row failed for the same reason"
"""The failure of a request that was not sent, because those before it failed in the same way."""


def measured(
    backend: Backend, requests: Sequence[Request], replies: Sequence[Reply]
) -> list[Reply]:
    """Complete replies by what depends on their prompts, and by lengths, counted where not told."""
    told = [_prompted(*pair) for pair in zip(requests, replies, strict=True)]
    shown = [_visible(*pair) for pair in zip(requests, told, strict=True)]
    tokens = backend.tokens.count_all(itertools.chain(*map(_untold, told, shown)))
    return [_counted(reply, seen, tokens) for reply, seen in zip(told, shown, strict=True)]


def _untold(reply: Reply, visible: str) -> Iterator[str]:
    """List the texts whose lengths the backend did not tell."""
    if not reply.prompt_tokens:
        yield reply.prompt
    if not reply.generated_tokens:
        yield reply.response
    if not reply.visible_tokens and visible != reply.response:
        yield visible


def _counted(reply: Reply, visible: str, tokens: Mapping[str, int]) -> Reply:
    generated = reply.generated_tokens or tokens[reply.response]
    shown = generated if visible == reply.response else tokens.get(visible, 0)
    return replace(
        reply,
        prompt_tokens=reply.prompt_tokens or tokens[reply.prompt],
        generated_tokens=generated,
        visible_tokens=max(1, reply.visible_tokens or shown) if visible.strip() else 0,
    )


def _prompted(request: Request, reply: Reply) -> Reply:
    """Add what is known of the prompt."""
    fitted, response = request.fitted, writable(reply.response)
    cut = _stopped_in_thought(request, response)
    return replace(
        reply,
        response=response,
        prompt=request.text,
        prompt_tokens=reply.prompt_tokens or fitted.tokens or 0,
        finish_reason="length" if cut else reply.finish_reason,
        truncated=fitted.truncated,
        dropped_answers=fitted.dropped,
        shortened_candidates=fitted.shortened,
    )


def _visible(request: Request, reply: Reply) -> str:
    return reply.visible(request.spec.context.settings.thinking_end).text


def is_empty(request: Request, reply: Reply) -> bool:
    """Tell whether a reply says nothing that is visible, and was not cut off."""
    return replace(reply, visible_tokens=len(_visible(request, reply).strip())).outcome == "empty"


def _stopped_in_thought(request: Request, response: str) -> bool:
    """Tell whether a stop of a plain transcript cut a thought that the prompt opened."""
    end, context = request.spec.context.settings.thinking_end, request.spec.context
    opened = not context.chat and block_at_end(request.text, end) == "open"
    return opened and bool(request.settings.get("until")) and end not in response
