"""Rounds behind a server on this machine, which answers each request after a planned time.

The time is drawn from the payload (log-normal, sigma 1), so all ways wait for the same answers.
"""

import asyncio
import hashlib
import heapq
import json
import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch
from urllib.request import urlopen

from rounds.local import ratio

ROUNDS, IN_FLIGHT = 3, 32
WAYS = ("by hand", "batches", "lockstep", "continuous")
SAMPLED = {"temperature": 0.7, "do_sample": True}
CASES: dict[str, tuple[int, dict[str, Any], dict[str, Any], bool]] = {
    "greedy": (32, {}, {}, False),
    "greedy, 2 x in flight": (64, {}, {}, False),
    "4 samples": (16, {"ptr_samples": 4}, SAMPLED, False),
    "8 candidates": (8, {"ptr_protocol": "parallel", "ptr_candidates": 8}, SAMPLED, False),
    "4 samples, 1 % refused": (16, {"ptr_samples": 4}, SAMPLED, True),
}
"""By name: questions, settings, generation, and whether the server refuses some prompts."""


def latency(payload: dict[str, Any], mean: float) -> float:
    """Draw how many seconds the answer to a payload takes."""
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()
    return mean * math.exp(random.Random(digest).gauss() - 0.5)


def response(payload: dict[str, Any], mean: float, refuses: bool) -> tuple[int, dict[str, Any]]:
    """Make the answer to a payload, as long as it takes; the last digits decide on a refusal."""
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()
    if refuses and digest[0] < 3:
        return 400, {"error": {"message": "banned word"}}
    words = round(60 * latency(payload, 1.0))
    text = f"{digest.hex()[:8]} {'so ' * words}The answer is {digest[1]}."
    said = {"role": "assistant", "content": text}
    return 200, {"choices": [{"index": 0, "finish_reason": "stop", "message": said}]}


def serve(pipe: Any, mean: float) -> None:
    """Serve until told to end."""
    from aiohttp import web

    state = {"now": 0, "peak": 0, "requests": 0}

    async def post(request: web.Request) -> web.Response:
        state["now"] += 1
        state["requests"] += 1
        state["peak"] = max(state["peak"], state["now"])
        try:
            payload = await request.json()
            await asyncio.sleep(latency(payload, mean))
            status, body = response(payload, mean, "refusing" in request.path)
            return web.json_response(body, status=status)
        finally:
            state["now"] -= 1

    async def get(_: web.Request) -> web.Response:
        told = dict(state)
        state.update(peak=0, requests=0)
        return web.json_response(told)

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/{name}", post)
        app.router.add_get("/state", get)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        pipe.send(runner.addresses[0][1])
        await asyncio.to_thread(pipe.recv)
        await runner.cleanup()

    asyncio.run(run())


@dataclass(slots=True)
class Simulated:
    """Takes the place of a stream: answers in simulated time, without any time between requests."""

    mean: float
    refuses: bool
    backend: Any = None
    now: float = 0.0
    dialogues: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[tuple[float, int, Any, dict[str, Any]]] = field(default_factory=list)
    holds: ClassVar[None] = None

    def has_room(self) -> bool:
        """Tell whether fewer than may be in flight are."""
        return len(self.events) < IN_FLIGHT

    def send(self, place: int, request: Any) -> None:
        """Note a payload, and when its answer is there."""
        from ptr_eval.harness.ask_server import payload_of

        payload = payload_of(self.backend, request)
        self.dialogues.setdefault(id(request.spec), []).append(payload)
        heapq.heappush(
            self.events, (self.now + latency(payload, self.mean), place, request, payload)
        )

    def receive(self, *, wait: bool) -> list[tuple[int, Any]]:
        """Go on to the next answer."""
        from ptr_eval.protocols import Reply
        from ptr_eval.servers import Rejection

        if not self.events:
            return []
        self.now, place, _, payload = heapq.heappop(self.events)
        status, body = response(payload, self.mean, self.refuses)
        if status != 200:
            return [(place, Rejection("banned word", "none", status))]
        return [(place, Reply(body["choices"][0]["message"]["content"]))]

    def close(self) -> None:
        """Do nothing."""


async def by_hand(url: str, dialogues: list[list[dict[str, Any]]]) -> None:
    """Send the same payloads, one coroutine a dialogue and step after step within it."""
    import aiohttp

    slots = asyncio.Semaphore(IN_FLIGHT)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(payload: dict[str, Any]) -> None:
            async with slots, session.post(url, json=payload) as answer:
                await answer.json()

        async def dialogue(payloads: list[dict[str, Any]]) -> None:
            steps: dict[int, list[dict[str, Any]]] = {}
            for payload in payloads:
                shown = len(json.dumps(payload["messages"]))
                steps.setdefault(shown, []).append(payload)
            for step in steps.values():
                await asyncio.gather(*map(one, step))

        await asyncio.gather(*map(dialogue, dialogues))


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked."""

    task: Any
    lm: Any
    url: str
    questions: int

    def hold(self, engine: str) -> None:
        """Ask through the plugin."""
        requests = self.requests(engine)
        self.lm.generate_rounds(requests)

    def requests(self, engine: str) -> list[Any]:
        """Build the task's requests."""
        task = self.task(engine)
        task.build_all_requests(
            limit=self.questions,
            apply_chat_template=True,
            chat_template=self.lm.apply_chat_template,
        )
        return list(task.instances)


def case(name: str, data: Path, port: int) -> Case:
    """Prepare a case."""
    from lm_eval.models.openai_completions import LocalChatCompletion

    from ptr_eval.harness.rescore import load_task

    questions, settings, generation, refuses = CASES[name]
    url = f"http://127.0.0.1:{port}/{'refusing' if refuses else 'chat'}"
    lm = LocalChatCompletion(base_url=url, model="m", num_concurrent=IN_FLIGHT, max_retries=1)

    def task(engine: str) -> Any:
        metadata = {"ptr_data": str(data), "ptr_rounds": ROUNDS, **settings, "ptr_engine": engine}
        loaded = load_task("ptr_gsm8k", metadata)
        loaded.set_config("num_fewshot", 0)
        loaded.set_config("generation_kwargs", {"until": [], "max_gen_toks": 512, **generation})
        return loaded

    return Case(task, lm, url, questions)


@contextmanager
def server(mean: float) -> Iterator[int]:
    """Run the server in a process of its own; its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, mean))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def schedule(chosen: Case, mean: float, refuses: bool) -> Simulated:
    """Simulate the case; it also collects the payloads."""
    from ptr_eval.harness.backend import Backend

    simulated = Simulated(mean, refuses, Backend.of(chosen.lm))
    with patch("ptr_eval.harness.rounds.ServerStream", lambda *_: simulated):
        chosen.hold("continuous")
    return simulated


def measure(name: str, data: Path, port: int, mean: float, repeats: int) -> str:
    """Time all ways in turn, and write a line of the table."""
    chosen = case(name, data, port)
    best = schedule(chosen, mean, CASES[name][3])
    dialogues = list(best.dialogues.values())
    asked = sum(map(len, dialogues))
    times: dict[str, list[float]] = defaultdict(list)
    costs: dict[str, list[float]] = defaultdict(list)
    peak = 0
    for _ in range(repeats):
        for way in WAYS:
            requests = chosen.requests("continuous" if way == "continuous" else "lockstep")
            stats(port)
            began, used = time.perf_counter(), time.process_time()
            if way == "by hand":
                asyncio.run(by_hand(chosen.url, dialogues))
            else:
                with in_batches() if way == "batches" else nullcontext():
                    chosen.lm.generate_rounds(requests)
            times[way].append(time.perf_counter() - began)
            costs[way].append(time.process_time() - used)
            told = stats(port)
            if told["requests"] != asked and way != "batches":  # A failed batch is asked again.
                raise RuntimeError(f"{way} sent {told['requests']} requests, not {asked}")
            peak = told["peak"] if way == "continuous" else peak
    share = statistics.median(best.now / seconds for seconds in times["continuous"])
    above = [c - h for c, h in zip(costs["continuous"], costs["by hand"], strict=True)]
    cells = [
        name, f"{asked}", *(f"{statistics.median(times[way]):.2f}" for way in WAYS),
        f"{best.now:.2f}", f"{peak}", f"{1000 * statistics.median(above) / asked:.2f}",
        f"{100 * share:.0f} %", f"{ratio(times['batches'], times['continuous']):.2f}",
        f"{ratio(times['lockstep'], times['continuous']):.2f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def in_batches() -> Any:
    """Let lm-eval's own client ask, which sends requests with one seed together."""
    return patch("ptr_eval.harness.rounds.stream_of", lambda *_: None)


def stats(port: int) -> dict[str, int]:
    """Read what the server counted since the last time."""
    with urlopen(f"http://127.0.0.1:{port}/state") as answer:
        told: dict[str, int] = json.load(answer)
    return told


def main(options: Namespace) -> None:
    """Measure, and print the table."""
    cases = options.cases or list(CASES)
    if options.smoke:
        options.repeats, options.mean, cases = 1, 0.01, ["4 samples, 1 % refused"]

    from ptr_eval.harness.rounds import install

    install()
    with tempfile.TemporaryDirectory() as scratch, server(options.mean) as port:
        folder = Path(scratch) / "gsm8k"
        folder.mkdir()
        rows = [{"question": f"[q{n}] How many?", "answer": f"#### {n}"} for n in range(64)]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "test.jsonl").write_text(text, encoding="utf-8")
        head = ["case", "requests", *(f"{way} s" for way in WAYS), "schedule s",
                "peak in flight", "P1 ms", "of the schedule", "P3 batches", "P3"]  # fmt: skip
        print(f"| {' | '.join(head)} |")
        print(f"|{'---|' * len(head)}")
        for name in cases:
            print(measure(name, Path(scratch), port, options.mean, options.repeats))
            sys.stdout.flush()
