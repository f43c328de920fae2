"""What a million live keys of a tumbling window cost, that it is given back, and that ever new keys cost no more.

The program runs on generated files while its resident memory is read from /proc: one key, which gives the size to
compare with; a million keys in one hour; and three hours of a million keys each, no key twice, then one of one key.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import faults

KEYS = 1_000_000
QUIET = 400_000  # events of an hour with one key
GROWTH_MB = 100
MORE_MB = 30     # by which later hours of new keys may exceed the first one
LEFT_MB = 40     # what an hour with one key may hold after them, beyond what it holds alone
QUERY = """SELECT k, COUNT(*) AS n, AVG(v) AS a INTO out
FROM events TIMESTAMP BY seen GROUP BY k, TumblingWindow(hour, 1)
"""


def write_hour(out, hour, count, first_key, keys):
    for i in range(count):
        minute, second = divmod(i * 3600 // count, 60)
        seen = f"2026-01-01T{hour:02}:{minute:02}:{second:02}Z"
        out.write(f'{{"k":{first_key + i * 7919 % keys},"v":{i % 1000},"seen":"{seen}"}}\n')


def resident_mb(pid):
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 / 1e6 if found else None


class WindowMemory(unittest.TestCase):
    def run_hours(self, folder, hours):
        """Samples of resident memory during a run over hours of (events, keys)."""
        first_key = 0
        with open(folder / "events.ndjson", "w") as out:
            for hour, (count, keys) in enumerate(hours):
                write_hour(out, hour, count, first_key, keys)
                first_key += keys
        (folder / "query.asaql").write_text(QUERY)
        job = subprocess.Popen([faults.WEIR, "run", "query.asaql", "--input", "events=events.ndjson", "--output",
                                "out=/dev/null", "--threads", "1"], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        samples = []
        while job.poll() is None:
            try:
                samples.append(resident_mb(job.pid))
            except FileNotFoundError:
                break
            time.sleep(0.005)
        told = job.communicate()[1]
        self.assertEqual(job.returncode, 0, told)
        return [sample for sample in samples if sample]

    def test_a_million_keys(self):
        with tempfile.TemporaryDirectory(prefix="weir-memory-") as scratch:
            folder = Path(scratch)
            few = self.run_hours(folder, [(QUIET, 1)])
            one = self.run_hours(folder, [(KEYS, KEYS)])
            many = self.run_hours(folder, [(KEYS, KEYS)] * 3 + [(QUIET, 1)])
        base, last = max(few), sorted(many[-5:])[2]
        print(f"one key {base:.0f} MB, a million {max(one):.0f} MB, three million in turn {max(many):.0f} MB, "
              f"at last {last:.0f} MB", file=sys.stderr)
        self.assertLess(max(one) - base, GROWTH_MB, "a million live keys")
        self.assertLess(max(many) - max(one), MORE_MB, "ever new keys")
        self.assertLess(last - base, LEFT_MB, "after the windows")


if __name__ == "__main__":
    if not os.path.exists("/proc/self/status"):
        print("skipped: resident memory is read from /proc")
        sys.exit(faults.SKIPPED)
    if faults.has_sanitizer():
        print("skipped: a sanitizer's own memory hides what is measured")
        sys.exit(faults.SKIPPED)
    unittest.main()
