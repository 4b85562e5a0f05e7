"""The modules that run inside a sandbox: supervisor, runner, tester, and what they share.

They are started by a bare interpreter, so they import neither the rest of the package nor anything
slow. They contain no secrets, because the programs may read them.
"""
