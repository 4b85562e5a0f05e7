"""Answers that think: whatever a template does to thinking, all of it is trained on, once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.errors import UserError
from ptr_eval.thinking import visible_answer
from ptr_train.encoding.examples import read_example
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.tokens import Encoder, open_encoder
from tests.ptr_train.encoding.tokenizer_factory import made_tokenizer

ASK = "{% for m in messages %}<|im_start|>{{ m.role + '\n' }}"
OPEN = "{% if add_generation_prompt %}<|im_start|>assistant{{ '\n' }}"
QWEN3_LIKE = (  # Thinking stays in the last answer, and goes from those before the last request.
    "{%- set ns = namespace(last=messages | length - 1) %}"
    "{%- for m in messages[::-1] %}"
    "{%- if m.role == 'user' and ns.last == messages | length - 1 %}"
    "{%- set ns.last = messages | length - 1 - loop.index0 %}{%- endif %}{%- endfor %}"
    "{%- for m in messages %}{%- if m.role == 'assistant' %}"
    "{%- set content = m.content %}{%- set reasoning = '' %}"
    "{%- if '</think>' in content %}"
    "{%- set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1]"
    ".lstrip('\n') %}"
    "{%- set content = content.split('</think>')[-1].lstrip('\n') %}{%- endif %}"
    "{{- '<|im_start|>assistant\n' }}"
    "{%- if loop.index0 > ns.last and (loop.last or reasoning) %}"
    "{{- '<think>\n' + reasoning.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}"
    "{%- else %}{{- content }}{%- endif %}{{- '<|im_end|>\n' }}"
    "{%- else %}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endif %}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}"
    "{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}"
)
STRIPS = (
    ASK + "{% if m.role == 'assistant' %}{{ m.content.split('</think>')[-1] }}{% else %}"
    "{{ m.content }}{% endif %}<|im_end|>{{ '\n' }}{% endfor %}" + OPEN + "{% endif %}"
)
STRIPS_AND_OPENS = STRIPS.removesuffix("{% endif %}") + "<think>{{ '\n' }}{% endif %}"
KEEPS = ASK + "{{ m.content }}<|im_end|>{{ '\n' }}{% endfor %}" + OPEN + "{% endif %}"
KEEPS_AND_OPENS = KEEPS.removesuffix("{% endif %}") + "<think>{{ '\n' }}{% endif %}"
THINKING = "<think>\nOne of them fits.\n</think>\n\nIt is 4."


def encoder_of(template: str, **changed: Any) -> Encoder:
    tokenizer = made_tokenizer()
    tokenizer.chat_template = template
    return open_encoder(tokenizer, EncodingSettings(**changed))


ENCODERS = {
    name: encoder_of(template)
    for name, template in {
        "qwen3": QWEN3_LIKE, "strips": STRIPS, "strips and opens": STRIPS_AND_OPENS,
        "keeps": KEEPS, "keeps and opens": KEEPS_AND_OPENS,
    }.items()
}  # fmt: skip


def written(encoder: Encoder, answer: str) -> tuple[str, str]:
    """What comes after the question, and what of it counts."""
    row = {
        "id": "refine-1",
        "kind": "refine",
        "messages": [
            {"role": "user", "content": "2+2? Candidates: 4 and 5."},
            {"role": "assistant", "content": answer},
        ],
    }
    (encoded,) = encoder.encode([read_example(row, "place")])
    assert encoded.kind == "refine"
    whole = str(encoder.tokenizer.decode(encoded.input_ids))
    counted = [i for i, w in zip(encoded.input_ids, encoded.weights, strict=True) if w]
    after = whole[whole.rindex("<|im_start|>assistant\n") :].removeprefix("<|im_start|>assistant\n")
    return after, str(encoder.tokenizer.decode(counted))


@pytest.mark.parametrize(("name", "encoder"), ENCODERS.items())
def test_thinking_is_trained_on_and_opened_once(name: str, encoder: Encoder) -> None:
    after, counted = written(encoder, THINKING)
    assert after == f"{THINKING}<|im_end|>"
    opened = "<think>\n" if name.endswith("opens") else ""
    assert counted == after.removeprefix(opened)


@pytest.mark.parametrize("name", ["qwen3", "strips and opens", "keeps and opens"])
def test_thinking_whose_opening_mark_a_prompt_held_is_whole_again(name: str) -> None:
    after, counted = written(ENCODERS[name], THINKING.removeprefix("<think>\n"))
    assert after == f"{THINKING}<|im_end|>"
    assert counted.endswith("One of them fits.\n</think>\n\nIt is 4.<|im_end|>")


@pytest.mark.parametrize("name", ENCODERS)
@given(
    thinking=st.text("abc \n.", min_size=1).filter(str.strip),
    said=st.text("abc \n.", min_size=1).filter(str.strip),
)
def test_any_thinking_and_answer_survive(name: str, thinking: str, said: str) -> None:
    after, counted = written(ENCODERS[name], f"<think>\n{thinking}\n</think>\n\n{said}")
    assert after.count("<think>") == after.count("</think>") == 1
    whole = after.removesuffix("<|im_end|>")
    assert whole.partition("</think>")[0].removeprefix("<think>").strip("\n") == thinking.strip(
        "\n"
    )
    assert visible_answer(whole) == said.strip()
    assert after.endswith(counted)
    assert "</think>" in counted


def test_a_closed_thinking_block_and_an_answer_that_thinks_contradict_each_other() -> None:
    encoder = encoder_of(QWEN3_LIKE, chat_template_args={"enable_thinking": False})
    with pytest.raises(UserError) as caught:
        written(encoder, THINKING)
    assert str(caught.value) == (
        "refine-1: the answer has a thinking block, but the chat template closes the block before "
        "the answer; remove `enable_thinking: false`, or the answers' thinking."
    )


@pytest.mark.parametrize("answer", ["It is 4.", "<think>\n\n</think>\n\nIt is 4."])
def test_empty_thinking_is_written_once_where_thinking_is_off(answer: str) -> None:
    encoder = encoder_of(QWEN3_LIKE, chat_template_args={"enable_thinking": False})
    after, counted = written(encoder, answer)
    assert after == "<think>\n\n</think>\n\nIt is 4.<|im_end|>"
    assert counted == "It is 4.<|im_end|>"
