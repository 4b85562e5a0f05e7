"""What a training would miss: the model, the data, tasks, packages, a GPU.

Looked for before anything is loaded, in the configuration as it stands, so that it is reported
together with what else is wrong there. What is malformed is left to the configuration's own checks.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ptr_eval.config import ConfigFile
from ptr_eval.errors import UserError
from ptr_train.config import EvaluationSettings, TrainConfig, TrainedModelSettings
from ptr_train.training.arguments import check_installed, check_launched, check_precision
from ptr_train.training.fingerprints import already_encoded, data_file


def missing_parts(file: ConfigFile, *, here: bool) -> tuple[str, ...]:
    """List the problems; those of packages and hardware only if it is to be trained here."""
    if not isinstance(file.values, Mapping):
        return ()
    found = _readable(file.values, file.path.absolute().parent)
    return tuple(f"{file.path}, {problem}" for problem in _problems(found, file.values, here=here))


def _readable(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Read the parts of a configuration that can be read, each by itself."""
    found = {}
    for name, field in TrainConfig.model_fields.items():
        try:
            kind: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
            if name in values:
                found[name] = kind.validate_python(values[name], context={"folder": folder})
        except ValidationError:
            continue
    return found


def _problems(found: Mapping[str, Any], given: Mapping[str, Any], *, here: bool) -> Iterator[str]:
    config = TrainConfig.model_construct(**found)
    checks: list[Callable[[], Any]] = []
    if "model" in found:
        checks.append(partial(_check_model, config.model))
    if "data" in found and ("loss" in found or "loss" not in given):
        checks.append(partial(_check_data, config))
    if found.get("evaluate") is not None:
        checks.append(partial(_check_tasks, found["evaluate"]))
    if here:
        checks += [partial(check_installed, config), partial(check_launched, config.sharding)]
        checks += [partial(check_precision, config.model)] if "model" in found else []
    for check in checks:
        try:
            check()
        except UserError as error:
            yield str(error)


def _check_model(model: TrainedModelSettings) -> None:
    if Path(model.name).is_absolute() and not Path(model.name).is_dir():
        raise UserError(f"`model.name`: there is no folder {model.name}.")
    if model.chat_template is not None and not model.chat_template.is_file():
        raise UserError(f"`model.chat_template`: there is no file {model.chat_template}.")


def _check_data(config: TrainConfig) -> None:
    try:
        if already_encoded(config, "train") is None:
            data_file(config, "train")
    except UserError as error:
        raise UserError(f"`data.path`: {error}") from error


def _check_tasks(evaluate: EvaluationSettings) -> None:
    from ptr_eval.harness.live import check_live
    from ptr_train.training.live_evaluation import live_run

    try:
        check_live(live_run(evaluate, ""))
    except UserError as error:
        raise UserError(f"`evaluate`: {error}") from error
