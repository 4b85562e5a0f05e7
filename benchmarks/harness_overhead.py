"""What the plugin costs over calling the model by hand for the same prompts.

One model, one set of prompts: the plugin asks a task for several rounds; then the prompts it
logged are given to `generate_until` directly, round by round, as a script without the plugin
would. Both are timed in turn in one process, after a warm-up of each. The cost is a fixed one for
each prompt, so it shows most with a tiny model and short answers.

    python benchmarks/harness_overhead.py
"""

import argparse
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TINY = Path(__file__).resolve().parents[1] / "examples" / "tiny"


def load(folder: Path, batch_size: int) -> Any:
    """Load the model as lm-eval does.

    Args:
        folder: A Hugging Face folder.
        batch_size: How many prompts are answered together.

    Returns:
        The model.
    """
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(folder), device="cpu", batch_size=batch_size)


def requests_of(task: Any, lm: Any, limit: int) -> list[Any]:
    """Build a task's requests.

    Args:
        task: The task.
        lm: The model.
        limit: How many questions.

    Returns:
        lm-eval's instances.
    """
    task.build_all_requests(
        limit=limit, apply_chat_template=True, chat_template=lm.apply_chat_template
    )
    return list(task.instances)


def by_hand(lm: Any, rounds: list[list[tuple[str, dict[str, Any]]]]) -> float:
    """Answer logged prompts without the plugin.

    Args:
        lm: The model.
        rounds: Prompts and settings, round by round.

    Returns:
        Seconds.
    """
    from lm_eval.api.instance import Instance

    start = time.perf_counter()
    for prompts in rounds:
        lm.generate_until(
            [
                Instance("generate_until", {}, arguments, i, ("by hand", i, 1))
                for i, arguments in enumerate(prompts)
            ],
            disable_tqdm=True,
        )
    return time.perf_counter() - start


def main() -> None:
    """Read the command line, measure, and print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=TINY / "models" / "base")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.questions, options.new_tokens, options.repeats = 4, 4, 1
    logging.disable(logging.WARNING)

    from ptr_eval.harness.rescore import load_task

    config = str(TINY / "ptr_tiny.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        lm = load(options.model, options.batch_size)
        subprocess.run([sys.executable, TINY / "sheets.py", scratch], check=True)
        metadata = {"ptr_data": f"{scratch}/test", "ptr_ledger": None, "ptr_context": lm.max_length}
        task = load_task(config, metadata)
        task.set_config("num_fewshot", 0)
        settings = {
            "until": [],
            "max_gen_toks": options.new_tokens,
            "min_new_tokens": options.new_tokens,
            "do_sample": False,
        }
        task.set_config("generation_kwargs", settings)
        plugin, hand, recorded = [], [], []
        for repeat in range(options.repeats + 1):
            requests = requests_of(task, lm, options.questions)
            start = time.perf_counter()
            lm.generate_rounds(requests)
            plain = time.perf_counter() - start

            rounds: list[list[tuple[str, dict[str, Any]]]] = [[], [], []]
            for request in requests:
                rounds[request.idx % 3].append((request.arguments[0], dict(settings)))
            direct = by_hand(lm, rounds)

            ledgered = load_task(config, {**metadata, "ptr_ledger": f"{scratch}/{repeat}"})
            ledgered.set_config("num_fewshot", 0)
            ledgered.set_config("generation_kwargs", settings)
            requests = requests_of(ledgered, lm, options.questions)
            start = time.perf_counter()
            lm.generate_rounds(requests)
            written = time.perf_counter() - start
            if repeat:  # The first is the warm-up.
                plugin.append(plain)
                hand.append(direct)
                recorded.append(written)
    asked = 3 * options.questions
    for name, times in (("by hand", hand), ("plugin", plugin), ("plugin + ledger", recorded)):
        ratios = [a / b for a, b in zip(times, hand, strict=True)]
        print(
            f"{name:<16} {statistics.median(times):7.2f} s for {asked} prompts, "
            f"{statistics.median(ratios):.3f} x by hand "
            f"(min {min(ratios):.3f}, max {max(ratios):.3f})"
        )


if __name__ == "__main__":
    main()
