"""The loss of models on texts that no training has seen, one number a text.

python retention.py TEXTS OUT MODEL...
"""

import json
import sys
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer


def losses(folder: str, texts: list[dict[str, str]]) -> list[float]:
    """Compute the mean loss per token of each answer, given its question, in nats."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return [_loss(model, tokenizer, text) for text in tqdm(texts, desc=folder)]


@torch.no_grad()
def _loss(model: torch.nn.Module, tokenizer: object, text: dict[str, str]) -> float:
    question = [{"role": "user", "content": text["question"]}]
    prompt = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    answer = tokenizer(text["output"], add_special_tokens=False)["input_ids"]
    logits = model(torch.tensor([before + answer])).logits[0, len(before) - 1 : -1]
    return torch.nn.functional.cross_entropy(logits, torch.tensor(answer)).item()


def main() -> None:
    """Write the losses of each model as JSON."""
    source, out, *models = sys.argv[1:]
    texts = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    Path(out).write_text(json.dumps({model: losses(model, texts) for model in models}))


if __name__ == "__main__":
    main()
