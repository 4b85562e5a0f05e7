"""Tokens encoded per second: `ptr-train encode` against the tokenizer's own batch speed.

Both work on the same made-up conversations in one process, turn by turn in one run, so that other
load on the machine slows both equally. The tokenizer is given texts that are rendered already, all
at once, and returns their ids; beside it, the same with rendering by its chat template. Encoding
reads the rows, renders them, finds the thoughts, drops what does not fit, and writes files. Not a
test: prints figures, asserts nothing.

    python benchmarks/encoding_throughput.py [--rounds 3] [--rows 4000] [--tokenizer NAME]

Without NAME, a byte-level tokenizer is trained on the rows themselves.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ptr_data.export.files import ExportSettings, export_rows
from ptr_data.export.training_rows import (
    Provenance,
    RowScores,
    RowTokens,
    TrainingMessage,
    TrainingRow,
)
from ptr_train.encoding.encode import encode_files
from ptr_train.encoding.settings import EncodingSettings

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("l", "rt", "nst", "")]
REQUEST = "Look at your answer again, find what is wrong with it, and write a better one."
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role + '\\n' + m.content }}<|im_end|>{{ '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{{ '\\n' }}{% endif %}"
)


def make_rows(count: int) -> Iterator[TrainingRow]:
    """Make rows up: questions of some 40 words, none to four thoughts and an answer.

    Args:
        count: How many.

    Yields:
        The rows.
    """
    rng = random.Random(0)

    def text(words: int) -> str:
        drawn = rng.choices(WORDS, k=rng.randint(words // 2, 2 * words))
        return "".join(word + rng.choice([" ", " ", " ", ", ", ".\n", " 12 "]) for word in drawn)

    for number in range(count):
        question, thoughts, answer = text(40), [text(120) for _ in range(number % 5)], text(150)
        messages = [TrainingMessage("user", question)]
        for thought in thoughts:
            messages.append(TrainingMessage("assistant", thought, 0))
            messages.append(TrainingMessage("user", REQUEST))
        messages.append(TrainingMessage("assistant", answer, 1))
        yield TrainingRow(
            f"ptr-{number}", "ptr", "train", tuple(messages), question, tuple(thoughts), answer,
            None, "", "made", number + 1, Provenance(), RowScores(), RowTokens(),
        )  # fmt: skip


def make_tokenizer(texts: Sequence[str]) -> Any:
    """Train a byte-level tokenizer.

    Args:
        texts: What it is trained on.

    Returns:
        The tokenizer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8_000,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def timed(work: Callable[[], int]) -> float:
    """Measure one side.

    Args:
        work: Does it, and returns the number of tokens.

    Returns:
        Tokens per second.
    """
    start = time.perf_counter()
    tokens = work()
    return tokens / (time.perf_counter() - start)


def main() -> None:
    """Run the rounds and print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="times each side runs")
    parser.add_argument("--rows", type=int, default=4_000, help="rows encoded")
    parser.add_argument("--tokenizer", help="a model's name or folder, with a chat template")
    parser.add_argument("--max-length", type=int, default=4_096, help="the longest row, in tokens")
    parser.add_argument("--smoke", action="store_true", help="run the smallest form")
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.rows = 1, 100
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    ratios = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        export_rows(make_rows(options.rows), folder, ExportSettings())
        lines = (folder / "data" / "train.jsonl").read_text().splitlines()
        chats = [json.loads(line)["messages"] for line in lines]
        if options.tokenizer:
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
        else:
            tokenizer = make_tokenizer([m["content"] for chat in chats[:1000] for m in chat])
        texts = tokenizer.apply_chat_template(chats, tokenize=False)
        settings = EncodingSettings(max_length=options.max_length)

        def tokenised() -> int:
            encoded = tokenizer(texts, add_special_tokens=False, return_attention_mask=False)
            return sum(map(len, encoded.input_ids))

        def rendered() -> int:
            return sum(map(len, tokenizer.apply_chat_template(chats).input_ids))

        for number in range(1, options.rounds + 1):
            out = folder / f"out{number}"

            def ours(out: Path = out) -> int:
                return encode_files(folder, tokenizer, settings, out).total.tokens

            own, plain, chat = timed(ours), timed(tokenised), timed(rendered)
            ratios.append((own / plain, own / chat))
            sys.stdout.write(
                f"round {number}: encoding {own:,.0f} tokens/s; tokenizer alone {plain:,.0f}, "
                f"ratio {own / plain:.2f}; with its template {chat:,.0f}, ratio {own / chat:.2f}\n"
            )
    medians = [f"{statistics.median(found):.2f}" for found in zip(*ratios, strict=True)]
    sys.stdout.write(f"{options.rows} rows; median ratios {', '.join(medians)}\n")


if __name__ == "__main__":
    main()
