#!/usr/bin/env python3
"""test_start_time.py: --start TIME names the time of the first output; what its rows are made of is read all the same."""
import sys
import unittest

from cli_support import CliTest, lines, rows_of

EVENTS = [{"n": n, "at": f"2026-01-01T00:00:{n:02}Z"} for n in range(1, 31)]
START = "2026-01-01T00:00:15Z"


def at(second):
    return f"2026-01-01T00:00:{second:02}.0000000Z"


class StartTime(CliTest):
    def rows_since(self, query):
        self.write("events.json", lines(EVENTS))
        return rows_of(self.ok("query", query, "--input", "i=events.json", "--start", START).stdout)

    def test_windows_are_complete(self):
        rows = self.rows_since("SELECT COUNT(*) AS c, System.Timestamp() AS t FROM i TIMESTAMP BY at "
                               "GROUP BY HoppingWindow(second, 10, 5)")
        self.assertEqual(rows, [{"c": 10, "t": at(15)}, {"c": 10, "t": at(20)}, {"c": 10, "t": at(25)},
                                {"c": 10, "t": at(30)}, {"c": 5, "t": at(35)}])

    def test_functions_look_back(self):
        rows = self.rows_since("SELECT n, LAG(n) OVER (LIMIT DURATION(second, 5)) AS before FROM i TIMESTAMP BY at")
        self.assertEqual(rows[0], {"n": 15, "before": 14})
        self.assertEqual(len(rows), 16)

    def test_a_step_behind_a_step(self):
        rows = self.rows_since("WITH s AS (SELECT SUM(n) AS n FROM i TIMESTAMP BY at GROUP BY TumblingWindow(second, 5)) "
                               "SELECT SUM(n) AS n FROM s GROUP BY TumblingWindow(second, 20)")
        self.assertEqual(rows, [{"n": sum(range(1, 21))}, {"n": sum(range(21, 31))}])


if __name__ == "__main__":
    sys.exit(unittest.main())
