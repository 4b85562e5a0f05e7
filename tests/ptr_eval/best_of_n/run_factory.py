"""What tests of selecting are made of: runs, judges and reward models."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.best_of_n.candidates import Group
from ptr_eval.harness.rescore import score
from tests.scripted_lm import ScriptedLM, gold


def right(question: int, remark: str = "") -> str:
    return f"{remark} The answer is {gold(question)}."


def wrong(remark: str = "") -> str:
    return f"{remark} The answer is 7."


def save_run(
    out: Path, data: Path, groups: dict[int, list[list[str | None]]], **metadata: Any
) -> Path:
    """Save a run in which documents have groups of candidates."""
    size = len(next(iter(groups.values()))[0])
    samples = max(map(len, groups.values()))
    out.mkdir(parents=True, exist_ok=True)
    responses = out / "responses.jsonl"
    rows = [
        {"doc_id": i, "responses": [text for group in drawn for text in group]}
        for i, drawn in groups.items()
    ]
    responses.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = {
        "ptr_protocol": "parallel", "ptr_candidates": size, "ptr_rounds": 1,
        "ptr_samples": samples, "ptr_data": str(data), "ptr_scorers": "strict", **metadata,
    }  # fmt: skip
    score("ptr_gsm8k", responses, out, metadata=settings)
    return out


def written(run: Path, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Read the rows and the facts that a selector wrote."""
    (facts,) = run.rglob(f"selections_*_{name}_*.json")
    lines = facts.with_suffix(".jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], json.loads(facts.read_text())


def group(*texts: str, doc_id: int = 0) -> Group:
    return Group(doc_id, 0, "?", texts, tuple(False for _ in texts))


class Judge(ScriptedLM):
    """Prefers an answer by a rule that is given the two texts: "A", "B" or "tie"."""

    def __init__(self, prefers: Callable[[str, str], str], **more: Any) -> None:
        super().__init__(**more)
        self.prefers = prefers

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        if self.stops_after is not None and len(self.prompts) >= self.stops_after:
            raise KeyboardInterrupt
        self.prompts.append(prompt)
        self.settings.append(settings)
        found = re.search(r"Answer A:\n(.*)\n\nAnswer B:\n(.*)\n\nGive your", prompt, re.DOTALL)
        assert found is not None
        return f"<think>Verdict: tie</think>I am sure.\nVerdict: {self.prefers(*found.groups())}"


STATED = {
    "rm-r1-instruct": ("<answer>[[A]]</answer>", "<answer>[[B]]</answer>"),
    "rm-r1-reasoning": ("<answer>[[A]]</answer>", "<answer>[[B]]</answer>"),
    "rrm": (r"\boxed{Assistant 1}", r"\boxed{Assistant 2}"),
    "arena-hard": ("My final verdict is: [[A>>B]]", "My final verdict is: [[B>A]]"),
    "mt-bench": ('"[[A]]"', '"[[B]]"'),
}
"""How published judges say that they prefer the first answer, or the second."""


class Published(Judge):
    """States its verdict as a published judge does, in a prompt of that judge."""

    def __init__(self, form: str, prefers: Callable[[str, str], str], **more: Any) -> None:
        super().__init__(prefers, **more)
        self.stated = STATED[form]

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        shown = prompt[prompt.rindex("Work it out step by step") :]
        first, second = re.findall(r"worth \d+.*", shown)
        return f"Let me see.\n\n{self.stated[self.prefers(first, second) == 'B']}"


def worth(text: str) -> int:
    """Read how much a text says it is worth."""
    return int(text.partition("worth ")[2].split()[0])


def by_worth(first: str, second: str) -> str:
    return "A" if worth(first) > worth(second) else "B"


def make_reward_model(
    folder: Path, tokens_of: Path, *, labels: Sequence[str] = ("LABEL_0",), chat: bool = True
) -> Path:
    """Save a Llama without attention, whose score is the first number of its last token."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(tokens_of)
    tokenizer.chat_template = (
        "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}" if chat else None
    )
    config = LlamaConfig(
        vocab_size=600, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1, max_position_embeddings=256,
        pad_token_id=0, eos_token_id=1, bos_token_id=None,
        id2label=dict(enumerate(labels)), label2id={name: i for i, name in enumerate(labels)},
    )  # fmt: skip
    model = LlamaForSequenceClassification(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding = model.model.embed_tokens.weight
        embedding[:, 0] = 0.0
        for mark, value in (("!", 1.0), ("?", -1.0)):
            (token,) = tokenizer(mark, add_special_tokens=False)["input_ids"]
            embedding[token, 0] = value
        model.score.weight.zero_()
        model.score.weight[-1, 0] = 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
