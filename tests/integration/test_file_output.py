"""File outputs of raw capture: paths out of the rows, rolled files, packed files, thousands of paths, and what a killed
process left behind."""
import csv
import datetime
import gzip
import io
import json
import subprocess
import time
import unittest

from faults import FaultTest

START = datetime.datetime(2026, 3, 9, 22, 0, 0)


def event(number, minutes=0, **more):
    at = START + datetime.timedelta(minutes=minutes)
    return {"at": at.isoformat() + "Z", "n": number, **more}


class Output(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT * INTO o FROM i TIMESTAMP BY at")

    def capture(self, events, where, *words, **more):
        self.write("in.json", "".join(json.dumps(row) + "\n" for row in events))
        return self.ok("run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", *words, **more)

    def unpacked(self, path):
        content = path.read_bytes()
        if path.suffix == ".gz":
            return gzip.decompress(content)
        if path.suffix == ".zst":
            return subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True).stdout
        return content

    def files(self, below="out"):
        """Relative path -> rows."""
        root = self.folder / below
        return {str(path.relative_to(root)): [json.loads(line) for line in self.unpacked(path).splitlines()]
                for path in sorted(root.rglob("*")) if path.is_file()}

    def numbers(self, below="out"):
        return {path: [row["n"] for row in rows] for path, rows in self.files(below).items()}


class Paths(Output):
    def test_by_date_and_time(self):
        events = [event(n, minutes=70 * n) for n in range(4)]
        self.capture(events, "out/{date}/{time}/e.json")
        self.assertEqual(self.numbers(), {"2026/03/09/22/e.json": [0], "2026/03/09/23/e.json": [1],
                                          "2026/03/10/00/e.json": [2], "2026/03/10/01/e.json": [3]})
        self.capture(events, "by/{date}_{time}.json?date-format=yy-M-d&time-format=HHmm")
        self.assertEqual(sorted(self.numbers("by")), ["26-3-10_0020.json", "26-3-10_0130.json", "26-3-9_2200.json",
                                                      "26-3-9_2310.json"])
        self.capture(events, "parts/year={datetime:yyyy}/{datetime:MM}/{Datetime:dd H}h{datetime:mm}m{datetime:ss}.json")
        self.assertIn("year=2026/03/10 0h20m00.json", self.numbers("parts"))

    def test_by_column(self):
        self.write("q.asaql", "SELECT n, Device, place INTO o FROM i TIMESTAMP BY at")
        events = [event(n, Device=f"d{n % 2}", place={"city": "Oslo" if n < 2 else "Rome"}) for n in range(4)]
        self.capture(events, "out/{device}/{place.city}.json")
        self.assertEqual(self.numbers(), {"d0/Oslo.json": [0], "d0/Rome.json": [2], "d1/Oslo.json": [1],
                                          "d1/Rome.json": [3]})

    def test_by_field_of_the_event(self):
        events = [event(n, device=f"d{n % 2}", place={"city": "Oslo"}) for n in range(4)]
        self.capture(events, "out/{device}-{place.city}.json")
        self.assertEqual(self.numbers(), {"d0-Oslo.json": [0, 2], "d1-Oslo.json": [1, 3]})

    def test_values_cannot_leave_their_folder(self):
        values = ["..", ".", "../../etc/passwd", "/abs", "a/b", "a\\b", "", None, "nul\u0000l", "line\nfeed", "%2E", "é",
                  ".hidden", "x" * 300, "y" * 300, "*?[]", "a b"]
        events = [event(n, v=value) for n, value in enumerate(values)] + [event(99), event(98, v=True), event(97, v=1.5),
                                                                         event(96, v={"a": "/"})]
        self.capture(events, "out/{v}.json")
        found = self.files()
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"q.asaql", "in.json", "out"})
        self.assertTrue(all("/" not in path and not path.startswith(".") for path in found), sorted(found))
        self.assertEqual(sorted(row["n"] for rows in found.values() for row in rows),
                         sorted(row["n"] for row in events))
        for path, n in {"%2E..json": 0, "%2E.json": 1, "%empty.json": 6, "%252E.json": 10, "é.json": 11,
                        "%2Ehidden.json": 12, "true.json": 98, "1.5.json": 97, "a b.json": 16}.items():
            self.assertEqual([row["n"] for row in found[path]], [n], sorted(found))
        self.assertEqual([row["n"] for row in found["%null.json"]], [7, 99])
        long = [path for path in found if len(path) > 50]
        self.assertEqual(len(long), 2)
        self.assertTrue(all(len(path) < 140 for path in long))

    def test_thousands_of_paths(self):
        """More than may be open, in an order that never finds one open; each is opened again for its second rows."""
        count = 5000
        events = [event(n, k=n % count) for n in range(2 * count)]
        self.capture(events, "out/{k}.json?open-files=16")
        found = self.numbers()
        self.assertEqual(len(found), count)
        for k in range(count):
            self.assertEqual(found[f"{k}.json"], [k, k + count])
        self.capture(events[:600], "packed/{k}.json.gz?open-files=2")
        self.assertEqual(self.numbers("packed"), {f"{k}.json.gz": [k] for k in range(600)})

    def test_without_file_handles(self):
        """The limit of the process is no limit of paths."""
        events = [event(n, k=n % 300) for n in range(900)]
        self.write("in.json", "".join(json.dumps(row) + "\n" for row in events))
        from faults import WEIR
        ran = subprocess.run(["sh", "-c", f"ulimit -n 90; exec {WEIR} run q.asaql --input i=in.json --output 'o=out/{{k}}.json'"],
                             cwd=self.folder, capture_output=True, env=self.environment(), timeout=60, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(sum(len(rows) for rows in self.files().values()), 900)

    def test_csv_has_its_header_in_every_file(self):
        self.write("q.asaql", "SELECT n, k, [text] INTO o FROM i TIMESTAMP BY at")
        self.capture([event(n, k=n % 2, text='a "b",\nc') for n in range(4)], "out/{k}.csv")
        for k in range(2):
            rows = list(csv.reader(io.StringIO((self.folder / f"out/{k}.csv").read_text(), newline="")))
            self.assertEqual(rows, [["n", "k", "text"]] + [[str(n), str(k), 'a "b",\nc'] for n in (k, k + 2)])

    def test_two_outputs_of_one_pattern(self):
        self.write("two.asaql", "SELECT n INTO o FROM i TIMESTAMP BY at\nSELECT n INTO p FROM i TIMESTAMP BY at")
        self.write("in.json", json.dumps(event(1)) + "\n")
        for where in ("out/{date}.json", "part.json?roll=1KB"):
            self.fails(2, "run", "two.asaql", "--input", "i=in.json", "--output", f"o={where}", "--output", f"p={where}",
                       says=["p: ", "is written by the output `o`"])

    def test_a_pattern_that_cannot_be(self):
        self.write("in.json", json.dumps(event(1)) + "\n")
        self.write("q.asaql", "SELECT n INTO o FROM i TIMESTAMP BY at")
        for where, says in {"out/{nope}.json": "no such column; it has: n", "out/{date.json": "has no `}`",
                            "out/{datetime:hh}.json": "no part of a time", "out/a.json?roll=x": "neither a size"}.items():
            self.fails(2, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", says=["o: ", says])


class Rolling(Output):
    def test_by_size(self):
        events = [event(n, filler="x" * 100) for n in range(100)]
        for name, least in {"e.json": 4, "e.json.gz": 1, "e.json.zst": 1}.items():
            with self.subTest(name):
                below = name.replace(".", "-")
                (self.folder / below).mkdir()
                self.capture(events, f"{below}/{name}?roll=4KB")
                found = self.numbers(below)
                self.assertEqual([n for path in sorted(found) for n in found[path]], list(range(100)))
                self.assertGreaterEqual(len(found), least)
                first = name.replace("e.", "e-000001.")
                self.assertIn(first, found)
                if name == "e.json":
                    sizes = [(self.folder / below / path).stat().st_size for path in sorted(found)]
                    self.assertTrue(all(4096 <= size < 4096 + 200 for size in sizes[:-1]), sizes)

    def test_by_age_and_path(self):
        job = self.start("run", "q.asaql", "--input", "i=-", "--output", "o=out/{k}.json?roll=1s",
                         stdin=subprocess.PIPE)
        for n in range(2):
            job.stdin.write((json.dumps(event(n, k="a")) + "\n").encode())
            job.stdin.flush()
            time.sleep(1.6)
        out, told = job.communicate(timeout=30)
        self.assertEqual(job.returncode, 0, told)
        self.assertEqual(self.numbers(), {"a-000001.json": [0], "a-000002.json": [1]})

    def test_a_new_run_replaces_all_parts(self):
        events = [event(n, filler="x" * 100) for n in range(100)]
        self.capture(events, "out/{date}.json?roll=4KB&date-format=yyyy")
        self.assertGreater(len(self.files()), 3)
        (self.folder / "out/2026-notes.json").write_text('{"n":-1}\n')
        self.capture(events[:2], "out/{date}.json?roll=4KB&date-format=yyyy")
        self.assertEqual(self.numbers(), {"2026-000001.json": [0, 1], "2026-notes.json": [-1]})

    def test_append_goes_on_behind_the_last_part(self):
        events = [event(n, filler="x" * 100) for n in range(50)]
        self.capture(events, "out/{date}.json?roll=4KB&date-format=yyyy")
        parts = len(self.files())
        self.capture([event(100)], "out/{date}.json?roll=4KB&date-format=yyyy&existing=append")
        found = self.numbers()
        self.assertEqual(found[f"2026-{parts + 1:06}.json"], [100])
        self.assertEqual(len(found), parts + 1)


class TornEnds(Output):
    def test_half_a_line(self):
        self.write("out/e.json", '{"n":1}\n{"n":2}\n{"n":')
        done = self.capture([event(3)], "out/e.json?existing=append")
        self.assertEqual(self.numbers(), {"e.json": [1, 2, 3]})
        self.assertIn("output o: the end of out/e.json was torn; 5 bytes behind the last whole line are cut off", done.told)
        done = self.capture([event(4)], "out/e.json?existing=append")
        self.assertNotIn("torn", done.told)
        self.assertEqual(self.numbers(), {"e.json": [1, 2, 3, 4]})

    def test_nothing_but_half_a_line(self):
        self.write("q.asaql", "SELECT n, k INTO o FROM i TIMESTAMP BY at")
        self.write("out/e.csv", 'n,')
        self.capture([event(3, k=1)], "out/e.csv?existing=append")
        self.assertEqual((self.folder / "out/e.csv").read_bytes(), b"n,k\r\n3,1\r\n")

    def test_half_a_cell_with_a_line_in_it(self):
        self.write("q.asaql", "SELECT n, k INTO o FROM i TIMESTAMP BY at")
        self.write("out/e.csv", 'n,k\r\n1,"two\r\nlines"\r\n2,"half\r\na')
        self.capture([event(3, k=1)], "out/e.csv?existing=append")
        self.assertEqual((self.folder / "out/e.csv").read_bytes(), b'n,k\r\n1,"two\r\nlines"\r\n3,1\r\n')

    def test_packed_data_cut_short(self):
        events = [event(n, filler=f"{n * 7919 % 1000}") for n in range(2000)]
        for name in ("e.json.gz", "e.json.zst"):
            with self.subTest(name):
                below = name.replace(".", "-")
                (self.folder / below).mkdir()
                path = self.folder / below / name
                self.capture(events, f"{below}/{name}")
                self.capture([event(2000)], f"{below}/{name}?existing=append")
                self.assertEqual(self.numbers(below)[name], list(range(2001)))  # two members
                whole = path.read_bytes()
                path.write_bytes(whole[:len(whole) // 2])
                done = self.capture([event(5000)], f"{below}/{name}?existing=append")
                self.assertIn("was torn", done.told)
                numbers = self.numbers(below)[name]
                self.assertEqual(numbers, [*range(len(numbers) - 1), 5000])
                self.assertEqual([file.name for file in path.parent.iterdir()], [name])

    def test_killed_while_writing(self):
        """SIGKILL, then a run that appends: whole lines only, whatever the packing."""
        for name in ("e.json", "e.json.gz", "e.json.zst"):
            with self.subTest(name):
                below = name.replace(".", "-")
                (self.folder / below).mkdir()
                path = self.folder / below / name
                job = self.start("run", "q.asaql", "--input", "i=-", "--output", f"o={below}/{name}",
                                 stdin=subprocess.PIPE)
                n = 0
                while not path.exists() or path.stat().st_size < 20000:
                    for n in range(n + 1, n + 500):
                        job.stdin.write((json.dumps(event(n, filler=f"{n * 7919 % 9973} {n * 31 % 977}")) + "\n").encode())
                    job.stdin.flush()
                    time.sleep(0.02)
                job.kill()
                job.wait()
                self.capture([event(0)], f"{below}/{name}?existing=append")
                numbers = self.numbers(below)[name]
                self.assertEqual(numbers, [*range(1, len(numbers)), 0])

    def test_replaced_unless_asked(self):
        self.write("out/e.json", '{"n":1}\n')
        self.capture([event(2)], "out/e.json")
        self.assertEqual(self.numbers(), {"e.json": [2]})
        self.write("out/2026.json", '{"n":1}\n')
        self.capture([event(2)], "out/{datetime:yyyy}.json")
        self.assertEqual(self.numbers()["2026.json"], [2])


if __name__ == "__main__":
    unittest.main()
