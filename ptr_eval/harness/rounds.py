"""The request type `generate_rounds`: one method more on lm-eval's base class of models.

lm-eval runs requests of type T by calling `lm.T(requests)`. Adding (never replacing) this one
method makes every backend able to run whole dialogues, and leaves `--model` as it is.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ptr_eval.engine import Ask, Ledger, lockstep
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.failures import hush_collateral
from ptr_eval.harness.generate import Answering, EndsRun, fails_from_the_start
from ptr_eval.harness.others import Asked, SavedRound, load_aggregator
from ptr_eval.harness.plan import REQUEST_TYPE, Slot, arguments_of
from ptr_eval.harness.prompts import Chain, Prompter
from ptr_eval.protocols import Reply

_log = logging.getLogger("lm_eval.ptr")

Answer = Callable[[list[Ask]], list[Reply]]
"""Answers a round's asks, in order."""


def install() -> None:
    """Add the request type to lm-eval's models; a second call does nothing."""
    if not hasattr(LM, REQUEST_TYPE):
        setattr(LM, REQUEST_TYPE, generate_rounds)


def generate_rounds(lm: LM, requests: list[Instance]) -> list[str]:
    """Run the dialogues that requests belong to, all rounds of all of them.

    Each request's arguments become its true prompt, its settings, and a record of the answer.
    """
    chains: dict[tuple[Any, ...], list[Instance]] = {}
    for instance in {id(r): r for r in requests}.values():
        slot: Slot = instance.arguments[2]
        chains.setdefault((instance.task_name, instance.doc_id, slot.sample), []).append(instance)
    members = [_in_order(chain) for chain in chains.values()]
    responses: dict[int, str] = {}
    for instances, replies in zip(members, _run(lm, members), strict=True):
        flat = [reply for round_ in replies for reply in round_]
        for instance, reply in zip(instances, flat, strict=True):
            _, settings, slot = instance.arguments
            instance.arguments = arguments_of(slot, reply, settings)
            responses[id(instance)] = reply.response
    return [responses[id(r)] for r in requests]


def _in_order(instances: list[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda i: i.arguments[2].index)


def _run(lm: LM, members: Sequence[list[Instance]]) -> list[list[list[Reply]]]:
    chains = [
        Chain(slot=instances[0].arguments[2], settings=instances[0].arguments[1])
        for instances in members
    ]
    backend = Backend.of(lm)
    if not backend.exact:
        _log.warning(
            "This backend has no tokenizer here: token counts are UTF-8 bytes / 4, and long "
            "histories are shortened only if --metadata ptr_context=TOKENS is given."
        )
    _warn_of_seeds(backend, chains)
    settings = chains[0].slot.plan.settings
    ledger = _ledger(lm, settings.ledger)
    with closing(ledger) if ledger else nullcontext():
        first: Answer
        first = later = answering(backend, chains, ledger)
        if settings.aggregator:
            other = Backend.of(load_aggregator(settings.aggregator, lm))
            later = answering(other, chains, ledger)
        if settings.first_round:
            run = Path(settings.first_round).expanduser()
            first = SavedRound(run, [_asked(instances[0]) for instances in members])
        replies = hold(chains, lambda asks: (first if asks[0].round == 1 else later)(asks))
    _report(replies)
    return replies


def _asked(instance: Instance) -> Asked:
    slot: Slot = instance.arguments[2]
    width = slot.plan.protocol.steps[0]
    return Asked(str(instance.task_name), instance.doc, slot.sample, width)


def answering(
    backend: Backend,
    chains: Sequence[Chain],
    ledger: Ledger | None,
    ends_run: EndsRun = fails_from_the_start,
) -> Answer:
    """Let a model answer what dialogues ask."""
    hush_collateral()
    return Answering(backend, Prompter(backend, chains, backend.identity()), ledger, ends_run)


def hold(chains: Sequence[Chain], answer: Answer) -> list[list[list[Reply]]]:
    """Hold dialogues to their end."""
    dialogues = [chain.slot.plan.protocol.converse(chain.slot.opening) for chain in chains]
    return lockstep(dialogues, answer)


def _warn_of_seeds(backend: Backend, chains: Sequence[Chain]) -> None:
    sampled = any(is_sampled(chain.settings) for chain in chains)
    if backend.kind == "other" and sampled:
        _log.warning("This backend takes no seeds here; a resumed run may draw other samples.")


def _ledger(lm: LM, path: str | None) -> Ledger | None:
    """Open the ledger asked for by name, or beside the cache that --use_cache asked for."""
    if path is None:
        cache = getattr(lm.cache_hook, "dbdict", None)
        return Ledger(Path(f"{cache.filename}.ledger")) if cache is not None else None
    rank = getattr(lm, "rank", 0)
    # One file a rank, as lm-eval's own cache has it.
    return Ledger(Path(path if rank == 0 else f"{path}.rank{rank}").expanduser())


def _report(replies: Sequence[Sequence[Sequence[Reply]]]) -> None:
    flat = [reply for chain in replies for round_ in chain for reply in round_]
    failed, cut = sum(r.failed is not None for r in flat), sum(r.cut for r in flat)
    if failed:
        _log.warning("%d of %d requests failed; they count as unanswered.", failed, len(flat))
    if cut:
        _log.warning(
            "%d of %d prompts were too long and show less than was asked; see cut@t.",
            cut,
            len(flat),
        )
