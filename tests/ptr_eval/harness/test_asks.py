"""Asking outside lm-eval's tasks, with every kind of backend."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM

from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.harness.ask_desk import AskedOpenings, Replies, Sampling
from ptr_eval.harness.asks import Work, carry_out, together
from ptr_eval.harness.loading import has_chat_template, load_model
from ptr_eval.harness.settings import Engine
from tests.bad_server import BadServer, fine, says
from tests.chat_server import ChatServer, Response
from tests.scripted_lm import ScriptedLM, WordLM, planned

GREEDY = Sampling({"until": [], "max_gen_toks": 16})
DRAWN = {"until": [], "max_gen_toks": 16, "do_sample": True, "temperature": 1.0, "top_k": 30}


def openings(numbers: Sequence[int]) -> list[Conversation]:
    return [Conversation.ask(f"[q{n}] How many is that?") for n in numbers]


def ask(
    lm: Any,
    asked: Sequence[Conversation],
    sampling: Sampling,
    title: str = "",
    engine: Engine = "auto",
    **how: Any,
) -> Replies:
    """Ask a model as the only work there is."""

    def work() -> Work[Replies]:
        (replies,) = yield [AskedOpenings(lm, asked, sampling, **how)]
        return replies

    (found,) = carry_out([work()], title, engine)
    return found


def texts(replies: Replies) -> list[list[str]]:
    return [[reply.response for reply in samples] for samples in replies]


def client(url: str, **args: Any) -> LM:
    given = {"model": "m", "base_url": url, "num_concurrent": 4, "max_retries": 1, **args}
    return load_model("local-chat-completions", given)


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
    generate, calls = tiny_lm.generate_until, iter(range(100))

    def until_stopped(requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        if next(calls) == stop:
            raise KeyboardInterrupt
        return list(generate(requests, disable_tqdm=True))

    monkeypatch.setattr(tiny_lm, "generate_until", until_stopped)
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


# Loading


def test_a_loaded_model_is_known_by_its_template(tiny_model: Path, tmp_path: Path) -> None:
    lm = load_model("hf", {"pretrained": str(tiny_model), "device": "cpu"})
    assert has_chat_template(lm)
    lm.tokenizer.chat_template = None
    assert not has_chat_template(lm)


def test_an_unknown_backend_is_told_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"'hff' is unknown; choose one of .*hf, .*vllm"):
        load_model("hff", {})


@pytest.mark.parametrize("more", [{"pretrained": "no/such/folder"}, {"colour": "red"}])
def test_a_model_that_cannot_be_loaded_is_one_clear_error(
    tiny_model: Path, more: dict[str, str]
) -> None:
    args = {"pretrained": str(tiny_model), "device": "cpu", "token": "secret", **more}
    with pytest.raises(UserError, match="Backend hf cannot be loaded with pretrained=") as caught:
        load_model("hf", args)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_local_model_is_loaded_onto_the_device_there_is(tiny_model: Path) -> None:
    lm = load_model("hf", {"pretrained": str(tiny_model)})
    assert str(getattr(lm, "device", None)) == ("cuda" if torch.cuda.is_available() else "cpu")


# Much at once


def asking(
    lm: Any, *asks: Sequence[int], samples: int = 1, ledger: Path | None = None
) -> Work[Any]:
    """Ask about questions, one ask after the other."""
    found = []
    for numbers in asks:
        sampling = Sampling(DRAWN if samples > 1 else GREEDY.generation, samples)
        (replies,) = yield [AskedOpenings(lm, openings(numbers), sampling, ledger)]
        found.append(texts(replies))
    return found


def answered(numbers: Sequence[int], samples: int = 1) -> list[list[str]]:
    return [[planned(n, 1)] * samples for n in numbers]


def slow_chat() -> BadServer:
    return BadServer(lambda asked: replace(says(asked, planned(asked.question, 1)), delay=0.03))


def test_as_much_is_under_way_as_allowed_whatever_work_it_is_for() -> None:
    with slow_chat() as server:
        lm = client(server.url)
        works = [asking(lm, [n], [n + 10], samples=2) for n in range(5)]
        found = carry_out(works)
    assert found == [[answered([n], 2), answered([n + 10], 2)] for n in range(5)]
    assert max(asked.in_flight for asked, _ in server.log) == 4
    assert server.connections <= 4


def test_what_was_begun_is_finished_first_unless_rounds_are_to_go_together() -> None:
    for in_order in (True, False):
        with slow_chat() as server:
            lm = client(server.url, num_concurrent=1)
            carry_out([asking(lm, [n], [n + 10]) for n in range(5)], in_order=in_order)
        order = [question for question, _ in server.asked]
        assert (order.index(10) < order.index(4)) == in_order


def test_in_lockstep_and_in_batches_one_work_follows_the_other() -> None:
    with slow_chat() as server:
        lm = client(server.url)
        carry_out([asking(lm, [n], [n + 10]) for n in range(3)], engine="lockstep")
    assert [question for question, _ in server.asked] == [0, 10, 1, 11, 2, 12]
    scripted = ScriptedLM()
    found = carry_out([asking(scripted, [n, n + 1], [n + 10]) for n in range(3)])
    assert found == [[answered([n, n + 1]), answered([n + 10])] for n in range(3)]
    assert scripted.calls == [2, 1] * 3


@pytest.mark.parametrize("served", [True, False])
def test_works_that_are_done_together_get_their_own_replies(served: bool) -> None:
    with slow_chat() as server:
        lm = client(server.url) if served else ScriptedLM()
        works = [asking(lm, [1, 2], [3]), asking(lm), asking(lm, [4])]
        (found,) = carry_out([together(works)])
    assert found == [[answered([1, 2]), answered([3])], [], [answered([4])]]


def test_the_same_request_is_under_way_only_once_for_a_ledger(tmp_path: Path) -> None:
    for ledgers, sent in ((["a", "a"], 3), (["b", "c"], 6)):
        with slow_chat() as server:
            lm = client(server.url)
            works = [asking(lm, [1, 2, 3], ledger=tmp_path / name) for name in ledgers]
            assert carry_out(works) == [[answered([1, 2, 3])]] * 2
        assert len(server.payloads) == sent


def test_work_that_fails_ends_all_and_what_was_answered_is_known_afterwards(tmp_path: Path) -> None:
    ended: list[int] = []

    def failing(lm: Any, number: int) -> Work[Any]:
        try:
            found = yield from asking(lm, [number], ledger=tmp_path / "ledger")
            if number == 1:
                raise KeyError(number)
            yield from asking(lm, [number + 10], ledger=tmp_path / "ledger")
            return found
        finally:
            ended.append(number)

    with slow_chat() as server:
        lm = client(server.url)
        with pytest.raises(KeyError):
            carry_out([failing(lm, n) for n in range(3)])
        before = len(server.payloads)
        carry_out([asking(lm, [1], ledger=tmp_path / "ledger")])
    assert sorted(ended) == [0, 1, 2]
    assert len(server.payloads) == before


def test_a_few_failures_at_first_do_not_end_works_that_are_to_come() -> None:
    refusal = Response.of({"error": {"message": "no"}}, 400)
    with BadServer(lambda asked: refusal if asked.question < 2 else fine(asked)) as server:
        lm = client(server.url, num_concurrent=1)
        found = carry_out([asking(lm, [n]) for n in range(4)])
    assert [texts_ == [[[""]]] for texts_ in found] == [True, True, False, False]


def test_what_an_earlier_version_wrote_into_a_ledger_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, ledger = [1, 2, 1, 3], tmp_path / "ledger"
    with slow_chat() as server:
        lm = client(server.url)
        with monkeypatch.context() as patch:
            # It numbered equal requests, and did not say who asks.
            patch.setattr("ptr_eval.harness.ask_desk.stream_of", lambda *how: None)
            before = carry_out([asking(lm, numbers, samples=2, ledger=ledger)])
        asked = len(server.payloads)
        after = carry_out([asking(lm, numbers, samples=2, ledger=ledger)])
    assert asked == len(server.payloads) == 8
    assert after == before == [[answered(numbers, 2)]]
