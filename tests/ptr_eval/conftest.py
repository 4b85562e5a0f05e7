"""What tests of several rooms share: two saved runs."""

from tests.ptr_eval.saved_runs import runs, saved

__all__ = ["runs", "saved"]
