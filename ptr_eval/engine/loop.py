"""One loop that drives all dialogues, whoever answers them.

It decides only when to ask what; what is asked is the protocol's decision, how a prompt is rendered
and answered is the answerer's. Replies are placed by dialogue and position, so the order in which
they arrive is never seen.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ptr_eval.engine.answerers import Answerer, PendingTurn
from ptr_eval.protocols import Dialogue, Reply, Step, Turn


def hold(
    dialogues: Sequence[Dialogue], answerer: Answerer, *, keep: bool = True
) -> list[list[Step]]:
    """Drive many dialogues at once, each as fast as it is answered, until all have ended.

    Of what waits, the dialogues with the fewest steps behind them are asked first, and among them
    those whose last answers were the longest: so none is left over at the end. While all dialogues
    that are left would have more tokens than the answerer keeps, those with the most steps come
    first: else each would find its earlier turns forgotten.

    Args:
        dialogues: The protocols at work, one a question and sample.
        answerer: Who answers.
        keep: Whether to keep what dialogues said after they have ended.

    Returns:
        By dialogue, its steps: the turns asked at the same time, with their replies; none if they
        are not kept.
    """
    holding = _Holding(dialogues, answerer, iter(range(len(dialogues))), keep)
    while holding.goes_on():
        for turn, reply in answerer.give():
            holding.place(turn, reply)
    return holding.steps


@dataclass(slots=True)
class _StepUnderWay:
    turns: list[Turn]
    replies: dict[int, Reply] = field(default_factory=dict)

    def finished(self) -> Step:
        return [(turn, self.replies[i]) for i, turn in enumerate(self.turns)]


@dataclass(slots=True)
class _Waiting:
    """Turns that wait, step by step; of a step, those after the longest answers come first."""

    _heaps: dict[int, list[tuple[int, int, int, PendingTurn]]] = field(default_factory=dict)

    def add(self, turn: PendingTurn, last_answer: int) -> None:
        heap = self._heaps.setdefault(turn.step, [])
        heapq.heappush(heap, (-last_answer, turn.dialogue, turn.position, turn))

    def steps(self) -> list[int]:
        return [step for step, heap in self._heaps.items() if heap]

    def has(self, step: int) -> bool:
        return bool(self._heaps.get(step))

    def pop(self, step: int) -> PendingTurn:
        return heapq.heappop(self._heaps[step])[-1]


@dataclass(slots=True)
class _Holding:
    """Dialogues that are being held."""

    dialogues: Sequence[Dialogue]
    answerer: Answerer
    unopened: Iterator[int]
    keep: bool
    steps: list[list[Step]] = field(init=False)
    under_way: dict[int, _StepUnderWay] = field(default_factory=dict, init=False)
    left: int = field(init=False)  # Dialogues that have not ended.
    longest: int = field(default=0, init=False)  # Tokens of the longest so far.
    waiting: _Waiting = field(default_factory=_Waiting, init=False)

    def __post_init__(self) -> None:
        self.steps = [[] for _ in self.dialogues]
        self.left = len(self.dialogues)

    def goes_on(self) -> bool:
        """Pass on what there is room for; False if no dialogue is left."""
        for step in sorted({1, *self.waiting.steps()}, reverse=self._is_crowded()):
            while self.answerer.has_room(step) and self._has(step):
                self.answerer.take(self.waiting.pop(step))
        return bool(self.under_way)

    def _is_crowded(self) -> bool:
        holds = self.answerer.holds
        return holds is not None and self.left * self.longest > holds

    def _has(self, step: int) -> bool:
        while step == 1 and not self.waiting.has(1) and self._open_next():
            pass  # One that asks nothing in its first step leaves nothing waiting there.
        return self.waiting.has(step)

    def place(self, turn: PendingTurn, reply: Reply) -> None:
        """Put a reply in its place, and go on with its dialogue once its step is whole."""
        step = self.under_way[turn.dialogue]
        step.replies[turn.position] = reply
        self.longest = max(self.longest, reply.prompt_tokens + reply.generated_tokens)
        if len(step.replies) == len(step.turns):
            self._go_on(turn.dialogue, step.finished())

    def _open_next(self) -> bool:
        dialogue = next(self.unopened, None)
        if dialogue is None:
            return False
        self._ask(dialogue, next(self.dialogues[dialogue]), 0)
        return True

    def _go_on(self, dialogue: int, finished: Step) -> None:
        self.steps[dialogue].append(finished)
        del self.under_way[dialogue]
        replies = [reply for _, reply in finished]
        try:
            turns = self.dialogues[dialogue].send(replies)
        except StopIteration:
            self.left -= 1
            if not self.keep:
                self.steps[dialogue] = []
            return
        self._ask(dialogue, turns, max((reply.generated_tokens for reply in replies), default=0))

    def _ask(self, dialogue: int, turns: list[Turn], last_answer: int) -> None:
        self.under_way[dialogue] = _StepUnderWay(turns)
        number = len(self.steps[dialogue]) + 1
        for position, turn in enumerate(turns):
            self.waiting.add(PendingTurn(dialogue, number, position, turn), last_answer)
        if not turns:
            self._go_on(dialogue, [])
