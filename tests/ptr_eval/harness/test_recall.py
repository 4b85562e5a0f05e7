"""Ledgers of versions that numbered equal prompts of a step: their replies are found."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.openai_completions import LocalChatCompletion

from ptr_eval.conversation import Conversation
from ptr_eval.engine import Ledger
from ptr_eval.harness import rounds
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Dialogue, Parallel, Protocol, Reply, Sequential, Turn
from ptr_eval.runs import answer_in
from tests.bad_server import Asked, BadServer, ask, says
from tests.chat_server import Response
from tests.ptr_eval.harness.asked_rounds import instances_of
from tests.scripted_lm import write_sums

GREEDY: dict[str, Any] = {"max_gen_toks": 32, "temperature": 0.0}
SAMPLED: dict[str, Any] = {"max_gen_toks": 32, "temperature": 0.7, "do_sample": True}
TWINS = [Conversation.ask(f"[q{n}] How many?") for n in (0, 1, 0, 2, 0, 0, 1)]


class Forgetful:
    """Asks all dialogues the same, then all that had the same first answer."""

    sampled = False
    answers_per_round = (1, 1, 1)

    def converse(self, question: Conversation) -> Dialogue:
        """Ask, and ask for something else."""
        (reply,) = yield [Turn(question)]
        yield [Turn(Conversation.ask("[q9] What is the date?"))]
        yield [Turn(Conversation.ask(f"[q8] Is it so that {reply.response}"))]


PROTOCOLS: dict[str, tuple[Protocol, int]] = {
    "sequential": (Sequential(3, "Refine."), 1),
    "samples": (Sequential(2, "Refine."), 3),
    "parallel": (Parallel(3, "Best?", 3, "Refine.", syntheses=2), 1),
    "forgetful": (Forgetful(), 2),
}


def by_payload(asked: Asked) -> Response:
    """Answer equal requests the same: later prompts of twins are equal."""
    drawn = hashlib.sha256(f"{asked.messages} {asked.payload['seed']}".encode()).digest()
    return says(asked, f"The answer is {drawn[0]}.")


def never_the_same(asked: Asked) -> Response:
    """Answer nothing twice: later prompts of twins differ."""
    return says(asked, f"The answer is {asked.earlier}.")


def in_pairs(asked: Asked) -> Response:
    """Answer two equal requests the same, and the next two: later prompts of some twins differ."""
    return says(asked, f"The answer is {asked.before // 2}.")


MODES = (by_payload, never_the_same, in_pairs)
EACH = [
    pytest.mark.parametrize("generation", [GREEDY, SAMPLED], ids=["greedy", "sampled"]),
    pytest.mark.parametrize("protocol", PROTOCOLS),
    pytest.mark.parametrize("mode", MODES, ids=lambda mode: str(mode.__name__)),
]


def each(test: Callable[..., None]) -> Callable[..., None]:
    for mark in EACH:
        test = mark(test)
    return test


class Stop(Exception):
    """Ends a run, as a kill would."""


class Runs:
    """Runs of one protocol against one server, with one ledger."""

    def __init__(
        self, server: BadServer, name: str, generation: dict[str, Any], path: Path
    ) -> None:
        self.protocol, self.samples = PROTOCOLS[name]
        self.generation, self.path = generation, path
        self.client = LocalChatCompletion(base_url=server.url, model="m", num_concurrent=3)
        rounds.install()

    def run(self, ledger: Path | None = None) -> list[tuple[str, str, str]]:
        """Hold the dialogues; what they got, without what a run costs."""
        settings = TaskSettings(ledger=str(ledger or self.path), seed=1, chunk=4)
        asked = self.protocol, TWINS, settings, self.generation, self.samples
        instances = instances_of(*asked)
        rounds.generate_rounds(self.client, instances)
        replies = [answer_in(instance).reply for instance in instances]
        return [(reply.response, reply.prompt, reply.outcome) for reply in replies]

    def run_as_before(self, patch: pytest.MonkeyPatch, most: int | None = None) -> Any:
        """The same in lockstep with its names, ended by force after so many replies."""
        record, left = Ledger.record, [10**6 if most is None else most]

        def until_stopped(ledger: Ledger, replies: dict[str, Reply]) -> None:
            kept = dict(list(replies.items())[: left[0]])
            record(ledger, kept)
            left[0] -= len(kept)
            if left[0] == 0:
                raise Stop

        with patch.context() as patched:
            as_before(patched)
            patched.setattr(Ledger, "record", until_stopped)
            return self.run()


def as_before(patch: pytest.MonkeyPatch) -> None:
    """Ask servers in batches, whose replies have the names that all had."""
    patch.setattr(rounds, "stream_of", lambda *_: None)
    patch.setattr(Ledger, "has_unowned", lambda _: False)


@each
def test_a_whole_ledger_is_found(
    generation: dict[str, Any], protocol: str, mode: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with BadServer(mode) as server:
        runs = Runs(server, protocol, generation, tmp_path / "ledger")
        before = runs.run_as_before(monkeypatch)
        asked = len(server.payloads)
        assert runs.run() == before
        assert runs.run() == before
    assert len(server.payloads) == asked


@each
@pytest.mark.parametrize("most", [5, 12])
def test_what_an_unfinished_ledger_has_is_not_asked_again(
    generation: dict[str, Any], protocol: str, mode: Any, most: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with BadServer(mode) as server:
        runs = Runs(server, protocol, generation, tmp_path / "ledger")
        alone = runs.run(tmp_path / "other")
        requests = len(alone)
        with pytest.raises(Stop):
            runs.run_as_before(monkeypatch, most)
        server.payloads.clear()
        resumed = runs.run()
        assert len(server.payloads) == requests - most
        assert runs.run() == resumed
        assert len(server.payloads) == requests - most
    if mode is by_payload:
        assert resumed == alone
    if mode is never_the_same:
        assert len({text for text, _, _ in resumed}) == requests


@pytest.mark.parametrize("engine", ["lockstep", "continuous"])
def test_replies_of_two_servers_are_found(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_sums(tmp_path, numbers=[0, 1, 0, 2, 0])
    file = tmp_path / "second.yaml"
    settings = {
        "ptr_data": str(data), "ptr_scorers": "strict", "ptr_aggregator": str(file),
        "ptr_ledger": str(tmp_path / "ledger"), "ptr_rounds": 3,
    }  # fmt: skip
    with BadServer(never_the_same) as first, BadServer(in_pairs) as second:
        file.write_text(
            "backend: local-chat-completions\n"
            f"args: {{model: m2, base_url: '{second.url}', num_concurrent: 2}}\n"
        )
        with monkeypatch.context() as patched:
            as_before(patched)
            before = ask(first, settings, limit=None)
        found = ask(first, {**settings, "ptr_engine": engine}, limit=None)
    assert found["samples"] == before["samples"]
    assert (len(first.payloads), len(second.payloads)) == (5, 10)
