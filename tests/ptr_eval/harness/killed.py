"""Runs in processes of their own, to kill them with -9."""

import json
import multiprocessing
import random
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from lm_eval import evaluator

from tests.ptr_eval.harness.saved_files import saved_files
from tests.scripted_lm import ScriptedLM, evaluate, evaluate_into, planned

PRELOAD = (
    __name__,
    "aiohttp",
    "datasets",
    "lm_eval.models.huggingface",
    "lm_eval.models.openai_completions",
    "ptr_eval.harness.task",
    "transformers.models.llama.modeling_llama",
)
Run = Callable[[Path, Path], None]
"""A run, from its ledger and the file to write what it found to."""


def scripted_run(data: Path, ledger: Path, out: Path) -> None:
    """Ask a scripted model that takes its time, in small batches."""

    def slowly(question: int, round_: int) -> str:
        time.sleep(0.01)
        return planned(question, round_)

    lm = ScriptedLM(slowly)
    settings = {"ptr_data": str(data), "ptr_scorers": "strict", "ptr_chunk": 3}
    results = _evaluate(lm, {**settings, "ptr_ledger": str(ledger)})
    _write(out, results, asked=len(lm.prompts))


def model_run(
    model: Path, settings: dict[str, Any], generation: str, data: Path, ledger: Path, out: Path
) -> None:
    """Ask a real model on the CPU, two questions at a time."""
    chosen = {"ptr_data": str(data), "ptr_scorers": "strict", "ptr_ledger": str(ledger)}
    results = _evaluate(
        "hf",
        {**chosen, **settings},
        model_args={"pretrained": str(model)},
        device="cpu",
        batch_size=2,
        limit=7,
        apply_chat_template=True,
        gen_kwargs=generation,
    )
    _write(out, results, asked=None)


def server_run(
    url: str, settings: dict[str, Any], generation: str | None, data: Path, ledger: Path, out: Path
) -> None:
    """Ask a chat server, and write down what the run's files say."""
    evaluator.add_env_info = lambda results: None
    files = out.with_suffix(".files")
    evaluate_into(
        files,
        "local-chat-completions",
        {**settings, "ptr_data": str(data), "ptr_scorers": "strict", "ptr_ledger": str(ledger)},
        model_args={"model": "m", "base_url": url, "num_concurrent": 6},
        apply_chat_template=True,
        gen_kwargs=generation,
    )
    out.write_text(json.dumps(saved_files(files)), encoding="utf-8")


def _evaluate(model: Any, settings: dict[str, Any], **options: Any) -> dict[str, Any]:
    # Without lm-eval's report of the machine, most of the time goes into answering.
    evaluator.add_env_info = lambda results: None
    return evaluate(model, settings, **options)


def _write(out: Path, results: dict[str, Any], *, asked: int | None) -> None:
    found = {"results": results["results"], "samples": results["samples"], "asked": asked}
    partial = out.with_suffix(".part")
    partial.write_text(json.dumps(found, default=str, sort_keys=True), encoding="utf-8")
    partial.rename(out)


def processes() -> ForkServerContext:
    """Make a source of processes that have their imports done, so that they start at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


def complete(run: Callable[..., None], *arguments: Any, ledger: Path, out: Path) -> float:
    """Let a run go to its end.

    Returns:
        How many seconds it took.
    """
    began = time.monotonic()
    process = processes().Process(target=run, args=(*arguments, ledger, out))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


def kill_within(
    seconds: float,
    rng: random.Random,
    run: Callable[..., None],
    *arguments: Any,
    ledger: Path,
    out: Path,
) -> bool:
    """Start a run and kill it at a random moment.

    Returns:
        Whether it was still running by then.
    """
    process = processes().Process(target=run, args=(*arguments, ledger, out))
    process.start()
    process.join(rng.uniform(0, seconds))
    process.kill()
    process.join()
    return process.exitcode == -9


def kill_when(
    ready: Callable[[], bool], run: Callable[..., None], *arguments: Any, ledger: Path, out: Path
) -> bool:
    """Start a run and kill it as soon as something is so.

    Returns:
        Whether it was still running by then.
    """
    process = processes().Process(target=run, args=(*arguments, ledger, out))
    process.start()
    while not ready() and process.is_alive():
        process.join(0.002)
    process.kill()
    process.join()
    return process.exitcode == -9
