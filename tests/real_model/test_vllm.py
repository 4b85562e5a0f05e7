"""A real model under vLLM, through the command line in its default layout: as transformers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.engine_lengths import assert_same_but_for_the_end

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        find_spec("vllm") is None,
        reason="vLLM is not installed here; .ci/vllm-cpu.sh makes a place for it",
    ),
]
TASKS, ASKED, ROUNDS = ("ptr_gsm8k", "ptr_arc_easy"), 4, 2
TIE = 1e-3
"""By how much two tokens' logits differ, at most, where the order of sums in float32 may choose."""


@dataclass(frozen=True)
class Turn:
    task: str
    question: int
    round: int
    prompt: str
    response: str
    record: dict[str, Any]


def ask(folder: Path, data: Path, *arguments: str) -> tuple[list[Turn], str]:
    """Run `ptr-eval run`; gives all turns, in order, and all that was printed."""
    settings = {
        "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PTR_DATA": str(data),
        "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1",
    }  # fmt: skip
    environment = {**os.environ, **settings}
    environment.pop("VLLM_ENABLE_V1_MULTIPROCESSING", None)
    done = subprocess.run(
        [
            sys.executable, "-c", "from ptr_eval.cli import main; main()", "run", *arguments,
            "--tasks", ",".join(TASKS), "--limit", str(ASKED), "--apply_chat_template",
            "--gen_kwargs", "max_gen_toks=24", "--metadata", f"ptr_rounds={ROUNDS}",
            "--output_path", str(folder), "--log_samples",
        ],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=840, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    return [turn for task in TASKS for turn in _turns(folder, task)], done.stdout


def _turns(folder: Path, task: str) -> Iterator[Turn]:
    (file,) = folder.rglob(f"samples_{task}_*.jsonl")
    samples = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    headline = samples[0]["filter"]
    for sample in sorted(samples, key=lambda sample: sample["doc_id"]):
        if sample["filter"] != headline:
            continue
        turns = zip(sample["arguments"].values(), sample["resps"], strict=True)
        for round_, (asked, (response,)) in enumerate(turns, start=1):
            record = {name: asked["arg_2"][name] for name in asked["arg_2"] if name != "scores"}
            yield Turn(task, sample["doc_id"], round_, asked["arg_0"], response, record)


def gap(model: Path, prompt: str, ours: str, theirs: str) -> float:
    """How far apart the logits of two answers' first different tokens are, by transformers."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    asked = tokenizer(prompt, add_special_tokens=False).input_ids
    one, other = (
        [*tokenizer(text, add_special_tokens=False).input_ids, end] for text in (ours, theirs)
    )
    same = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    with torch.no_grad():
        logits = loaded(torch.tensor([[*asked, *one[:same]]])).logits[0, -1]
    return abs(float(logits[one[same]] - logits[other[same]]))


def different(
    model: Path, ours: Sequence[Turn], theirs: Sequence[Turn]
) -> list[tuple[str, int, int, float]]:
    """List the answers to equal prompts that differ, each with the gap at its first difference."""
    found = []
    for one, other in zip(ours, theirs, strict=True):
        assert (one.task, one.question, one.round) == (other.task, other.question, other.round)
        if one.prompt == other.prompt and one.response != other.response:
            between = gap(model, one.prompt, one.response, other.response)
            found.append((one.task, one.question, one.round, between))
    return found


def test_greedy_answers_are_those_of_transformers_but_for_ties(
    smollm2: Path, made_up: Path, tmp_path: Path
) -> None:
    given = f"pretrained={smollm2},dtype=float32"
    ours, log = ask(
        tmp_path / "vllm", made_up, "--model", "vllm", "--batch_size", "auto",
        "--model_args", f"{given},max_model_len=1024,enforce_eager=True",
    )  # fmt: skip
    assert "EngineCore" in log  # The engine had a process of its own.
    theirs, _ = ask(
        tmp_path / "hf", made_up, "--model", "hf", "--device", "cpu", "--batch_size", "8",
        "--model_args", f"{given},max_length=1024",
    )  # fmt: skip
    assert len(ours) == len(theirs) == len(TASKS) * ASKED * ROUNDS

    ties = different(smollm2, ours, theirs)
    assert [tie for tie in ties if tie[-1] > TIE] == [], f"of the differences {ties}"
    assert len(ties) <= 1

    # The first prompts have the template's own system prompt, in both.
    for one, other in zip(ours, theirs, strict=True):
        if one.round == 1:
            assert one.prompt == other.prompt
            assert one.prompt.startswith("<|im_start|>system\nYou are a helpful AI assistant")
        if (one.prompt, one.response) == (other.prompt, other.response):
            assert_same_but_for_the_end(one.record, other.record)
    ends = {turn.record["finish_reason"] for turn in ours}
    assert ends == {"stop", "length"}
