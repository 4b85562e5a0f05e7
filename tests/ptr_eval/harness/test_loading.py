"""Arguments of backends are looked at before a model is loaded."""

import pytest

from ptr_eval.harness.loading import wrong_arguments


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
