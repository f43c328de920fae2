#!/usr/bin/env python3
"""test_flat_state.py: what is remembered of keys that never return goes with time.

Every key has three events within two seconds and never comes again. Nine times the keys must not take more memory than
some do: sessions, sliding windows, functions that look back, joins and substreams give back what time has passed.
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

WEIR = os.environ.get("WEIR", "weir")
FEW, MANY = 4_000, 36_000   # keys, a hundred a second
GROWTH_KB = 8 * 1024        # 32,000 keys that stay are at least this: 256 bytes each
SECONDS = 100

QUERIES = {
    "session": "SELECT COUNT(*) AS c INTO o FROM i TIMESTAMP BY at GROUP BY k, SessionWindow(s, 5, 60) OVER (PARTITION BY k)",
    "sliding": "SELECT k, SUM(v) AS s, MAX(v) AS m INTO o FROM i TIMESTAMP BY at GROUP BY k, SlidingWindow(s, 5)",
    "hopping": "SELECT k, SUM(v) AS s INTO o FROM i TIMESTAMP BY at GROUP BY k, HoppingWindow(s, 6, 2)",
    "looking back": "SELECT LAG(v) OVER (PARTITION BY k LIMIT DURATION(s, 5)) AS a, LAST(v) OVER (PARTITION BY k LIMIT "
                    "DURATION(s, 5)) AS b, ISFIRST(s, 5) OVER (PARTITION BY k) AS c, SUM(v) OVER (PARTITION BY k LIMIT "
                    "DURATION(s, 5)) AS d INTO o FROM i TIMESTAMP BY at",
    "join": "SELECT a.v INTO o FROM i a TIMESTAMP BY at LEFT JOIN i b TIMESTAMP BY at ON a.k = b.k AND "
            "DATEDIFF(s, a, b) BETWEEN 0 AND 2",
    "tumbling by substream": "SELECT k, COUNT(*) AS c INTO o FROM i TIMESTAMP BY at OVER k GROUP BY k, Tumbling(s, 2)",
    "session by substream": "SELECT k, COUNT(*) AS c INTO o FROM i TIMESTAMP BY at OVER k GROUP BY k, Session(s, 5, 60)",
    "looking back by substream": "SELECT LAG(v) OVER (PARTITION BY k LIMIT DURATION(s, 5)) AS a INTO o FROM i "
                                 "TIMESTAMP BY at OVER k",
    "join by substream": "SELECT a.v INTO o FROM i a TIMESTAMP BY at OVER k JOIN i b TIMESTAMP BY at OVER k ON a.k = b.k "
                         "AND DATEDIFF(s, a, b) BETWEEN 0 AND 2",
}


def write_events(path, keys):
    with open(path, "w", encoding="ascii") as out:
        for number in range(keys + 200):
            for behind in (0, 100, 200):  # keys of now, of a second ago and of two
                key = number - behind
                if 0 <= key < keys:
                    second = number // 100
                    at = f"2026-01-01T00:{second // 60:02}:{second % 60:02}.{number % 100:02}Z"
                    out.write(f'{{"k":"a key {key} that is no short text","v":{behind},"at":"{at}"}}\n')


class FlatState(unittest.TestCase):
    def peak_kb(self, folder, query, keys):
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        words = ["timeout", str(SECONDS), WEIR, "query", query, "--input", f"i=i{keys}.json", "--arrival", "i=at",
                 "--threads", "1"]
        job = subprocess.Popen(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(job.pid, 0)
        job.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(job.returncode, 0)
        return usage.ru_maxrss

    def test_keys_that_never_return(self):
        with tempfile.TemporaryDirectory(prefix="weir-flat-") as folder:
            for keys in (FEW, MANY):
                write_events(Path(folder) / f"i{keys}.json", keys)
            for name, query in QUERIES.items():
                with self.subTest(name):
                    few, many = (self.peak_kb(folder, query, keys) for keys in (FEW, MANY))
                    self.assertLess(many - few, GROWTH_KB, f"{few} KB, then {many} KB")


if __name__ == "__main__":
    sys.exit(unittest.main())
