"""Small tokenizers made on the spot, and chat templates of the forms that models have."""

from functools import cache
from typing import Any

SPECIAL = (
    "<pad>", "<s>", "</s>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
    "<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>", "<end_of_turn>", "<|user|>",
    "<|assistant|>",
)  # fmt: skip

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>"
    "{{ '\\n\\n' + m.content | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>{{ '\\n\\n' }}"
    "{% endif %}"
)
QWEN2 = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant."
    "<|im_end|>{{ '\\n' }}{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}{{ '\\n' + m.content }}<|im_end|>{{ '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant{{ '\\n' }}{% endif %}"
)
QWEN3 = (
    "{% set ns = namespace(last=0) %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}"
    "{% endfor %}"
    "{% for m in messages %}<|im_start|>{{ m.role + '\\n' }}"
    "{% if m.role == 'assistant' %}{% set content = m.content %}{% set reason = '' %}"
    "{% if '</think>' in content %}"
    "{% set reason = content.split('</think>')[0].split('<think>')[-1].strip('\\n') %}"
    "{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
    "{% if loop.index0 > ns.last %}"
    "{{ '<think>\\n' + reason + '\\n</think>\\n\\n' + content.lstrip('\\n') }}"
    "{% else %}{{ content }}{% endif %}"
    "{% else %}{{ m.content }}{% endif %}<|im_end|>{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant{{ '\\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}"
    "{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% elif m.role == 'assistant' %} {{ m.content | trim }}{{ eos_token }}"
    "{% else %}{{ raise_exception('no system') }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}"
    "{% endif %}{% for m in messages %}"
    "{% set role = 'model' if m.role == 'assistant' else m.role %}"
    "<start_of_turn>{{ role + '\\n' + m.content | trim }}<end_of_turn>{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model{{ '\\n' }}{% endif %}"
)
HEADERS = (  # No token ends a turn.
    "{% for m in messages %}### {{ m.role }}:{{ '\\n' + m.content + '\\n\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}### assistant:{{ '\\n' }}{% endif %}"
)
THINKER = (  # Opens the thinking block in the prompt, as reasoning models' do.
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}"
    "{% else %}<|assistant|>{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|><think>{{ '\\n' }}{% endif %}"
)
TEMPLATES = {
    "llama3": LLAMA3, "qwen2": QWEN2, "qwen3": QWEN3, "mistral": MISTRAL, "gemma": GEMMA,
    "headers": HEADERS, "thinker": THINKER, "transcript": None,
}  # fmt: skip
ENDS = {
    "llama3": "<|eot_id|>", "qwen2": "<|im_end|>", "qwen3": "<|im_end|>", "gemma": "<end_of_turn>",
}  # fmt: skip
"""What ends an answer, where it is not the end-of-text token `</s>`."""

_TEXTS = [
    "What is two and two? Again, please. It is 4. Look at your answer and improve it.",
    "user assistant system model Answer: think\n\n.\n\n<think>\n\n</think>\n\nYou are helpful.",
    "\n\n\n\n  \n \n  the answer is a number [INST] and [/INST] ###",
]


@cache
def _byte_level() -> str:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=290 + len(SPECIAL),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_TEXTS * 3, trainer)
    text: str = core.to_str()
    return text


@cache
def _sentence_piece(prepend: str) -> str:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    core = Tokenizer(models.BPE(unk_token=None, byte_fallback=True, fuse_unk=True))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend, split=False)
    core.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", SPECIAL.index("<s>"))]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=[*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    words = [word for text in _TEXTS for word in text.split()]
    core.train_from_iterator(words * 3, trainer)
    text: str = core.to_str()
    return text


def made_tokenizer(template: str = "qwen2", pieces: str = "bytes") -> Any:
    """A tokenizer with a template; its pieces are `bytes`, or SentencePiece's `first`, `always`."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    text = _byte_level() if pieces == "bytes" else _sentence_piece(pieces)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(text),
        pad_token="<pad>",
        bos_token="<bos>" if template == "gemma" else "<s>",
        eos_token="</s>",
        additional_special_tokens=[*SPECIAL[3:]],
    )
    tokenizer.chat_template = TEMPLATES[template]
    return tokenizer
