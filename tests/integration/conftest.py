"""What the integration tests share: a model every engine can load, and made-up questions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmark_fixtures import lines, write
from tests.integration.report_page import headless_browser

QUESTIONS = 20
_CHAT_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
_END = "<|end|>"
# Printable ASCII as byte-level tokenizers spell it. With no half of a letter and one special
# token only, engines cannot differ in how they write the same tokens out.
_ALPHABET = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of letters, whose answers depend on every letter before.

    Its heads have 32 dimensions, the fewest that vLLM has attention for on a CPU. Large weights
    make its greedy answers varied, so that equal answers mean equal prompts.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("letters")
    names = [_END, *_ALPHABET]
    config = LlamaConfig(
        vocab_size=len(names), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1024,
        bos_token_id=None, eos_token_id=0, pad_token_id=0, initializer_range=0.5,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        # Saved first: transformers chooses the tokenizer's class by the model beside it.
        LlamaForCausalLM(config).save_pretrained(folder)
    core = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=_END, eos_token=_END, model_max_length=1024
    )
    tokenizer.chat_template = _CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with questions in the form of GSM8K."""
    rows = [
        {"question": f"What is {n} + {n * 7}?", "answer": f"We add.\n#### {n * 8}"}
        for n in range(QUESTIONS)
    ]
    return write(tmp_path_factory.mktemp("data"), {"gsm8k/test.jsonl": lines(rows)})


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with headless_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
