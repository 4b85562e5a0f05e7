"""Configurations: the shipped ones, what is set over them, and what is wrong with others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_eval.errors import UserError
from ptr_eval.strict_yaml import dump_yaml
from ptr_train.objectives import GsrSettings, IftSettings, PtrSettings
from ptr_train.reading import read_config
from ptr_train.shipped import deepspeed_configs, train_configs
from ptr_train.thought_mask import MaskedShare

DOCUMENT = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
PUBLISHED_FLAGS = {
    "--tokenizer_path", "--data_loader_path", "--corpus_name", "--encode_type", "--output_path",
    "--max_length", "--merge_data", "--save_dtype", "--tokens_per_file", "--model_path",
    "--max_epochs", "--max_steps", "--load_ckpt_path", "--data_path", "--deepspeed_config_path",
    "--save_name", "--save_steps", "--save_epochs", "--save_optimizer", "--use_lora",
    "--lora_config_path",
}  # fmt: skip
SMALL = "out: out\nmodel: {name: org/model}\ndata: {path: data}\n"


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "train.yaml"
    path.write_text(SMALL)
    return str(path)


@pytest.mark.parametrize("name", train_configs())
def test_a_shipped_configuration_is_valid_and_read_as_if_it_lay_here(name: str) -> None:
    config = read_config(name)
    assert config.loss.objective == ("gsr" if name.startswith("gsr-") else "ptr")
    assert config.data.path == Path.cwd() / "data"


def test_the_shipped_configurations_are_those_that_are_documented() -> None:
    assert list(train_configs()) == [
        "0.5b-1gpu", "8b-1gpu-lora", "8b-8gpu-zero3", "gsr-7b-8gpu", "gsr-ablation-direct",
        "gsr-ablation-hybrid", "gsr-ablation-refine", "published", "tiny-cpu",
    ]  # fmt: skip
    assert all(f"| `{name}` |" in DOCUMENT for name in train_configs())
    assert read_config("8b-8gpu-zero3").sharding.deepspeed == "zero3"
    assert read_config("8b-1gpu-lora").lora is not None
    assert read_config("tiny-cpu").model.cpu


def test_the_published_hyper_parameters_are_those_that_took_effect() -> None:
    config = read_config("published")
    assert config.optimizer.model_dump() == {
        "learning_rate": 1e-5,
        "betas": [0.98, 0.999],
        "eps": 1e-9,
        "weight_decay": 0.0,
        "schedule": "constant",
        "warmup_ratio": None,
        "warmup_steps": 800,
        "max_grad_norm": 0.0,
    }
    assert (config.train.per_device_batch_size, config.train.gradient_accumulation_steps) == (1, 10)
    assert config.lora is not None
    assert config.lora.model_dump() == {
        "rank": 8,
        "alpha": 16,
        "dropout": 0.05,
        "targets": ["q_proj", "v_proj", "gate_proj", "down_proj", "up_proj"],
    }


def test_the_published_self_refinement_is_as_published() -> None:
    config = read_config("gsr-7b-8gpu")
    assert config.loss == GsrSettings(refine_weight=0.5)
    assert (config.data.kinds, config.data.limit) == (None, None)
    assert config.train.per_device_batch_size * config.train.gradient_accumulation_steps * 8 == 128
    assert (config.train.epochs, config.data.encoding.max_length) == (3, 24 * 1024)
    assert config.model.max_position_embeddings == 65_536
    found = config.optimizer
    assert (found.learning_rate, found.schedule, found.warmup_ratio) == (1e-4, "cosine", 0.1)
    assert config.sharding.deepspeed == "zero3"


def test_the_arms_of_the_ablation_differ_in_their_rows_alone() -> None:
    arms = {name: read_config(f"gsr-ablation-{name}") for name in ("hybrid", "direct", "refine")}
    chosen = {
        name: (arm.data.kinds, arm.data.limit, arm.loss.refine_weight)
        for name, arm in arms.items()
        if isinstance(arm.loss, GsrSettings)
    }
    assert chosen == {
        "hybrid": (["direct", "refine"], 20_000, 0.5),
        "direct": (["direct"], 20_000, 0.0),
        "refine": (["refine"], 20_000, 1.0),
    }
    same = [arm.model_dump(exclude={"out", "loss", "data"}) for arm in arms.values()]
    assert same[0] == same[1] == same[2]
    whole = read_config("gsr-7b-8gpu").model_dump(exclude={"out", "loss", "data"})
    changed = {name for name, value in whole.items() if same[0][name] != value}
    assert changed == {"optimizer", "train", "save"}
    assert (same[0]["train"]["epochs"], same[0]["optimizer"]["learning_rate"]) == (5, 4e-5)


@pytest.mark.parametrize(("name", "path"), deepspeed_configs().items())
def test_deepspeed_configurations_leave_to_the_trainer_what_is_its_own(
    name: str, path: Path
) -> None:
    content = json.loads(path.read_text())
    assert content["zero_optimization"]["stage"] == int(name[4])
    assert content["zero_allow_untested_optimizer"]
    assert not content.keys() & {"optimizer", "scheduler", "train_batch_size"}
    if name.startswith("zero3"):
        assert content["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"]


def test_values_are_set_over_the_file_s(small: str) -> None:
    config = read_config(
        small,
        ["optimizer.learning_rate=2e-5", "lora.rank=4", "loss={objective: ift}", "train.epochs=2"],
    )
    assert config.optimizer.learning_rate == 2e-5
    assert config.lora is not None
    assert config.lora.rank == 4
    assert config.loss == IftSettings()
    assert config.train.epochs == 2


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.steps=2", r"`train.steps`: unknown key \(known: per_device_batch_size, gradient_"),
        ("speed=2", r"`speed`: unknown key \(known: out, model"),
        ("train.epochs", "write it as key=value"),
        ("train..epochs=2", "write it as key=value"),
        ("seed.x=2", "`seed` is a value and has no fields"),
        ("out.x=2", "`out` is a value and has no fields"),
        ("lora=[", r"--set lora: '\[' is not YAML \(line 1, column 2: .*\); put it in quotes"),
        ("train.max_steps=two", "`train.max_steps`: must be a valid integer, not 'two'"),
    ],
)
def test_a_wrong_override_is_named(small: str, override: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_config(small, ["seed=1", override])


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "model: {name: ''}\ndata: {path: d}\ntrain: {epochs: 0, log: 1}\nloss: {objective: x}\n"
        "data: {path: d}\n"
    )
    with pytest.raises(UserError) as caught:
        read_config(str(path))
    said = str(caught.value)
    assert said.startswith("6 problems:")
    assert all(name in said for name in ("`out`", "`model.name`", "`train.epochs`"))
    assert "`loss.objective`: must be one of ptr, ift, gsr, dpo, not 'x'." in said
    assert "`data` is given twice, in lines 2 and 5; keep one." in said
    assert "`train.log`: renamed to `train.logging_steps`." in said


RENAMED = {
    "model.checkpointing": "`model.gradient_checkpointing`",
    "optimizer.warmup": "`optimizer.warmup_ratio` or `optimizer.warmup_steps`",
    "optimizer.clip": "`optimizer.max_grad_norm`",
    "train.batch": "`train.per_device_batch_size`",
    "train.accumulation": "`train.gradient_accumulation_steps`",
    "train.max": "`train.max_steps`",
    "train.log": "`train.logging_steps`",
    "evaluate.batch": "`evaluate.per_device_batch_size`",
}


def test_old_names_are_refused_with_the_new_ones_all_at_once(small: str) -> None:
    with pytest.raises(UserError) as caught:
        read_config(small, [*(f"{old}=1" for old in RENAMED), "evaluate.steps=2"])
    said = str(caught.value)
    assert said.startswith("8 problems:")
    assert all(
        f"{small}, `{old}`: renamed to {new}.\n" in f"{said}\n" for old, new in RENAMED.items()
    )


def test_the_warm_up_is_a_share_or_a_number_of_steps(small: str) -> None:
    def found(*overrides: str) -> tuple[object, object, object]:
        optimizer = read_config(small, overrides).optimizer
        return optimizer.warmup_ratio, optimizer.warmup_steps, optimizer.warmup

    assert found() == (0.03, None, 0.03)
    assert found("optimizer.warmup_ratio=0") == (0, None, 0)
    assert found("optimizer.warmup_steps=800") == (None, 800, 800)
    assert found("optimizer={warmup_ratio: 1e-1, warmup_steps: null}") == (0.1, None, 0.1)
    for both in ("{warmup_ratio: 0.1, warmup_steps: 3}", "{warmup_ratio: null}"):
        with pytest.raises(UserError, match="`optimizer`: must have `warmup_ratio` or `warmup_st"):
            read_config(small, [f"optimizer={both}"])
    with pytest.raises(UserError, match=r"`optimizer.warmup_ratio`: must be less than 1, not 800"):
        read_config(small, ["optimizer.warmup_ratio=800"])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["loss={objective: dpo}", "data.pack=true"],
            "`data.pack` has no effect on the pairs of dpo; leave it out",
        ),
        (
            ["loss={objective: dpo}", "data.kinds=[ptr]"],
            "`data.limit` have no effect on the pairs of dpo",
        ),
        (["data.kinds=[direct, direct]"], "`data.kinds`: must name each kind once"),
        (["data.kinds=[]"], "`data.kinds`"),
        (["data.limit=0"], "`data.limit`"),
        (["data.encoding.thought_mask=false"], "contradicts `loss.thought_mask`"),
        (
            [
                "loss={objective: ptr, thought_mask: {share: 0.5}}",
                "data.encoding.thought_mask={share: 0.5, seed: 1}",
            ],
            "contradicts `loss.thought_mask`",
        ),
        (
            ["loss={objective: ptr, thought_mask: 0.5}"],
            "`loss.thought_mask`: must be true, false, or a share, such as .*, not 0.5",
        ),
        (
            ["loss={objective: ptr, thought_mask: {share: 2, off: words}}"],
            r"`loss.thought_mask.share`: .* equal to 1, not 2(.|\n)*"
            r"`loss.thought_mask.off`: unknown key \(known: share, of, seed\)",
        ),
        (
            ["data.encoding={type: ift, thought_mask: {share: 0.5}}"],
            "`data.encoding`: must have true or false as `thought_mask`",
        ),
        (
            ["loss={objective: ift}", "data.encoding.thought_mask={share: 0.5}"],
            "a share as `thought_mask` has no effect on `type: ift`; leave it out",
        ),
        (
            ["loss={objective: dpo}", "data.encoding.thought_mask={share: 0.5}"],
            "a share as `thought_mask` has no effect on dpo; leave it out",
        ),
        (
            ["loss={objective: ptr, thought_mask: {share: 0.5}}", "data.encoding.type=ift"],
            "a share as `thought_mask` has no effect on `type: ift`",
        ),
        (
            ["data.encoding.thought_weight=0.5"],
            "`data.encoding.thought_weight` has no effect with `thought_mask: true`",
        ),
        (["sharding={deepspeed: zero9}"], "one of zero2, zero3, zero3-offload"),
        (
            ["sharding={deepspeed: mine.json}"],
            "must be an existing file, and there is no .*mine.json",
        ),
        (
            ["sharding={deepspeed: zero2, fsdp: true}"],
            "`sharding`: must have `deepspeed` or `fsdp`, not both",
        ),
        (["sharding={fsdp_layer: X}"], "must have `fsdp: true` where there is `fsdp_layer`"),
        (["lora={targets: [lm_head]}"], "must not name the output layer, which takes no adapter"),
        (["model={name: m, precision: fp32, attention: flash_attention_2}"], "needs `model.prec"),
    ],
)
def test_what_cannot_go_together_is_refused(small: str, overrides: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_config(small, overrides)


def test_paths_are_relative_to_the_file(small: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    config = read_config(small, ["sharding.deepspeed=mine.json", "model.name=./model"])
    assert config.out == tmp_path / "out"
    assert config.model.name == str(tmp_path / "model")
    assert config.sharding.deepspeed == str(tmp_path / "mine.json")


def test_the_encoding_follows_the_method_unless_it_is_said(small: str) -> None:
    assert read_config(small).encoding.type == "ptr"
    assert read_config(small, ["loss={objective: ift}"]).encoding.type == "ift"
    said = ["loss={objective: ift}", "data.encoding.type=ptr"]
    assert read_config(small, said).encoding.type == "ptr"
    unmasked = read_config(small, ["loss={objective: ptr, thought_mask: false}"])
    assert not unmasked.encoding.thought_mask
    half = read_config(small, ["loss={objective: ptr, thought_mask: {share: 0.5}}"])
    assert half.encoding.thought_mask == MaskedShare(share=0.5)


def test_what_is_shown_can_be_read_again(small: str, tmp_path: Path) -> None:
    overrides = ["lora={}", "evaluate={steps: 5, tasks: [ptr_gsm8k, '1e5']}", "model.name='1e-3'"]
    config = read_config(small, [*overrides, "optimizer.warmup_steps=800"])
    shown = tmp_path / "shown.yaml"
    shown.write_text(dump_yaml(config.written()))
    assert read_config(str(shown)) == config
    assert isinstance(config.loss, PtrSettings)


@pytest.mark.parametrize("loss", ["{objective: ift}", "{objective: ptr, thought_mask: false}"])
def test_what_is_shown_encodes_as_before(small: str, tmp_path: Path, loss: str) -> None:
    config = read_config(small, [f"loss={loss}"])
    shown = tmp_path / "shown.yaml"
    shown.write_text(dump_yaml(config.written()))
    assert read_config(str(shown)).encoding == config.encoding


def test_a_file_that_is_not_there_is_named_with_the_shipped_ones() -> None:
    with pytest.raises(
        UserError, match=r"nothing.yaml: no such file, and not one of the shipped .*published"
    ):
        read_config("nothing.yaml")


def test_the_documented_configuration_is_valid(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "shown.yaml").write_text(block)
    config = read_config(str(tmp_path / "shown.yaml"))
    assert config.optimizer.learning_rate == 1e-4
    assert config.evaluate is not None


def test_every_flag_of_the_published_scripts_has_its_place_in_the_documentation() -> None:
    section = DOCUMENT[DOCUMENT.index("## Coming from the published scripts") :]
    left = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    named = {flag for cell in left for flag in re.findall(r"--\w+", cell)}
    assert named >= PUBLISHED_FLAGS


def test_what_the_documentation_sets_can_be_set(tmp_path: Path) -> None:
    base: dict[str, Any] = {"out": "o", "model": {"name": "m"}, "data": {"path": "d"}}
    section = DOCUMENT[DOCUMENT.index("## Coming from the published scripts") :]
    shown = [text for text in re.findall(r"`(\w+: \{[^`]*\})`", section) if "..." not in text]
    assert len(shown) >= 8
    for text in shown:
        (key, value) = next(iter(yaml.safe_load(text).items()))
        if "file.json" not in text:
            merged = {**base, key: {**base.get(key, {}), **value}}
            (tmp_path / "t.yaml").write_text(yaml.safe_dump(merged))
            read_config(str(tmp_path / "t.yaml"))
