"""Generation stops at the template's end of turn, even if the model's configuration does not."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ptr_eval.harness.end_of_turn import EndOfTurn, find_end_of_turn, stop_at_end_of_turn
from tests.scripted_lm import evaluate, records, samples

CHATML = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<turn_end>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture
def chatting(tiny_model: Path, tmp_path: Path) -> Path:
    """A model that always ends its turn at once, but whose configuration lacks the end."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = shutil.copytree(tiny_model, tmp_path / "chat", copy_function=shutil.copyfile)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<turn_end>"]})
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.resize_token_embeddings(len(tokenizer))
    end = tokenizer.convert_tokens_to_ids("<turn_end>")
    with torch.no_grad():  # Every token leads to the same state, and that to the end of turn.
        model.get_input_embeddings().weight.fill_(1.0)
        head = model.get_output_embeddings()
        head.weight.zero_()
        head.weight[end] = 1.0
        if model(torch.tensor([[end]])).logits[0, 0, end] < 0:
            head.weight[end] = -1.0
    model.save_pretrained(folder)
    return folder


def test_the_end_is_found_and_known_ends_are_left_alone(chatting: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(chatting)
    end = tokenizer.convert_tokens_to_ids("<turn_end>")
    assert find_end_of_turn(SimpleNamespace(tokenizer=tokenizer)) == EndOfTurn("<turn_end>", end)
    config = SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=[7, end]))
    assert find_end_of_turn(SimpleNamespace(tokenizer=tokenizer, model=config)) is None
    tokenizer.eos_token = "<turn_end>"
    assert find_end_of_turn(SimpleNamespace(tokenizer=tokenizer)) is None
    tokenizer.chat_template = None
    assert find_end_of_turn(SimpleNamespace(tokenizer=tokenizer)) is None
    assert find_end_of_turn(SimpleNamespace()) is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("hf", {"until": ["Q:", "<end>"]}),
        ("vllm", {"until": ["Q:"], "stop_token_ids": [9]}),
        ("api", {"until": ["Q:"]}),
    ],
)
def test_each_backend_gets_it_in_its_form(kind: Any, expected: dict[str, Any]) -> None:
    assert stop_at_end_of_turn({"until": ["Q:"]}, kind, EndOfTurn("<end>", 9)) == expected
    assert stop_at_end_of_turn({"until": "Q:"}, "hf", None) == {"until": "Q:"}


@pytest.mark.parametrize(("chat", "reason"), [(True, "stop"), (False, "length")])
def test_a_model_stops_there(sums: Path, chatting: Path, chat: bool, reason: str) -> None:
    results = evaluate(
        "hf",
        {"ptr_data": str(sums), "ptr_rounds": 1, "ptr_scorers": "strict"},
        model_args={"pretrained": str(chatting)},
        device="cpu",
        limit=3,
        apply_chat_template=chat,
        gen_kwargs="max_gen_toks=12",
    )
    found = {records(sample)[0]["finish_reason"] for sample in samples(results)}
    assert found == {reason}


def test_an_added_token_that_has_no_name_of_its_own_is_found(tiny_model: Path) -> None:
    """Llama 3's end of turn is such a token."""
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.add_tokens([AddedToken("<turn_end>", special=True)])
    tokenizer.chat_template = CHATML
    assert "<turn_end>" not in tokenizer.all_special_tokens
    found = find_end_of_turn(SimpleNamespace(tokenizer=tokenizer))
    assert found == EndOfTurn("<turn_end>", tokenizer.convert_tokens_to_ids("<turn_end>"))
