"""From what a backend gave back to a reply: what depends on the prompt, and lengths."""

from collections.abc import Sequence
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
    """Complete replies by what depends on their prompts, and by lengths.

    What the backend did not tell is counted, all texts together.
    """
    told = [_prompted(*pair) for pair in zip(requests, replies, strict=True)]
    shown = [_visible(*pair) for pair in zip(requests, told, strict=True)]
    texts: list[str] = []
    for request, reply, visible in zip(requests, told, shown, strict=True):
        texts += [] if reply.prompt_tokens else [request.text]
        texts += [] if reply.generated_tokens else [reply.response]
        texts += [] if visible == reply.response else [visible]
    tokens = backend.tokens.count_all(texts)
    completed = []
    for request, reply, visible in zip(requests, told, shown, strict=True):
        generated = reply.generated_tokens or tokens[reply.response]
        seen = generated if visible == reply.response else tokens[visible]
        reply = replace(
            reply,
            prompt_tokens=reply.prompt_tokens or tokens[request.text],
            generated_tokens=generated,
            visible_tokens=max(1, seen) if visible.strip() else 0,
        )
        completed.append(reply)
    return completed


def _prompted(request: Request, reply: Reply) -> Reply:
    """Add what is known of the prompt; the budget's count of its tokens is that of the whole."""
    fitted, response = request.fitted, writable(reply.response)
    cut = _stopped_in_thought(request, response)
    return replace(
        reply,
        response=response,
        prompt=request.text,
        prompt_tokens=fitted.tokens or reply.prompt_tokens,
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
