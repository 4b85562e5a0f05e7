"""Any order in which answers arrive gives the same files."""

import hashlib
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.harness import rounds
from ptr_eval.harness.requests import Request
from ptr_eval.protocols import Reply
from ptr_eval.servers import Rejection
from tests.ptr_eval.harness.saved_files import saved_files
from tests.scripted_lm import evaluate_into, write_sums

CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "greedy": ({}, None),
    "samples": ({"ptr_samples": 2}, "temperature=0.7,do_sample=True"),
    "parallel": (
        {"ptr_protocol": "parallel", "ptr_rounds": 3, "ptr_syntheses": 2},
        "temperature=0.7,do_sample=True",
    ),
}
QUESTIONS = [0, 1, 0, 2, 0, 3]  # One is asked three times.


def drawn(request: Request) -> Reply | Rejection:
    """Draw what comes of a request: an answer, nothing, a refusal, or a failure."""
    facts = f"{request.text} {request.settings.get('seed')}"
    digest = hashlib.sha256(facts.encode()).digest()
    if digest[0] < 20:
        return Rejection(f"HTTP 400 {digest.hex()}", "none", 400)
    if digest[0] < 50:
        return Reply("", refusal="no") if digest[0] % 2 else Reply("", finish_reason="stop")
    text = f"{'So. ' * (digest[1] % 5)}The answer is {100 + digest[2] % 5}."
    return Reply(text, finish_reason="length" if digest[3] < 20 else "stop")


class Stop(Exception):
    """Ends a run, as a kill would."""


@dataclass
class AnyOrder:
    """A stream that has room for so many requests, and finishes any of them at any time."""

    room: int
    rng: random.Random
    left: int = 10**6
    """After so many requests the run is stopped."""
    hand: list[tuple[int, Request]] = field(default_factory=list)
    holds: ClassVar[None] = None

    def has_room(self) -> bool:
        return len(self.hand) < self.room

    def send(self, place: int, request: Request) -> None:
        self.hand.append((place, request))

    def receive(self, *, wait: bool) -> list[tuple[int, Reply | Rejection]]:
        self.rng.shuffle(self.hand)
        count = self.rng.randint(1 if wait and self.hand else 0, len(self.hand))
        finished, self.hand = self.hand[:count], self.hand[count:]
        return [(place, self._result(request)) for place, request in finished]

    def _result(self, request: Request) -> Reply | Rejection:
        self.left -= 1
        if self.left < 0:
            raise Stop
        result = drawn(request)
        if isinstance(result, Rejection):
            return result
        return replace(result, cached_tokens=float(self.rng.randint(0, 9)))

    def close(self) -> None:
        pass


def files(data: Path, case: str, stream: AnyOrder, ledger: Path | None = None) -> dict[str, Any]:
    chosen, generation = CASES[case]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "stream_of", lambda *_: stream)
        evaluate_into(
            Path(folder),
            "local-chat-completions",
            {**chosen, "ptr_data": str(data), "ptr_ledger": ledger and str(ledger)},
            model_args={"model": "m", "base_url": "http://127.0.0.1:9/v1/chat/completions"},
            apply_chat_template=True,
            gen_kwargs=generation,
        )
        return saved_files(Path(folder))


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The data, and by case the files of a run that asks one after another."""
    data = write_sums(tmp_path_factory.mktemp("data"), numbers=QUESTIONS)
    return data, {case: files(data, case, AnyOrder(1, random.Random(0))) for case in CASES}


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(list(CASES)), st.integers(1, 20), st.integers(0), st.integers(0, 60))
def test_any_order_of_arrival_gives_the_same_files(
    in_order: tuple[Path, dict[str, dict[str, Any]]], case: str, room: int, seed: int, stop: int
) -> None:
    data, expected = in_order
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger"
        with suppress(Stop):  # Where it has fewer requests, it ends by itself.
            files(data, case, AnyOrder(room, rng, stop), ledger)
        assert files(data, case, AnyOrder(rng.randint(1, 20), rng), ledger) == expected[case]


def test_what_is_drawn_holds_everything_that_may_come(
    in_order: tuple[Path, dict[str, dict[str, Any]]],
) -> None:
    drawn_in = str(in_order[1])
    for outcome in ("answered", "failed", "refused", "empty"):
        assert f"'outcome': '{outcome}'" in drawn_in
