"""What a run is called in tables and plots."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunLabel:
    """Whose answers these are."""

    run: str
    """The run's name, unique in a report."""
    checkpoint: str
    """The model that answered."""
    method: str
    """How the checkpoint was trained or prompted, such as `Prompt`, `IFT` or `PTR`."""
    instruction: str = ""
    """The name of the refinement instruction; empty if there was none."""
    step: int | None = None
    """The training step of the checkpoint, where it is one of a series."""
