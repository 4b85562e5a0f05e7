"""What becomes of requests to a server that misbehaves, mode by mode."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.protocols import Outcome
from tests.bad_modes import (
    EMPTY,
    ERRORS,
    LOST,
    MODES,
    ODD,
    REFUSALS,
    STATUSES,
    THOUGHT,
)
from tests.bad_outcomes import (
    TABLE,
    answers,
    counts,
    holds,
    outcomes,
    shares,
    unless_answered,
)
from tests.bad_server import (
    TRIES,
    BadServer,
    Mode,
    ask,
    fine,
    for_question,
)
from tests.scripted_lm import by_round, evaluate


@pytest.fixture
def settings(sums: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "ptr_data": str(sums), "ptr_scorers": "strict", "ptr_rounds": 2,
        "ptr_ledger": str(tmp_path / "ledger"),
    }  # fmt: skip


def test_the_table_has_all_modes() -> None:
    assert set(TABLE) == set(MODES)
    assert len(MODES) >= 40


@pytest.mark.parametrize(
    ("name", "concurrent"),
    [
        *((name, 4) for name in MODES),
        *((name, 1) for name in ("400_text", "500_text", "json_cut", "refusal", "gzip", *LOST)),
    ],
)
def test_one_request_that_meets_a_mode(
    settings: dict[str, Any], name: str, concurrent: int
) -> None:
    row = TABLE[name]
    chosen = {**settings, **row.settings}
    rounds = chosen["ptr_rounds"]
    with BadServer(for_question(1, MODES[name])) as server:
        results = ask(server, chosen, concurrent)
        met, sent = answers(results)[1], list(server.asked)
        server.mode, server.payloads = fine, []
        mended = ask(server, chosen, concurrent)
        again = server.asked
    others: list[Outcome] = ["answered"] * rounds
    assert outcomes(results) == [others, [row.outcome] * rounds, others]
    failures = [answer.reply.failure for answer in met]
    refusals = [answer.reply.refusal for answer in met]
    assert [text is not None for text in failures] == [row.outcome == "failed"] * rounds
    assert [text is not None for text in refusals] == [row.outcome == "refused"] * rounds
    assert all(holds(row.words, text) for text in (*failures, *refusals) if text)
    missing = row.outcome in ("failed", "refused")
    assert [answer.grades == {} for answer in met] == [missing] * rounds

    assert shares(results) == unless_answered(row.outcome, [1 / 3] * rounds)
    assert counts(results) == {
        "answered": [3 if row.outcome == "answered" else 2] * rounds,
        **unless_answered(row.outcome, [1] * rounds),
    }
    nothing_seen = row.outcome in ("empty", "cut_off")
    assert by_round(results) == [round(2 / 3, 9) if nothing_seen else 1.0] * rounds

    of_others = [(n, t) for n in (0, 2) for t in range(1, rounds + 1)]
    assert sorted(place for place in sent if place[0] != 1) == of_others
    assert rounds <= len(sent) - len(of_others) <= rounds * row.tries
    kept = row.outcome in ("answered", "cut_off")
    assert sorted(again) == ([] if kept else [(1, t) for t in range(1, rounds + 1)])
    if not kept:
        assert by_round(mended) == [1.0] * rounds
        assert shares(mended) == {}


@pytest.mark.parametrize("name", [name for name in MODES if "think" in name or "reason" in name])
def test_thoughts_are_not_carried_on(settings: dict[str, Any], name: str) -> None:
    with BadServer(MODES[name]) as server:
        ask(server, settings, limit=1)
    assert len(server.payloads) == 2
    assert THOUGHT not in str(server.payloads)


# Plain completions


PLAIN: dict[str, Mode] = {
    name: MODES[name]
    for name in (
        "400_text", "500_json", "error_dict", "choices_empty", "json_cut", "null", "empty",
        "cut", "filter_empty", "usage_text", "gzip",
    )
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_plain_completions_have_the_same_outcomes(settings: dict[str, Any], name: str) -> None:
    row = TABLE[name]
    with BadServer(for_question(1, PLAIN[name])) as server:
        results = evaluate(
            "local-completions",
            settings,
            model_args={
                "model": "m", "base_url": server.completions_url, "num_concurrent": 4,
                "max_retries": TRIES, "tokenizer_backend": None, "timeout": 1,
            },
            limit=3,
        )  # fmt: skip
    assert [rounds[0] for rounds in outcomes(results)] == ["answered", row.outcome, "answered"]
    assert shares(results) == unless_answered(row.outcome, [1 / 3, 1 / 3])


def test_the_modes_are_of_different_kinds() -> None:
    kinds = (STATUSES, ERRORS, REFUSALS, EMPTY, ODD, LOST)
    assert sum(map(len, kinds)) == len(MODES)
