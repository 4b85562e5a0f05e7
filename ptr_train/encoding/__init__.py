"""Training rows made into token ids, packed into sequences and collated into batches."""
