"""Runs behind a server that are killed with -9 in the middle of rounds that overlap."""

import hashlib
import json
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.bad_server import Asked, BadServer, says
from tests.chat_server import Response
from tests.ptr_eval.harness.killed import complete, kill_when, server_run
from tests.scripted_lm import write_sums

CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "greedy": ({}, None),
    "samples": ({"ptr_samples": 3}, "temperature=0.7,do_sample=True"),
    "parallel": (
        {"ptr_protocol": "parallel", "ptr_rounds": 3, "ptr_syntheses": 2},
        "temperature=0.7,do_sample=True",
    ),
}
TWINS = [0, 1, 2, 0, 3, 0, 4, 1]
IN_FLIGHT = 6


def by_payload(asked: Asked) -> Response:
    """Draw an answer from all that is sent, after a time that differs much."""
    drawn = hashlib.sha256(str(asked.payload).encode()).digest()
    text = f"{'So. ' * (drawn[0] % 9)}The answer is {100 + drawn[1] % 5}."
    return replace(says(asked, text), delay=0.1 * (drawn[2] / 255) ** 4)


def kill_and_go_on(moments: int, case: str, folder: Path) -> None:
    """Kill runs at so many random moments, and let each go on."""
    rng = random.Random(case)
    data = write_sums(folder, numbers=TWINS)
    with BadServer(by_payload) as server:
        arguments = (server.url, *CASES[case], data)
        complete(server_run, *arguments, ledger=folder / "alone", out=folder / "alone.json")
        expected = json.loads((folder / "alone.json").read_text())
        requests = len(server.payloads)
        for number in range(moments):
            ledger, out = folder / f"ledger{number}", folder / f"out{number}.json"
            server.payloads.clear()
            ready = partial(rounds_overlap, server, rng.randint(1, requests // 2))
            assert kill_when(ready, server_run, *arguments, ledger=ledger, out=out)
            complete(server_run, *arguments, ledger=ledger, out=out)
            assert json.loads(out.read_text()) == expected
            # Only what was under way, or not yet written down, is asked twice.
            assert requests <= len(server.payloads) <= requests + 2 * IN_FLIGHT


def rounds_overlap(server: BadServer, earliest: int) -> bool:
    """Tell whether the newest requests are of several rounds, and so many came before."""
    newest = {round_ for _, round_ in server.asked[-IN_FLIGHT:]}
    return len(newest) > 1 and len(server.payloads) >= earliest


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_runs_killed_at_random_moments_end_with_the_files_of_an_undisturbed_one(
    case: str, tmp_path: Path
) -> None:
    kill_and_go_on(3, case, tmp_path)
