"""Protocols on conversations of one's own, outside any lm-eval task.

The same backends, engine, seeds and ledger as an evaluation uses; only questions and what is
done with the replies are the caller's.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.engine import Ledger
from ptr_eval.harness.answer_key import DialogueSpec, TaskContext
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.loading import has_chat_template
from ptr_eval.harness.rounds import Asking, answerer, hold_all, progress_of, recall_all
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.tally import GIVE_UP, hopeless
from ptr_eval.protocols import Protocol, Reply, Step
from ptr_eval.servers import Rejection


@dataclass(frozen=True, slots=True)
class Sampling:
    """How replies are drawn."""

    generation: Mapping[str, Any]
    """lm-eval's generation settings, such as `max_gen_toks` and `temperature`."""
    samples: int = 1
    """How many independent dialogues to hold about each opening."""
    seed: int | None = 1234
    """What seeds are derived from; None sends none."""
    title: str = ""
    """What the progress bar says; the round if empty."""


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
    """Run a protocol on conversations; replies by opening, sample, step and position.

    Servers and vLLM draw each reply by itself: it depends on its prompt, sample and seed only.
    The backend `hf` draws a batch at a time: a reply depends on the openings it is batched
    with as well, unless the batch size is 1.

    A request that fails is a reply with `failure` set, and not in the ledger, so that a later
    call tries it again.
    """
    if not openings:
        return []
    through_template = has_chat_template(lm) if chat is None else chat
    settings = TaskSettings(seed=sampling.seed, context=context)
    asked = TaskContext(protocol, settings, Transcript(), through_template)
    specs = [
        DialogueSpec(asked, opening, sample, sampling.generation)
        for opening in openings
        for sample in range(sampling.samples)
    ]
    with ExitStack() as opened:
        kept = opened.enter_context(closing(Ledger(ledger))) if ledger else None
        progress = opened.enter_context(closing(progress_of(specs, lm, sampling.title)))
        asking = Asking(specs, kept, RunContext(), progress, _server_is_lost)
        backend = Backend.of(lm)
        recall_all(asking, [backend])
        held = iter(hold_all(specs, opened.enter_context(answerer(backend, asking))))
    return [[_replies(steps) for steps in islice(held, sampling.samples)] for _ in openings]


def _replies(steps: Sequence[Step]) -> list[list[Reply]]:
    return [[reply for _, reply in step] for step in steps]


def _server_is_lost(rejection: Rejection, answered: bool, in_a_row: int) -> bool:
    """End the run before the rest counts as failed; a single prompt may fail at any time."""
    lost = rejection.undelivered and "Timeout" not in rejection.words
    never = rejection.by_server and hopeless(rejection, answered, in_a_row)
    return lost or never or in_a_row >= GIVE_UP
