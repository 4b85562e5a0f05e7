"""A random model of letters: its greedy answers are varied, and end at letters of one's choice."""

from pathlib import Path

STOPS = ["a", "Z"]
"""Where answers are to end; their lengths are then as uneven as those of real models."""
_TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def make_model(folder: Path) -> None:
    """Save the model; its heads have the fewest dimensions that vLLM has attention for on a CPU."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    end = "<|end|>"
    names = [end, *map(chr, range(33, 127)), "Ġ", "Ċ"]  # ASCII, as byte-level tokenizers spell it.
    config = LlamaConfig(
        vocab_size=len(names), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=4096,
        bos_token_id=None, eos_token_id=0, pad_token_id=0, initializer_range=0.5,
    )  # fmt: skip
    torch.manual_seed(0)
    # Saved first: transformers chooses the tokenizer's class by the model beside it.
    LlamaForCausalLM(config).save_pretrained(folder)
    core = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token=end, eos_token=end)
    tokenizer.chat_template = _TEMPLATE
    tokenizer.save_pretrained(folder)
