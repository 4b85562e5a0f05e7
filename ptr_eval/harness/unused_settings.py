"""Settings that only some protocols or scorers use, where nothing in a run uses them."""

from collections.abc import Iterable, Mapping
from dataclasses import fields

from ptr_eval.harness.settings import PREFIX, TaskSettings
from ptr_eval.protocols import PROTOCOLS

_OF_CANDIDATES = ("synthesis", "syntheses", "candidate_tokens", "order")
_USERS = {
    **dict.fromkeys(("candidates", *_OF_CANDIDATES), "the protocol parallel"),
    "instruction": "a protocol with a second answer to refine",
    "aggregator": "a second round",
    **dict.fromkeys(("embedder", "similarity_threshold"), "a scorer of similarity"),
    **dict.fromkeys(("sandbox", "timeout"), "a scorer that runs programs"),
}
"""The settings that are not always used, and what uses them."""


def used_by(settings: TaskSettings, scorers: Iterable[str]) -> set[str]:
    """Name what a task uses of the settings that are not always used.

    Args:
        settings: The task's settings.
        scorers: What its scorers use.

    Returns:
        The names, without prefix.
    """
    used = set(scorers)
    if settings.protocol not in PROTOCOLS:
        return used | {"candidates", *_OF_CANDIDATES, "instruction", "aggregator"}
    if settings.rounds > 1:
        used.add("aggregator")
    if settings.protocol == "parallel":
        used |= {"candidates", *(_OF_CANDIDATES if settings.rounds > 1 else ())}
    first = {"sequential": 2, "parallel": 3}.get(settings.protocol)
    if first is not None and settings.rounds >= first:
        used.add("instruction")
    return used


def changed(settings: TaskSettings) -> set[str]:
    """Name the settings that are not the default, and so were given."""
    default = TaskSettings()
    names = [field.name for field in fields(TaskSettings)]
    return {name for name in names if getattr(settings, name) != getattr(default, name)}


def unused(given: Iterable[str], used: Mapping[str, set[str]]) -> list[str]:
    """Say which settings were given to a run and are used by no task of it.

    Args:
        given: The settings given.
        used: By task, what it uses.

    Returns:
        The sentences.
    """
    everything = set().union(*used.values())
    return [
        f"{PREFIX}{name} is not used: no task here has {_USERS[name]}."
        for name in sorted(set(given) & _USERS.keys())
        if name not in everything
    ]
