"""Malformed JSON in files: a bad record costs only itself, wherever it stands, and is kept with its bytes.

Many small files make one run: the rows and the quarantine name the file they come from.
"""
import json
import unittest

from faults import FaultTest, payload_of

QUERY = "SELECT BlobName, id, a, b INTO o FROM i"
MALFORMED = {
    "missing comma": (b'{"id":7 "a":"x","b":[1]}', "expected `,`"),
    "missing brace": (b'{"id":7,"a":"x","b":[1]', "expected"),
    "missing bracket": (b'{"id":7,"a":"x","b":[1}', "closes the wrong bracket"),
    "NUL in a text": (b'{"id":7,"a":"x\0y"}', "NUL byte"),
    "NUL between": (b'{"id":7,\0"a":"x"}', "NUL byte"),
    "control character": (b'{"id":7,"a":"x\x01y"}', "control character"),
    "truncated string": (b'{"id":7,"a":"x', "quote"),
    "truncated name": (b'{"id":7,"a', "quote"),
    "no value": (b'{"id":7,"a":}', "expected"),
    "bad UTF-8": (b'{"id":7,"a":"x\xff\xfey"}', "not UTF-8"),
    "overlong UTF-8": (b'{"id":7,"a":"\xc0\xaf"}', "not UTF-8"),
    "surrogate in UTF-8": (b'{"id":7,"a":"\xed\xa0\x80"}', "not UTF-8"),
    "bad escape": (b'{"id":7,"a":"\\q"}', "escape"),
    "half an escape": (b'{"id":7,"a":"\\u12"}', "escape"),
    "a literal misspelt": (b'{"id":7,"a":nul}', ""),
    "a bare word": (b'seven', "must be an object"),
    "a number": (b'7', "must be an object"),
    "a brace too many": (b'{"id":7}}', ""),
    "beyond 64 bits": (b'{"id":9223372036854775808}', "64 bits"),
    "NaN": (b'{"id":7,"a":NaN}', ""),
    "leading zero": (b'{"id":07}', ""),
    "trailing comma": (b'{"id":7,}', "field name"),
}


def record(number):
    return f'{{"id":{number},"a":"t{number}","b":[{number},{{"c":"}},{{"}}]}}'.encode()


def good_rows(numbers):
    return [{"id": n, "a": f"t{n}", "b": [n, {"c": "},{"}]} for n in numbers]


class JsonFiles(FaultTest):
    """What the tests below share."""

    def setUp(self):
        super().setUp()
        self.write("q.asaql", QUERY)

    def run_folder(self, *more):
        """Rows and quarantine entries by file."""
        done = self.ok("run", "q.asaql", "--input", "i=in", *more)
        files = {f"in/{path.name}": ([], []) for path in (self.folder / "in").iterdir()}
        for row in done.rows():
            files[row.pop("BlobName")][0].append(row)
        entries = self.quarantine()
        for entry in entries:
            self.assertEqual((entry["input"], entry["job"], entry["origin"]["partition"]), ("i", "q", 0))
            files[entry["origin"]["blob"]][1].append(entry)
        if entries:
            self.assertIn(f"{len(entries):,} record", done.told)
            self.assertIn("quarantined in q.quarantine.ndjson", done.told)
        return files



class OneBad(JsonFiles):
    """Each malformation as the first, a middle and the last of five records."""

    def check(self, begin, between, end):
        expected = {}
        for kind, (bad, reason) in MALFORMED.items():
            for place in (0, 2, 4):
                records = [record(n) for n in range(5)]
                records[place] = bad
                name = f"in/{len(expected):03d}.json"
                self.write(name, begin + between.join(records) + end)
                at = len(begin) + len(between.join(records[:place] + [b""]) if place else b"")
                expected[name] = kind, bad, reason, at, [n for n in range(5) if n != place]
        files = self.run_folder()
        for name, (kind, bad, reason, at, numbers) in expected.items():
            rows, entries = files[name]
            with self.subTest(kind=kind, place=name, at=at):
                self.assertEqual(rows, good_rows(numbers))
                self.assertEqual([payload_of(entry).rstrip(b",") for entry in entries], [bad])
                self.assertEqual(entries[0]["origin"]["offset"], at)
                self.assertEqual(entries[0]["kind"], "InputDeserializationError")
                self.assertIn(reason, entries[0]["reason"])

    def test_lines(self):
        self.check(b"", b"\n", b"\n")

    def test_lines_without_a_last_line_end(self):
        self.check(b"", b"\n", b"")

    def test_lines_with_carriage_returns_and_a_mark(self):
        self.check(b"\xef\xbb\xbf", b"\r\n", b"\r\n")

    def test_an_array_of_lines(self):
        self.check(b"[\n", b",\n", b"\n]\n")

    def test_an_indented_array(self):
        self.check(b"[\n  ", b",\n  ", b"\n]")


class Halves(JsonFiles):
    def test_two_halves_never_join(self):
        """What one line or file leaves open is not closed by the next."""
        self.write("in/1.json", b'{"id":1,"a":"x\n","b":2}\n{"id":3}\n')
        self.write("in/2.json", b'{"id":1,"b":[1\n,2]}\n{"id":3}\n')
        self.write("in/3.json", b'{"id":3}\n{"id":1,"a":"x')
        self.write("in/4.json", b'y","b":2}\n{"id":3}\n')
        self.write("in/5.json", b'[{"id":3},{"id":')
        self.write("in/6.json", b'4}\n{"id":3}\n')
        files = self.run_folder()
        for name, (rows, entries) in files.items():
            with self.subTest(name):
                if name == "in/2.json":  # an object may span lines: these two lines are one
                    self.assertEqual([row["id"] for row in rows], [1, 3])
                    continue
                self.assertEqual([row["id"] for row in rows], [3])
                self.assertTrue(entries)

    def test_two_halves_of_objects_never_join(self):
        self.write("in/1.json", b'{"id":1,"a":\n{"id":2,"a":3}\n}\n{"id":3}\n')
        rows, entries = self.run_folder()["in/1.json"]
        self.assertEqual([row["id"] for row in rows], [2, 3])
        self.assertEqual([payload_of(entry) for entry in entries], [b'{"id":1,"a":', b"}"])


class Mutants(JsonFiles):
    """Every byte of a small file removed, or replaced by something bad: the lines that were not touched are read."""
    RECORDS = [record(n) for n in range(4)]

    def mutants(self, text):
        for at in range(len(text)):
            yield at, text[:at] + text[at + 1:]
            for bad in (b"\0", b"\x01", b"\xff", b'"', b"{", b"}", b"[", b"]", b"\\", b","):
                if text[at:at + 1] != bad:
                    yield at, text[:at] + bad + text[at + 1:]

    def check(self, begin, between, end):
        text = begin + between.join(self.RECORDS) + end
        inner = range(len(begin), len(text) - len(end))
        touched, count = {}, 0
        for at, mutant in self.mutants(text):
            opens = begin and (mutant[at:at + 1] == b"]" and text[at - 1:at + 1] == b"\n{" or
                               mutant[at:at + 1] in b"{[]" and text[at:at + 1] in b",\n")
            if at not in inner or opens:
                continue  # what is around the records, or looks so: brackets where none belongs
            self.write(f"in/{count:05d}.json", mutant)
            line = text[:at].count(b"\n") - begin.count(b"\n")
            of_two = between.startswith(text[at:at + 1]) and text[at:].startswith(between) or text[at] == 10
            touched[f"in/{count:05d}.json"] = {line, line + 1} if of_two else {line}
            count += 1
        files = self.run_folder("--threads", "1")
        for name, numbers in touched.items():
            rows, entries = files[name]
            whole = good_rows(n for n in range(4) if n not in numbers)
            mutant = (self.folder / name).read_bytes()
            self.assertEqual([row for row in rows if row in whole], whole, mutant.decode(errors="replace"))
            self.assertTrue(len(rows) >= 4 or entries, mutant)  # nothing is lost in silence
            for row in rows:
                self.assertTrue(row in whole or json.dumps(row["a"]).encode() in mutant or row["a"] is None, mutant)

    def test_lines(self):
        self.check(b"", b"\n", b"\n")

    def test_an_array_of_lines(self):
        self.check(b"[\n", b",\n", b"\n]\n")


class Cut(JsonFiles):
    """A file that ends anywhere."""

    def check(self, text, ends):
        for at in range(len(text) + 1):
            self.write(f"in/{at:03d}.json", text[:at])
        for name, (rows, entries) in self.run_folder("--threads", "1").items():
            at = int(name[3:6])
            whole = sum(1 for end in ends if end <= at)
            with self.subTest(text[:at]):
                self.assertEqual(rows, good_rows(range(whole)))
                torn = text[ends[whole - 1] if whole else 0:at].lstrip(b",[\n").rstrip(b"\n") if whole < 3 else b""
                cut = text.startswith(b"[") and 0 < at < len(text)  # an array without its end is told as well
                self.assertEqual([payload_of(entry) for entry in entries], [torn] if torn or cut else [])

    def test_lines(self):
        text = b"\n".join(record(n) for n in range(3)) + b"\n"
        self.check(text, [len(b"\n".join(record(n) for n in range(k + 1))) for k in range(3)])

    def test_an_array(self):
        for between in (b",", b",\n"):
            text = b"[" + between.join(record(n) for n in range(3)) + b"]"
            self.check(text, [1 + len(between.join(record(n) for n in range(k + 1))) for k in range(3)])


class Odd(JsonFiles):
    """Files that are strange and not wrong, and records that are strange and wrong."""

    def test_files_without_records(self):
        for name, text in {"empty": b"", "blanks": b" \n\t\r\n  ", "mark": b"\xef\xbb\xbf", "array": b"[]",
                           "spread": b"[\n\n]\n", "ends": b"\n\n\n"}.items():
            self.write(f"in/{name}.json", text)
        done = self.ok("run", "q.asaql", "--input", "i=in")
        self.assertEqual((done.out, self.quarantine()), (b"", []))
        self.assertIn("0 events in, 0 rows out", done.told)

    def test_several_on_a_line(self):
        self.write("in/1.json", b'{"id":1}{"id":2} {"id":3}\n[{"id":4},{"id":5}]\n{"id":6}\n')
        rows, entries = self.run_folder()["in/1.json"]
        self.assertEqual([row["id"] for row in rows], [1, 2, 3, 4, 5, 6])
        self.assertEqual(entries, [])

    def test_deep_nesting(self):
        for depth in (1000, 1100, 100000):
            self.write(f"in/{depth}.json", b'{"id":1,"b":' + b"[" * depth + b"]" * depth + b'}\n{"id":2}\n')
            self.write(f"in/{depth}o.json", b'{"id":1,"b":' + b'{"x":' * depth + b"0" + b"}" * depth + b'}\n{"id":2}\n')
            self.write(f"in/{depth}t.json", b'{"id":1,"b":' + b"[" * depth + b'\n{"id":2}\n')
        for name, (rows, entries) in self.run_folder().items():
            with self.subTest(name):
                self.assertIn(2, [row["id"] for row in rows])
                self.assertEqual(len(rows) + len(entries), 2)
                self.assertTrue(all("deep" in entry["reason"] for entry in entries) or "t." in name, entries)

    def test_an_oversize_record(self):
        for name, large in {"text": b'{"id":7,"a":"' + b"x" * 3000000 + b'"}',
                            "open": b'{"id":7,"a":"' + b"x" * 3000000,
                            "list": b'{"id":7,"b":[' + b"1," * 1500000 + b"1]}"}.items():
            self.write(f"in/{name}.json", b"\n".join([record(0), large, record(1)]) + b"\n")
            self.write(f"in/{name}-array.json", b"[\n" + b",\n".join([record(0), large, record(1)]) + b"\n]\n")
        for name, (rows, entries) in self.run_folder().items():
            with self.subTest(name):
                self.assertEqual(rows, good_rows(range(2)))
                self.assertEqual([entry["kind"] for entry in entries], ["InputRecordTooLarge"])
                self.assertIn("longer than the limit", entries[0]["reason"])
                self.assertTrue(payload_of(entries[0]).startswith(b'{"id":7'))

    def test_integers(self):
        edges = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
                 "1" + "0" * 400, "1e18", "1e400", "-0"]
        self.write("in/1.json", "".join(f'{{"id":{number}}}\n' for number in edges))
        rows, entries = self.run_folder()["in/1.json"]
        self.assertEqual([row["id"] for row in rows], [2**63 - 1, -2**63, 1e18, 0])
        self.assertEqual([payload_of(entry).decode() for entry in entries],
                         [f'{{"id":{edges[n]}}}' for n in (2, 3, 4, 6)])

    def test_what_nobody_reads_is_not_looked_at(self):
        self.write("in/1.json", '{"id":1,"z":123456789012345678901234567890}\n{"id":2,"z":nul}\n')
        rows, entries = self.run_folder()["in/1.json"]
        self.assertEqual([row["id"] for row in rows], [1, 2])
        self.assertEqual(entries, [])

    def test_star_puts_out_no_broken_line(self):
        """The raw event goes through: each line of the output is JSON all the same, or the event is kept aside."""
        self.write("star.asaql", "SELECT * INTO o FROM i")
        texts = [bad for bad, _ in MALFORMED.values()]
        self.write("in/1.json", b"\n".join(record(1) + b"\n" + bad for bad in texts) + b"\n" + record(1))
        done = self.ok("run", "star.asaql", "--input", "i=in")
        rows = done.rows()
        self.assertEqual(len([row for row in rows if row == good_rows([1])[0]]), len(texts) + 1)
        self.assertEqual(len(rows) + len(self.quarantine("star.quarantine.ndjson")), 2 * len(texts) + 1)


if __name__ == "__main__":
    unittest.main()
