"""Studies of SmolLM2-135M-Instruct, a real language model that is small enough for a CPU."""
