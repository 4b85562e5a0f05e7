"""The request type `generate_rounds`: one method more on lm-eval's base class of models.

lm-eval runs requests of type T by calling `lm.T(requests)`. Adding (never replacing) this one
method makes every backend able to run whole dialogues, and leaves `--model` as it is.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from ptr_eval.engine import Answerer, EngineName, InBatches, InStep, Ledger, Relay, hold
from ptr_eval.errors import UserError
from ptr_eval.harness import vllm_stream
from ptr_eval.harness.answer_key import (
    REQUEST_TYPE,
    AnswerKey,
    DialogueSpec,
    TaskContext,
    answers_of,
)
from ptr_eval.harness.ask_server import ServerStream
from ptr_eval.harness.backend import Backend, is_sampled
from ptr_eval.harness.dated_template import warn_of_date
from ptr_eval.harness.end_of_turn import EndOfTurn, find_end_of_turn
from ptr_eval.harness.failed_requests import note_requests
from ptr_eval.harness.first_round import AskedQuestion, SavedFirstRound
from ptr_eval.harness.generate import BatchAnswerer
from ptr_eval.harness.loggers import adapt_loggers
from ptr_eval.harness.plan import plan_run
from ptr_eval.harness.progress import Progress
from ptr_eval.harness.prompt_checks import without_system_prompt
from ptr_eval.harness.recall import from_ledger, recall
from ptr_eval.harness.requests import Prompter
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.scorers import check_scorers
from ptr_eval.harness.settings import PREFIX
from ptr_eval.harness.stream import RequestStream, StreamAnswerer
from ptr_eval.harness.tally import Tally
from ptr_eval.harness.unused_settings import changed, unused, used_by
from ptr_eval.harness.wordings import warn_of_wordings
from ptr_eval.log import log_with_lm_eval
from ptr_eval.protocols import Dialogue, Step
from ptr_eval.runs import put_answer

_log = logging.getLogger(__name__)


def install() -> None:
    """Add the request type to lm-eval's models, and our samples to its loggers' forms, once."""
    log_with_lm_eval()
    if not hasattr(LM, REQUEST_TYPE):
        setattr(LM, REQUEST_TYPE, generate_rounds)
        adapt_loggers()


def generate_rounds(lm: LM, requests: list[Instance]) -> list[str]:
    """Hold the dialogues that requests belong to, all rounds of all of them.

    Each request's arguments become its true prompt, its settings, and the record of the answer.
    lm-eval may repeat the last request, so that data-parallel ranks have equally many; a repeat
    gets the first one's answer.
    """
    grouped: dict[tuple[Any, ...], list[Instance]] = {}
    for instance in {id(r): r for r in requests}.values():
        key: AnswerKey = instance.arguments[2]
        grouped.setdefault((instance.task_name, instance.doc_id, key.sample), []).append(instance)
    dialogues = [sorted(group, key=lambda i: i.arguments[2].index) for group in grouped.values()]
    specs = [_spec(instances[0]) for instances in dialogues]
    responses: dict[int, str] = {}
    for instances, spec, steps in zip(dialogues, specs, _run(lm, dialogues, specs), strict=True):
        answers = answers_of(spec, steps, int(instances[0].doc_id or 0))
        for instance, answer in zip(instances, answers, strict=True):
            put_answer(instance, answer)
            responses[id(instance)] = answer.reply.response
    return [responses[id(r)] for r in requests]


def _spec(instance: Instance) -> DialogueSpec:
    _, generation, key = instance.arguments
    return DialogueSpec(key.context, key.opening, key.sample, generation)


def _run(
    lm: LM, dialogues: Sequence[list[Instance]], specs: Sequence[DialogueSpec]
) -> list[list[Step]]:
    backend = Backend.of(lm)
    if not backend.exact:
        _log.warning(
            "This backend has no tokenizer here: token counts are UTF-8 bytes / 4 where the "
            "server tells none, and long histories are shortened only if --metadata "
            "ptr_context=TOKENS is given."
        )
    if backend.kind == "other" and any(is_sampled(spec.generation) for spec in specs):
        _log.warning("This backend takes no seeds here; a resumed run may draw other samples.")
    names = [str(instances[0].task_name) for instances in dialogues]
    tasks = {task: spec.context for task, spec in zip(names, specs, strict=True)}
    run = RunContext.of({task: context.settings for task, context in tasks.items()})
    _warn_of_settings(tasks)
    _plan(names, specs, backend, run)
    ledger = run.open_ledger(lm)
    if ledger and any(spec.context.chat for spec in specs):
        warn_of_date(lm)
    with ExitStack() as opened:
        if ledger:
            opened.enter_context(closing(ledger))
        progress = opened.enter_context(closing(_progress_of(specs, lm)))
        asking = Asking(specs, ledger, run, progress)
        other = run.open_aggregator(lm)
        first: Answerer | None = None
        if run.first_round:
            asked = [_asked(instances[0]) for instances in dialogues]
            first = InBatches(SavedFirstRound(Path(run.first_round).expanduser(), asked))
        models = [backend, other] if other else [backend]
        _warn_of_chunk(run, models)
        _recall_all(asking, models, first)
        both = _relay(first, [opened.enter_context(_answerer(each, asking)) for each in models])
        steps = hold(_dialogues(specs), InStep(both) if run.engine == "lockstep" else both)
    # What failed in a saved first round is not asked again by this run.
    _warn_of_failures([s[bool(run.first_round) :] for s in steps], in_ledger=ledger is not None)
    if missing := without_system_prompt(specs, steps):
        _log.warning(
            "%d prompts do not show the system prompt: the chat template leaves it out.", missing
        )
    return steps


def _relay(first: Answerer | None, models: Sequence[Answerer]) -> Answerer:
    """Let the last model answer all steps but the first, which is saved or the first model's."""
    begins, later = first or models[0], models[-1]
    return later if begins is later else Relay(begins, later)


def _warn_of_settings(tasks: Mapping[str, TaskContext]) -> None:
    warn_of_wordings(tasks)
    wanted = {task: context.settings.scorers for task, context in tasks.items()}
    for warning in check_scorers(wanted, {t: list(c.scorers) for t, c in tasks.items()}):
        _log.warning("ptr_scorers: %s", warning)
    given = set().union(*(changed(context.settings) for context in tasks.values()))
    used = {
        task: used_by(context.settings, chain.from_iterable(context.scorers.values()))
        for task, context in tasks.items()
    }
    for warning in unused(given, used):
        _log.warning(warning)


def _warn_of_chunk(run: RunContext, models: Sequence[Backend]) -> None:
    if run.chunk != RunContext().chunk and all(map(streams, models)):
        _log.warning("%schunk is not used: answers come one by one, and not in batches.", PREFIX)


def _plan(
    tasks: Sequence[str], specs: Sequence[DialogueSpec], backend: Backend, run: RunContext
) -> None:
    """Say what will be asked, and refuse what is above the caps."""
    plan = plan_run(tasks, specs, backend, run, tokens=run.max_prompt_tokens is not None)
    if getattr(backend.lm, "rank", 0) == 0:
        _log.info("%s", plan)
    plan.check(run, getattr(backend.lm, "world_size", 1))


def _asked(instance: Instance) -> AskedQuestion:
    key: AnswerKey = instance.arguments[2]
    width = key.context.protocol.answers_per_round[0]
    return AskedQuestion(str(instance.task_name), instance.doc, key.sample, width)


@dataclass(frozen=True, slots=True)
class Asking:
    """What models are asked, and how."""

    specs: Sequence[DialogueSpec]
    """The dialogues."""
    ledger: Ledger | None
    """Where replies are kept."""
    run: RunContext
    """The run-wide settings."""
    progress: Progress
    """What is shown of it."""


def _progress_of(specs: Sequence[DialogueSpec], lm: LM) -> Progress:
    """Make the progress bar of dialogues; only one rank shows one."""
    total = sum(sum(spec.context.protocol.answers_per_round) for spec in specs)
    return Progress(total, shown=getattr(lm, "rank", 0) == 0)


@contextmanager
def _answerer(backend: Backend, asking: Asking) -> Iterator[Answerer]:
    """Let a model answer what dialogues ask; it raises a UserError if that is hopeless."""
    run, specs, progress = asking.run, asking.specs, asking.progress
    prompter = _prompter(backend, specs, run)
    tally = Tally(len(specs), run.max_failed, where=backend.name)
    stream = stream_of(backend, run.engine, run.max_wait, f"{PREFIX}engine=continuous")
    if stream is None:
        yield InBatches(BatchAnswerer(backend, prompter, asking.ledger, tally, progress))
        return
    with closing(stream):
        ledger = asking.ledger
        yield StreamAnswerer(
            backend, prompter.prepare_one, lambda turn: ledger, tally, stream, progress
        )


def _prompter(backend: Backend, specs: Sequence[DialogueSpec], run: RunContext) -> Prompter:
    return Prompter(backend, specs, backend.identity(), run.chunk, end_of_turn_of(backend))


def end_of_turn_of(backend: Backend) -> EndOfTurn | None:
    """Find what ends a turn of a model here; others do not take it, and may have no tokenizer."""
    return find_end_of_turn(backend.lm) if backend.kind in ("hf", "vllm") else None


def streams(backend: Backend) -> bool:
    """Tell whether a backend gives answers back one by one."""
    return backend.is_server or vllm_stream.streams(backend)


def stream_of(
    backend: Backend, engine: EngineName, max_wait: float, setting: str
) -> RequestStream | None:
    """Find a backend's way to give answers back one by one, if it has one."""
    if backend.is_server:
        return ServerStream(backend, max_wait)
    if vllm_stream.streams(backend):
        return vllm_stream.VllmStream(backend)
    if engine == "continuous":
        name = type(backend.lm).__name__
        raise UserError(f"{setting}: the backend {name} answers in batches; leave it out.")
    return None


def _recall_all(asking: Asking, models: Sequence[Backend], first: Answerer | None = None) -> None:
    """Find what an earlier version wrote into the ledger, before anything is asked."""
    ledger = asking.ledger
    if not ledger or not any(map(streams, models)) or not ledger.has_unowned():
        return
    prompters = [_prompter(each, asking.specs, asking.run) for each in models]
    known = [from_ledger(each, ledger, owned=streams(each.backend)) for each in prompters]
    recall(_dialogues(asking.specs), _relay(first, known))


def _dialogues(specs: Sequence[DialogueSpec]) -> list[Dialogue]:
    return [spec.context.protocol.converse(spec.opening) for spec in specs]


def _warn_of_failures(dialogues: Sequence[Sequence[Step]], *, in_ledger: bool) -> None:
    replies = [reply for steps in dialogues for step in steps for _, reply in step]
    outcomes = Counter(reply.outcome for reply in replies)
    failed, refused = outcomes["failed"], outcomes["refused"]
    truncated = sum(reply.truncated for reply in replies)
    note_requests(len(replies), failed, in_ledger=in_ledger)
    if failed:
        _log.warning(
            "%d of %d requests failed; they are left out of all scores (failed@t), and the same "
            "command asks them again if a ledger is kept.",
            failed,
            len(replies),
        )
    if refused:
        _log.warning(
            "%d of %d requests were refused by the model or its server; they are left out of all "
            "scores (refused@t).",
            refused,
            len(replies),
        )
    if truncated:
        _log.warning(
            "%d of %d prompts were too long and show less than was asked; see truncated@t.",
            truncated,
            len(replies),
        )
