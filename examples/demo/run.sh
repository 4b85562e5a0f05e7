#!/bin/sh
# Train a small model on the spot, and let it answer a bundled problem set for three rounds.
set -eu
here=$(dirname "$0")
out=${1:-demo-output}
export HF_HUB_OFFLINE=1 OMP_NUM_THREADS=2 TOKENIZERS_PARALLELISM=false
export HF_HOME="$out/hf-home"

if [ ! -f "$out/model/model.safetensors" ]; then
    python "$here/make_model.py" "$out/model.tmp"
    rm -rf "$out/model" && mv "$out/model.tmp" "$out/model"
fi

ptr-eval run \
    --model hf --model_args "pretrained=$out/model" --device cpu --batch_size 25 \
    --apply_chat_template \
    --include_path "$here" --tasks ptr_demo_counting \
    --metadata "ptr_data=$here" ptr_rounds=3 "ptr_ledger=$out/ledger" \
    --output_path "$out/results" --log_samples

echo
ptr-eval table "$out/results"
echo
echo "The first answers of this model are often slips, and it was trained to mend them:"
echo "the gain is planted, to show the plumbing. Every prompt and answer is in $out/results."
