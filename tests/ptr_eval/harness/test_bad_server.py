"""What becomes of requests to a server that misbehaves, mode by mode."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from ptr_eval.errors import UserError
from ptr_eval.protocols import Outcome
from ptr_eval.runs import Answer, logged_answers
from tests.bad_modes import (
    EMPTY,
    ERRORS,
    LOST,
    MODES,
    ODD,
    REFUSALS,
    STATUSES,
    THOUGHT,
    refuses_parameter,
    strict_about_empty_messages,
)
from tests.bad_outcomes import PASS, TABLE
from tests.bad_server import (
    TRIES,
    Asked,
    BadServer,
    Mode,
    ask,
    every_third,
    fine,
    for_question,
    from_request,
    in_round,
    once,
    says,
)
from tests.chat_server import Response
from tests.scripted_lm import by_round, evaluate

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
AT_ONCE = 10
"""After so many requests, four in flight, it is plain that none will ever succeed."""


@pytest.fixture
def settings(sums: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "ptr_data": str(sums), "ptr_scorers": "strict", "ptr_rounds": 2,
        "ptr_ledger": str(tmp_path / "ledger"),
    }  # fmt: skip


def answers(results: Mapping[str, Any]) -> list[list[Answer]]:
    """List the answers to each question, round by round."""
    logged = logged_answers(results["samples"]["ptr_gsm8k"])
    return [logged[question] for question in sorted(logged)]


def outcomes(results: Mapping[str, Any]) -> list[list[Outcome]]:
    return [[answer.reply.outcome for answer in rounds] for rounds in answers(results)]


def shares(results: Mapping[str, Any]) -> dict[str, list[float]]:
    """Find the share of each outcome that is not an answer, round by round, where there is any."""
    found = {name: by_round(results, name) for name in OUTCOMES if name != "answered"}
    return {name: values for name, values in found.items() if any(values)}


def counts(results: Mapping[str, Any]) -> dict[str, list[int]]:
    counted: dict[str, list[int]] = results["configs"]["ptr_gsm8k"]["ptr"]["outcomes"]
    return {name: numbers for name, numbers in counted.items() if any(numbers)}


def holds(pattern: str, text: str | None) -> bool:
    return re.search(pattern, text or "", re.IGNORECASE) is not None


def messages(server: BadServer) -> str:
    return str([payload["messages"] for payload in server.payloads])


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

    assert shares(results) == _unless_answered(row.outcome, [1 / 3] * rounds)
    assert counts(results) == {
        "answered": [3 if row.outcome == "answered" else 2] * rounds,
        **_unless_answered(row.outcome, [1] * rounds),
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


def _unless_answered(outcome: Outcome, values: list[Any]) -> dict[str, list[Any]]:
    return {} if outcome == "answered" else {outcome: [round(value, 9) for value in values]}


@pytest.mark.parametrize("name", [name for name in MODES if "think" in name or "reason" in name])
def test_thoughts_are_not_carried_on(settings: dict[str, Any], name: str) -> None:
    with BadServer(MODES[name]) as server:
        ask(server, settings, limit=1)
    assert len(server.payloads) == 2
    assert THOUGHT not in messages(server)


def test_all_that_passes_is_waited_for(settings: dict[str, Any]) -> None:
    def mode(asked: Asked) -> Response | None:
        bad = asked.question < len(PASS)
        return once(MODES[PASS[asked.question]])(asked) if bad else fine(asked)

    with BadServer(mode) as server:
        results = ask(server, {**settings, "ptr_rounds": 1}, limit=20)
    assert {row[0] for row in outcomes(results)} == {"answered"}
    sent = {name: server.times(question, 1) for question, name in enumerate(PASS)}
    assert sent == dict.fromkeys(PASS, 2)
    assert len(server.payloads) == 20 + len(PASS)
    for name, least in (("429_seconds", 1.0), ("429_fraction", 0.3), ("503_retry", 0.3)):
        first, second = (a.at for a, _ in server.log if a.question == PASS.index(name))
        assert second - first > least - 0.05


NEVER = [*STATUSES, *(name for name in ERRORS if name != "null_with_tools"), *LOST]


@pytest.mark.parametrize(
    ("name", "concurrent"),
    [*((name, 4) for name in NEVER), *((name, 1) for name in ("401_key", "500_json", *LOST))],
)
def test_what_never_succeeds_ends_the_run_with_the_server_s_words(
    settings: dict[str, Any], name: str, concurrent: int
) -> None:
    row = TABLE[name]
    with BadServer(MODES[name]) as server, pytest.raises(UserError) as caught:
        ask(server, {**settings, **row.settings}, concurrent, limit=20)
    assert holds(row.words, str(caught.value))
    assert "\n" not in str(caught.value)
    assert len(server.payloads) <= AT_ONCE * row.tries


@pytest.mark.parametrize("name", ["refusal", "filter_empty", "empty", "only_reasoning", "cut"])
def test_a_model_that_says_nothing_has_results(settings: dict[str, Any], name: str) -> None:
    outcome = TABLE[name].outcome
    with BadServer(MODES[name]) as server:
        results = ask(server, settings)
    assert shares(results) == {outcome: [1.0, 1.0]}
    assert counts(results) == {outcome: [3, 3]}
    assert by_round(results) == ([] if outcome == "refused" else [0.0, 0.0])
    assert by_round(results, "broken") == ([] if outcome == "refused" else [0.0])
    assert len(server.payloads) == 6


# When and where it misbehaves


def half_right(asked: Asked) -> Response:
    return fine(asked) if asked.question < 4 else says(asked, "The answer is 7.")


def rejecting_in_round_2(asked: Asked) -> Response | None:
    """Reject every third question in round 2."""
    bad = asked.question % 3 == 0 and asked.round == 2
    return MODES["400_text"](asked) if bad else half_right(asked)


def test_failures_in_one_round_change_no_figure_of_the_others(settings: dict[str, Any]) -> None:
    chosen = {**settings, "ptr_rounds": 3}
    with BadServer(rejecting_in_round_2) as server:
        results = ask(server, chosen, limit=6)
        server.mode, server.payloads = half_right, []
        mended = ask(server, chosen, limit=6)
    assert shares(results) == {"failed": [0.0, round(1 / 3, 9), round(1 / 3, 9)]}
    # Right are 0 to 3 of six; without 0 and 3 there are 1 and 2 of four.
    assert by_round(results) == [round(4 / 6, 9), 0.5, 0.5]
    assert by_round(results, "broken") == by_round(results, "fixed") == [0.0, 0.0]
    assert sorted(server.asked) == [(0, 2), (0, 3), (3, 2), (3, 3)]
    assert by_round(mended) == [round(4 / 6, 9)] * 3
    assert shares(mended) == {}


def test_a_rate_limit_in_round_2_is_no_loss_of_points(settings: dict[str, Any]) -> None:
    mode = every_third(in_round(2, MODES["429_alone"]))
    with BadServer(mode) as server:
        results = ask(server, {**settings, "ptr_max_wait": 1}, limit=6)
    assert shares(results) == {"failed": [0.0, round(1 / 3, 9)]}
    assert by_round(results) == [1.0, 1.0]
    assert by_round(results, "broken") == [0.0]


@pytest.mark.parametrize("name", ["401_key", "500_text", "html_200", "dropped"])
def test_a_server_that_fails_from_a_request_on(settings: dict[str, Any], name: str) -> None:
    mode = from_request(6, MODES[name])
    with BadServer(mode) as server:
        results = ask(server, settings, concurrent=1, limit=6)
    assert shares(results) == {"failed": [0.0, 1.0]}
    assert by_round(results) == [1.0]
    assert by_round(results, "broken") == []
    assert len(server.payloads) <= 6 + 6 * TABLE[name].tries
    assert holds(TABLE[name].words, answers(results)[0][1].reply.failure)


# What the request holds


def test_empty_answers_are_not_sent_back(settings: dict[str, Any]) -> None:
    with BadServer(strict_about_empty_messages) as server:
        results = ask(server, {**settings, "ptr_rounds": 3})
    assert {response.status for _, response in server.log if response} == {200}
    rounds: list[Outcome] = ["answered"] * 3
    assert outcomes(results) == [rounds, ["empty", "answered", "answered"], rounds]
    assert by_round(results) == [round(2 / 3, 9), 1.0, 1.0]


@pytest.mark.parametrize("name", ["seed", "stop", "temperature"])
def test_a_parameter_that_is_refused_is_named(settings: dict[str, Any], name: str) -> None:
    with BadServer(refuses_parameter(name)) as server, pytest.raises(UserError) as caught:
        ask(server, settings, gen_kwargs={"until": ["END"]})
    assert f"Unsupported parameter: '{name}'" in str(caught.value)
    assert len(server.payloads) <= 3


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
    assert shares(results) == _unless_answered(row.outcome, [1 / 3, 1 / 3])


def test_the_modes_are_of_different_kinds() -> None:
    kinds = (STATUSES, ERRORS, REFUSALS, EMPTY, ODD, LOST)
    assert sum(map(len, kinds)) == len(MODES)
