"""weir schema: the CREATE TABLE that fits sample events, and what stands beside it."""
import gzip
import json
import subprocess
import unittest

from cli_support import TOLL, WEIR, CliTest, lines, rows_of


class Refused(CliTest):
    def test_the_reason_of_what_cannot_be_read(self):
        self.write("cut.json", '{"a":1')
        self.fails(1, "schema", "cut.json", says=["1 record could not be read: ", "found the end", "no events"])

    def test_what_a_pipe_holds_is_read_once(self):
        self.write("toll.json", lines(TOLL))
        done = subprocess.run(["bash", "-c", '"$0" schema <(cat toll.json)', WEIR], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        self.assertIn("seen in 3 events", done.stdout, done.stderr)

    def test_no_rows(self):
        self.write("toll.json", lines(TOLL))
        self.fails(2, "schema", "toll.json", "--rows", "0", says="--rows 0 leaves no event")


class Schema(CliTest):
    def schema(self, rows, *words, name="toll.json"):
        """What it prints, which must compile and let every event through."""
        text = rows if isinstance(rows, str) else lines(rows)
        self.write(name, text)
        shown = self.ok("schema", name, *words).stdout
        self.write("out.asaql", shown)
        self.ok("check", "out.asaql")
        table = words[words.index("--name") + 1] if "--name" in words else name.split(".")[0]
        done = self.ok("run", "out.asaql", "--input", f"{table}={name}", "--strict")
        self.assertIn("0 errors", done.stderr)
        self.came = rows_of(done.stdout)
        return shown

    def columns(self, shown):
        """name -> (type, what was seen)"""
        found = {}
        for line in shown[shown.index("(\n") + 2:shown.index("\n);")].splitlines():
            if line.strip().startswith("--"):
                continue
            column, _, seen = line.strip().partition("  -- ")
            name, _, kind = column.strip().rpartition(" ")
            found[name.strip()] = (kind.strip(" ,"), seen)
        return found

    def test_types_ranges_and_examples(self):
        shown = self.schema(TOLL)
        self.assertTrue(shown.startswith("-- seen in 3 events of toll.json\nCREATE TABLE toll (\n"), shown)
        self.assertEqual(self.columns(shown), {
            "TollId": ("bigint", "1 to 2"),
            "EntryTime": ("datetime", "2026-01-01T00:00:01.0000000Z to 2026-01-01T00:00:12.0000000Z"),
            "Toll": ("float", "2 bigint, 1 float; 4 to 6"),
            "Make": ("nvarchar(max)", '"Volvo", "Ford", "Fiat"')})
        self.assertTrue(shown.endswith(");\n\nSELECT * FROM toll TIMESTAMP BY EntryTime\n"), shown)
        self.assertEqual(len(self.came), 3)

    def test_null_and_missing_fields(self):
        shown = self.schema([{"a": 1, "b": None, "c": 1, "d": None}, {"a": None, "b": None, "c": None, "d": True}, {"a": 3, "b": None, "d": False}])
        self.assertEqual(self.columns(shown), {"a": ("bigint", "1 to 3; NULL in 1"), "d": ("bit", "NULL in 1")})
        self.assertIn("  -- not declared, because an event without a declared field", shown)
        self.assertIn("  --   b  only NULL  NULL in 3\n", shown)
        self.assertIn("  --   c  bigint  1; NULL in 1; missing in 1\n", shown)

    def test_mixed_types(self):
        shown = self.schema([{"a": 1, "t": "2026-01-01", "x": {}}, {"a": "q", "t": "soon", "x": 1}, {"a": [1], "t": "", "x": 1.5}])
        self.assertEqual(self.columns(shown), {"t": ("nvarchar(max)", '1 datetime, 2 text; "2026-01-01", "soon", ""')})
        self.assertIn('  --   a  mixed  1 bigint, 1 text, 1 array; 1; "q"\n', shown)
        self.assertIn("  --   x  mixed  1 bigint, 1 float, 1 record; 1 to 1.5\n", shown)

    def test_records_and_arrays(self):
        shown = self.schema([{"r": {"x": 1, "deep": {"y": "a"}}, "l": [{"z": 1}, {"z": 2.5}]}, {"r": {"x": 2}, "l": []}])
        self.assertEqual({name: kind for name, (kind, _) in self.columns(shown).items()}, {"r": "record", "l": "array"})
        for line in ("r.x  bigint  1 to 2", "r.deep  record  missing in 1", 'r.deep.y  nvarchar(max)  "a"',
                     "l[]  record", "l[].z  float  1 bigint, 1 float; 1 to 2.5"):
            self.assertIn(f"  --   {line}\n", shown)

    def test_names_are_quoted_where_needed(self):
        names = ["select", "a b", "x]y", "Größe", "1st", "timestamp", "a.b", "_ok", 'q"']
        shown = self.schema([{name: 1 for name in names}], "--name", "order")
        self.assertEqual(list(self.columns(shown)), ["[select]", "[a b]", "[x]]y]", "[Größe]", "[1st]", "[timestamp]",
                                                     "[a.b]", "_ok", '[q"]'])
        self.assertIn("CREATE TABLE [order] (", shown)
        self.assertEqual(self.came, [{name: 1 for name in names}])

    def test_names_that_cannot_be_declared(self):
        shown = self.schema([{"a": 1, "": 2, "x\ny": 3}])
        self.assertEqual(list(self.columns(shown)), ["a"])
        self.assertIn('  --   "x\\ny"  bigint  3\n', shown)

    def test_names_that_differ_in_case(self):
        self.assertEqual(self.columns(self.schema([{"Temp": 1}, {"temp": 2}])), {"Temp": ("bigint", "1 to 2")})

    def test_nothing_can_be_declared(self):
        shown = self.schema([{"a": 1}, {"b": 2}])
        self.assertNotIn("CREATE TABLE", shown)
        self.assertEqual(len(self.came), 2)

    def test_csv(self):
        text = ("id;zip;price;at;flag;note;big;none\n"
                "1;00123;1.5;2026-01-01T00:00:00Z;true;x;12345678901234567890;\n"
                '-2;04711;;2026-01-02;FALSE;"a;b";1;\n')
        self.write("c.csv", text)
        shown = self.ok("schema", "c.csv?delimiter=semicolon").stdout
        self.assertEqual(self.columns(shown), {
            "id": ("bigint", "-2 to 1"), "zip": ("nvarchar(max)", '"00123", "04711"'),
            "price": ("float", "1.5; empty in 1"),
            "at": ("datetime", "2026-01-01T00:00:00.0000000Z to 2026-01-02T00:00:00.0000000Z"), "flag": ("bit", ""),
            "note": ("nvarchar(max)", '"x", "a;b"'),
            "big": ("nvarchar(max)", '1 bigint, 1 text; "12345678901234567890", "1"'),
            "none": ("nvarchar(max)", "empty in 2")})
        self.write("out.asaql", shown)
        self.ok("run", "out.asaql", "--input", "c=c.csv?delimiter=semicolon", "--strict")

    def test_gzip_stdin_and_folders(self):
        (self.folder / "t.json.gz").write_bytes(gzip.compress(lines(TOLL).encode()))
        self.assertIn("CREATE TABLE t (", self.ok("schema", "t.json.gz").stdout)
        self.assertIn("CREATE TABLE input (", self.ok("schema", "-", stdin=lines(TOLL)).stdout)
        self.write("day/a.json", lines(TOLL))
        self.write("day/b.json", json.dumps(TOLL))
        self.assertTrue(self.ok("schema", "day/").stdout.startswith("-- seen in 6 events of day/\nCREATE TABLE day ("))

    def test_only_so_many_events(self):
        self.assertIn("seen in 2 events", self.schema(TOLL, "--rows", "2"))

    def test_a_long_example_and_a_line_end_stay_in_their_comment(self):
        shown = self.schema([{"a": "x" * 100}, {"a": "one\ntwo"}])
        self.assertEqual(self.columns(shown)["a"][1], f'"{"x" * 24}"..., "one\\ntwo"')

    def test_errors(self):
        self.write("empty.json", "")
        self.fails(1, "schema", "empty.json", says=["empty.json: there are no events to learn from", "help:"])
        self.fails(2, "schema", "gone.json", says="there is no file gone.json")
        self.fails(2, "schema", says="`weir schema` needs a file with sample events")
        (self.folder / "wide.json").write_bytes(lines(TOLL).encode("utf-16"))
        self.fails(2, "schema", "wide.json", says="wide.json: this file is UTF-16 (little endian), not UTF-8")
        self.write("bad.json", '{"a": 1}\n{"a": \n{"a": 2}\n')
        done = self.ok("schema", "bad.json")
        self.assertRegex(done.stderr, r"\d records? could not be read: InputDeserializationError in `bad`, bad.json, offset 9")
        self.assertEqual([path.name for path in self.folder.iterdir()].count("schema.quarantine.ndjson"), 0)


if __name__ == "__main__":
    unittest.main()
