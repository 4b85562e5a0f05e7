"""How a run ends on a server that misbehaves in all of its requests, or in some of them."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.protocols import Outcome
from tests.bad_modes import (
    ERRORS,
    LOST,
    MODES,
    STATUSES,
    refuses_parameter,
    strict_about_empty_messages,
)
from tests.bad_outcomes import LOAD, PASSING, TABLE, answers, counts, holds, outcomes, shares
from tests.bad_server import (
    Asked,
    BadServer,
    ask,
    every_third,
    fine,
    for_question,
    from_request,
    in_round,
    late,
    once,
    says,
)
from tests.chat_server import Response
from tests.scripted_lm import QUESTIONS, by_round, records, samples

AT_ONCE = 20
"""After so many requests, four in flight, it is plain that none will ever succeed."""


@pytest.fixture
def settings(sums: Path, tmp_path: Path) -> dict[str, Any]:
    return {
        "ptr_data": str(sums), "ptr_scorers": "strict", "ptr_rounds": 2,
        "ptr_ledger": str(tmp_path / "ledger"),
    }  # fmt: skip


# What passes


@pytest.mark.parametrize("name", LOAD)
def test_a_server_that_refuses_for_load_is_waited_for(settings: dict[str, Any], name: str) -> None:
    with BadServer(for_question(1, once(MODES[name]))) as server:
        results = ask(server, {**settings, "ptr_rounds": 1})
    assert outcomes(results) == [["answered"]] * 3
    assert [server.times(question, 1) for question in range(3)] == [1, 2, 1]
    first, second = (asked.at for asked, _ in server.log if asked.question == 1)
    response = server.log[[asked.question for asked, _ in server.log].index(1)][1]
    told = response.headers.get("Retry-After", "") if response else ""
    assert second - first > (float(told) if told[:1].isdecimal() else 0.3) - 0.02


def test_what_fails_once_is_asked_again(settings: dict[str, Any]) -> None:
    def mode(asked: Asked) -> Response | None:
        bad = asked.question < len(PASSING)
        return once(MODES[PASSING[asked.question]])(asked) if bad else fine(asked)

    with BadServer(mode) as server:
        results = ask(server, {**settings, "ptr_rounds": 1}, limit=20)
    assert outcomes(results) == [["answered"]] * 20
    sent = {name: server.times(question, 1) for question, name in enumerate(PASSING)}
    assert sent == dict.fromkeys(PASSING, 2)
    assert len(server.payloads) == 20 + len(PASSING)


# What never does


NEVER = [*STATUSES, *(name for name in ERRORS if name != "null_with_tools"), *LOST]


@pytest.mark.parametrize(
    ("name", "concurrent"),
    [*((name, 4) for name in NEVER), *((name, 1) for name in ("401_key", "500_json", *LOST))],
)
def test_what_never_succeeds_ends_the_run_with_the_server_s_words(
    settings: dict[str, Any], name: str, concurrent: int
) -> None:
    row = TABLE[name]
    tries = row.tries if name in STATUSES or name in LOST else 1
    with BadServer(late(MODES[name])) as server, pytest.raises(UserError) as caught:
        ask(server, {**settings, **row.settings}, concurrent, max_retries=tries, limit=QUESTIONS)
    assert holds(row.words, str(caught.value))
    assert "\n" not in str(caught.value)
    assert len(server.payloads) <= AT_ONCE * tries


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
        results = ask(server, {**settings, "ptr_max_wait": 3}, limit=6)
    assert shares(results) == {"failed": [0.0, round(1 / 3, 9)]}
    assert by_round(results) == [1.0, 1.0]
    assert by_round(results, "broken") == [0.0]
    # Costs, too, are those of what was answered: round 2 shows the same, and a history.
    first, second = by_round(results, "generated_tokens")
    assert first == second > 0
    shown = [record["prompt_tokens"] for s in samples(results) for record in records(s)[1:]]
    answered = [tokens for i, tokens in enumerate(shown) if i % 3]
    assert by_round(results, "prompt_tokens")[1] == sum(answered) / 4


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


@pytest.mark.parametrize("concurrent", [1, 4])
def test_a_run_that_fails_too_often_is_ended_and_another_asks_the_rest(
    settings: dict[str, Any], concurrent: int
) -> None:
    chosen = {**settings, "ptr_max_failed": 0.2}
    with BadServer(every_third(late(MODES["400_text"]))) as server:
        with pytest.raises(UserError, match="banned word") as caught:
            ask(server, chosen, concurrent, limit=QUESTIONS)
        assert "\n" not in str(caught.value)
        assert "ptr_max_failed=0.2" in str(caught.value)
        sent = [(a.question, a.round) for a, r in server.log if r and r.status == 200]
        server.mode, server.payloads = fine, []
        results = ask(server, chosen, concurrent, limit=QUESTIONS)
    assert by_round(results) == [1.0, 1.0]
    everything = {(question, t) for question in range(QUESTIONS) for t in (1, 2)}
    assert everything - set(server.asked) <= set(sent)
    # Answers that were on their way when the run ended may be lost.
    assert len(set(sent) & set(server.asked)) <= concurrent


# What the request holds


def test_empty_answers_are_not_sent_back(settings: dict[str, Any]) -> None:
    with BadServer(strict_about_empty_messages) as server:
        results = ask(server, {**settings, "ptr_rounds": 3})
    assert {response.status for _, response in server.log if response} == {200}
    rounds: list[Outcome] = ["answered"] * 3
    assert outcomes(results) == [rounds, ["empty", "answered", "answered"], rounds]
    assert by_round(results) == [round(2 / 3, 9), 1.0, 1.0]


def test_no_empty_list_of_stops_is_sent(settings: dict[str, Any]) -> None:
    """OpenAI refuses one; under a chat template our tasks have no stops."""
    with BadServer(refuses_parameter("stop")) as server:
        results = ask(server, settings)
    assert by_round(results) == [1.0, 1.0]


def test_a_key_that_no_header_can_hold_is_refused(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1\r")
    with BadServer(fine) as server, pytest.raises(UserError) as caught:
        ask(server, settings)
    assert str(caught.value) == (
        "The server's key holds a line break or another control character; correct "
        "OPENAI_API_KEY (or auth_token in --model_args)."
    )
    assert server.payloads == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(
    settings: dict[str, Any], tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with BadServer(fine) as server, pytest.raises(UserError) as caught:
        ask(server, settings, ca_cert_path=str(file))
    assert f"ca_cert_path={file} in --model_args: no certificates can be read" in str(caught.value)


@pytest.mark.parametrize("name", ["seed", "stop", "temperature"])
def test_a_parameter_that_is_refused_is_named(settings: dict[str, Any], name: str) -> None:
    with BadServer(refuses_parameter(name)) as server, pytest.raises(UserError) as caught:
        ask(server, settings, gen_kwargs={"until": ["END"]})
    assert f"Unsupported parameter: '{name}'" in str(caught.value)
    assert len(server.payloads) <= 3 + 2  # Before the third fails, the first two may go on.
