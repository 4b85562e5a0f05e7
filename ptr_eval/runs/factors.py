"""What runs differ in by plan: settings, sampling and shots, by which their names distinguish them.

All settings count but those that say where files are and how requests are sent, so that a setting
which is new is not forgotten. Runs differ in a factor if they have different levels of it on the
same task: that tasks are sampled at different temperatures distinguishes no runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from ptr_eval.runs.naming import NO_FACTORS
from ptr_eval.runs.run_label import RunLabel
from ptr_eval.runs.saved import SavedTask

Factors = Mapping[str, str]
"""The levels of a task of a run, by factor."""

_NAMED_OTHERWISE = (
    "protocol", "rounds", "instruction", "synthesis", "samples", "first_round", "scorers", "pass_k",
)  # fmt: skip
"""Settings that are read off another place below, or that change no answer."""

_ALWAYS_PLANNED = (
    "protocol", "step", "instruction", "synthesis", "candidates", "syntheses", "candidate_tokens",
    "order", "aggregator", "candidates_by", "first_round_by", "rounds", "samples", "seed",
    "temperature",
)  # fmt: skip
_OF_CANDIDATES = ("candidates", "syntheses", "candidate_tokens", "order")
_PLAIN = ("sequential", "resample")
"""The protocols that show no candidates."""

_RECORDED = "RecordedLM"
"""What the results file of `ptr-eval score` calls its model."""

_LONGEST = 40


def factors_of(saved: SavedTask, label: RunLabel) -> Factors:
    """Read the levels of a task's factors off its results file.

    Args:
        saved: The task.
        label: What its run is called; it names the instruction and the step.

    Returns:
        The levels by factor; a factor that does not bear on the protocol is left out.
    """
    description, settings = saved.description, dict(saved.description.settings)
    protocol = str(settings.get("protocol"))
    rounds = len(description.answers_per_round)
    found: dict[str, Any] = {"protocol": protocol}
    if label.step is not None:
        found["step"] = label.step
    if label.instruction != protocol and (protocol != "parallel" or rounds > 2):
        found["instruction"] = label.instruction
    if protocol not in _PLAIN:
        found["synthesis"] = settings.get("synthesis")
    else:
        settings = {name: v for name, v in settings.items() if name not in _OF_CANDIDATES}
    found["rounds"] = rounds
    found |= {
        name: value
        for name, value in settings.items()
        if name not in (*NO_FACTORS, *_NAMED_OTHERWISE)
    }
    found["samples"] = saved.config.get("repeats")
    others = description.first_round_model
    first = "first_round_by" if protocol in _PLAIN else "candidates_by"
    found[first] = others if others and others != saved.model else "itself"
    # Recorded answers were made elsewhere, with nobody knows which settings.
    if (saved.facts.get("config") or {}).get("model") != _RECORDED:
        found |= _generation(saved.config.get("generation_kwargs") or {})
    found["num_fewshot"] = saved.config.get("num_fewshot")
    found["system_instruction"] = saved.facts.get("system_instruction")
    found["chat_template"] = bool(saved.facts.get("chat_template"))
    return {name: _level(value) for name, value in found.items()}


def _generation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """List what sampling depends on; without it, the temperature is 0 whatever is set."""
    found = {name: v for name, v in settings.items() if name not in ("until", "do_sample")}
    if settings.get("do_sample") is False or not found.get("temperature", 1):
        found["temperature"] = 0
    return found


def labelled(tasks: Sequence[tuple[RunLabel, str, Factors]]) -> dict[RunLabel, RunLabel]:
    """Write into labels of runs in which factors they differ from other runs of the same tasks.

    Args:
        tasks: The tasks of all runs: the run's label, the task's name, and its factors.

    Returns:
        By label, the one with the factors.
    """
    planned = _planned(tasks)
    levels: dict[RunLabel, dict[str, dict[str, None]]] = {label: {} for label, _, _ in tasks}
    for label, task, factors in tasks:
        for name in planned.get(task, ()):
            if name in factors:
                levels[label].setdefault(name, {})[factors[name]] = None
    return {
        label: replace(label, factors=tuple((name, " or ".join(of)) for name, of in mine.items()))
        for label, mine in levels.items()
    }


def _planned(tasks: Sequence[tuple[RunLabel, str, Factors]]) -> dict[str, list[str]]:
    """List by task the factors in which its runs differ by plan.

    Models may need a chat template or more tokens than others: such a factor is a plan only where
    one model was run at several of its levels.
    """
    by_task: dict[str, list[tuple[RunLabel, Factors]]] = {}
    for label, task, factors in tasks:
        by_task.setdefault(task, []).append((label, factors))
    found = {}
    for task, done in by_task.items():
        of_model: dict[str, list[Factors]] = {}
        for label, factors in done:
            of_model.setdefault(label.checkpoint, []).append(factors)
        swept = {name for runs in of_model.values() for name in _differing(runs)}
        found[task] = [
            name
            for name in _differing([factors for _, factors in done])
            if name in _ALWAYS_PLANNED or name in swept
        ]
    return found


def _differing(runs: Sequence[Factors]) -> list[str]:
    """List the factors of which runs of one task have several levels."""
    levels: dict[str, set[str]] = {}
    for factors in runs:
        for factor, level in factors.items():
            levels.setdefault(factor, set()).add(level)
    return [factor for factor, found in levels.items() if len(found) > 1]


def _level(value: Any) -> str:
    """Spell a level shortly: of a path its name, of a text its beginning."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(str(value).split())
    if "/" in text and " " not in text:
        text = PurePath(text).name
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
