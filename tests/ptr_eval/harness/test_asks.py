"""Asking outside lm-eval's tasks, with every kind of backend."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from ptr_eval.conversation import Conversation
from ptr_eval.engine import EngineName
from ptr_eval.errors import UserError
from ptr_eval.harness.ask_desk import AskedOpenings, Replies, Sampling
from ptr_eval.harness.asks import Work, carry_out
from ptr_eval.harness.loading import load_model
from tests.chat_server import ChatServer
from tests.ptr_eval.harness.asked_openings import DRAWN, GREEDY, client, openings, texts
from tests.ptr_eval.harness.interrupted import interrupt
from tests.scripted_lm import ScriptedLM, WordLM, planned


def ask(
    lm: Any,
    asked: Sequence[Conversation],
    sampling: Sampling,
    title: str = "",
    engine: EngineName = "auto",
    **how: Any,
) -> Replies:
    """Ask a model as the only work there is."""

    def work() -> Work[Replies]:
        (replies,) = yield [AskedOpenings(lm, asked, sampling, **how)]
        return replies

    (found,) = carry_out([work()], title, engine)
    return found


# Any backend


def test_replies_come_by_opening_and_sample() -> None:
    replies = ask(ScriptedLM(), openings([5, 2]), Sampling({"until": []}, samples=3))
    assert texts(replies) == [[planned(n, 1)] * 3 for n in (5, 2)]


def test_no_openings_need_no_model() -> None:
    lm = ScriptedLM()
    assert ask(lm, [], GREEDY) == []
    assert lm.calls == []


@pytest.mark.parametrize(
    ("lm", "chat", "prompt"),
    [
        (WordLM(), None, "<user> [q1] How many is that? </user>\n<assistant>"),
        (WordLM(), False, "[q1] How many is that?\nAnswer:"),
        (ScriptedLM(), None, "[q1] How many is that?\nAnswer:"),
    ],
)
def test_a_chat_template_is_used_where_there_is_one(
    lm: ScriptedLM, chat: bool | None, prompt: str
) -> None:
    ask(lm, openings([1]), GREEDY, chat=chat)
    assert lm.prompts == [prompt]


@pytest.mark.parametrize(("title", "shown"), [("", "Rounds:"), ("Thoughts", "Thoughts:")])
def test_the_progress_bar_names_what_is_done(
    title: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(ScriptedLM(), openings([1]), GREEDY, title)
    assert capsys.readouterr().err.strip("\r").startswith(shown)


@pytest.mark.parametrize("numbers", [[3], [1, 3, 4]], ids=["alone", "among others"])
def test_a_refused_prompt_is_a_failed_reply(numbers: list[int]) -> None:
    replies = ask(ScriptedLM(refuses=(3, 1)), openings(numbers), GREEDY)
    failed = {n: r.failure for n, (r,) in zip(numbers, replies, strict=True) if r.failure}
    assert failed == {3: "ValueError: this prompt is refused"}


def test_thirty_refused_prompts_in_a_row_do_not_spoil_the_next() -> None:
    class Picky(ScriptedLM):
        def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
            if len(prompt) > 40:
                raise RuntimeError("too long")
            return "fine"

    long = [Conversation.ask(f"[q{n}] " + "word " * 20) for n in range(30)]
    replies = ask(Picky(), [*long, *openings([1])], GREEDY)
    assert [reply.failure for (reply,) in replies] == ["RuntimeError: too long"] * 30 + [None]


@pytest.mark.parametrize(
    ("lm", "context"), [(WordLM(max_length=24), None), (WordLM(), 24)], ids=["known", "stated"]
)
def test_a_prompt_too_long_for_the_context_says_so(lm: WordLM, context: int | None) -> None:
    asked = [*openings([1]), Conversation.ask("[q1] " + "word " * 20)]
    replies = ask(lm, asked, GREEDY, chat=False, context=context)
    assert [reply.truncated for (reply,) in replies] == [False, True]


# hf


def test_a_model_draws_the_same_again_and_every_sample_anew(tiny_lm: HFLM) -> None:
    sampling = Sampling(DRAWN, samples=2)
    one = texts(ask(tiny_lm, openings([1, 2, 3]), sampling))
    assert texts(ask(tiny_lm, openings([1, 2, 3]), sampling)) == one
    assert len({text for samples in one for text in samples}) == 6
    other = Sampling(DRAWN, samples=2, seed=7)
    assert texts(ask(tiny_lm, openings([1, 2, 3]), other)) != one


def test_a_copy_of_a_model_draws_the_same(tiny_lm: HFLM, tiny_model: Path, tmp_path: Path) -> None:
    sampling = Sampling(DRAWN, samples=2)
    folder = shutil.copytree(tiny_model, tmp_path / "copy", copy_function=shutil.copyfile)
    args = {"pretrained": str(folder), "device": "cpu", "batch_size": 2}
    one, other = (
        texts(ask(lm, openings([1, 2, 3]), sampling)) for lm in (tiny_lm, load_model("hf", args))
    )
    assert one == other


def test_what_is_drawn_one_at_a_time_depends_on_nothing_else(tiny_model: Path) -> None:
    lm = load_model("hf", {"pretrained": str(tiny_model), "device": "cpu", "batch_size": 1})
    sampling = Sampling(DRAWN, samples=2)
    forth = texts(ask(lm, openings([1, 2, 3]), sampling))
    back = texts(ask(lm, openings([3, 2]), sampling))
    assert back == [forth[2], forth[1]]


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_an_interrupted_call_ends_like_an_undisturbed_one(
    tiny_lm: HFLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    sampling, ledger = Sampling(DRAWN, samples=2), tmp_path / "ledger"
    alone = ask(tiny_lm, openings([1, 2, 3]), sampling)
    calls = interrupt(tiny_lm, stop, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        ask(tiny_lm, openings([1, 2, 3]), sampling, ledger=ledger)
    resumed = ask(tiny_lm, openings([1, 2, 3]), sampling, ledger=ledger)
    assert next(calls) == 3 + 1  # Three batches of two, and the call that was interrupted.
    facts = [[(r.response, r.finish_reason) for r in samples] for samples in resumed]
    assert facts == [[(r.response, r.finish_reason) for r in samples] for samples in alone]


def test_a_text_that_the_token_limit_ended_is_told_from_one_that_a_stop_ended(
    tiny_lm: HFLM,
) -> None:
    ((cut,),) = ask(tiny_lm, openings([1]), GREEDY)
    assert cut.finish_reason == "length"
    stop = cut.response[len(cut.response) // 2 :][:2]
    ((stopped,),) = ask(tiny_lm, openings([1]), Sampling({**GREEDY.generation, "until": [stop]}))
    assert stopped.finish_reason == "stop"
    assert stopped.response == cut.response.split(stop)[0]


# vLLM


class VLLM(ScriptedLM):
    """A stand-in with the method of lm-eval's backend of this name that is listened to."""

    def _model_generate(self, requests: list[Any]) -> list[Any]:
        reasons = ["length", "stop"]
        texts = super().generate_until(requests)
        return [
            SimpleNamespace(
                num_cached_tokens=None,
                outputs=[SimpleNamespace(text=text, finish_reason=reasons[i % 2])],
            )
            for i, text in enumerate(texts)
        ]

    def generate_until(self, requests: list[Any]) -> list[str]:
        return [output.outputs[0].text for output in self._model_generate(requests)]


def test_vllm_s_word_on_its_token_limit_is_taken() -> None:
    replies = ask(VLLM(), openings(range(4)), GREEDY)
    assert [reply.finish_reason for (reply,) in replies] == ["length", "stop"] * 2


# Servers


class Limited(ChatServer):
    """A chat server that cuts the answers to odd questions off."""

    def reply(self, payload: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        replied = super().reply(payload)
        if replied and self._place(payload)[0] % 2:
            replied[1]["choices"][0]["finish_reason"] = "length"
        return replied


@pytest.mark.parametrize("concurrent", [1, 4])
def test_a_server_s_word_on_its_token_limit_is_taken_and_kept(
    tmp_path: Path, concurrent: int
) -> None:
    ledger = tmp_path / "ledger"
    with Limited() as server:
        lm = client(server.url, num_concurrent=concurrent)
        replies = ask(lm, openings(range(6)), GREEDY, ledger=ledger)
        again = ask(lm, openings(range(6)), GREEDY, ledger=ledger)
        assert len(server.payloads) == 6
    assert [reply.finish_reason for (reply,) in replies] == ["stop", "length"] * 3
    assert again == replies


def test_a_server_is_sent_messages_and_one_seed_a_sample() -> None:
    with ChatServer() as server:
        ask(client(server.url), openings([1, 2]), Sampling(DRAWN, samples=3))
        ask(client(server.url), openings([2]), Sampling(DRAWN, samples=1))
    assert all(p["messages"][0]["role"] == "user" for p in server.payloads)
    assert all(p["top_k"] == 30 and p["max_tokens"] == 16 for p in server.payloads)
    seeds: dict[str, list[int]] = {}
    for payload in server.payloads[:6]:
        seeds.setdefault(payload["messages"][0]["content"], []).append(payload["seed"])
    one, other = map(sorted, seeds.values())
    assert one == other
    assert len(set(one)) == 3
    assert server.payloads[6]["seed"] in one


def test_a_server_that_is_down_is_one_clear_error() -> None:
    with ChatServer() as server:
        gone = server.url
    with pytest.raises(UserError, match="cannot be reached") as caught:
        ask(client(gone), openings([1, 2]), GREEDY)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("concurrent", [1, 4])
def test_a_server_that_dies_ends_the_run_and_the_next_one_goes_on(
    tmp_path: Path, concurrent: int
) -> None:
    ledger, questions = tmp_path / "ledger", openings(range(8))
    with ChatServer(dies_after=5) as server:
        lm = client(server.url, num_concurrent=concurrent)
        with pytest.raises(UserError, match=r"cannot be reached .* earlier answers are in the"):
            ask(lm, questions, GREEDY, ledger=ledger)
    with ChatServer(port=server.port) as server:
        replies = ask(lm, questions, GREEDY, ledger=ledger)
    assert 3 <= len(server.payloads) <= 3 + concurrent
    assert texts(replies) == [[planned(n, 1)] for n in range(8)]


def test_a_prompt_that_takes_too_long_fails_by_itself() -> None:
    def slow(question: int, round_: int) -> str:
        time.sleep(1.5 if question == 1 else 0)
        return "done"

    with ChatServer(slow) as server:
        replies = ask(client(server.url, timeout=1), openings([0, 1]), GREEDY)

    assert [reply.response for (reply,) in replies] == ["done", ""]
    assert "Timeout" in str(replies[1][0].failure)
