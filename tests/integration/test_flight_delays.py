"""The main job end to end: the story queries/flight-delays against a computation over the raw data.

The demo runs as a user runs it (in-process Kafka, SQLite over ODBC); then every row of the result table is compared
with counts and averages made here, in plain Python, from flights.ndjson and airports.csv.
"""
import collections
import csv
import datetime
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("WEIR_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
STORY = ROOT / "queries" / "flight-delays"


def expected_rows():
    """State and end of hour -> (departures, average, worst, late)."""
    with open(STORY / "airports.csv", newline="") as file:
        state = {row["Iata"]: row["State"] for row in csv.DictReader(file)}
    groups = collections.defaultdict(list)
    with open(STORY / "flights.ndjson") as file:
        for line in file:
            flight = json.loads(line)
            if flight["Origin"] not in state:
                continue
            time = datetime.datetime.strptime(flight["DepartureTime"][:19], "%Y-%m-%dT%H:%M:%S")
            hour = time.replace(minute=0, second=0)
            end = hour if hour == time else hour + datetime.timedelta(hours=1)  # (start, end]
            groups[state[flight["Origin"]], end].append(flight["DelayMinutes"])
    rows = {}
    for (name, end), delays in groups.items():
        if len(delays) >= 2:
            key = name, end.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
            rows[key] = len(delays), sum(delays) / len(delays), max(delays), sum(d > 15 for d in delays)
    return rows


class FlightDelays(unittest.TestCase):
    def test_whole_table(self):
        with tempfile.TemporaryDirectory() as folder:
            database = pathlib.Path(folder) / "flights.db"
            run = subprocess.run(["bash", STORY / "demo.sh", os.environ["WEIR"], "--database", database],
                                 capture_output=True, text=True, timeout=240)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("20,000", run.stderr + run.stdout, "the summary says how many events came in")
            rows = sqlite3.connect(database).execute(
                "SELECT State, WindowEnd, Departures, AverageDelay, WorstDelay, Late FROM delays_by_state").fetchall()
        wanted = expected_rows()
        self.assertEqual(len(rows), len(wanted), "rows in the table, no key twice")
        for state, end, count, average, worst, late in rows:
            with self.subTest(state=state, end=end):
                self.assertIn((state, end), wanted)
                self.assertEqual((count, worst, late), wanted[state, end][0:1] + wanted[state, end][2:])
                self.assertAlmostEqual(average, wanted[state, end][1], places=9)


if __name__ == "__main__":
    if not os.environ.get("WEIR"):
        sys.exit("set WEIR to the weir program")
    unittest.main()
