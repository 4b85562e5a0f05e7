"""From training rows to token ids, to packed sequences, to batches."""
