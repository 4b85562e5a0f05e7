"""The methods by which data are built: one folder each, with the same file names."""
