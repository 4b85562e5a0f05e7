"""Parts from outside the package: readers, scorers and protocols of one's own.

A part is named in one of four ways: by a shipped name, as a function (`!function mine.part` in a
task file), as `package.module:name`, or as `path/file.py:name`. A function is turned into one of
the last two, so that settings stay plain text and a saved run can find the part again.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from ptr_eval.errors import UserError

T = TypeVar("T")


def reference_to(part: object, where: str, folders: Sequence[Path] = ()) -> str:
    """Name a part in text.

    Args:
        part: A name, a reference, or a function or class of a module.
        where: The setting or field it was given to, for messages.
        folders: Where a relative `file.py` is looked for; the first folder that has it counts.

    Returns:
        The name; the reference, with an absolute path if it names a file.

    Raises:
        UserError: If a function has no name of its own, or a file is not there.
    """
    if not isinstance(part, str):
        return _reference_to_object(part, where)
    place, colon, name = part.rpartition(":")
    if not colon or not place.endswith(".py"):
        return part
    for folder in (Path(), *folders):
        path = folder / Path(place).expanduser()
        if path.is_file():
            return f"{path.resolve()}:{name}"
    searched = " or ".join(str(folder) for folder in (Path().resolve(), *folders))
    raise UserError(f"{where}={part}: no file {place} in {searched}.")


def load_part(reference: str, known: Mapping[str, T], where: str) -> T | Any:
    """Find a part.

    Args:
        reference: A shipped name, `package.module:name`, or `file.py:name`.
        known: The shipped parts by name.
        where: The setting or field, for messages.

    Returns:
        The part; one from outside may be anything.

    Raises:
        UserError: If there is none.
    """
    if reference in known:
        return known[reference]
    place, colon, name = reference.rpartition(":")
    if not colon:
        raise UserError(
            f"{where}={reference}: unknown; choose one of {', '.join(sorted(known))}, or name a "
            "part of your own as package.module:name or file.py:name."
        )
    module = _module_of_file(Path(place), where) if place.endswith(".py") else _module(place, where)
    if not hasattr(module, name):
        raise UserError(f"{where}={reference}: {place} has nothing called {name}.")
    return getattr(module, name)


def check_call(part: object, parameters: Sequence[str], where: str, wanted: str) -> None:
    """Refuse a part that cannot be called as it will be.

    Args:
        part: The function or class.
        parameters: What it will be given, by position.
        where: The setting or field, for messages.
        wanted: The signature it should have, for messages.

    Raises:
        UserError: If it is not callable, or takes other arguments.
    """
    problem = None
    if not callable(part):
        problem = f"a {type(part).__name__} is not callable"
    else:
        try:
            inspect.signature(part).bind(*parameters)
        except TypeError as error:
            problem = str(error)
        except ValueError:  # Some built-in functions do not tell their signature.
            return
    if problem:
        raise UserError(f"{where}: {problem}; it should be {wanted}.")


def _reference_to_object(part: object, where: str) -> str:
    module, name = getattr(part, "__module__", None), getattr(part, "__qualname__", None)
    if not callable(part) or not module or not name or "<" in name:
        raise UserError(f"{where}: {part!r} is not a function or class of a module; name one.")
    try:
        file = inspect.getfile(part)
    except TypeError:
        file = ""
    found = sys.modules.get(module)
    importable = "/" not in module and getattr(found, "__spec__", None) is not None
    if importable and not module.startswith(_PREFIX):
        return f"{module}:{name}"
    return f"{Path(file).resolve()}:{name}"


_PREFIX = "ptr_eval_plugin_"


def _module(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"{where}: {name} cannot be imported ({error}).") from error


def _module_of_file(path: Path, where: str) -> ModuleType:
    """Import a file once; its functions can be pickled by the name it is registered under."""
    path = path.expanduser().resolve()
    name = f"{_PREFIX}{sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UserError(f"{where}: no file {path}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
