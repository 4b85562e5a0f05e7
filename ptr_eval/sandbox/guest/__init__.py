"""What runs behind the wall: the candidate's side, the tester's side and their common language.

Nothing here imports the rest of the package or anything slow; the modules are started inside
a sandbox by a bare interpreter. No secret is stored in them: the candidate may read them.
"""
