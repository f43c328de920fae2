"""The stories under queries/ as their readers use them: tested, formatted, run, and written to where they are meant to go."""
import json
import os
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

import faults

GALLERY = Path(os.environ["WEIR_SOURCE"]) / "queries"
PROJECTS = sorted(path.parent for path in GALLERY.glob("*/asaproj.json"))


def weir(*words, **variables):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("KAFKA_BROKERS", "WAREHOUSE", "REFERENCE_DB")}
    return subprocess.run([faults.WEIR, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**environment, **variables})


def expected(story, name):
    return json.loads((GALLERY / story / "tests/expected" / name).read_text())


class Gallery(unittest.TestCase):
    def good(self, *words, **variables):
        done = weir(*words, **variables)
        self.assertEqual(done.returncode, 0, f"weir {' '.join(map(str, words))}\n{done.stderr}")
        return done

    def test_there_are_at_least_ten_and_each_is_told(self):
        self.assertGreaterEqual(len(PROJECTS), 10)
        listed = (GALLERY / "README.md").read_text()
        for folder in GALLERY.iterdir():
            if folder.is_dir():
                self.assertTrue((folder / "README.md").exists(), folder)
                self.assertIn(f"]({folder.name})", listed)

    def test_all_cases_pass(self):
        done = self.good("test", GALLERY)
        self.assertRegex(done.stdout, r"^(1[5-9]|[2-9]\d) passed, 0 failed\n$")

    def test_queries_are_in_the_canonical_layout(self):
        self.good("fmt", "--check", GALLERY)

    def test_projects_have_no_warnings(self):
        for folder in PROJECTS:
            done = self.good("check", folder)
            self.assertIn("0 errors, 0 warnings", done.stderr, folder)

    def test_projects_run_on_their_recorded_events(self):
        for folder in PROJECTS:
            rows = self.good("run", folder, "--local").stdout.splitlines()
            cases = json.loads((folder / "tests/testConfig.json").read_text())["TestCases"]
            wanted = sum(len(expected(folder.name, Path(output["FilePath"]).name))
                         for output in cases[0]["ExpectedOutputs"])
            self.assertEqual(len(rows), wanted, folder)

    def test_orders_reach_the_warehouse_once_however_often_they_are_delivered(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/shop.db"
            for _ in range(2):
                self.good("run", GALLERY / "point-of-sale", WAREHOUSE=f"Driver=SQLite3;Database={path}")
            with sqlite3.connect(path) as table:
                units, = table.execute("SELECT SUM(units) FROM sales").fetchone()
                hours = table.execute("SELECT store, category, units, revenue FROM sales_hourly").fetchall()
        self.assertEqual(units, sum(row["units"] for row in expected("point-of-sale", "1-Sales.json")))
        summary = [(row["store"], row["category"], row["units"], row["revenue"])
                   for row in expected("point-of-sale", "1-Hourly.json")]
        self.assertEqual(sorted(hours), sorted(summary))

    def test_bronze_is_kept_by_the_hour(self):
        with tempfile.TemporaryDirectory() as folder:
            self.good("run", GALLERY / "bronze-and-gold", "--blobs", folder, "--output", f"Gold={folder}/gold.csv")
            files = sorted(Path(folder, "bronze").rglob("*.json"))
            rows = [json.loads(line) for path in files for line in path.read_text().splitlines()]
            hours = [path.parent.name for path in files]
            gold = Path(folder, "gold.csv").read_text().splitlines()
        self.assertEqual(hours, ["08", "09"])
        self.assertEqual(sorted(map(json.dumps, rows)),
                         sorted(map(json.dumps, expected("bronze-and-gold", "1-Bronze.json"))))
        self.assertEqual(len(gold), 1 + len(expected("bronze-and-gold", "1-Gold.json")))


if __name__ == "__main__":
    unittest.main()
