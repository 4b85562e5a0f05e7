"""Rounds with lm-eval's hf: by hand, and in lockstep, with and without a ledger."""

import statistics
import time
from argparse import Namespace
from pathlib import Path

from rounds.local import ROUNDS, Asked, data_of, openings, ratio

TINY = Path(__file__).resolve().parents[2] / "examples" / "tiny" / "models" / "base"


def main(options: Namespace) -> None:
    """Measure, and print the table."""
    if options.smoke:
        options.questions, options.new_tokens, options.repeats = 2, 2, 1

    from lm_eval.models.huggingface import HFLM

    from ptr_eval.harness.rounds import install

    install()
    questions, new = options.questions or 64, options.new_tokens or 32
    folder = str(options.model or TINY)
    lm = HFLM(pretrained=folder, device="cpu", batch_size=options.in_flight)
    generation = {"until": [], "max_gen_toks": new, "min_new_tokens": new, "do_sample": False}
    with data_of(questions) as data:
        seconds = measure(Asked(lm, data, questions, generation), options.repeats)
    hand, lockstep, ledger = (seconds[way] for way in ("by hand", "lockstep", "ledger"))
    asked = questions * ROUNDS
    above = statistics.median(a - b for a, b in zip(lockstep, hand, strict=True)) / asked
    print("| requests | by hand s | lockstep s | with ledger s | P1 with ledger | P1 ms | P1 |")
    print(f"|{'---|' * 7}")
    medians = (f"{statistics.median(times):.2f}" for times in (hand, lockstep, ledger))
    cells = [f"{asked}", *medians, f"{ratio(ledger, hand):.3f}", f"{1000 * above:.2f}"]
    print(f"| {' | '.join(cells)} | {ratio(lockstep, hand):.3f} |")


def measure(asked: Asked, repeats: int) -> dict[str, list[float]]:
    """Time all ways in turn, after one turn that does not count."""
    from ptr_eval.instructions import INSTRUCTIONS

    times: dict[str, list[float]] = {}
    for repeat in range(repeats + 1):
        prompts = {}
        for way in ("by hand", "lockstep", "ledger"):
            file = {"ptr_ledger": str(asked.data / f"ledger-{repeat}")} if way == "ledger" else {}
            requests = asked.requests("lockstep", **file)
            messages = openings(requests)
            began = time.process_time()
            if way == "by hand":
                asked.by_hand(messages, INSTRUCTIONS["neutral"])
            else:
                asked.through_plugin(requests)
            spent = time.process_time() - began
            prompts[way] = list(asked.prompts)
            if repeat:
                times.setdefault(way, []).append(spent)
        if any(each != prompts["by hand"] for each in prompts.values()):
            raise RuntimeError("the ways asked different prompts")
    return times
