"""weir fmt: files, folders, projects, stdin, --check, what is left alone, and the example of the documentation."""
import os
import re
import stat
import unittest

from cli_support import SOURCE, CliTest

UGLY = "select a,b from input -- kept\n"
NEAT = "SELECT\n    a,\n    b\nFROM input -- kept\n"
WRONG = "SELECT a FROM\n"


class Fmt(CliTest):
    def read(self, name):
        return (self.folder / name).read_bytes().decode()

    def test_a_file_is_rewritten_once(self):
        self.write("q.asaql", UGLY)
        self.assertIn("formatted q.asaql", self.ok("fmt", "q.asaql").stderr)
        self.assertEqual(self.read("q.asaql"), NEAT)
        before = os.stat(self.folder / "q.asaql").st_mtime_ns
        self.assertIn("1 query read: 0 changed", self.ok("fmt", "q.asaql").stderr)
        self.assertEqual(os.stat(self.folder / "q.asaql").st_mtime_ns, before)

    def test_check_changes_nothing(self):
        self.write("ugly.asaql", UGLY)
        self.write("neat.asaql", NEAT)
        done = self.fails(1, "fmt", "--check", "ugly.asaql", "neat.asaql", says="would change ugly.asaql")
        self.assertNotIn("neat.asaql", done.stderr)
        self.assertEqual(self.read("ugly.asaql"), UGLY)
        self.ok("fmt", "--check", "neat.asaql")

    def test_folders_and_projects(self):
        self.write("p/asaproj.json", '{"name": "p", "startFile": "q.asaql"}')
        for name in ("p/q.asaql", "p/deep/two.ASAQL", "p/.hidden/three.asaql", "p/notes.sql"):
            self.write(name, UGLY)
        self.assertIn("2 queries read: 2 changed", self.ok("fmt", "p/asaproj.json").stderr)
        self.assertEqual([self.read(name) for name in ("p/q.asaql", "p/deep/two.ASAQL")], [NEAT, NEAT])
        self.assertEqual([self.read(name) for name in ("p/.hidden/three.asaql", "p/notes.sql")], [UGLY, UGLY])
        self.assertIn("2 queries read: 0 changed", self.ok("fmt", "p").stderr)

    def test_stdin_goes_to_stdout(self):
        self.assertEqual(self.ok("fmt", "-", stdin=UGLY).stdout, NEAT)
        self.assertEqual(self.fails(1, "fmt", "--check", "-", stdin=UGLY).stdout, "")
        self.assertEqual(self.fails(1, "fmt", "-", stdin=WRONG, says="<stdin>:1").stdout, "")

    def test_a_query_with_mistakes_is_left_alone(self):
        self.write("bad.asaql", WRONG)
        self.write("good.asaql", UGLY)
        self.fails(1, "fmt", "bad.asaql", "good.asaql", says=["error[", "--> bad.asaql:", "1 left alone"])
        self.assertEqual(self.read("bad.asaql"), WRONG)
        self.assertEqual(self.read("good.asaql"), NEAT)

    def test_unknown_names_are_no_mistake(self):
        self.write("q.asaql", "SELECT NoSuchFunction(a)\nFROM input\n")
        self.ok("fmt", "q.asaql")

    def test_mode_and_links_stay(self):
        self.write("q.asaql", UGLY)
        os.chmod(self.folder / "q.asaql", 0o640)
        os.symlink("q.asaql", self.folder / "link.asaql")
        self.ok("fmt", "link.asaql")
        self.assertTrue(os.path.islink(self.folder / "link.asaql"))
        self.assertEqual(self.read("q.asaql"), NEAT)
        self.assertEqual(stat.S_IMODE(os.stat(self.folder / "q.asaql").st_mode), 0o640)
        self.assertEqual(sorted(os.listdir(self.folder)), ["link.asaql", "q.asaql"])

    def test_line_ends_and_byte_order_mark_stay(self):
        (self.folder / "q.asaql").write_bytes(b"\xef\xbb\xbfselect a\r\n from b\r\n")
        self.ok("fmt", "q.asaql")
        self.assertEqual((self.folder / "q.asaql").read_bytes(), b"\xef\xbb\xbfSELECT a\r\nFROM b\r\n")

    def test_what_is_not_there(self):
        self.fails(2, "fmt", "missing.asaql", says="missing.asaql")
        self.write("p/notes.txt", "")
        self.fails(2, "fmt", "p", says="no .asaql file")

    def test_what_cannot_be_read_does_not_keep_the_others_waiting(self):
        self.write("p/last.asaql", UGLY)
        os.symlink("nowhere", self.folder / "p/dangling.asaql")
        self.write("two.asaql", UGLY)
        self.fails(2, "fmt", "missing.asaql", "p", "two.asaql",
                   says=["`missing.asaql`", "`p/dangling.asaql`", "2 queries read: 2 changed"])
        self.assertEqual([self.read(name) for name in ("p/last.asaql", "two.asaql")], [NEAT, NEAT])
        self.fails(2, "fmt", "--check", "missing.asaql", "two.asaql", says="0 would change")

    def test_the_example_of_the_documentation(self):
        text = (SOURCE / "docs/language/formatting.md").read_text(encoding="utf-8")
        before, after = re.findall(r"```sql\n(.*?)```", text, re.S)[:2]
        self.assertEqual(self.ok("fmt", "-", stdin=before).stdout, after)

    def test_the_queries_of_the_repository_are_formatted(self):
        self.ok("fmt", "--check", str(SOURCE / "queries"))


if __name__ == "__main__":
    unittest.main()
