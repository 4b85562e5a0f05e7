"""The methods by which data are built, and which of them a configuration asks for."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from ptr_data.methods.common.method import BuiltData, build
from ptr_data.methods.common.preflight import missing_parts
from ptr_eval.config import Settings, open_config
from ptr_eval.extras import require


class MethodSettings(Settings):
    """What a configuration says of its method; all else is left to that."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    method: Literal["ptr", "gsr"] = "ptr"
    """`ptr` for progressive thought refinement, `gsr` for generative self-refinement."""


def build_from(path: Path) -> BuiltData:
    """Build what a configuration file asks for, going on where an earlier call stopped."""
    require("`ptr-data build`", "data", "rensa", "py3langid")
    file = open_config(path)
    # What else is wrong is reported with the method's own problems.
    method = replace(file, problems=()).checked(MethodSettings).method
    file = replace(file, problems=(*file.problems, *missing_parts(file)))
    if method == "gsr":
        from ptr_data.methods.gsr.stages import GSR

        return build(GSR, file.checked(GSR.config))
    from ptr_data.methods.ptr.stages import PTR

    return build(PTR, file.checked(PTR.config))
