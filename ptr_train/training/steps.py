"""How many steps a training has."""

import math


def steps_for(
    sequences: int, batch: int, accumulation: int, processes: int, *, epochs: float
) -> int:
    """Count the steps of a number of epochs; the last of an epoch may have fewer batches."""
    batches = math.ceil(math.ceil(sequences / batch) / processes)
    return math.ceil(epochs * max(math.ceil(batches / accumulation), 1))
