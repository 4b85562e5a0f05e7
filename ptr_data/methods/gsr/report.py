"""What a finished build by generative self-refinement has to say of itself."""

from dataclasses import dataclass

from ptr_data.export.report import DataReport
from ptr_data.export.training_rows import Origin


@dataclass(frozen=True, slots=True)
class GsrReport(DataReport):
    """The facts of a build."""

    roles: dict[str, Origin]
    """What each model does, and how it writes."""
    verifier: str
    """How right was told from wrong."""
    question: str
    """How a question is worded."""
    texts: dict[str, dict[str, int]]
    """By role, how many texts are whole, and what the others lack."""
    verdicts: dict[str, dict[str, int]]
    """By role, what the verifier said."""
    sampled_correct: dict[str, int]
    """How many questions have how many correct ones of all candidates."""
    correct: dict[str, int]
    """How many questions show how many correct candidates."""
    shown: dict[str, int]
    """How many questions show how many candidates."""
    identical: int
    """How many questions show the same candidate several times and no other."""
    correct_solutions: dict[str, int]
    """How many questions have how many correct solutions."""
    rows_by_correct: dict[str, int]
    """How many refinement rows show how many correct candidates."""
    tainted: int
    """How many correct solutions were left out for holding benchmark text."""
