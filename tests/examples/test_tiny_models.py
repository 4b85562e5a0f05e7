"""The tiny problem's models: what they are trained on, and that others can load them."""

import json
import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

sheets: Any = import_module("sheets")
models: Any = import_module("models")


@pytest.fixture(scope="module", params=sheets.PROBLEMS.values(), ids=sheets.PROBLEMS)
def problem(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def folder(problem: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    models.train("base", root, 0, problem, share=0.01)
    return root


@pytest.fixture
def drawn(problem: Any) -> Iterator[Any]:
    stream: Iterator[Any] = sheets.draw_from("train", random.Random(5), problem.families)
    return stream


def test_training_shows_what_the_chat_template_renders(
    problem: Any, folder: Path, drawn: Iterator[Any]
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "base")
    rng = random.Random(0)
    conversations = [models.base_turns(drawn, rng) for _ in range(40)]
    conversations += [models.strong_turns(drawn, rng) for _ in range(5)]
    assert {len(turns) for turns in conversations} == {1, 2, 3}
    for turns in conversations:
        messages = [
            {"role": role, "content": text}
            for said, answer, _ in turns
            for role, text in (("user", said), ("assistant", answer))
        ]
        ids, labels = models.encode(turns, models.vocabulary(problem))
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == ids
        assert tokenizer.unk_token_id not in ids
        asked = tokenizer.apply_chat_template(
            messages[:-1], tokenize=False, add_generation_prompt=True
        )
        start = tokenizer(asked, add_special_tokens=False)["input_ids"]
        assert ids[: len(start)] == start
        last = [label for label in labels[len(start) :] if label != -100]
        assert tokenizer.decode(last, skip_special_tokens=True) == turns[-1][1]
        assert len(ids) <= models.CONTEXT


def test_first_answers_that_may_be_wrong_are_not_learned(drawn: Iterator[Any]) -> None:
    rng = random.Random(1)
    conversations = [models.base_turns(drawn, rng) for _ in range(300)]
    repeated = [turns for turns in conversations if turns[-1][0] == models.INSTRUCTION]
    assert len(repeated) > 15
    for turns in repeated:
        assert [learned for *_, learned in turns] == [False, True, True]
        assert len({answer for _, answer, _ in turns}) == 1
    shown = [turns for turns in conversations if turns[-1][0].startswith("show ")]
    assert len(shown) > 40
    for (_, answer, _), (asked, told, _) in shown:
        results = {name: result for name, *_, result in models.cells_of(answer)}
        names = asked.split()[1:]
        assert told == " ".join(f"{name} {results[name]}" for name in names)
    alone = [models.base_turns(drawn, rng, "question") for _ in range(50)]
    assert {len(turns) for turns in alone} == {1}


def test_snapshots_are_kept_and_finished_models_left_alone(problem: Any, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["base", "weak-1", "weak-2"]
    config = json.loads((folder / "base" / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    file = folder / "base" / "model.safetensors"
    before = file.stat().st_mtime_ns
    models.train("base", folder, 0, problem, share=0.01)
    assert file.stat().st_mtime_ns == before
