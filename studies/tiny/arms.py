"""The arms of the study: ways of training the base model, and of asking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROUNDS = 5
VOTES = 10
"""So many answers of the resample control take the tokens of five rounds, prompts included."""
TEMPERATURE = 1.0
INSTRUCTION = "refine your answer"
SYNTHESIS = "combine the candidates"


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of training the base model, and of asking it.

    Attributes:
        name: Its name, in folders and tables.
        says: What it is.
        config: Its training configuration; none for the base model itself.
        build: The folder of the data that it is trained on.
        changes: What differs from the configuration.
        voted: Whether the control without history is run: a vote of many answers.
        parallel: Whether it is asked to combine candidates, too.
        watched: Whether it is evaluated while it is trained.
    """

    name: str
    says: str
    config: str | None
    build: str = "data"
    changes: Mapping[str, object] = field(default_factory=dict)
    voted: bool = False
    parallel: bool = False
    watched: bool = False


def _terms(nll: float, consistency: float, confidence: float) -> dict[str, object]:
    return {"loss.lambdas": {"nll": nll, "consistency": consistency, "confidence": confidence}}


PTR, IFT, DPO, GSR = (f"train-{name}.yaml" for name in ("ptr", "ift", "dpo", "gsr"))
ARMS = (
    Arm("ptr", "PTR, all three terms", PTR, voted=True, watched=True),
    Arm("ift-compute", "IFT, as much computing as PTR", IFT, voted=True),
    Arm("prompt", "the base model, merely asked to refine", None, voted=True, parallel=True),
    Arm("ptr-shuffled", "PTR, thoughts of other questions", PTR,
        changes={"data.encoding.shuffle_thoughts": 0}),
    Arm("dpo", "DPO", DPO),
    Arm("ift", "IFT, as many steps as PTR", IFT, changes={"train.max_steps": 400}),
    Arm("ptr-no-mask", "PTR, thoughts learned as well", PTR,
        changes={"data.encoding.thought_mask": False, "loss.thought_mask": False}),
    Arm("ptr-two", "PTR, always two thoughts", PTR, build="data-two"),
    Arm("ptr-likelihood", "PTR, likelihood alone", PTR, changes=_terms(1, 0, 0)),
    Arm("ptr-consistency", "PTR without confidence", PTR, changes=_terms(0.9, 0.1, 0)),
    Arm("ptr-confidence", "PTR without consistency", PTR, changes=_terms(0.9, 0, 0.1)),
    Arm("gsr", "GSR, solving and combining", GSR, build="data-gsr", parallel=True),
    Arm("gsr-direct", "GSR, solving alone", GSR, build="data-gsr", parallel=True,
        changes={"data.kinds": ["direct"], "loss.refine_weight": 0.0}),
    Arm("gsr-refine", "GSR, combining alone", GSR, build="data-gsr", parallel=True,
        changes={"data.kinds": ["refine"], "loss.refine_weight": 1.0}),
)  # fmt: skip
"""What is trained, what matters most first."""
