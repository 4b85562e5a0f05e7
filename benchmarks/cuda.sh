#!/bin/sh
# What training takes on one NVIDIA GPU, beside TRL and the unfused loss: less than five minutes.
# Needs `pip install -e .[train,dev]`, and `.[kernels]` for the last table.
set -eu
cd "$(dirname "$0")/.."
export PYTHONPATH="$PWD" CUDA_VISIBLE_DEVICES="${CUDA_VISIBLE_DEVICES:-0}"
python benchmarks/training_step.py --size 0.1B --steps 10 --batch 8 --length 1024
python benchmarks/training_step.py --size 0.5B --steps 10 --batch 8 --length 1024 --dtype bf16 \
    --methods masked_ce hidden token
python benchmarks/loss_memory.py --vocabulary 131072 --hidden 4096
if python -c "import liger_kernel" 2>/dev/null; then
    python benchmarks/loss_memory.py --vocabulary 131072 --hidden 4096 --form liger --dtype bf16
fi
