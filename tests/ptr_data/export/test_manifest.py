"""The manifest: everything that is known of a build, for programs to read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ptr_data.export.manifest import read_stages, write_manifest
from ptr_eval.errors import UserError
from tests.ptr_data.methods.ptr.report_factory import files, report


def test_the_manifest_holds_everything_and_is_the_same_again(tmp_path: Path) -> None:
    done = files(tmp_path)
    written = []
    for _ in range(2):
        write_manifest(
            tmp_path,
            report(),
            done,
            settings={"threshold": 0.7},
            versions={"ptr-eval": "0.1.0"},
            fingerprints={"queries": "00"},
        )
        written.append((tmp_path / "manifest.json").read_bytes())
    assert written[0] == written[1]
    found = json.loads(written[0])
    assert found["files"][0]["sha256"] == done[0].sha256
    assert found["report"]["gate"]["comparisons"][0]["p"] == 0.0004
    assert found["settings"] == {"threshold": 0.7}
    assert read_stages(tmp_path) == report().stages


def test_what_could_not_be_computed_is_null_in_the_manifest(tmp_path: Path) -> None:
    gate = report().gate
    unknown = replace(gate, comparisons=(replace(gate.comparisons[0], shift=float("nan")),))
    made = replace(report(), gate=unknown)
    write_manifest(tmp_path, made, (), settings={}, versions={}, fingerprints={})
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(text)["report"]["gate"]["comparisons"][0]["shift"] is None


@pytest.mark.parametrize("content", [None, "{", "{}", "[]", '{"report": {"stages": [{}]}}'])
def test_a_folder_without_a_manifest_is_named(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"manifest\.json is not the manifest of a finished build"):
        read_stages(tmp_path)
