#!/usr/bin/python3
"""Runs the simulator: saved seeds, the same seed twice, a planted bug, and whether the rare paths are met.

Prints TAP. Arguments: the simulator, the one with the planted bug, the folder of saved seeds, and how
many seeds the last test takes.
"""

import re
import subprocess
import sys
from pathlib import Path

SECONDS_MAX = 900
PLANTED_SEEDS_MAX = 200
TWICE_SEEDS = 10
# Marks are expected of a full batch only.
MARKS_SEEDS_MIN = 300


class Points:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def add(self, good, name, output=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            for line in output.splitlines()[-40:]:
                print(f"# {line}")
        sys.stdout.flush()


def run(*command):
    """Exit status and all that was printed."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX,
                          check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def saved_seeds(points, simulator, folder):
    for path in sorted(folder.glob("[0-9]*")):
        what = path.read_text(encoding="utf-8").splitlines()[0]
        status, output = run(simulator, path.name)
        points.add(status == 0, f"seed {path.name}: {what}", output)


def last_line_is_as_promised(points, simulator):
    status, output = run(simulator, 1)
    line = output.splitlines()[-1]
    good = status == 0 and re.fullmatch(r"seed 1 steps \d+ digest [0-9a-f]{16}", line)
    points.add(bool(good), "the last line tells seed, steps and digest", output)


def same_seed_does_the_same(points, simulator):
    status, output = run(simulator, "--twice", "--count", TWICE_SEEDS, 1)
    points.add(status == 0, "the same seed twice does the same", output)


def planted_bug_is_found(points, planted):
    status, output = run(planted, "--stop", "--quiet", "--count", PLANTED_SEEDS_MAX, 1)
    found = status == 1 and re.search(r"^violation: seed \d+: at ", output, re.M)
    points.add(bool(found), f"the planted bug is found within {PLANTED_SEEDS_MAX} seeds", output)


def seeds_pass_and_meet_the_rare_paths(points, simulator, count):
    status, output = run(simulator, "--marks", "--quiet", "--count", count, 1)
    points.add(status == 0, f"{count} seeds pass", output)
    missed = re.findall(r"^ +0  (.*)$", output, re.M)
    if count >= MARKS_SEEDS_MIN:
        points.add(not missed, "all rare paths are met", "never met: " + ", ".join(missed))


def main():
    simulator, planted, folder, count = sys.argv[1:]
    points = Points()
    saved_seeds(points, simulator, Path(folder))
    last_line_is_as_promised(points, simulator)
    same_seed_does_the_same(points, simulator)
    planted_bug_is_found(points, planted)
    seeds_pass_and_meet_the_rare_paths(points, simulator, int(count))
    print(f"1..{points.count}")
    return 1 if points.failed else 0


sys.exit(main())
