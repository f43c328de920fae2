"""weir check: exit statuses, folders, JSON for editors, colour."""
import json
import unittest

from cli_support import CliTest

GOOD = "SELECT a FROM input"
BAD = "WITH s AS (SELECT a FROM input) SELECT b FROM s"
WARNED = "WITH s AS (SELECT a FROM x), unread AS (SELECT b FROM y) SELECT * FROM s"


class Check(CliTest):
    def test_a_good_query(self):
        self.write("q.asaql", GOOD)
        done = self.ok("check", "q.asaql")
        self.assertEqual(done.stdout, "")
        self.assertIn("1 query checked: 0 errors, 0 warnings", done.stderr)

    def test_an_error_shows_place_and_carets(self):
        self.write("q.asaql", BAD)
        self.fails(1, "check", "q.asaql", says=["error[E0202]", "--> q.asaql:1:40", "^", "1 error, 0 warnings"])

    def test_stdin(self):
        self.assertIn("1 query checked: 0 errors", self.ok("check", "-", stdin=GOOD).stderr)
        self.fails(1, "check", "-", stdin=BAD, says=["error[E0202]", "--> <stdin>:1:40", "1 error, 0 warnings"])

    def test_a_warning_is_no_error(self):
        self.write("q.asaql", WARNED)
        self.assertIn("warning[W0209]", self.ok("check", "q.asaql").stderr)

    def test_all_errors_of_all_files_are_shown(self):
        self.write("a.asaql", BAD)
        self.write("b.asaql", "SELECT LENGTH(a) AS l FROM input WHERE FLOOT(b) = 1")
        self.fails(1, "check", "a.asaql", "b.asaql", says=["E0202", "`LENGTH`", "`FLOOT`", "FLOOR", "3 errors"])

    def test_a_folder_is_everything_below_it(self):
        self.write("p/one.asaql", GOOD)
        self.write("p/deep/er/two.ASAQL", BAD)
        self.write("p/notes.txt", "no query")
        self.write("p/.hidden/three.asaql", BAD)
        self.fails(1, "check", "p", says=["p/deep/er/two.ASAQL", "2 queries checked: 1 error"])

    def test_what_cannot_be_opened_does_not_keep_the_rest_from_being_checked(self):
        self.write("p/broken/asaproj.json", "{")
        self.write("p/later/q.asaql", BAD)
        self.fails(2, "check", "p", "nothing", says=["p/broken/asaproj.json: line 1", "E0202", "folder `nothing`",
                                                     "1 query checked: 1 error"])

    def test_nothing_to_check(self):
        self.write("p/notes.txt", "no query")
        self.fails(2, "check", "p", says="no .asaql file")
        self.fails(2, "check", "missing.asaql", says="there is no query file `missing.asaql`")
        self.fails(2, "check", says="needs the path")

    def test_json(self):
        self.write("a.asaql", BAD)
        self.write("b.asaql", GOOD)
        self.write("c.asaql", WARNED)
        done = self.weir("check", "a.asaql", "b.asaql", "c.asaql", "--format", "json")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        found = json.loads(done.stdout)
        self.assertEqual((found["queries"], found["errors"], found["warnings"]), (3, 1, 1))
        self.assertEqual([(d["file"], d["code"], d["line"]) for d in found["diagnostics"]],
                         [("a.asaql", "E0202", 1), ("c.asaql", "W0209", 1)])
        self.ok("check", "b.asaql", "--format", "json")

    def test_json_holds_the_edits_that_set_it_right(self):
        query = "WITH s AS (SELECT sensor FROM input)\nSELECT 'ü', senser\nFORM s"
        for wanted in ("FROM", "sensor"):
            self.write("q.asaql", query)
            found = json.loads(self.weir("check", "q.asaql", "--format", "json").stdout)["diagnostics"]
            edit, = found[0]["edits"]
            self.assertEqual(edit["text"], wanted)
            text = query.encode()
            self.assertEqual((edit["line"], edit["column"]), (found[0]["line"], found[0]["column"]))
            query = (text[:edit["begin"]] + wanted.encode() + text[edit["end"]:]).decode()
        self.write("q.asaql", query)
        self.ok("check", "q.asaql")

    def test_names_joined_without_datediff_are_reference_data(self):
        self.write("q.asaql", "SELECT s.a, r.b FROM s JOIN r ON s.k = r.k")
        self.ok("check", "q.asaql")


class Colour(CliTest):
    def test_on_a_terminal_only(self):
        self.write("q.asaql", BAD)
        self.assertNotIn("\033", self.weir("check", "q.asaql").stderr)
        status, shown = self.on_terminal("check", "q.asaql")
        self.assertEqual(status, 1)
        self.assertIn("\033[1;31merror", shown)

    def test_never_with_no_color(self):
        self.write("q.asaql", BAD)
        for words in (["check", "q.asaql"], ["run", "missing.asaql"]):
            _, shown = self.on_terminal(*words, env={"NO_COLOR": "1"})
            self.assertIn("error", shown)
            self.assertNotIn("\033", shown)


if __name__ == "__main__":
    unittest.main()
