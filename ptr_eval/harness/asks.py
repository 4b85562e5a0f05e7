"""Asking models outside any lm-eval task: work that stops where it needs replies, much at once.

The same backends, engine, seeds and ledger as an evaluation uses; only questions and what is done
with the replies are the caller's. Work is a generator: it yields what it asks, and is sent the
replies. Where models answer one by one, as many requests as they take are under way, whatever work
or sample they belong to; where one answers in batches, each ask is one call.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from typing import TypeVar

from ptr_eval.engine import EngineName, hold
from ptr_eval.harness.ask_desk import AskDesk, AskedOpenings, Replies
from ptr_eval.protocols import Dialogue

T = TypeVar("T")

Work = Generator[list[AskedOpenings], list[Replies], T]
"""Work that asks models on its way: it yields what it asks at the same time, and is sent the
replies to each."""


def carry_out(
    works: Sequence[Work[T]], title: str = "", engine: EngineName = "auto", *, in_order: bool = True
) -> list[T]:
    """Do work that asks models; returns what each work returns.

    Work is begun when nothing waits to be sent of the work before it. In lockstep, and where a
    model answers in batches, it is begun when the work before it has ended. `in_order` finishes
    first what was begun first; else the work that has asked least often comes first.

    Servers and vLLM draw each reply by itself: it depends on its prompt, sample and seed only.
    The backend `hf` draws a batch at a time: a reply depends on what is asked with it as well,
    unless the batch size is 1.

    A request that fails is a reply with `failure` set, and not in the ledger, so that a later
    call tries it again. One that is under way for the same ledger is not sent twice.
    """
    results: dict[int, T] = {}
    with ExitStack() as opened:
        for work in works:
            opened.callback(work.close)
        desk = opened.enter_context(closing(AskDesk(len(works), title, engine, in_order=in_order)))
        held = [_held(desk, work, results, place) for place, work in enumerate(works)]
        for dialogue in held:
            opened.callback(dialogue.close)
        hold(held, desk, keep=False)
    return [results[place] for place in range(len(works))]


def _held(desk: AskDesk, work: Work[T], results: dict[int, T], place: int) -> Dialogue:
    """Make a dialogue of work, each of whose steps is what can be asked at the same time."""
    step = 0
    desk.begin()
    try:
        asks = next(work)
        while True:
            replies: dict[int, Replies] = {}
            for part in desk.parts(asks):
                step += 1
                found = yield from desk.ask([asks[i] for i in part], step)
                replies.update(zip(part, found, strict=True))
            asks = work.send([replies[i] for i in range(len(asks))])
    except StopIteration as end:
        results[place] = end.value
    if not step:
        yield []  # The loop opens a dialogue for its first step.


def together(works: Sequence[Work[T]]) -> Work[list[T]]:
    """Do several works as one, so that what they ask is asked at the same time."""
    results: dict[int, T] = {}
    asking: dict[int, list[AskedOpenings]] = {}

    def go_on(place: int, replies: list[Replies] | None) -> None:
        work = works[place]
        try:
            asking[place] = next(work) if replies is None else work.send(replies)
        except StopIteration as end:
            results[place] = end.value
            asking.pop(place, None)

    for place in range(len(works)):
        go_on(place, None)
    while asking:
        replies = iter((yield [ask for asks in asking.values() for ask in asks]))
        for place, asks in list(asking.items()):
            go_on(place, [next(replies) for _ in asks])
    return [results[place] for place in range(len(works))]
