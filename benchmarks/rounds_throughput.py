"""How long rounds take: by hand, in lockstep, continuously, and at best.

All ways ask the same prompts and get the same answers; they are timed in turn, and each ratio is
the median over such turns:

    by hand       a script without the plugin: behind a server one coroutine a dialogue, else
                  template, lm-eval's own model, next round
    batches       only behind a server: lockstep with lm-eval's client, which sends requests of one
                  seed together, as versions before the continuous engine did
    lockstep      ptr_engine=lockstep
    continuous    ptr_engine=continuous; not for hf, which answers in batches
    schedule      simulated: the same requests without any time between them

    --backend server   a server that answers after a time drawn from the payload (log-normal)
    --backend hf       lm-eval's hf; seconds are of the CPU, so that other programs do not count
    --backend vllm     lm-eval's vllm, its engine in this process; its steps beside seconds, with a
                       large prefix cache and with one that holds a third of the dialogues

P1 is what the plugin costs: lockstep over by hand (for vllm where all answers have one length, as
else the order decides how many steps there are), or behind a server the CPU time of continuous
above by hand, in milliseconds a request. P2 is how many prompt tokens later rounds computed over
those that they do not share with the rounds before, in whole blocks; "drift" is the share of
generated tokens that the next prompt does not begin with, since a tokenizer divides a text
otherwise than the model wrote it. P3 is lockstep over continuous: seconds, for vLLM steps.

    python benchmarks/rounds_throughput.py
"""

import argparse
import logging
import os
from pathlib import Path

from rounds import hf, server, vllm

BACKENDS = {"server": server, "hf": hf, "vllm": vllm}


def main() -> None:
    """Read the command line, measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", choices=BACKENDS, default="server")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--model", type=Path, help="the model of hf and vllm; default: a tiny one")
    parser.add_argument("--questions", type=int, help="of hf and vllm")
    parser.add_argument("--new-tokens", type=int, help="of each answer, of hf and vllm")
    parser.add_argument("--in-flight", type=int, default=16, help="of vllm, and hf's batch size")
    parser.add_argument("--mean", type=float, default=0.2, help="seconds a server's answer takes")
    parser.add_argument("--cases", nargs="*", help="only these lines of the table")
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    os.environ.setdefault("TQDM_DISABLE" if options.backend != "vllm" else "TQDM_MININTERVAL", "1")
    BACKENDS[options.backend].main(options)


if __name__ == "__main__":
    main()
