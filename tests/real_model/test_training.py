"""A few steps of training with a real model, and what its checkpoint then says."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.instructions import INSTRUCTIONS
from tests.ptr_train.training.run_factory import config_of, logged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # peft asks transformers by a name that it has just deprecated.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning"),
]

STEPS = 6
HOMES = {"Mira": "Oslo", "Pavel": "Quito"}


def question(name: str) -> str:
    return f"Where does {name} live?"


def answer(home: str) -> str:
    return f"It is {home}."


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with a wrong thought and an answer that no model can know."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / "data").mkdir()
    with (folder / "data" / "train.jsonl").open("w", encoding="utf-8") as file:
        for name, home in HOMES.items():
            asked = {"role": "user", "content": question(name)}
            again = {"role": "user", "content": INSTRUCTIONS["neutral"]}
            wrong = {"role": "assistant", "content": answer("Rome"), "weight": 0}
            right = {"role": "assistant", "content": answer(home), "weight": 1}
            kept = [(f"ptr-{name}", "ptr", [asked, wrong, again, right])]
            kept.append((f"sft-{name}", "sft", [asked, right]))
            for each, kind, messages in kept:
                file.write(json.dumps({"id": each, "kind": kind, "messages": messages}) + "\n")
    return folder


def train_some_steps(folder: Path, model: Path, rows: Path, *overrides: str) -> Path:
    from ptr_train.run import train

    config = config_of(
        folder, model, rows, f"train.max_steps={STEPS}", "train.per_device_batch_size=4",
        "save={optimizer: false}", *overrides,
    )  # fmt: skip
    checkpoint: Path = train(config)
    losses = logged(checkpoint, "nll")
    assert len(losses) == STEPS
    assert losses[0] > 1.5
    assert losses[-1] < losses[0] / 4
    return checkpoint


def says(lm: Any, *asked: str) -> list[str]:
    """What a model answers to questions in its template."""
    from lm_eval.api.instance import Instance

    prompts = [lm.apply_chat_template([{"role": "user", "content": each}]) for each in asked]
    settings = {"until": [], "max_gen_toks": 12, "do_sample": False, "temperature": 0.0}
    requests = [
        Instance("generate_until", {}, (prompt, dict(settings)), place)
        for place, prompt in enumerate(prompts)
    ]
    said: list[str] = lm.generate_until(requests, disable_tqdm=True)
    return said


def test_all_weights_learn_and_the_checkpoint_ends_its_answers(
    smollm2: Path, rows: Path, tmp_path: Path, sent: Any
) -> None:
    from lm_eval.models.huggingface import HFLM

    checkpoint = train_some_steps(tmp_path, smollm2, rows, "optimizer.learning_rate=2e-4")
    trained = HFLM(pretrained=str(checkpoint), device="cpu", dtype="bfloat16", batch_size=2)
    assert says(trained, *map(question, HOMES)) == list(map(answer, HOMES.values()))
    end = trained.tokenizer.convert_tokens_to_ids("<|im_end|>")
    (replies,) = sent.replies
    assert all(end in ids for ids in replies)
    written = json.loads((checkpoint / "generation_config.json").read_text(encoding="utf-8"))
    assert end in (written["eos_token_id"], *[written["eos_token_id"]])
    assert trained.tokenizer.chat_template == (smollm2 / "chat_template.jinja").read_text()


def test_adapters_learn_and_are_loaded_over_the_model(
    smollm2: Path, rows: Path, tmp_path: Path, sent: Any
) -> None:
    from lm_eval.models.huggingface import HFLM

    checkpoint = train_some_steps(
        tmp_path, smollm2, rows, "optimizer.learning_rate=4e-3", "lora={dropout: 0}",
        "model.precision=bf16",
    )  # fmt: skip
    assert not list(checkpoint.glob("model*.safetensors"))
    trained = HFLM(
        pretrained=str(smollm2), peft=str(checkpoint), device="cpu", dtype="bfloat16", batch_size=2
    )
    assert says(trained, *map(question, HOMES)) == list(map(answer, HOMES.values()))
    end = trained.tokenizer.convert_tokens_to_ids("<|im_end|>")
    (replies,) = sent.replies
    assert all(end in ids for ids in replies)
