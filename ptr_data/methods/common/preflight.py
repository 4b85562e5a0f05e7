"""What a configuration names and a build would miss: files, benchmarks, arguments of models.

Looked for before anything is read, in the configuration as it stands, so that it is reported
together with what else is wrong there. What is malformed is left to the configuration's own checks.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from ptr_data.filters.decontamination import DecontaminationSettings, missing_benchmarks
from ptr_data.models.model import RECORDED
from ptr_data.sources.questions import SourceSettings, source_files
from ptr_eval.config import ConfigFile, Settings
from ptr_eval.errors import UserError

S = TypeVar("S", bound=Settings)


def missing_parts(file: ConfigFile) -> tuple[str, ...]:
    """List the problems."""
    values = file.values if isinstance(file.values, Mapping) else {}
    context = {"folder": file.path.absolute().parent}
    return tuple(f"{file.path}, {problem}" for problem in _problems(values, context))


def _problems(values: Mapping[str, Any], context: Mapping[str, Path]) -> Iterator[str]:
    yield from _of_sources("sources", values.get("sources"), context)
    if isinstance(sft := values.get("sft"), Mapping):
        yield from _of_sources("sft.sources", sft.get("sources"), context)
    for place, model in enumerate(_mappings(values.get("models"))):
        yield from (f"`models.{place}`: {problem}" for problem in _of_model(model, context))
    for part, key in (("measure", "file"), ("answers", "examples")):
        named = values[part].get(key) if isinstance(values.get(part), Mapping) else None
        if isinstance(named, str) and named not in ("built-in", "none"):
            if not (context["folder"] / Path(named).expanduser()).is_file():
                yield f"`{part}.{key}`: there is no file {named}."
    given = values.get("decontamination", {})
    found = _read(given, DecontaminationSettings, context)
    if found is not None and (missing := missing_benchmarks(found)):
        yield f"`decontamination`: {missing}"


def _of_sources(name: str, given: Any, context: Mapping[str, Path]) -> Iterator[str]:
    for place, values in enumerate(_mappings(given)):
        source = _read(values, SourceSettings, context)
        try:
            if source is not None:
                source_files(source)
        except UserError as error:
            yield f"`{name}.{place}`: {error}"


def _of_model(model: Mapping[str, Any], context: Mapping[str, Path]) -> Iterator[str]:
    from ptr_eval.harness.loading import wrong_arguments

    backend, args = model.get("backend"), model.get("args", {})
    if not isinstance(backend, str) or not isinstance(args, Mapping):
        return
    if backend != RECORDED:
        yield from wrong_arguments(backend, args)
    elif isinstance(named := args.get("file"), str):
        if not (context["folder"] / Path(named).expanduser()).is_file():
            yield f"there is no file {named} of recorded generations."


def _mappings(given: Any) -> Sequence[Any]:
    """Give the items of a list, an empty mapping for what is none."""
    listed = given if isinstance(given, list) else []
    return [item if isinstance(item, Mapping) else {} for item in listed]


def _read(given: Any, record: type[S], context: Mapping[str, Path]) -> S | None:
    try:
        return None if given is None else record.model_validate(given, context=context)
    except ValidationError:
        return None
