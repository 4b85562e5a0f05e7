"""The command `select` with a judge behind a server: what it prints, writes and ends with."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_eval.cli import main
from ptr_eval.engine import Ledger
from ptr_eval.runs import read_selections
from tests.chat_server import ChatServer
from tests.ptr_eval.best_of_n.run_factory import STATED, right, save_run, worth, written, wrong

Say = Callable[[int, str], str | int | None]
"""From a question's number and the prompt to the content, null, or an HTTP error's status."""


class JudgeServer(ChatServer):
    """A server whose model judges by a rule that sees the prompt."""

    def __init__(self, say: Say, **more: Any) -> None:
        super().__init__(**more)
        self.rule = say

    def say(self, payload: dict[str, Any]) -> str | int | None:
        prompt = self.prompt(payload)
        return self.rule(int(re.findall(r"\[q(\d+)\]", prompt)[-1]), prompt)


def first_is_better(prompt: str) -> bool:
    one, other = re.findall(r"worth \d+.*", prompt)[-2:]
    return worth(one) > worth(other)


def in_form(form: str) -> Say:
    return lambda number, prompt: STATED[form][0 if first_is_better(prompt) else 1]


@pytest.fixture
def run(sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three questions, each with a wrong candidate and a better one, which is right."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    groups: dict[int, list[list[str | None]]] = {
        n: [[wrong("worth 1"), right(n, "worth 2")]] for n in range(3)
    }
    return save_run(tmp_path / "run", sums, groups)


def judge(run: Path, server: ChatServer, *more: str, concurrent: int = 1) -> None:
    main(["select", str(run), "--judge", "local-chat-completions", "--judge-args",
          f"model=judge,base_url={server.url},max_retries=1,num_concurrent={concurrent}",
          *more])  # fmt: skip


def refused(run: Path, say: Say, *more: str) -> str:
    with JudgeServer(say) as server, pytest.raises(SystemExit) as caught:
        judge(run, server, *more)
    assert list(run.rglob("selections_*.json*")) == []
    message = str(caught.value.code)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("form", STATED)
def test_a_published_judge_chooses(
    run: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with JudgeServer(in_form(form)) as server:
        judge(run, server, "--judge-form", form)
    _, row, told = capsys.readouterr().out.splitlines()
    assert row.split()[7:10] == ["1.000", "±", "0.000"]
    assert told == "ptr_gsm8k: 3 matches: 3 decided."
    assert len(server.payloads) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_server_that_refuses_every_request_ends_the_command(run: Path, status: int) -> None:
    message = refused(run, lambda number, prompt: status)
    assert f"HTTP {status} " in message
    assert ": this prompt is refused; nothing was answered." in message


@pytest.mark.parametrize("said", [None, "", "\n", "<think>Hm.</think>"])
def test_a_judge_that_never_answers_ends_the_command(run: Path, said: str | None) -> None:
    assert refused(run, lambda number, prompt: said) == (
        "The judge judge answered none of 6 requests (an empty reply); correct that, and start "
        "again."
    )


@pytest.mark.parametrize("form", STATED)
def test_a_judge_that_is_asked_in_another_s_form_ends_the_command(run: Path, form: str) -> None:
    message = refused(run, in_form(form))
    assert "6 of 6 replies of the judge judge have no verdict in the form plain (one ends: " in (
        message
    )
    assert message.endswith("choose the judge's own form with --judge-form.")


def test_outcomes_are_counted_apart_and_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(number: int, prompt: str) -> str | int | None:
        if number == 2:
            return None
        return "[[A]]" if number == 1 or first_is_better(prompt) else "[[B]]"

    with JudgeServer(say) as server:
        judge(run, server, "--judge-form", "mt-bench", "--name", "mine")
    told = capsys.readouterr().out.splitlines()[2]
    assert told == "ptr_gsm8k: 3 matches: 1 decided, 1 order-dependent, 1 failed."
    rows, _ = written(run, "mine")
    assert [row["matches"][0]["outcome"] for row in rows] == [
        "decided", "order-dependent", "failed",
    ]  # fmt: skip
    assert rows[2]["matches"][0]["failure"] == "an empty reply"


def test_a_form_of_one_s_own_is_sent_and_read(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = {
        "system": "You are a judge.",
        "prompt": "{question}\n--\n{first}\n--\n{second}\n--\nWhich? Write BEST=1 or BEST=2.",
        "verdict": r"BEST=(\d)",
        "means": {1: "A", 2: "B"},
    }
    path = tmp_path / "form.yaml"
    path.write_text(yaml.safe_dump(form))
    with JudgeServer(lambda _, prompt: f"best={2 - first_is_better(prompt)}") as server:
        judge(run, server, "--judge-form", str(path))
    assert "3 matches: 3 decided." in capsys.readouterr().out
    system, user = server.payloads[0]["messages"]
    assert system == {"role": "system", "content": "You are a judge."}
    assert user["content"].endswith("Which? Write BEST=1 or BEST=2.")
    stored = written(run, "judge")[1]["settings"]["judge_form"]
    assert stored["name"] == "form.yaml"
    assert stored["prompt"] == form["prompt"]


def test_choices_of_an_older_version_are_read_without_their_reasons(run: Path) -> None:
    with JudgeServer(in_form("mt-bench")) as server:
        judge(run, server, "--judge-form", "mt-bench")
    (path,) = run.rglob("selections_*.json")
    facts = json.loads(path.read_text())
    facts["format"] = 1
    del facts["settings"]["judge_form"]
    for undecided, measured in ((1, True), (3, False)):
        facts["counts"] = {"groups": 3, "tokens": 9, "matches": 3, "undecided": undecided}
        path.write_text(json.dumps(facts))
        (selection,) = read_selections(path.parent)
        assert selection.outcomes == {"decided": 3 - undecided, "undecided": undecided}
        assert (selection.measured, selection.judge_form) == (measured, "")


# When what is asked


@pytest.fixture
def fours(sums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two groups of four candidates for each of four questions, two of them with equal ones."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    groups: dict[int, list[list[str | None]]] = {
        n: [[wrong(f"worth {i * 7 % 5 + n}") for i in range(1, 5)],
            [wrong(f"worth {i * 7 % (5 if n % 2 else 3) + n}") for i in range(1, 5)]]
        for n in range(4)
    }  # fmt: skip
    return save_run(tmp_path / "run", sums, groups)


def without_costs(run: Path, name: str) -> Any:
    """What was chosen and why, without the times that it took."""
    rows, facts = written(run, name)
    return rows, {**facts["counts"], "seconds": None}


def test_tournaments_that_go_on_one_by_one_end_as_in_lockstep(fours: Path, tmp_path: Path) -> None:
    rounds, found = {}, []
    for engine in ("lockstep", "continuous"):
        asked: list[int] = []

        def say(number: int, prompt: str, asked: list[int] = asked) -> str:
            asked.append(number)
            time.sleep(0.2 if number == 0 and len(asked) < 9 else 0.01)
            return STATED["mt-bench"][0 if first_is_better(prompt) else 1]

        with JudgeServer(say) as server:
            judge(fours, server, "--judge-form", "mt-bench", "--engine", engine, "--name", engine,
                  "--ledger", str(tmp_path / engine), concurrent=4)  # fmt: skip
        found.append(without_costs(fours, engine))
        rounds[engine] = len(server.payloads)
    assert found[0] == found[1]
    # Equal matches are judged once.
    assert rounds["continuous"] <= rounds["lockstep"]


def test_a_ledger_of_lockstep_is_gone_on_with(fours: Path, tmp_path: Path) -> None:
    how = ("--judge-form", "mt-bench", "--ledger", str(tmp_path / "ledger"))
    with JudgeServer(in_form("mt-bench")) as server:
        judge(fours, server, *how, "--engine", "lockstep", "--name", "one")
        server.payloads = []
        judge(fours, server, *how, "--name", "two")
    assert server.payloads == []
    assert without_costs(fours, "two") == without_costs(fours, "one")


def test_a_judge_in_batches_cannot_be_continuous(run: Path, tiny_model: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["select", str(run), "--judge", "hf", "--judge-args",
              f"pretrained={tiny_model},device=cpu", "--gen-kwargs", "max_gen_toks=16",
              "--engine", "continuous"])  # fmt: skip
    assert str(caught.value.code) == (
        "--engine continuous: the backend hf answers in batches; leave it out."
    )


def test_a_tournament_that_is_stopped_goes_on_and_ends_like_an_undisturbed_one(
    fours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, stops, left = Ledger.record, 0, 0

    def play(server: ChatServer, name: str) -> None:
        ledger = str(tmp_path / name)
        judge(fours, server, "--judge-form", "mt-bench", "--ledger", ledger, "--name", name,
              concurrent=3)  # fmt: skip

    def until_stopped(ledger: Ledger, replies: Any) -> None:
        nonlocal left
        record(ledger, replies)
        left -= len(replies)
        if left < 0:
            raise KeyError("stopped")

    with JudgeServer(in_form("mt-bench")) as server:
        play(server, "alone")
        alone, server.payloads = len(server.payloads), []
        while True:
            left = 7
            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "record", until_stopped)
                try:
                    play(server, "stopped")
                    break
                except KeyError:
                    stops += 1
    assert stops > 2
    assert alone <= len(server.payloads) <= alone + 6 * stops
    assert without_costs(fours, "stopped") == without_costs(fours, "alone")
