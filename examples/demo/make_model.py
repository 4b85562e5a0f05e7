"""Make a small model on the spot: a two-layer Llama that counts, and often slips the first time.

It is trained on conversations in which the first answer is often a slip and later ones are
right, so sampled answers improve from round to round. That is planted: the demonstration shows
the plumbing, not that refinement works.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ptr_eval.instructions import INSTRUCTIONS

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
SLIP_RATE = 0.4
LARGEST = 99


def question(number: int) -> str:
    """Word a problem.

    Args:
        number: The number before the one asked for.

    Returns:
        The question.
    """
    return f"Question: Which number comes after {number}?"


def conversations(rng: random.Random) -> Iterator[list[dict[str, str]]]:
    """Draw training conversations of three rounds, without end.

    Args:
        rng: The source of randomness.

    Yields:
        The messages.
    """
    while True:
        number = rng.randint(0, LARGEST)
        messages = [{"role": "user", "content": question(number)}]
        for round_ in range(3):
            slip = round_ == 0 and rng.random() < SLIP_RATE
            answer = number + 1 + (rng.choice([-2, -1, 1, 2]) if slip else 0)
            messages.append({"role": "assistant", "content": f"The answer is {answer}."})
            if round_ < 2:
                messages.append({"role": "user", "content": INSTRUCTIONS["neutral"]})
        yield messages


def make_tokenizer(folder: Path) -> Any:
    """Train a byte-level tokenizer and save it.

    Args:
        folder: Where the model is to be.

    Returns:
        The tokenizer, as `from_pretrained` loads it.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(False)]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    drawn = conversations(random.Random(0))
    texts = [m["content"] for _ in range(400) for m in next(drawn)]
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<|pad|>", eos_token="<|end|>", model_max_length=1024
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def encode(tokenizer: Any, messages: list[dict[str, str]]) -> tuple[list[int], list[int]]:
    """Encode a conversation; only what the assistant says is to be learned.

    Args:
        tokenizer: The tokenizer.
        messages: The conversation.

    Returns:
        Token ids, and labels in which all other tokens are -100.
    """
    ids: list[int] = []
    labels: list[int] = []
    for message in messages:
        role = tokenizer.encode(f"<|{message['role']}|>")
        content = tokenizer.encode(f"{message['content']}<|end|>")
        ids += role + content
        learned = message["role"] == "assistant"
        labels += [-100] * len(role) + (content if learned else [-100] * len(content))
    return ids, labels


def make_model(folder: Path, steps: int, seed: int = 0) -> None:
    """Train the model and save it as an ordinary Hugging Face folder.

    Args:
        folder: Where to save it.
        steps: Training steps; 0 leaves the random weights.
        seed: The seed of weights and data.
    """
    import torch
    from tqdm import trange
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=600, hidden_size=96, intermediate_size=288, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=1024,
        bos_token_id=None, eos_token_id=1, pad_token_id=0, tie_word_embeddings=False,
        initializer_range=0.1,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    # Saved first: transformers chooses the tokenizer's class by the model beside it.
    model.save_pretrained(folder)
    tokenizer = make_tokenizer(folder)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=max(steps, 1))
    drawn = conversations(random.Random(seed))
    for _ in trange(steps, desc="Training a small model", disable=steps == 0):
        rows = [encode(tokenizer, next(drawn)) for _ in range(32)]
        length = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([row + [0] * (length - len(row)) for row, _ in rows])
        labels = torch.tensor([row + [-100] * (length - len(row)) for _, row in rows])
        loss = model(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)


def main() -> None:
    """Read the command line and make the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=220)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    make_model(options.folder, options.steps, options.seed)


if __name__ == "__main__":
    main()
