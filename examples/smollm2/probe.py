"""Find out in which precision a model answers faster on this machine's processor.

bf16 is more than twice as fast where the processor has instructions for it, and slow elsewhere.
"""

import argparse
import json
import time
from pathlib import Path

PRECISIONS = ("float32", "bfloat16")
BATCH, PROMPT, ANSWER = 24, 16, 8
WORTH = 1.2
"""By how much bf16, which rounds more, must be faster to be chosen."""


def tokens_per_second(model: str, precision: str) -> float:
    """Measure how many tokens a second a batch of answers has; the better of two tries."""
    import torch
    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, precision))
    prompts = torch.full((BATCH, PROMPT), min(100, loaded.config.vocab_size - 1))
    seen = torch.ones_like(prompts)
    best = float("inf")
    for tokens in (2, ANSWER, ANSWER):  # The first try only warms up.
        since = time.perf_counter()
        loaded.generate(
            prompts, attention_mask=seen, min_new_tokens=tokens, max_new_tokens=tokens,
            do_sample=False, pad_token_id=0,
        )  # fmt: skip
        if tokens == ANSWER:
            best = min(best, time.perf_counter() - since)
    return BATCH * ANSWER / best


def main() -> None:
    """Write what was measured, and the precision to use, to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a folder, or a name on the hub")
    parser.add_argument("out", type=Path, help="the file to write")
    options = parser.parse_args()
    speeds = {name: round(tokens_per_second(options.model, name), 1) for name in PRECISIONS}
    plain, short = PRECISIONS
    chosen = short if speeds[short] > WORTH * speeds[plain] else plain
    found = {"chosen": chosen, "tokens_per_second": speeds}
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
