"""Memory is bounded by state, not by input: neither long files nor many bad records make the program grow."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from faults import SKIPPED, WEIR, has_sanitizer

MEGABYTE = 1 << 20
LIMIT_KB = 100 * 1024
SECONDS = 100
ROUND = "".join(
    f'{{"TollId":{n % 100},"EntryTime":"2026-01-01T%02d:%02d:{n * 60 // 4000:02d}.{n % 1000:03d}Z","LicensePlate":"JNB {n:04d}",'
    f'"State":"NY","Make":"Honda","Model":"CRV","VehicleType":1,"VehicleWeight":0,"Toll":{n % 9}.5,"Tag":""}}\n'
    for n in range(4000))
TOLL = ("SELECT TollId, COUNT(*) AS n, AVG(Toll) AS a, System.Timestamp() AS t INTO o FROM i TIMESTAMP BY EntryTime "
        "GROUP BY TollId, TumblingWindow(second, 10)")


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="weir-memory-")
        cls.folder = Path(cls.scratch.name)
        if shutil.disk_usage(cls.folder).free < 1500 * MEGABYTE:
            cls.scratch.cleanup()
            raise unittest.SkipTest("less than 1.5 GB free for the files of this test")
        minute = 0
        with open(cls.folder / "toll.json", "w", encoding="ascii") as out:
            while out.tell() < 300 * MEGABYTE:
                out.write(ROUND.replace("%02d:%02d", f"{minute // 60:02d}:{minute % 60:02d}"))
                minute += 1

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def peak_kb(self, query, *words):
        """The largest resident size of a run that ends well, and what it told. A child begins with the size of this
        process, which has to stay small."""
        with tempfile.TemporaryFile() as told:
            job = subprocess.Popen(["timeout", str(SECONDS), WEIR, "query", query, *words], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told)
            _, status, usage = os.wait4(job.pid, 0)
            job.returncode = os.waitstatus_to_exitcode(status)
            told.seek(0)
            text = told.read().decode()
        self.assertEqual(job.returncode, 0, text)
        return usage.ru_maxrss, text

    def test_a_long_file(self):
        for query in (TOLL, "SELECT * INTO o FROM i"):
            for threads in ("1", "0"):
                with self.subTest(query=query, threads=threads):
                    self.assertLess(self.peak_kb(query, "--input", "i=toll.json", "--threads", threads)[0], LIMIT_KB)

    def test_a_million_bad_lines(self):
        with open(self.folder / "bad.json", "w", encoding="ascii") as out:
            for _ in range(1000):
                out.write('{"TollId":1,"EntryTime":"2026-01-01T00:00:00Z","Toll":\n' * 1000)
        peak, told = self.peak_kb(TOLL, "--input", "i=bad.json", "--quarantine", "kept.ndjson")
        self.assertLess(peak, LIMIT_KB)
        self.assertIn("1,000,000 records quarantined", told)
        with open(self.folder / "kept.ndjson", "rb") as kept:
            self.assertEqual(sum(1 for _ in kept), 1000000)
        for name in ("bad.json", "kept.ndjson"):
            (self.folder / name).unlink()

    def test_many_failing_rows(self):
        query = "SELECT CAST(Make AS bigint) AS x INTO o FROM i"
        with open(self.folder / "some.json", "w", encoding="ascii") as out:
            for _ in range(100):
                out.write(ROUND.replace("%02d:%02d", "00:00"))
        peak, told = self.peak_kb(query, "--input", "i=some.json", "--quarantine", "/dev/null")
        self.assertLess(peak, LIMIT_KB)
        self.assertIn("400,000 records quarantined", told)

    def test_one_endless_line(self):
        """Without a line end anywhere: an oversize record, reported once and skipped as it passes by."""
        for begin in (b'{"a":"', b'[{"a":['):
            with open(self.folder / "line.json", "wb") as out:
                out.write(begin)
                for _ in range(150):
                    out.write(b"1234567," * (MEGABYTE // 8))
            with self.subTest(begin):
                peak, _ = self.peak_kb("SELECT a INTO o FROM i", "--input", "i=line.json", "--quarantine", "/dev/null")
                self.assertLess(peak, LIMIT_KB)


if __name__ == "__main__":
    if has_sanitizer():
        print("skipped: a sanitizer's own memory would be measured")
        sys.exit(SKIPPED)
    unittest.main()
