"""What the tests with random queries have in common: a seed that names a run, and when to stop."""
import argparse
import os
import random


def random_runs(title, one_run, runs, seed, noun, each=1):
    """Calls one_run(rng), which tells how many answers were wrong, for each run or until three are. The exit status.

    Run N of a seed is the same whichever runs come before. `--seed` or WEIR_SEED chooses another one.
    """
    parser = argparse.ArgumentParser(description=f"{title} (see the head of this file)")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("WEIR_SEED", seed)))
    parser.add_argument("--runs", type=int, default=runs)
    args = parser.parse_args()
    wrong = 0
    for number in range(args.runs):
        wrong += one_run(random.Random(f"{args.seed}/{number}"))
        if wrong >= 3:
            break
    print(f"{args.runs * each} {noun}, {wrong} wrong answers (seed {args.seed})")
    return 1 if wrong else 0
