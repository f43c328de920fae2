"""Malformed CSV: a bad record costs only itself and is kept with its bytes."""
import unittest

from faults import FaultTest, payload_of

TABLE = "CREATE TABLE i (id bigint, a nvarchar(max), at datetime);\n"


class CsvFiles(FaultTest):
    def run_text(self, text, table="", more=""):
        self.write("q.asaql", table + "SELECT id, a INTO o FROM i")
        self.write("in.csv", text)
        done = self.ok("run", "q.asaql", "--input", f"i=in.csv{more}")
        return [(row["id"], row["a"]) for row in done.rows()], self.quarantine()


class Records(CsvFiles):
    def test_each_bad_record_costs_itself_wherever_it_stands(self):
        bad = {b"7,x\0y": "NUL", b"7,x\xffy": "not UTF-8", b"7,\xc0\xaf": "not UTF-8"}
        for record, reason in bad.items():
            for place in range(5):
                records = [b"%d,t%d" % (n, n) for n in range(5)]
                records[place] = record
                rows, entries = self.run_text(b"id,a\n" + b"\n".join(records))
                with self.subTest(record=record, place=place):
                    self.assertEqual(rows, [(str(n), f"t{n}") for n in range(5) if n != place])
                    self.assertEqual([payload_of(entry) for entry in entries], [record])
                    self.assertIn(reason, entries[0]["reason"])
                    self.assertEqual(entries[0]["origin"]["blob"], "in.csv")
                    self.assertEqual(entries[0]["origin"]["offset"], len(b"id,a\n" + b"\n".join(records[:place] + [b""])))

    def test_too_many_fields_and_too_few(self):
        rows, entries = self.run_text(b"id,a,at\n1,x,y,z\n2\n3,c\n")
        self.assertEqual(rows + [entry["kind"] for entry in entries if entry], rows + ["InputDeserializationError"]
                         * len(entries))
        self.assertEqual(len(rows) + len(entries), 3)
        self.assertIn(("3", "c"), rows)

    def test_a_quote_that_never_closes(self):
        """The rest of the file up to the limit of a record is that record; behind it reading goes on."""
        rows, entries = self.run_text(b'id,a\n1,x\n2,"y\n' + b"3,zzzzzzzzzzzz\n" * 100000 + b"4,w\n")
        self.assertEqual(rows[0], ("1", "x"))
        self.assertEqual(rows[-1], ("4", "w"))
        self.assertEqual([entry["kind"] for entry in entries], ["InputRecordTooLarge"])

    def test_declared_types(self):
        rows, entries = self.run_text(b"id,a,at\n1,x,2026-01-01\nseven,x,2026-01-01\n3,y,2026-02-30\n"
                                      b"9223372036854775808,x,2026-01-01\n5,z,9999-12-31T23:59:59Z\n", TABLE)
        self.assertEqual([row[0] for row in rows], [1, 5])
        self.assertEqual([payload_of(entry).split(b",")[0] for entry in entries],
                         [b"seven", b"3", b"9223372036854775808"])
        for entry, column in zip(entries, ("id", "at", "id")):
            self.assertIn(f"`{column}`", entry["reason"])


class Odd(CsvFiles):
    def test_files_without_records(self):
        for text in (b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"id,a", b"id,a\n", b"id,a\r\n\n"):
            rows, entries = self.run_text(text)
            with self.subTest(text):
                self.assertEqual((rows, entries), ([], []))

    def test_marks_line_ends_and_no_last_line_end(self):
        for text in (b"\xef\xbb\xbfid,a\n1,x\n2,y", b"id,a\r\n1,x\r\n2,y\r\n", b"id,a\n\n1,x\n\n\n2,y\n",
                     b'"id","a"\n"1","x"\n"2","y"'):
            rows, entries = self.run_text(text)
            with self.subTest(text):
                self.assertEqual((rows, entries), ([("1", "x"), ("2", "y")], []))

    def test_a_header_that_is_no_text(self):
        """A name that is no UTF-8 is printed as one; the rows are not to blame."""
        self.write("q.asaql", "SELECT * INTO o FROM i")
        self.write("in.csv", b"id,\xff\n1,x\n")
        self.assertEqual(self.ok("run", "q.asaql", "--input", "i=in.csv").rows(), [{"id": "1", "\ufffd": "x"}])


if __name__ == "__main__":
    unittest.main()
