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
    factors: tuple[tuple[str, str], ...] = ()
    """In what it differs from other runs of the report by plan, such as ("candidates", "8")."""

    @property
    def name(self) -> str:
        """The run's name, with the factors that it does not show."""
        shown = self.run.split("/")
        hidden = [
            in_words(factor, level)
            for factor, level in self.factors
            if level not in shown and f"{factor}={level}" not in shown
        ]
        return f"{self.run} ({', '.join(hidden)})" if hidden else self.run


def in_words(factor: str, level: str) -> str:
    """Name a level of a factor, such as "k = 8", "3 rounds" or "temperature 0.7".

    Args:
        factor: The factor.
        level: Its level.

    Returns:
        The words.
    """
    if factor in _COUNTED:
        several, one = _COUNTED[factor]
        return f"{level} {one if level == '1' else several}"
    if factor in ("protocol", "candidates"):
        return level if factor == "protocol" else f"k = {level}"
    return f"{factor.replace('_', ' ')} {level}"


_COUNTED = {
    "rounds": ("rounds", "round"), "samples": ("samples", "sample"),
    "syntheses": ("syntheses", "synthesis"), "num_fewshot": ("shots", "shot"),
}  # fmt: skip
