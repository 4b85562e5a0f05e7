"""From what a backend gave back to a reply: what depends on the prompt, and lengths."""

from dataclasses import replace

from ptr_eval.harness.backend import Backend
from ptr_eval.harness.requests import Request
from ptr_eval.harness.tally import GIVE_UP
from ptr_eval.protocols import Reply
from ptr_eval.runs import writable
from ptr_eval.thinking import block_at_end

NOT_ASKED = f"not asked: {GIVE_UP} requests in a row failed for the same reason"
"""The failure of a request that was not sent, because those before it failed in the same way."""


def measured(backend: Backend, request: Request, reply: Reply) -> Reply:
    """Complete a reply by what depends on the prompt, and by lengths."""
    fitted = request.fitted
    response = writable(reply.response)
    reply = replace(reply, response=response, prompt=request.text)
    if _stopped_in_thought(request, response):
        reply = replace(reply, finish_reason="length")
    visible = reply.visible(request.spec.context.settings.thinking_end).text
    generated = backend.count(response) if response else 0
    shown = generated if visible == response else backend.count(visible)
    return replace(
        reply,
        prompt_tokens=fitted.tokens or 0,
        generated_tokens=generated,
        visible_tokens=max(1, shown) if visible.strip() else 0,
        truncated=fitted.truncated,
        dropped_answers=fitted.dropped,
        shortened_candidates=fitted.shortened,
    )


def is_empty(request: Request, reply: Reply) -> bool:
    """Tell whether a reply says nothing that is visible, and was not cut off."""
    visible = reply.visible(request.spec.context.settings.thinking_end).text
    return replace(reply, visible_tokens=len(visible.strip())).outcome == "empty"


def _stopped_in_thought(request: Request, response: str) -> bool:
    """Tell whether a stop of a plain transcript cut a thought that the prompt opened."""
    end, context = request.spec.context.settings.thinking_end, request.spec.context
    opened = not context.chat and block_at_end(request.text, end) == "open"
    return opened and bool(request.settings.get("until")) and end not in response
