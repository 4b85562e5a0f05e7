"""The card's lines for other trainers: that they run, and train on the tokens that we train on."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from ptr_data.export.card import save_card
from ptr_data.export.files import ExportSettings, export_rows
from ptr_data.export.other_trainers import AXOLOTL, LLAMA_FACTORY, other_trainers
from ptr_data.export.training_rows import TrainingRow, prompt_completion_row
from ptr_data.methods.ptr.card import card
from ptr_train.encoding.examples import read_example
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.tokens import open_encoder
from tests.ptr_data.export.row_factory import refined
from tests.ptr_data.methods.ptr.report_factory import report
from tests.ptr_train.encoding.tokenizer_factory import made_tokenizer

Tokens = list[tuple[int, bool]]
"""Token ids, and whether they are trained on."""

CPU = "max_length=None, max_steps=1, use_cpu=True, bf16=False, report_to='none'"

pytestmark = pytest.mark.filterwarnings("ignore")  # TRL and what it imports.


def plain(row: TrainingRow) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(asdict(row)))
    return found


def ours(tokenizer: Any) -> Tokens:
    encoder = open_encoder(tokenizer, EncodingSettings())
    (row,) = encoder.encode([read_example(plain(refined()), "row 1")])
    return [(token, weight > 0) for token, weight in zip(row.input_ids, row.weights, strict=True)]


def theirs(row: dict[str, Any]) -> Tokens:
    labelled = zip(row["input_ids"], row["labels"], strict=True)
    return [(token, label != -100) for token, label in labelled]


def test_a_row_that_trl_trains_through_the_card_s_lines_has_our_mask(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trl = pytest.importorskip("trl")
    from transformers import AutoTokenizer

    folder = tmp_path / "data"
    save_card(folder, card(report(), export_rows([refined()], folder, ExportSettings())))
    (lines,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    seen: list[Any] = []
    trainer: Any = trl.SFTTrainer

    class Watched(trainer):
        def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
            seen.extend(inputs[name].tolist() for name in ("input_ids", "labels"))
            return super().compute_loss(model, inputs, *args, **kw)

    monkeypatch.setattr(trl, "SFTTrainer", Watched)
    monkeypatch.chdir(tmp_path)  # TRL writes into the current folder.
    for name, value in {"FOLDER": folder, "MODEL": tiny_model, "max_length=None": CPU}.items():
        assert name in lines
        lines = lines.replace(name, str(value))
    exec(lines, {})
    (ids,), (labels,) = seen
    found = theirs({"input_ids": ids, "labels": labels})
    assert found == ours(AutoTokenizer.from_pretrained(tiny_model))
    assert 0 < sum(trained for _, trained in found) < len(found)


@pytest.mark.parametrize(("template", "after"), [("mistral", ""), ("qwen2", "\n"), ("gemma", "\n")])
def test_trl_trains_further_only_on_what_follows_the_end_of_the_turn(
    template: str, after: str, tmp_path: Path
) -> None:
    trl = pytest.importorskip("trl")
    import datasets
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = made_tokenizer(template)
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
             "num_attention_heads": 1}  # fmt: skip
    row = json.loads(json.dumps(asdict(prompt_completion_row(refined()))))
    trainer = trl.SFTTrainer(
        LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **small)),
        args=trl.SFTConfig(str(tmp_path), max_length=None, use_cpu=True, bf16=False),
        train_dataset=datasets.Dataset.from_list([row]),
        processing_class=tokenizer,
    )
    found, wanted = theirs(trainer.train_dataset[0]), ours(tokenizer)
    assert found[: len(wanted)] == wanted
    assert tokenizer.decode([token for token, _ in found[len(wanted) :]]) == after


def test_trl_takes_no_column_of_data_for_a_preference() -> None:
    row = plain(refined())
    taken = {"prompt", "chosen", "rejected", "completion", "label", "messages"}
    assert taken & set(row) == {"messages"}
    assert taken & set(row["provenance"]) == set()


def test_the_other_programs_settings_name_what_the_rows_have() -> None:
    (dataset,) = yaml.safe_load(AXOLOTL)["datasets"]
    described = json.loads(LLAMA_FACTORY)["refinement"]
    row = plain(refined())
    assert dataset["field_messages"] == described["columns"]["messages"] == "messages"
    for message in row["messages"]:
        assert {dataset["message_field_training"], *_fields(described)} <= set(message)
    roles = {described["tags"][f"{role}_tag"] for role in ("user", "assistant", "system")}
    assert {message["role"] for message in row["messages"]} <= roles
    weights = [message[dataset["message_field_training"]] for message in row["messages"]]
    assert [bool(weight) for weight in weights] == [False] * (len(weights) - 1) + [True]


def _fields(described: dict[str, Any]) -> set[str]:
    return {described["tags"]["role_tag"], described["tags"]["content_tag"]}


def test_a_card_of_data_without_rows_shows_no_lines(tmp_path: Path) -> None:
    assert other_trainers(export_rows([], tmp_path, ExportSettings())) == [
        "There are no rows to train on."
    ]
