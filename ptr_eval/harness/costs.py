"""What rounds cost beyond tokens: seconds, and prompt tokens served from a backend's cache.

Both figures differ between a resumed run and an uninterrupted one, so they go to the results
file and not to the samples.
"""

from collections.abc import Sequence

from lm_eval.api.instance import Instance

SECONDS = "seconds"
CACHED = "cached_prompt_tokens"


def spent_by_round(instances: Sequence[Instance]) -> dict[str, list[float]]:
    """Add up what a task's rounds took, and take it out of the records."""
    records = [instance.arguments[2] for instance in instances]
    costs = [(record["round"], *record.pop("spent", (None, None))) for record in records]
    rounds = max((round_ for round_, *_ in costs), default=0)
    spent = {}
    for place, name in enumerate((SECONDS, CACHED), start=1):
        if costs and all(cost[place] is not None for cost in costs):
            sums = [0.0] * rounds
            for cost in costs:
                sums[cost[0] - 1] += cost[place]
            spent[name] = [round(total, 6) for total in sums]
    return spent
