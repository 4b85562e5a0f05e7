"""What a run is called in tables and plots."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunLabel:
    """Whose answers these are.

    Attributes:
        run: The run's name, unique in a report.
        checkpoint: The model that answered.
        method: How the checkpoint was trained or prompted, such as `Prompt`, `IFT` or `PTR`.
        instruction: The name of the refinement instruction; empty if there was none.
        step: The training step of the checkpoint, where it is one of a series.
    """

    run: str
    checkpoint: str
    method: str
    instruction: str = ""
    step: int | None = None
