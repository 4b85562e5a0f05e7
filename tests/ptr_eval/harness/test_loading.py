"""Models are loaded by the name of their backend; its arguments are looked at before."""

from pathlib import Path

import pytest
import torch

from ptr_eval.errors import UserError
from ptr_eval.harness.loading import has_chat_template, load_model, wrong_arguments


@pytest.mark.parametrize(
    ("backend", "args"),
    [
        ("hf", {"pretrained": "x", "dtype": "float32", "torch_dtype": "x", "load_in_8bit": True}),
        ("hf", {"attn_implementation": "sdpa", "device_map": "auto", "max_memory": 1}),
        ("local-chat-completions", {"model": "x", "base_url": "y", "num_concurrent": 4}),
        ("dummy", {"anything": 1}),
    ],
)
def test_known_arguments_and_those_of_a_library_pass(backend: str, args: dict[str, object]) -> None:
    assert wrong_arguments(backend, args) == []


@pytest.mark.parametrize(
    ("backend", "name", "said"),
    [
        ("hf", "batchsize", "`args.batchsize`: unknown key; do you mean `batch_size`?"),
        ("hf", "pretraned", "`args.pretraned`: unknown key; do you mean `pretrained`?"),
        ("local-completions", "timeot", "`args.timeot`: unknown key; do you mean `timeout`?"),
        ("local-completions", "xyz", "`args.xyz`: unknown key (known: add_bos_token, auth_token,"),
    ],
)
def test_an_unknown_argument_is_named(backend: str, name: str, said: str) -> None:
    (problem,) = wrong_arguments(backend, {name: 1})
    assert problem.startswith(said)


def test_an_unknown_backend_is_named_with_the_known_ones() -> None:
    (problem,) = wrong_arguments("hff", {"xyz": 1})
    assert problem.startswith("Backend 'hff' is unknown; choose one of anthropic-chat, ")


def test_a_loaded_model_is_known_by_its_template(tiny_model: Path, tmp_path: Path) -> None:
    lm = load_model("hf", {"pretrained": str(tiny_model), "device": "cpu"})
    assert has_chat_template(lm)
    lm.tokenizer.chat_template = None
    assert not has_chat_template(lm)


def test_an_unknown_backend_is_told_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"'hff' is unknown; choose one of .*hf, .*vllm"):
        load_model("hff", {})


@pytest.mark.parametrize("more", [{"pretrained": "no/such/folder"}, {"colour": "red"}])
def test_a_model_that_cannot_be_loaded_is_one_clear_error(
    tiny_model: Path, more: dict[str, str]
) -> None:
    args = {"pretrained": str(tiny_model), "device": "cpu", "token": "secret", **more}
    with pytest.raises(UserError, match="Backend hf cannot be loaded with pretrained=") as caught:
        load_model("hf", args)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_local_model_is_loaded_onto_the_device_there_is(tiny_model: Path) -> None:
    lm = load_model("hf", {"pretrained": str(tiny_model)})
    assert str(getattr(lm, "device", None)) == ("cuda" if torch.cuda.is_available() else "cpu")
