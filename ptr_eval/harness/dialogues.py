"""Protocols on conversations of one's own, outside any lm-eval task.

The same backends, engine, seeds and ledger as an evaluation uses; only questions and what is
done with the replies are the caller's.
"""

import gc
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM
from lm_eval.api.registry import get_model
from lm_eval.models import MODEL_MAPPING

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.engines import Ledger
from ptr_eval.errors import UserError
from ptr_eval.harness.answering import GIVE_UP
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.failures import disconnected, one_line
from ptr_eval.harness.plan import Plan, Slot
from ptr_eval.harness.prompts import Chain
from ptr_eval.harness.rounds import converse
from ptr_eval.harness.settings import Settings
from ptr_eval.protocols import Protocol, Reply

_log = logging.getLogger("lm_eval.ptr")

# Others may be secrets.
_TOLD = ("pretrained", "model", "base_url", "revision")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How replies are drawn.

    Attributes:
        generation: lm-eval's generation settings, such as `max_gen_toks` and `temperature`.
        samples: How many independent dialogues to hold about each opening.
        seed: What seeds are derived from; None sends none.
    """

    generation: Mapping[str, Any]
    samples: int = 1
    seed: int | None = 1234


def load_model(backend: str, args: Mapping[str, Any]) -> LM:
    """Load a model as lm-eval's `--model BACKEND --model_args ARGS` does.

    Args:
        backend: The name of an lm-eval backend, such as `hf` or `local-chat-completions`.
        args: Its arguments; `device` and `batch_size` are among them.

    Returns:
        The model.

    Raises:
        UserError: If there is no such backend, or it cannot be loaded with these arguments.
    """
    if backend not in MODEL_MAPPING:
        raise UserError(
            f"Backend {backend!r} is unknown; choose one of {', '.join(sorted(MODEL_MAPPING))}."
        )
    try:
        lm: LM = get_model(backend).create_from_arg_obj(dict(args))
    except ImportError as error:
        raise UserError(
            f"Backend {backend} needs a package that is not installed ({one_line(error)})."
        ) from error
    except (OSError, TypeError, ValueError) as error:
        told = ", ".join(f"{name}={args[name]}" for name in _TOLD if name in args)
        raise UserError(
            f"Backend {backend} cannot be loaded with {told or 'its arguments'} "
            f"({one_line(error)}); check them."
        ) from error
    if not Backend.of(lm).exact:
        _log.warning("Backend %s has no tokenizer here: tokens are UTF-8 bytes / 4.", backend)
    return lm


def has_chat_template(lm: LM) -> bool:
    """Tell whether a model is to be asked through a chat template.

    Args:
        lm: The model.

    Returns:
        True for chat servers, and for models whose tokenizer has a template.
    """
    if any("Chat" in base.__name__ for base in type(lm).__mro__):
        return True
    tokenizer = getattr(lm, "tokenizer", None)
    own = getattr(tokenizer, "chat_template", None) or getattr(lm, "hf_chat_template", None)
    return bool(own or (tokenizer is None and lm.chat_template(True)))


def run_dialogues(
    lm: LM,
    protocol: Protocol,
    openings: Sequence[Conversation],
    sampling: Sampling,
    *,
    ledger: Path | None = None,
    chat: bool | None = None,
    context: int | None = None,
) -> list[list[list[list[Reply]]]]:
    """Run a protocol on conversations.

    Servers and vLLM draw each reply by itself: it depends on its prompt, sample and seed only.
    The backend `hf` draws a batch at a time: a reply depends on the openings it is batched
    with as well, unless the batch size is 1.

    A request that fails is a reply with `failed` set, and not in the ledger, so that a later
    call tries it again.

    Args:
        lm: The model, from `load_model` or of any other make.
        protocol: Which conversations to ask.
        openings: What each dialogue opens with.
        sampling: How replies are drawn.
        ledger: A file that records every reply, so that a killed call can go on.
        chat: Whether to render through the model's chat template; None does so if it has one.
        context: The model's context in tokens, where the backend does not know it.

    Returns:
        Replies by opening, sample, round and position.

    Raises:
        UserError: If the model's server cannot be reached, or hangs up.
    """
    if not openings:
        return []
    through_template = has_chat_template(lm) if chat is None else chat
    settings = Settings(seed=sampling.seed, context=context)
    plan = Plan(protocol, settings, Transcript(), through_template)
    chains = [
        Chain(Slot(plan, opening, sample, 0), sampling.generation)
        for opening in openings
        for sample in range(sampling.samples)
    ]
    opened = Ledger(ledger) if ledger else None
    replies = iter(converse(Backend.of(lm), chains, opened, _server_is_lost))
    return [list(islice(replies, sampling.samples)) for _ in openings]


def free_memory() -> None:
    """Give back what models that are no longer referred to held, on the GPU as well."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()  # Does nothing where there is no GPU.


def _server_is_lost(error: Exception, answered: bool, in_a_row: int) -> bool:
    """End the run before the rest counts as failed; a single prompt may fail at any time."""
    return disconnected(error) or in_a_row >= GIVE_UP
