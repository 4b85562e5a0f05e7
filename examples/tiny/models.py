"""Train the tiny problem's models from scratch: base, two weak ones, and a strong one.

All are ordinary Llamas in Hugging Face's format, of one size, with a tokenizer of some fifty words.

base    answers at once. It can hold a conversation of several turns: asked to refine its
        answer it says the same again, asked to combine candidates it repeats the first, and it
        can tell the results of cells in its answer. So it has what refining takes, but no notion
        of refining.
weak-1, weak-2
        are two earlier states of base.
strong  goes on from weak-2. It works the cells out between <think> marks, in an order in which
        each can be known, before it answers.
"""

import argparse
import os
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheets import CELLS, DIGITS, NAMES, PROBLEMS, Problem, Sheet, draw_from

from ptr_eval.conversation import Conversation
from ptr_eval.protocols import quoting

INSTRUCTION = "refine your answer"
SYNTHESIS = "combine the candidates"
PAD, END = "<pad>", "<eos>"
SPECIAL = (PAD, END, "<user>", "<bot>")
CHAT_TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}"
    "<bot> {{ m['content'] }} <eos> "
    "{% else %}<user> {{ m['content'] }} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<bot> {% endif %}"
)
CONTEXT = 256
"""Room for a question, four candidates and an answer."""
SHOWN = 4
"""The most candidates that are shown in pre-training."""
BATCH = 32
SHORT = 85
"""The most tokens of a conversation that is worked on with short ones."""
RATE = 3.5e-3

Turns = list[tuple[str, str, bool]]
"""What the user says, what the assistant says, and whether that is to be learned."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        steps: How many steps it is trained.
        start: The model it goes on from; None for new weights.
        snapshots: Names of earlier states to keep, by step.
    """

    steps: int
    start: str | None
    snapshots: dict[int, str]


RECIPES = {
    "base": Recipe(1200, None, {450: "weak-1", 700: "weak-2"}),
    "strong": Recipe(1600, "weak-2", {}),
}
ALONE = 0.15
"""The share of base's training in which it sees nothing but lone questions."""
KINDS = {"question": 0.6, "two": 0.05, "show": 0.2, "again": 0.1, "given": 0.05}
"""What base sees thereafter, in these shares."""
TEACHING = 0.1
"""The share of what strong sees that shows candidates."""


def vocabulary(problem: Problem) -> dict[str, int]:
    """Number the words of a problem.

    Args:
        problem: The problem.

    Returns:
        Token ids by word.
    """
    words = (
        *SPECIAL, *problem.families, ",", *NAMES, *DIGITS, "<think>", "</think>", "show",
        *INSTRUCTION.split(), *SYNTHESIS.split(), "<candidate", "</candidate>",
        *(f'number="{n}">' for n in range(1, 11)), "<unk>",
    )  # fmt: skip
    return {word: i for i, word in enumerate(words)}


def cells_of(answer: str) -> list[list[str]]:
    """Split an answer into its cells.

    Args:
        answer: The answer.

    Returns:
        The words of each cell.
    """
    words = answer.split()
    width = len(words) // CELLS
    return [words[i : i + width] for i in range(0, len(words), width)]


def base_turns(sheets: Iterator[Sheet], rng: random.Random, kind: str | None = None) -> Turns:
    """Draw a conversation to train base on.

    Args:
        sheets: The source of sheets.
        rng: The source of randomness.
        kind: Which of `KINDS`; None to draw it.

    Returns:
        One question; or two; or one whose answer, right or not, is to be read or repeated; or
        one with candidates, of which the first is to be repeated.
    """
    sheet = next(sheets)
    kind = kind or rng.choices(list(KINDS), list(KINDS.values()))[0]
    alone = (sheet.question, sheet.answer, True)
    if kind == "question":
        return [alone]
    if kind == "two":
        other = next(sheets)
        return [alone, (other.question, other.answer, True)]
    said = sheet.one_pass(rng)
    if kind == "given":
        others = [sheet.one_pass(rng) for _ in range(SHOWN - 1)]
        return [(with_candidates(sheet, [said, *others]), said, True)]
    first = (sheet.question, said, False)
    if kind == "again":
        return [first, *[(INSTRUCTION, said, True)] * 2]
    results = {name: result for name, *_, result in cells_of(said)}
    names = rng.sample(list(results), CELLS)
    shown = " ".join(f"{name} {results[name]}" for name in names)
    return [first, (f"show {' '.join(names)}", shown, True)]


def strong_turns(sheets: Iterator[Sheet], rng: random.Random) -> Turns:
    """Draw a conversation to train strong on.

    Args:
        sheets: The source of sheets.
        rng: The source of randomness.

    Returns:
        A question, sometimes with candidates, and the way to its answer.
    """
    sheet = next(sheets)
    asked = sheet.question
    if rng.random() < TEACHING:
        asked = with_candidates(sheet, [sheet.one_pass(rng) for _ in range(SHOWN)])
    return [(asked, f"<think> {sheet.working} </think> {sheet.answer}", True)]


def with_candidates(sheet: Sheet, candidates: Sequence[str]) -> str:
    """Show candidates below a question, as parallel refinement does.

    Args:
        sheet: The question.
        candidates: The candidates.

    Returns:
        What the user says.
    """
    asked = quoting(Conversation.ask(sheet.question), candidates, SYNTHESIS, CONTEXT)
    return asked.messages()[-1]["content"]


def encode(turns: Turns, words: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Encode a conversation as the chat template renders it.

    Args:
        turns: The conversation.
        words: Token ids by word.

    Returns:
        Token ids, and labels in which what is not to be learned is -100.
    """
    ids: list[int] = []
    labels: list[int] = []
    for said, answer, learned in turns:
        asked = [words[word] for word in f"<user> {said} <bot>".split()]
        answered = [words[word] for word in f"{answer} {END}".split()]
        ids += asked + answered
        labels += [-100] * len(asked) + (answered if learned else [-100] * len(answered))
    return ids, labels


def save(model: Any, folder: Path, words: Mapping[str, int]) -> None:
    """Save a model with its tokenizer, all of it or nothing.

    Args:
        model: The model.
        folder: Where to.
        words: Token ids by word.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished)
    core = Tokenizer(models.WordLevel(dict(words), unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=PAD, eos_token=END, unk_token="<unk>",
        model_max_length=CONTEXT, clean_up_tokenization_spaces=False, padding_side="left",
        additional_special_tokens=["<user>", "<bot>"],
    )  # fmt: skip
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(unfinished)
    os.replace(unfinished, folder)


def new_model(seed: int, words: Mapping[str, int]) -> Any:
    """Make an untrained model.

    Args:
        seed: The seed of its weights.
        words: Token ids by word.

    Returns:
        The model.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    # Initial weights and rotary base suit the size: lookups are learned twice as fast.
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=96, intermediate_size=288,
            num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
            max_position_embeddings=CONTEXT, bos_token_id=None, eos_token_id=words[END],
            pad_token_id=words[PAD], tie_word_embeddings=False, initializer_range=0.05,
            rope_parameters={"rope_type": "default", "rope_theta": 100.0},
        )
    )  # fmt: skip


def load(folder: Path) -> Any:
    """Load a model to go on from.

    Args:
        folder: Where it is.

    Returns:
        The model.
    """
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(folder).train()


def train(name: str, folder: Path, seed: int, problem: Problem, share: float = 1.0) -> None:
    """Train a model and save it, with its snapshots; what is there already is left alone.

    Args:
        name: Which recipe.
        folder: Where to save, in folders by name.
        seed: The seed of weights and data.
        problem: What it is trained on.
        share: The share of the recipe's steps that is trained.
    """
    import torch
    from tqdm import trange

    if (folder / name).exists():
        return
    recipe = RECIPES[name]
    steps = max(3, round(recipe.steps * share))
    snapshots = {max(1, round(step * share)): kept for step, kept in recipe.snapshots.items()}
    folder.mkdir(parents=True, exist_ok=True)
    words = vocabulary(problem)
    model = load(folder / recipe.start) if recipe.start else new_model(seed, words)
    rng = random.Random(f"{name} {seed}")
    sheets = draw_from("train", rng, problem.families)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, (0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, steps, pct_start=0.05, anneal_strategy="linear", cycle_momentum=False
    )
    progress = trange(steps, desc=f"Training {name}", mininterval=1)
    for step in progress:
        if kept := snapshots.get(step):
            shutil.rmtree(folder / kept, ignore_errors=True)
            save(model, folder / kept, words)
        alone = "question" if step < ALONE * steps else None
        turns = [
            base_turns(sheets, rng, alone) if name == "base" else strong_turns(sheets, rng)
            for _ in range(BATCH)
        ]
        optimizer.zero_grad()
        loss = learn(model, [encode(t, words) for t in turns])
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            progress.set_postfix(loss=f"{loss:.3f}")
    save(model, folder / name, words)


def learn(model: Any, rows: Sequence[tuple[list[int], list[int]]]) -> float:
    """Add the gradient of the mean loss of what is to be learned.

    Long conversations are worked on apart, so that short ones are not padded to their length.

    Args:
        model: The model.
        rows: Token ids and labels of each conversation.

    Returns:
        The loss.
    """
    import torch

    learned = sum(label != -100 for _, labels in rows for label in labels)
    total = 0.0
    for part in ([r for r in rows if len(r[0]) <= SHORT], [r for r in rows if len(r[0]) > SHORT]):
        if not part:
            continue
        length = max(len(ids) for ids, _ in part)
        ids = torch.tensor([ids + [0] * (length - len(ids)) for ids, _ in part])
        labels = torch.tensor([labels + [-100] * (length - len(labels)) for _, labels in part])
        # Padding is on the right, where a causal model does not see it: no mask, no cost.
        loss = model(input_ids=ids, labels=labels).loss * ((labels != -100).sum() / learned)
        loss.backward()
        total += loss.item()
    return total


def main() -> None:
    """Train what is not there yet."""
    from transformers.utils import logging

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to save the models, in folders by name")
    parser.add_argument("--only", choices=RECIPES, help="train this one alone")
    parser.add_argument("--seed", type=int, default=0, help="of weights and data")
    parser.add_argument("--share", type=float, default=1.0, help="of all steps")
    parser.add_argument("--problem", choices=PROBLEMS, default="sheets")
    given = parser.parse_args()
    logging.disable_progress_bar()
    for name in [given.only] if given.only else RECIPES:
        train(name, given.folder, given.seed, PROBLEMS[given.problem], given.share)


if __name__ == "__main__":
    main()
