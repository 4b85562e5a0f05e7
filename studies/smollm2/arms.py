"""What is trained and asked, and in which order: what matters most first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TASKS = ("ptr_arc_easy", "ptr_commonsense_qa", "ptr_mmlu", "ptr_gsm8k")
QUESTIONS = {name: range(100) for name in TASKS} | {"ptr_mmlu": range(0, 14_000, 140)}
"""Which questions of each task; every 140th of MMLU, which is sorted by subject."""
ROUNDS = 3
VOTES = 5
"""Answers without history: as many calls as three rounds, and two more for their longer prompts."""
TOKENS = 192
"""The most that an answer may have."""
TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True)
class Ask:
    """One run: a model asked in one way."""

    name: str
    """Its name, in folders and tables."""
    model: str
    """The folder of the model, below the study's."""
    method: str
    """How the model came about."""
    says: str
    """What it is, in words."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Our settings, `ptr_*`."""
    sampled: bool = False
    """Whether answers are sampled; else they are greedy."""


def _rounds(instruction: str) -> dict[str, object]:
    shared = {} if instruction == "neutral" else {"ptr_first_round": "results/neutral"}
    return {"ptr_rounds": ROUNDS, "ptr_instruction": instruction, **shared}


RESAMPLE = {"ptr_protocol": "resample", "ptr_rounds": VOTES}
UNTRAINED = (
    Ask("neutral", "model", "Prompt", "asked to refine", _rounds("neutral")),
    Ask("null", "model", "Prompt", "asked to answer again", _rounds("null")),
    Ask("resample", "model", "Prompt", "asked anew, without history", RESAMPLE, sampled=True),
    Ask("critical", "model", "Prompt", "asked to look for mistakes", _rounds("critical")),
    Ask("precise", "model", "Prompt", "asked to be more precise", _rounds("precise")),
)
METHODS = ("ptr", "ift", "dpo")
"""What is trained; the first decides how many tokens all are trained on."""
PTR_EPOCHS = 2
TRAINED = tuple(
    Ask(method, f"trained-{method}", method.upper(), f"{method.upper()}, asked to refine",
        _rounds("neutral"))
    for method in METHODS
)  # fmt: skip
