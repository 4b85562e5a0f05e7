"""Rounds with lm-eval's vllm on a CPU: steps of the engine, computed prompt tokens, seconds."""

import itertools
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from rounds.letters import STOPS, make_model
from rounds.local import ROUNDS, Asked, data_of, openings, ratio

LENGTH, BLOCK = 2048, 128
HEAD = (
    "case", "requests", "by hand s", "lockstep s", "continuous s", "by hand steps",
    "lockstep steps", "continuous steps", "schedule steps", "drift", "P2 by hand", "P2 lockstep",
    "P2", "of the schedule", "P1", "P3",
)  # fmt: skip
WAYS = ("by hand", "lockstep", "continuous")


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the table."""

    more: int = 2
    """How many times more questions than requests in flight."""
    uneven: bool = True
    """Whether answers end by themselves; else all ways need the same steps."""
    small: bool = False
    """Whether the prefix cache holds a third of the dialogues, instead of all."""


# A third of five times those in flight is more than those in flight, which a cache must hold.
CASES = {  # By the length of answers, or the size of the cache.
    "equal": Case(uneven=False),
    "large": Case(),
    "small": Case(5, small=True),
}


def main(options: Namespace) -> None:
    """Measure each case in a process of its own, since an engine keeps its memory."""
    if options.smoke:
        options.questions, options.new_tokens, options.repeats = 6, 4, 1
        options.in_flight = 2
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}", flush=True)
    context = multiprocessing.get_context("spawn")
    chosen = options.cases or list(CASES)
    tokens = None
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as workers:
        for name, case in CASES.items():
            if name in chosen or (name == "large" and "small" in chosen):
                found = workers.submit(measure, options, case, tokens).result()
                print(found.line(name), flush=True)
                tokens = found.tokens


@dataclass(frozen=True, slots=True)
class Output:
    """What the engine made of a prompt."""

    prompt: list[int]
    generated: list[int]
    cached: int
    reply: Any


@dataclass(slots=True)
class Watch:
    """Counts an engine's steps, and notes what comes of each prompt."""

    lm: Any
    steps: int = 0
    outputs: dict[tuple[int, ...], Output] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget everything, as the engine does."""
        self.lm.model.llm_engine.reset_prefix_cache()
        self.steps, self.outputs = 0, {}

    def attach(self) -> None:
        """Look at every step from now on."""
        engine = self.lm.model.llm_engine
        step = engine.step

        def watched() -> Any:
            self.steps += 1
            outputs = step()
            for output in outputs:
                if output.finished:
                    self._note(output)
            return outputs

        engine.step = watched

    def _note(self, output: Any) -> None:
        prompt, done = list(output.prompt_token_ids), output.outputs[0]
        cached = output.num_cached_tokens or 0
        self.outputs[tuple(prompt)] = Output(prompt, list(done.token_ids), cached, done)


@dataclass(slots=True)
class Scheduled:
    """Takes the place of a stream: each answer takes as many steps as it has tokens."""

    lm: Any
    outputs: Mapping[tuple[int, ...], Output]
    room: int
    now: int = 0
    under_way: list[tuple[int, int, Output]] = field(default_factory=list)
    holds: ClassVar[None] = None

    def has_room(self) -> bool:
        """Tell whether fewer than may be in flight are."""
        return len(self.under_way) < self.room

    def send(self, place: int, request: Any) -> None:
        """Note when the answer is there."""
        output = self.outputs[tuple(self.lm.tok_encode(request.prompt))]
        self.under_way.append((self.now + len(output.generated), place, output))

    def receive(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Go on to the next answers."""
        from ptr_eval.protocols import Reply

        self.now = min((ends for ends, _, _ in self.under_way), default=self.now)
        ended = [(place, output) for ends, place, output in self.under_way if ends == self.now]
        self.under_way = [each for each in self.under_way if each[0] > self.now]
        return [
            (place, Reply(output.reply.text, generated_tokens=len(output.generated)))
            for place, output in ended
        ]

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Found:
    """What was measured, by way."""

    requests: int
    tokens: float = 0.0
    """How many a dialogue has at its end."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    reuse: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    best: list[float] = field(default_factory=list)
    drift: float = 0.0

    def line(self, name: str) -> str:
        """Write a line of the table."""
        steps, middle = self.steps, statistics.median
        cells = [
            name,
            f"{self.requests}",
            *(f"{middle(self.seconds[way]):.2f}" for way in WAYS),
            *(f"{middle(steps[way]):.0f}" for way in WAYS),
            f"{middle(self.best):.0f}",
            f"{self.drift:.2f}",
            *(f"{middle(self.reuse[way]):.3f}" for way in WAYS),
            f"{100 * ratio(self.best, steps['continuous']):.0f} %",
            f"{ratio(self.seconds['lockstep'], self.seconds['by hand']):.3f}",
            f"{ratio(steps['lockstep'], steps['continuous']):.2f}",
        ]
        return f"| {' | '.join(cells)} |"


def load(options: Namespace, blocks: int | None) -> Any:
    """Load the model as lm-eval does, its engine in this process."""
    os.environ.update(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_NO_USAGE_STATS="1")
    from lm_eval.models.vllm_causallms import VLLM

    folder = options.model
    if folder is None:
        folder = Path(tempfile.mkdtemp())
        make_model(folder)
    cache = {} if blocks is None else {"num_gpu_blocks_override": blocks}
    return VLLM(
        str(folder), dtype="float32", enforce_eager=True, max_model_len=LENGTH,
        gpu_memory_utilization=0.12, enable_chunked_prefill=False, max_num_batched_tokens=16384,
        max_num_seqs=options.in_flight, batch_size="auto", **cache,
    )  # fmt: skip


def measure(options: Namespace, case: Case, tokens: float | None) -> Found:
    """Time all ways in turn, after one turn that does not count; a dialogue has so many tokens."""
    from ptr_eval.harness.rounds import install

    logging.disable(logging.WARNING)
    install()
    questions = options.questions or case.more * options.in_flight
    new = options.new_tokens or 200
    generation: dict[str, Any] = {"max_gen_toks": new, "do_sample": False, "temperature": 0.0}
    generation["until"] = STOPS if case.uneven and not options.model else []
    if not case.uneven:
        generation |= {"min_tokens": new, "ignore_eos": True}
    blocks = None
    if case.small and tokens:
        blocks = 1 + max(LENGTH // BLOCK, round(questions / 3 * tokens / BLOCK))
    lm = load(options, blocks)
    watch, found = Watch(lm), Found(questions * ROUNDS)
    watch.attach()
    with data_of(questions) as data:
        asked = Asked(lm, data, questions, generation)
        for repeat in range(options.repeats + 1):
            turn = Found(questions * ROUNDS) if repeat == 0 else found
            said = [ask(asked, way, watch, turn) for way in WAYS]
            if said[1:] != said[:-1]:
                raise RuntimeError("the ways asked different prompts")
            turn.best.append(schedule(asked, watch, options.in_flight))
    return found


def ask(asked: Asked, way: str, watch: Watch, found: Found) -> list[str]:
    """Ask in one way; give the prompts."""
    from ptr_eval.instructions import INSTRUCTIONS

    requests = asked.requests("lockstep" if way == "by hand" else way)
    messages = openings(requests)
    watch.begin()
    began = time.process_time()
    if way == "by hand":
        asked.by_hand(messages, INSTRUCTIONS["neutral"])
    else:
        asked.through_plugin(requests)
    found.seconds[way].append(time.process_time() - began)
    found.steps[way].append(watch.steps)
    asked_as = [watch.outputs[tuple(asked.lm.tok_encode(prompt))] for prompt in asked.prompts]
    dialogues = [asked_as[i : i + ROUNDS] for i in range(0, len(asked_as), ROUNDS)]
    block = asked.lm.model.llm_engine.vllm_config.cache_config.block_size
    shared = [pair for rounds in dialogues for pair in itertools.pairwise(rounds)]
    wanted = sum(len(now.prompt) - common(last, now) // block * block for last, now in shared)
    computed = sum(len(now.prompt) - now.cached for _, now in shared)
    found.reuse[way].append(computed / wanted)
    kept = sum(max(0, common(last, now) - len(last.prompt)) for last, now in shared)
    found.drift = 1 - kept / sum(len(last.generated) - 1 for last, _ in shared)
    ends = [len(rounds[-1].prompt) + len(rounds[-1].generated) for rounds in dialogues]
    found.tokens = statistics.mean(ends)
    return list(asked.prompts)


def common(last: Output, now: Output) -> int:
    """Count the tokens that were computed for a round and begin the next round's prompt."""
    computed = [*last.prompt, *last.generated[:-1]]
    pairs = zip(computed, now.prompt, strict=False)
    shortest = min(len(computed), len(now.prompt))
    return next((i for i, (a, b) in enumerate(pairs) if a != b), shortest)


def schedule(asked: Asked, watch: Watch, room: int) -> int:
    """Count the steps that the last way would take without any between requests."""
    simulated = Scheduled(asked.lm, dict(watch.outputs), room)
    with patch("ptr_eval.harness.rounds.vllm_stream.VllmStream", lambda *_: simulated):
        asked.lm.generate_rounds(asked.requests("continuous"))
    return simulated.now
