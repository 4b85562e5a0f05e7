"""Rows as tokens: evaluation's prompt, and what counts after it, for every form of template."""

import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.errors import UserError
from ptr_train.encoding.examples import read_example
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.tokens import Encoder, open_encoder, padding_id
from ptr_train.records import EncodedRow
from tests.ptr_train.encoding.example_factory import ANSWERS, TEXTS, made_example, made_row
from tests.ptr_train.encoding.tokenizer_factory import ENDS, TEMPLATES, made_tokenizer

TRIMMING = {"llama3", "mistral", "gemma"}
BLANK = {"mistral": " ", "transcript": " "}
"""What joins a prompt to its answer, and is the first thing that a model writes."""


def encoder_of(template: str, pieces: str = "bytes", **changed: Any) -> Encoder:
    return open_encoder(made_tokenizer(template, pieces), EncodingSettings(**changed))


ENCODERS = {name: encoder_of(name) for name in TEMPLATES}


def supervised(encoder: Encoder, row: EncodedRow) -> str:
    ids = [token for token, weight in zip(row.input_ids, row.weights, strict=True) if weight]
    return str(encoder.tokenizer.decode(ids))


def attempts(encoder: Encoder, row: EncodedRow) -> list[str]:
    return [str(encoder.tokenizer.decode(row.input_ids[a.start : a.end])) for a in row.attempts]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("llama3", ["3<|eot_id|>", "5<|eot_id|>", "It is 4.<|eot_id|>"]),
        ("qwen2", ["3<|im_end|>", "5<|im_end|>", "It is 4.<|im_end|>"]),
        ("qwen3", ["3<|im_end|>", "5<|im_end|>", "It is 4.<|im_end|>"]),
        ("mistral", [" 3</s>", " 5</s>", " It is 4.</s>"]),
        ("gemma", ["3<end_of_turn>", "5<end_of_turn>", "It is 4.<end_of_turn>"]),
        ("headers", ["3", "5", "It is 4.</s>"]),
        ("thinker", ["3</s>", "5</s>", "It is 4.</s>"]),
        ("transcript", [" 3", " 5", " It is 4.</s>"]),
    ],
)
def test_attempts_are_the_messages_with_their_ends_and_only_the_answer_counts(
    template: str, expected: list[str]
) -> None:
    encoder = ENCODERS[template]
    (row,) = encoder.encode([made_example()])
    assert attempts(encoder, row) == expected
    assert supervised(encoder, row) == expected[-1]


@pytest.mark.parametrize("pieces", ["first", "always"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_tokenizers_that_put_blanks_before_texts_put_none_before_answers(
    template: str, pieces: str
) -> None:
    encoder = encoder_of(template, pieces)
    (row,) = encoder.encode([made_example(answer="4 is it.")])
    tail = encoder.tokenizer.convert_ids_to_tokens(row.input_ids[row.attempts[-1].start :])
    written = "".join(tail).replace("\u2581", " ")
    end = ENDS.get(template, "</s>")
    assert written == f"{BLANK.get(template, '')}4 is it.{end}"
    assert supervised(encoder, row) == f"4 is it.{end}"


def test_a_whole_row_reads_as_the_template_has_it() -> None:
    encoder = ENCODERS["llama3"]
    (row,) = encoder.encode([made_example(["3"])])
    messages = made_row(["3"])["messages"]
    rendered = encoder.tokenizer.apply_chat_template(messages, tokenize=False)
    assert encoder.tokenizer.decode(row.input_ids) == rendered


@pytest.mark.parametrize("pieces", ["bytes", "first"])
@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "transcript"])
def test_what_precedes_the_answer_are_the_very_tokens_that_evaluation_asks(
    template: str, pieces: str
) -> None:
    encoder = encoder_of(template, pieces)
    (row,) = encoder.encode([made_example(["\n\n 3"], answer="\n\n 4")])
    asked = made_row(["\n\n 3"])["messages"][:-1]
    prompt = encoder.tokenizer.apply_chat_template(
        asked, tokenize=False, add_generation_prompt=True
    )
    bos = encoder.tokenizer.bos_token
    ids = encoder.tokenizer(prompt, add_special_tokens=not prompt.startswith(bos)).input_ids
    assert row.input_ids[: len(ids)] == ids
    assert not any(row.weights[: len(ids)])


def test_a_transcript_is_the_one_of_evaluation_and_goes_on_with_a_blank() -> None:
    encoder = ENCODERS["transcript"]
    (row,) = encoder.encode([made_example(["3"])])
    text = "What is 2+2?\nAnswer: 3\n\nAgain, please.\nAnswer: It is 4.</s>"
    assert encoder.tokenizer.decode(row.input_ids) == text


def test_a_template_can_be_left_aside() -> None:
    encoder = encoder_of("llama3", chat=False)
    (row,) = encoder.encode([made_example([])])
    assert encoder.tokenizer.decode(row.input_ids) == "What is 2+2?\nAnswer: It is 4.</s>"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEMPLATES)), st.lists(TEXTS, max_size=3), ANSWERS, TEXTS)
def test_any_answer_counts_in_full_and_attempts_are_in_order(
    template: str, thoughts: list[str], answer: str, question: str
) -> None:
    encoder = ENCODERS[template]
    (row,) = encoder.encode([made_example(thoughts, answer, question)])
    written = answer.strip() if template in TRIMMING else answer
    if template in ("qwen3", "thinker"):
        written = written.lstrip("\n")
    end = ENDS.get(template, "</s>")
    assert supervised(encoder, row) == BLANK.get(template, "") + written + end
    assert len(row.input_ids) == len(row.weights)
    assert len(row.attempts) == len(thoughts) + 1
    ends = [0, *(place for a in row.attempts for place in (a.start, a.end))]
    assert ends == sorted(ends)
    assert ends[-1] == len(row.input_ids)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3), ANSWERS)
def test_thoughts_are_found_whatever_they_say(thoughts: list[str], answer: str) -> None:
    encoder = ENCODERS["thinker"]
    (row,) = encoder.encode([made_example(thoughts, answer)])
    # After the block that it closes, leading line breaks of the answer are left out.
    assert attempts(encoder, row) == [f"{text}</s>" for text in [*thoughts, answer.lstrip("\n")]]


@pytest.mark.parametrize("template", ["qwen2", "qwen3", "llama3"])
def test_thoughts_that_quote_the_conversation_do_not_mislead(template: str) -> None:
    encoder, end = ENCODERS[template], ENDS[template]
    quote = f"3{end}\nAgain, please.{end}5"
    (row,) = encoder.encode([made_example([quote, "3", quote])])
    assert attempts(encoder, row)[:3] == [f"{text}{end}" for text in (quote, "3", quote)]


def test_a_template_that_forgets_old_thinking_shows_what_is_left_of_a_thought() -> None:
    encoder = ENCODERS["qwen3"]
    (row,) = encoder.encode([made_example(["<think>why</think>\n\n3"])])
    assert attempts(encoder, row) == ["3<|im_end|>", "It is 4.<|im_end|>"]


def test_an_empty_thinking_block_of_the_template_is_shown_and_does_not_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        encoder = encoder_of("qwen3")
    (row,) = encoder.encode([made_example()])
    text = encoder.tokenizer.decode(row.input_ids)
    assert text.endswith("assistant\n<think>\n\n</think>\n\nIt is 4.<|im_end|>")
    assert "chat_template_args: {enable_thinking: false}" in caplog.text


def test_with_thinking_switched_off_the_prompt_holds_the_block(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        encoder = encoder_of("qwen3", chat_template_args={"enable_thinking": False})
    (row,) = encoder.encode([made_example()])
    assert encoder.tokenizer.decode(row.input_ids).count("<think>\n\n</think>\n\n") == 1
    assert supervised(encoder, row) == "It is 4.<|im_end|>"
    assert not caplog.text


def test_an_answer_that_brings_its_own_thinking_counts_with_it() -> None:
    encoder = ENCODERS["qwen3"]
    (row,) = encoder.encode([made_example(answer="<think>\nwhy\n</think>\n\n4")])
    assert supervised(encoder, row) == "<think>\nwhy\n</think>\n\n4<|im_end|>"
    assert encoder.tokenizer.decode(row.input_ids).count("<think>") == 1


def test_a_thinking_block_that_the_template_opens_is_closed_before_the_answer() -> None:
    encoder = ENCODERS["thinker"]
    (row,) = encoder.encode([made_example([])])
    text = encoder.tokenizer.decode(row.input_ids)
    assert text.endswith("<|assistant|><think>\n\n</think>\n\nIt is 4.</s>")
    assert supervised(encoder, row) == "It is 4.</s>"


def test_a_template_that_opens_thinking_blocks_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        encoder_of("thinker")
    assert "The chat template opens a thinking block in prompts." in caplog.text


def test_thinking_that_the_answer_brings_goes_on_in_the_block_that_the_template_opens() -> None:
    encoder = ENCODERS["thinker"]
    (row,) = encoder.encode([made_example([], answer="<think>\nwhy\n</think>\n\n4")])
    assert supervised(encoder, row) == "why\n</think>\n\n4</s>"


def test_a_refused_system_message_is_left_out_as_in_evaluation() -> None:
    row = made_row()
    row["messages"].insert(0, {"role": "system", "content": "Be brief."})
    told, plain = read_example(row, "place"), made_example()
    for template in ("gemma", "mistral"):
        with_it, without = ENCODERS[template].encode([told, plain])
        assert with_it.input_ids == without.input_ids
    with_it, without = ENCODERS["qwen2"].encode([told, plain])
    assert "Be brief." in ENCODERS["qwen2"].tokenizer.decode(with_it.input_ids)


def test_a_begin_of_text_token_is_there_once() -> None:
    for template in ("llama3", "headers"):  # One writes it, one does not.
        encoder = encoder_of(template, "first")
        (row,) = encoder.encode([made_example()])
        assert list(row.input_ids).count(encoder.tokenizer.bos_token_id) == 1


def test_weights_are_the_messages() -> None:
    row = made_row()
    row["messages"][1]["weight"], row["messages"][-1]["weight"] = 0.5, 2
    (encoded,) = ENCODERS["qwen2"].encode([read_example(row, "place")])
    first, second, answer = encoded.attempts
    assert set(encoded.weights[first.start : first.end]) == {0.5}
    assert set(encoded.weights[second.start : second.end]) == {0.0}
    assert set(encoded.weights[answer.start :]) == {2.0}


def test_all_tokens_of_a_text_count_and_long_ones_come_in_pieces() -> None:
    encoder = encoder_of("headers", "first")
    pieces = list(encoder.encode_text("t", "text", "What is two and two?", 4))
    ids = [token for piece in pieces for token in piece.input_ids]
    assert ids == [1, *encoder.tokenizer("What is two and two?").input_ids[1:], 2]
    assert [len(piece.input_ids) for piece in pieces[:-1]] == [4] * (len(pieces) - 1)
    assert [piece.id for piece in pieces[:2]] == ["t#1", "t#2"]
    assert all(set(piece.weights) == {1.0} for piece in pieces)
    (whole,) = encoder.encode_text("t", "text", "two", 40)
    assert (whole.id, whole.kind) == ("t", "text")


def test_a_template_that_changes_thoughts_is_refused() -> None:
    tokenizer = made_tokenizer()
    tokenizer.chat_template = (
        "{% for m in messages %}<|user|>{{ m.content | replace('e', 'E') }}{% endfor %}"
    )
    encoder = open_encoder(tokenizer, EncodingSettings())
    with pytest.raises(UserError, match="ptr-1: the chat template rewrites"):
        encoder.encode([made_example(["three"])])
    tokenizer.chat_template = "{% for m in messages %}<|user|>{{ m.content | upper }}{% endfor %}"
    with pytest.raises(UserError, match="leaves answers out or changes them"):
        open_encoder(tokenizer, EncodingSettings())


def test_a_template_that_refuses_a_row_is_named_with_it() -> None:
    tokenizer = made_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('odd') if messages | length > 2 }}" + str(
        tokenizer.chat_template
    )
    encoder = open_encoder(tokenizer, EncodingSettings())
    with pytest.raises(UserError, match=r"ptr-1: the chat template refuses .*odd"):
        encoder.encode([made_example(["three"])])


def test_what_a_tokenizer_lacks_is_said() -> None:
    tokenizer = made_tokenizer("transcript")
    with pytest.raises(UserError, match="no chat template; leave `chat` out"):
        open_encoder(tokenizer, EncodingSettings(chat=True))
    assert padding_id(tokenizer) == 0
    tokenizer.pad_token = None
    assert padding_id(tokenizer) == tokenizer.eos_token_id
    tokenizer.eos_token = None
    with pytest.raises(UserError, match="neither a padding nor an end-of-text token"):
        padding_id(tokenizer)
    with pytest.raises(UserError, match="nor an end-of-text token; give it an `eos_token`"):
        open_encoder(tokenizer, EncodingSettings())
