"""Checkpoints are whole or do not count, and others can load them."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from ptr_eval.errors import UserError
from ptr_train.reading import read_config
from ptr_train.run import make_trainer, train
from ptr_train.training.checkpoints import (
    MARKER,
    keep_newest,
    refuse_foreign,
    remove_partial,
    saving,
    whole_checkpoints,
)
from ptr_train.training.merging import merge_adapters
from tests.ptr_train.training.run_factory import config_of, logged, write_data
from tests.scripted_lm import evaluate, samples, write_sums

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let writing fail in this process once a file is that long, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def steps_of(out: Path) -> list[str]:
    return [folder.name for folder in whole_checkpoints(out)]


@pytest.mark.parametrize(
    ("size", "breaks"), [(100_000, "weights, first"), (2_000_000, "optimizer, later")]
)
def test_a_full_disk_ends_the_run_and_spares_the_last_checkpoint(
    tmp_path: Path,
    tiny_model: Path,
    rows: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    breaks: str,
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, "save.steps=2", "save.limit=1", "train.max_steps=6"
    )
    trainer = make_trainer(config)
    save = trainer._save_checkpoint

    def save_on_a_disk_that_fills(*args: Any) -> None:
        with files_of_at_most(size if trainer.state.global_step == 4 else 10**9):
            save(*args)

    monkeypatch.setattr(trainer, "_save_checkpoint", save_on_a_disk_that_fills)
    with pytest.raises(UserError) as caught:
        trainer.train()
    said = str(caught.value)
    assert "\n" not in said
    assert "checkpoint-4 could not be saved" in said
    assert "checkpoint-2 is complete" in said
    assert not (tmp_path / "out" / "checkpoint-4").exists()
    assert steps_of(tmp_path / "out") == ["checkpoint-2"]
    resumed = train(config, resume=True)
    assert len(logged(resumed)) == 6


def test_a_bug_while_saving_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-1").mkdir()
    with pytest.raises(ZeroDivisionError), saving(tmp_path / "checkpoint-1"):
        _ = 1 / 0
    assert not (tmp_path / "checkpoint-1").exists()


def test_what_a_kill_left_of_a_checkpoint_does_not_count(tmp_path: Path) -> None:
    for step in (5, 10, 20):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (5, 10):
        (tmp_path / f"checkpoint-{step}" / MARKER).write_text("")
    (tmp_path / "checkpoint-best").mkdir()
    assert steps_of(tmp_path) == ["checkpoint-5", "checkpoint-10"]
    remove_partial(tmp_path)
    assert not (tmp_path / "checkpoint-20").exists()
    assert (tmp_path / "checkpoint-best").exists()
    keep_newest(tmp_path, 1)
    assert steps_of(tmp_path) == ["checkpoint-10"]


def test_checkpoints_come_by_step_and_by_epoch_and_the_newest_are_kept(
    tmp_path: Path, tiny_model: Path
) -> None:
    few = write_data(tmp_path / "few", rows=8)  # Two steps an epoch.
    overrides = ["train.max_steps=null", "train.epochs=4", "save.steps=3", "save.epochs=2"]
    train(config_of(tmp_path / "all", tiny_model, few, *overrides, "save.limit=null"))
    assert steps_of(tmp_path / "all" / "out") == [f"checkpoint-{n}" for n in (3, 4, 6, 8)]
    train(config_of(tmp_path / "two", tiny_model, few, *overrides, "save.limit=2"))
    assert steps_of(tmp_path / "two" / "out") == ["checkpoint-6", "checkpoint-8"]


def test_a_checkpoint_is_a_folder_that_transformers_and_lm_eval_load(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = train(config_of(tmp_path, tiny_model, rows, "train.max_steps=3"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    before = AutoModelForCausalLM.from_pretrained(tiny_model)
    assert not torch.equal(model.lm_head.weight, before.lm_head.weight)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template == AutoTokenizer.from_pretrained(tiny_model).chat_template
    results = _evaluated(tmp_path, {"pretrained": str(folder)})
    assert len(samples(results)) == 2


def test_a_checkpoint_stops_at_the_template_s_end_of_turn(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    base = shutil.copytree(tiny_model, tmp_path / "base", copy_function=shutil.copyfile)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<turn_end>"]})
    tokenizer.chat_template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<turn_end>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    tokenizer.save_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    model.resize_token_embeddings(len(tokenizer))
    end = tokenizer.convert_tokens_to_ids("<turn_end>")
    before = model.generation_config.eos_token_id
    assert end not in (before if isinstance(before, list) else [before])
    model.save_pretrained(base)
    overrides = ("train.max_steps=1",)
    folder = train(config_of(tmp_path / "full", base, rows, *overrides))
    stops = GenerationConfig.from_pretrained(folder).eos_token_id
    assert stops == [end, *(before if isinstance(before, list) else [before])]
    adapters = train(config_of(tmp_path / "lora", base, rows, *overrides, "lora={rank: 2}"))
    merge_adapters(adapters, tmp_path / "merged")
    assert GenerationConfig.from_pretrained(tmp_path / "merged").eos_token_id == stops


def test_a_checkpoint_says_how_it_was_made(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    config = config_of(tmp_path, tiny_model, rows, "train.max_steps=3")
    folder = train(config)
    assert read_config(str(folder / MARKER)) == config
    _, header, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert yaml.safe_load(header)["tags"] == ["ptr-train", "ptr"]
    assert "| step | 3 |" in text
    assert "| seed | 0 |" in text
    assert f"torch {torch.__version__}" in text.replace("\\", "")
    assert "| hardware | 1 x CPU (" in text
    assert str(tmp_path) not in header + text


def test_adapters_load_beside_their_model_and_merged_alone(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    from transformers import AutoModelForCausalLM

    config = config_of(
        tmp_path, tiny_model, rows, "train.max_steps=10", "lora={}", "optimizer.learning_rate=0.02"
    )
    folder = train(config)
    card = (folder / "README.md").read_text()
    assert "--model_args pretrained=BASE,peft=. " in card
    assert f"BASE is the folder of the base model, {tiny_model.name}." in card
    merged = tmp_path / "merged"
    merge_adapters(folder, merged)
    beside = _evaluated(tmp_path, {"pretrained": str(tiny_model), "peft": str(folder)})
    alone = _evaluated(tmp_path, {"pretrained": str(merged)})
    plain = _evaluated(tmp_path, {"pretrained": str(tiny_model)})
    told = [[sample["resps"] for sample in samples(found)] for found in (beside, alone, plain)]
    assert told[0] == told[1]
    assert told[0] != told[2]
    assert AutoModelForCausalLM.from_pretrained(merged).dtype == torch.float32


def test_only_adapters_can_be_merged(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(UserError, match="has no adapters"):
        merge_adapters(tiny_model, tmp_path / "merged")


def test_an_earlier_run_is_neither_overwritten_nor_gone_on_from_unasked(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(tmp_path, tiny_model, rows, "train.max_steps=2", "save.optimizer=false")
    train(config)
    with pytest.raises(UserError, match="checkpoint-2 of an earlier run: go on from it with --re"):
        train(config)
    with pytest.raises(UserError, match="saved without what --resume needs"):
        train(config, resume=True)


def _evaluated(folder: Path, model: dict[str, str]) -> dict[str, Any]:
    data = write_sums(folder / "sums")
    return evaluate(
        "hf", {"ptr_data": str(data), "ptr_rounds": 2, "ptr_scorers": "strict"},
        model_args={**model, "device": "cpu"}, limit=2, apply_chat_template=True,
        gen_kwargs={"max_gen_toks": 8},
    )  # fmt: skip


def test_checkpoints_of_another_program_are_refused_and_stay(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    theirs = tmp_path / "out" / "checkpoint-500" / "trainer_state.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("{}")
    config = config_of(tmp_path, tiny_model, rows, "train.max_steps=1")
    for resume in (False, True):
        with pytest.raises(UserError, match=r"has checkpoint-500 of another program \(no ptr_tra"):
            train(config, resume=resume)
    assert theirs.read_text() == "{}"
    assert [path.name for path in theirs.parent.parent.glob("[!.]*")] == ["checkpoint-500"]


def test_what_a_kill_left_of_a_first_checkpoint_is_no_other_program_s(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / MARKER).touch()  # Written before the first step.
    refuse_foreign(tmp_path)
    remove_partial(tmp_path)
    assert not (tmp_path / "checkpoint-5").exists()
