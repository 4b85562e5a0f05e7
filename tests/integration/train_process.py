"""`ptr-train` as one of several processes on a CPU, without what DeepSpeed would compile there."""

import sys

if __name__ == "__main__":
    import deepspeed

    from ptr_train.cli import main

    # A faster way to add numbers up, which takes a compiler and half a minute; gloo does it, too.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    main(sys.argv[1:])
