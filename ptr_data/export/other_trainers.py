"""How other trainers read the data so that, as here, the answer alone is trained on."""

from collections.abc import Sequence

from ptr_data.export.files import ExportedFile

TRL = """\
import datasets, trl

rows = datasets.load_dataset("FOLDER", "prompt_completion", split="train")
args = trl.SFTConfig(max_length=None)  # TRL cuts rows of over 1,024 tokens, at the answer.
trl.SFTTrainer("MODEL", args=args, train_dataset=rows).train()
"""
"""What trains on the data with TRL."""

AXOLOTL = """\
datasets:
  - path: FOLDER/data/train.jsonl
    ds_type: json
    type: chat_template
    field_messages: messages
    message_field_training: weight
    roles_to_train: []
    train_on_eos: turn
"""
"""What axolotl's configuration says of the data."""

LLAMA_FACTORY = """\
{"refinement": {
  "file_name": "FOLDER/data/train.jsonl",
  "formatting": "sharegpt",
  "columns": {"messages": "messages"},
  "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user",
           "assistant_tag": "assistant", "system_tag": "system"}
}}
"""
"""What LLaMA-Factory's `dataset_info.json` says of the data."""

LLAMA_FACTORY_TRAINING = """\
dataset: refinement
mask_history: true
"""
"""What LLaMA-Factory's configuration of a training says."""


def other_trainers(files: Sequence[ExportedFile]) -> list[str]:
    """Word how the data are trained on with other programs."""
    if not any(file.path == "prompt_completion/train.parquet" and file.rows for file in files):
        return ["There are no rows to train on."]
    return [
        "FOLDER is this folder, and for TRL may be its name on the hub; MODEL has a chat template. "
        "`ptr-train` takes `data.path: FOLDER`.",
        "TRL, which trains on the completion alone:",
        _code("python", TRL),
        "TRL also trains on what the template writes after the end of the turn, such as ChatML's "
        "newline, and on a thinking block that the template itself adds to the answer; `ptr-train` "
        "trains on neither.",
        "axolotl, which trains on the messages of weight 1:",
        _code("yaml", AXOLOTL),
        "LLaMA-Factory, in `dataset_info.json`:",
        _code("json", LLAMA_FACTORY),
        "and in the training's configuration, which else would train on the attempts, too:",
        _code("yaml", LLAMA_FACTORY_TRAINING),
        "TRL's lines are tested with every release; the other two follow these programs' "
        "documentation.",
    ]


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}```"
