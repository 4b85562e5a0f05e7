"""What the documentation shows is what the code takes."""

import re
from pathlib import Path

from ptr_data.compare.arms import arms
from ptr_data.compare.config import CompareConfig
from ptr_data.methods.gsr.config import STUDENT, TEACHER, GsrConfig
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.models.model import GenerationSettings
from ptr_eval.config import read_yaml_config
from ptr_eval.report import ReportConfig

DOCS = Path(__file__).parents[1] / "docs"


def test_the_build_configuration_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "build.yaml").write_text(configurations()[0])
    config = read_yaml_config(tmp_path / "build.yaml", PtrConfig)
    assert config.thoughts.proportions == {0: 0.2, 1: 0.3, 2: 0.5}
    assert config.model("large").backend == "local-chat-completions"


def test_the_configuration_of_parallel_refinement_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "gsr.yaml").write_text(configurations()[1])
    config = read_yaml_config(tmp_path / "gsr.yaml", GsrConfig)
    bare = {key: value for key, value in config if key in ("candidates", "prompt", "solutions")}
    assert all(type(value)() == value for value in bare.values())
    assert config.model("student").generation.model_dump().items() >= STUDENT.items()
    assert config.model("teacher").generation.model_dump().items() >= TEACHER.items()


def test_the_configuration_of_a_comparison_shown_is_valid(tmp_path: Path) -> None:
    (tmp_path / "compare.yaml").write_text(configurations()[2])
    config = read_yaml_config(tmp_path / "compare.yaml", CompareConfig)
    assert [arm.name for arm in arms(config)] == [
        "large", "large+examples", "large+thoughts(small)", "large+thoughts(small)+examples",
    ]  # fmt: skip
    assert all(f"`{arm.name}`" in (DOCS / "data.md").read_text() for arm in arms(config))


def configurations() -> list[str]:
    """The configurations shown: builds by both methods, then a comparison."""
    found: list[str] = re.findall(r"```yaml\n(.*?)```", (DOCS / "data.md").read_text(), re.DOTALL)
    assert len(found) == 3
    return found


def test_every_field_of_the_report_s_configuration_is_explained() -> None:
    text = (DOCS / "report.md").read_text()
    table = text[text.index("| field |") : text.index("## What the figures mean")]
    named = set(re.findall(r"`(\w+)`", "\n".join(r.split("|")[1] for r in table.splitlines() if r)))
    assert named == set(ReportConfig.model_fields)


def test_the_published_generation_settings_are_the_defaults() -> None:
    text = (DOCS / "data.md").read_text()
    found = re.findall(r"`generation: \{(.*?)\}`", text)
    shown = dict(pair.split(": ") for group in found for pair in group.split(", "))
    defaults = GenerationSettings().model_dump()
    assert len(shown) == 4
    assert {name: float(value) for name, value in shown.items()} == {
        name: defaults[name] for name in shown
    }
