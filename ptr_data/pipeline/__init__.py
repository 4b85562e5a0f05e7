"""The stage engine: a build is a list of stages, and each finished shard is marked.

It knows nothing of models or of the files of a data set; `ptr_data.methods` declares the stages.
"""
