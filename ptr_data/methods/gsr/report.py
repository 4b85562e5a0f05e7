"""What a finished build by generative self-refinement has to say of itself."""

from dataclasses import dataclass

from ptr_data.export.build_report import DataReport
from ptr_data.export.training_rows import Origin


@dataclass(frozen=True, slots=True)
class GsrReport(DataReport):
    """The facts of a build.

    Attributes:
        roles: What each model does, and how it writes.
        verifier: How right was told from wrong.
        question: How a question is worded.
        texts: By role, how many texts are whole, and what the others lack.
        verdicts: By role, what the verifier said.
        sampled_correct: How many questions have how many correct ones of all candidates.
        correct: How many questions show how many correct candidates.
        shown: How many questions show how many candidates.
        identical: How many questions show the same candidate several times and no other.
        correct_solutions: How many questions have how many correct solutions.
        rows_by_correct: How many refinement rows show how many correct candidates.
        tainted: How many correct solutions were left out for holding benchmark text.
    """

    roles: dict[str, Origin]
    verifier: str
    question: str
    texts: dict[str, dict[str, int]]
    verdicts: dict[str, dict[str, int]]
    sampled_correct: dict[str, int]
    correct: dict[str, int]
    shown: dict[str, int]
    identical: int
    correct_solutions: dict[str, int]
    rows_by_correct: dict[str, int]
    tainted: int
