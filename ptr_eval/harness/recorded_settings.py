"""The settings of answers that exist already: as they were asked, and as they are scored now."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_eval.harness.scorers import check_scorers
from ptr_eval.harness.settings import PREFIX, RUN_WIDE, SCORING, TaskSettings
from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.harness.unused_settings import unused
from ptr_eval.plugins import reference_to
from ptr_eval.protocols import PROTOCOLS
from ptr_eval.runs import SavedTask

_log = logging.getLogger(__name__)

_NOT_NEEDED = ("instruction", "synthesis", "prompt", "data", *RUN_WIDE)
"""Settings of a run that scoring it again does not use, and whose files may be gone."""


def refuse_asking(metadata: Mapping[str, Any]) -> None:
    """Refuse settings of a run's requests where nothing is asked."""
    names = [f"{PREFIX}{name}" for name in (*RUN_WIDE, "seed", "context")]
    if given := [name for name in names if name in metadata]:
        raise UserError(f"{', '.join(given)}: `score` asks no model; leave it out.")


def rounds_of(
    answers: int, own: Mapping[str, Any], shape: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Find which rounds so many answers to a question are; in parallel a group comes first."""
    settings = TaskSettings.from_metadata({**own, **shape})
    answers = math.ceil(answers / (settings.samples or 1))
    if settings.protocol == "parallel":
        group = settings.candidates
        if "ptr_candidates" not in given:
            # Too few answers are a smaller group, not one with failed candidates.
            group = min(group, answers)
        refined = math.ceil((answers - group) / settings.syntheses)
        return {"ptr_candidates": group, "ptr_rounds": 1 + max(0, refined)}
    if settings.protocol not in PROTOCOLS:
        try:
            TaskSettings.from_metadata({**own, "ptr_rounds": answers, **shape})
        except UserError:
            return {}  # Its rounds are its own, whatever is asked for.
    return {"ptr_rounds": answers}


def configs_of(
    tasks: Sequence[SavedTask], metadata: Mapping[str, Any], include_path: Path | None
) -> list[dict[str, Any]]:
    """Give the configurations with which a saved run's tasks are scored again.

    Args:
        tasks: The tasks.
        metadata: The settings given now.
        include_path: A folder with tasks of the user's own.

    Returns:
        lm-eval's configurations, in the order of the tasks.

    Raises:
        UserError: If a task cannot be found, or a setting is given that scoring does not use;
            names all problems.
    """
    configs: list[dict[str, Any]] = []
    problems: list[str] = []
    for saved in tasks:
        try:
            configs.append(_config(saved, metadata, include_path))
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError.collect(list(dict.fromkeys(problems)))
    specs = [TaskSpec.read(config) for config in configs]
    wanted = {
        spec.task: TaskSettings.from_metadata(config["metadata"]).scorers
        for spec, config in zip(specs, configs, strict=True)
    }
    for warning in check_scorers(wanted, {spec.task: tuple(spec.scorers) for spec in specs}):
        _log.warning("ptr_scorers: %s", warning)
    used = {spec.task: set(chain.from_iterable(spec.scorer_settings.values())) for spec in specs}
    for warning in unused((key.removeprefix(PREFIX) for key in metadata), used):
        _log.warning(warning)
    for saved, spec, config in zip(tasks, specs, configs, strict=True):
        if not any(name in spec.scorers for name in wanted[spec.task]):
            config["metadata"]["ptr_scorers"] = list(saved.description.settings.get("scorers", ()))
    return configs


def _config(
    saved: SavedTask, metadata: Mapping[str, Any], include_path: Path | None
) -> dict[str, Any]:
    source = str((saved.config.get("metadata") or {}).get("config_source") or "")
    known = Path(source) if source else None
    config = read_task_file(saved.task, include_path, saved.results, known)
    if problems := list(_decided(saved, metadata)):
        raise UserError.collect(problems)
    asked = {
        f"{PREFIX}{name}": value
        for name, value in saved.description.settings.items()
        if name not in _NOT_NEEDED
    }
    asked["ptr_rounds"] = len(saved.description.answers_per_round)
    asked["ptr_protocol"] = _protocol(str(asked["ptr_protocol"]), include_path)
    scored = {key: value for key, value in metadata.items() if key.removeprefix(PREFIX) in SCORING}
    own = {key: value for key, value in config["metadata"].items() if not key.startswith(PREFIX)}
    # As they were asked: YAML may have changed since, and --gen_kwargs and --num_fewshot are in it.
    worded = ("doc_to_text",) if isinstance(config.get("doc_to_text"), str) else ()
    for key in (*worded, "generation_kwargs", "num_fewshot", "repeats"):
        if key in saved.config:
            config[key] = saved.config[key]
    if (version := (saved.config.get("metadata") or {}).get("version")) is not None:
        own["version"] = version
    return {**config, "metadata": {**own, **asked, **scored}}


def _decided(saved: SavedTask, metadata: Mapping[str, Any]) -> Iterator[str]:
    """Say which of the settings given now were decided when the run was asked."""
    TaskSettings.from_metadata(metadata)  # Refuses what is no setting at all.
    for key, value in metadata.items():
        name = key.removeprefix(PREFIX)
        was = saved.description.settings.get(name)
        if name != key and name not in SCORING and str(value).lower() != str(was).lower():
            usable = ", ".join(f"{PREFIX}{each}" for each in SCORING)
            yield (
                f"{key}={value}: decided when the run was asked ({key}={was}), and scoring it "
                f"again cannot change it; leave it out ({usable} can be given)."
            )


def _protocol(reference: str, include_path: Path | None) -> str:
    """Find a protocol of the user's own again, if its folder has another place now."""
    place, colon, name = reference.rpartition(":")
    if not colon or not place.endswith(".py") or Path(place).is_file() or include_path is None:
        return reference
    return reference_to(f"{Path(place).name}:{name}", f"{PREFIX}protocol", [include_path])
