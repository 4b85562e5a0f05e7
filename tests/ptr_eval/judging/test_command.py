"""The command `judge` with a judge behind a server, and what it refuses."""

import re
from pathlib import Path

import pytest

from ptr_eval.cli import main
from tests.chat_server import ChatServer
from tests.ptr_eval.best_of_n.run_factory import STATED, worth
from tests.ptr_eval.best_of_n.test_served_judge import JudgeServer
from tests.ptr_eval.judging.round_factory import judged


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")


def better(number: int, prompt: str) -> str:
    one, other = re.findall(r"worth \d+ of", prompt)[-2:]
    return STATED["arena-hard"][0 if worth(one) > worth(other) else 1]


def judge(run: Path, server: ChatServer, *more: str) -> None:
    main(["judge", str(run), "--judge", "local-chat-completions", "--judge-args",
          f"model=judge,base_url={server.url},max_retries=1,num_concurrent=2", *more])  # fmt: skip


@pytest.mark.parametrize("flag", ["--prompt", "--judge-form"])
def test_a_published_judge_compares_rounds(
    run: Path, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with JudgeServer(better) as server:
        judge(run, server, flag, "arena-hard", "--compare", "previous")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "How often later answers are preferred:"
    assert "form                      arena-hard" in told
    assert told[-1].startswith("responses on ptr_gsm8k, judged by judge against the round before: ")
    assert len(server.payloads) == 22
    assert [match.result for match in judged(run).of_round(2)] == ["win"] * 5 + ["tie"]


def test_a_server_that_refuses_everything_ends_the_command(run: Path) -> None:
    with JudgeServer(lambda number, prompt: 401) as server, pytest.raises(SystemExit) as caught:
        judge(run, server)
    assert "HTTP 401" in str(caught.value.code)
    assert list(run.rglob("judgements_*.json")) == []


def test_a_page_for_people_needs_no_judge(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["judge", str(run), "--page", str(tmp_path / "page"), "--matches", "4"])
    assert capsys.readouterr().out.splitlines()[0] == (
        f"{tmp_path / 'page' / 'compare.html'}: 4 matches to choose in; it saves a file of choices."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--page p --people f --prompt x",
         "--prompt, --people: --page asks no judge; leave it out."),
        ("--judge hf --matches 3", "--matches: only --page takes that; leave it out."),
        ("--judge hf --rubric f --compare first --repeats 2",
         "--compare, --repeats: --rubric compares nothing; leave it out."),
        ("--judge hf --prompt nothing", "--prompt nothing: no such form or file; choose one of"),
        ("--judge hf --compare best",
         "--compare best: compare with first, previous, or run: and the path of another run."),
        ("--judge hf --tasks ptr_xsum", "--tasks ptr_xsum: "),
        ("--page p --compare best",
         "--compare best: compare with first, previous, or run: and the path of another run."),
    ],
)  # fmt: skip
def test_what_would_be_ignored_or_is_unknown_is_refused(
    run: Path, given: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run)
    with pytest.raises(SystemExit) as caught:
        main(["judge", str(run), *given.split()])
    assert message in str(caught.value.code)
