"""Where work outside any lm-eval task has models asked: an answerer with many ledgers."""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.conversation import Conversation, Transcript
from ptr_eval.engine import Answered, EngineName, Ledger, PendingTurn
from ptr_eval.harness.answer_key import DialogueSpec, TaskContext
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.generate import BatchAnswerer
from ptr_eval.harness.loading import has_chat_template
from ptr_eval.harness.progress import Progress
from ptr_eval.harness.recall import from_ledger, recall
from ptr_eval.harness.requests import Prompter, Request
from ptr_eval.harness.rounds import end_of_turn_of, stream_of, streams
from ptr_eval.harness.run_context import RunContext
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.stream import StreamAnswerer
from ptr_eval.harness.tally import GIVE_UP, Tally, hopeless
from ptr_eval.protocols import Reply, Resample, Turn
from ptr_eval.servers import Rejection

Replies = list[list[Reply]]
"""Replies by opening and sample."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How replies are drawn."""

    generation: Mapping[str, Any]
    """lm-eval's generation settings, such as `max_gen_toks` and `temperature`."""
    samples: int = 1
    """How many independent replies to draw to each opening."""
    seed: int | None = 1234
    """What seeds are derived from; None sends none."""


@dataclass(frozen=True, slots=True)
class AskedOpenings:
    """Conversations that a model is to continue."""

    lm: LM
    """The model."""
    openings: Sequence[Conversation]
    """The conversations."""
    sampling: Sampling
    """How replies are drawn."""
    ledger: Path | None = None
    """Where replies are kept, if anywhere."""
    chat: bool | None = None
    """Whether to ask through the model's chat template; None does so if it has one."""
    context: int | None = None
    """The model's context in tokens, where its backend does not know it."""


@dataclass(frozen=True, slots=True)
class _AskedModel:
    """A model, as long as it is asked."""

    backend: Backend
    identity: str
    end_of_turn: Any
    tally: Tally
    stream: StreamAnswerer | None


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """An ask at work."""

    model: _AskedModel
    prompter: Prompter
    ledger: Ledger | None


@dataclass(frozen=True, slots=True)
class _AskedTurn(Turn):
    """A turn that knows its ask, and its place there."""

    asked: _Asked = field(kw_only=True)
    place: int = field(kw_only=True)

    def pending(self) -> PendingTurn:
        """Each opening is a dialogue of one step, whatever work asks it when."""
        return PendingTurn(self.place, 1, 0, self)


class AskDesk:
    """Has models asked, for the engine; knows what waits to be asked, and what is under way."""

    def __init__(self, works: int, title: str, engine: EngineName, *, in_order: bool) -> None:
        self.holds = _NOTHING if in_order else None
        self._unbegun = works
        self._engine = engine
        self._progress = Progress(0, title)
        self._opened = ExitStack()
        self._opened.enter_context(closing(self._progress))
        self._models: dict[int, _AskedModel] = {}
        self._ledgers: dict[Path, tuple[Ledger, int]] = {}
        self._unowned: set[Path] = set()  # Ledgers that an earlier version wrote.
        self._to_come: Counter[int] = Counter()
        self._batch: list[PendingTurn] = []
        self._in_hand = 0

    def begin(self) -> None:
        """Hear that work begins."""
        self._unbegun -= 1
        for model in self._models.values():
            model.tally.expected -= 1

    def parts(self, asks: Sequence[AskedOpenings]) -> list[list[int]]:
        """Divide asks into what can be asked at the same time, by their places."""
        alone = [self._engine == "lockstep" or not self._model(ask.lm).stream for ask in asks]
        freely = [i for i, apart in enumerate(alone) if not apart]
        return [*([freely] if freely else []), *([i] for i, apart in enumerate(alone) if apart)]

    def ask(
        self, asks: Sequence[AskedOpenings], step: int
    ) -> Generator[list[Turn], list[Reply], list[Replies]]:
        """Ask at the same time, as a step of a dialogue; returns the replies to each."""
        with ExitStack() as opened:
            listed = [list(self._turns(ask, opened)) for ask in asks]
            turns = [turn for mine in listed for turn in mine]
            # Models take turns, so that none waits until another one has all of its own.
            turns.sort(key=lambda turn: turn.place)
            self._to_come[step] += len(turns)
            self._progress.expect(len(turns))
            replies = yield list(turns)
        found = {(id(t.asked), t.place): r for t, r in zip(turns, replies, strict=True)}
        return [
            _by_sample([found[id(turn.asked), turn.place] for turn in mine], ask.sampling.samples)
            for ask, mine in zip(asks, listed, strict=True)
        ]

    def has_room(self, step: int) -> bool:
        """Tell whether another turn is wanted; if none waits, whether more work is to begin."""
        if not self._to_come[step] and self._in_hand and self._is_exclusive():
            return False
        return all(stream.has_room(step) for stream in self._streams())

    def take(self, turn: PendingTurn) -> None:
        """Hand a turn to its model."""
        self._to_come[turn.step] -= 1
        self._in_hand += 1
        stream = _of(turn).asked.model.stream
        if stream is None:
            self._batch.append(turn)
        else:
            stream.take(turn)

    def give(self, *, wait: bool = True) -> Answered:
        """Give back what is finished."""
        finished = [one for stream in self._streams() for one in stream.give(wait=False)]
        if wait and not finished:
            finished = self._answer_batch() if self._batch else self._busiest().give()
        self._in_hand -= len(finished)
        return finished

    def close(self) -> None:
        """Drop what is not finished, and let go of the ledgers."""
        self._opened.close()

    def _is_exclusive(self) -> bool:
        return self._engine == "lockstep" or bool(self._batch)

    def _streams(self) -> list[StreamAnswerer]:
        return [model.stream for model in self._models.values() if model.stream]

    def _busiest(self) -> StreamAnswerer:
        """Find whom to wait for: who has no room keeps what is to come waiting."""
        busy = [stream for stream in self._streams() if stream.is_busy]
        return next((stream for stream in busy if not stream.has_room(1)), busy[0])

    def _answer_batch(self) -> Answered:
        turns, self._batch = self._batch, []
        asked = _of(turns[0]).asked
        model = asked.model
        answer = BatchAnswerer(
            model.backend, asked.prompter, asked.ledger, model.tally, self._progress
        )
        return list(zip(turns, answer([_of(turn).pending() for turn in turns]), strict=True))

    def _turns(self, ask: AskedOpenings, opened: ExitStack) -> Iterator[_AskedTurn]:
        model = self._model(ask.lm)
        chat = has_chat_template(ask.lm) if ask.chat is None else ask.chat
        settings = TaskSettings(seed=ask.sampling.seed, context=ask.context)
        context = TaskContext(Resample(1), settings, Transcript(), chat)
        specs = [
            DialogueSpec(context, opening, sample, ask.sampling.generation)
            for opening in ask.openings
            for sample in range(ask.sampling.samples)
        ]
        chunk = RunContext().chunk
        prompter = Prompter(model.backend, specs, model.identity, chunk, model.end_of_turn)
        model.tally.expected += len(specs)
        asked = _Asked(model, prompter, opened.enter_context(self._ledger(ask.ledger)))
        if model.stream and asked.ledger and asked.ledger.path in self._unowned:
            dialogues = [context.protocol.converse(spec.opening) for spec in specs]
            recall(dialogues, from_ledger(prompter, asked.ledger, owned=True))
        for place, spec in enumerate(specs):
            yield _AskedTurn(spec.opening, asked=asked, place=place)

    def _model(self, lm: LM) -> _AskedModel:
        if id(lm) not in self._models:
            backend = Backend.of(lm)
            # Work that has not begun has a request at least.
            tally = Tally(self._unbegun, None, _server_is_lost, backend.name)
            stream = stream_of(backend, self._engine, RunContext().max_wait, "`engine: continuous`")
            answerer = None
            if stream is not None:
                self._opened.enter_context(closing(stream))
                answerer = StreamAnswerer(backend, _request, _ledger, tally, stream, self._progress)
            end = end_of_turn_of(backend)
            self._models[id(lm)] = _AskedModel(backend, backend.identity(), end, tally, answerer)
        return self._models[id(lm)]

    @contextmanager
    def _ledger(self, path: Path | None) -> Iterator[Ledger | None]:
        """Open a ledger, once however many asks have it."""
        if path is None:
            yield None
            return
        if path not in self._ledgers:
            self._ledgers[path] = Ledger(path), 0
            if self._ledgers[path][0].has_unowned():
                self._unowned.add(path)
        ledger, users = self._ledgers[path]
        self._ledgers[path] = ledger, users + 1
        try:
            yield ledger
        finally:
            ledger, users = self._ledgers.pop(path)
            if users > 1:
                self._ledgers[path] = ledger, users - 1
            else:
                ledger.close()


def answers_one_by_one(lm: LM) -> bool:
    """Tell whether a model gives each answer back as soon as it is finished."""
    return streams(Backend.of(lm))


_NOTHING = -1
"""What is held of earlier prompts: less than any dialogue has, so that those begun come first."""


def _of(turn: PendingTurn) -> _AskedTurn:
    if not isinstance(turn.turn, _AskedTurn):
        raise TypeError(f"a turn that was not asked here: {turn}")
    return turn.turn


def _request(turn: PendingTurn) -> Request:
    asked = _of(turn)
    return asked.asked.prompter.prepare_one(asked.pending())


def _ledger(turn: PendingTurn) -> Ledger | None:
    return _of(turn).asked.ledger


def _by_sample(replies: Sequence[Reply], samples: int) -> Replies:
    return [list(replies[i : i + samples]) for i in range(0, len(replies), samples)]


def _server_is_lost(rejection: Rejection, answered: bool, in_a_row: int) -> bool:
    """End the run before the rest counts as failed; a single prompt may fail at any time."""
    lost = rejection.undelivered and "Timeout" not in rejection.words
    never = rejection.by_server and hopeless(rejection, answered, in_a_row)
    return lost or never or in_a_row >= GIVE_UP
