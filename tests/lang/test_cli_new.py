"""weir new: every template runs and its tests pass; nothing that exists is touched."""
import os
import unittest

from cli_support import SOURCE, CliTest, rows_of

TEMPLATES = sorted(path.name for path in (SOURCE / "cli/templates").iterdir())


class New(CliTest):
    def test_every_template_runs_and_passes_its_tests(self):
        self.assertEqual(TEMPLATES, ["passthrough", "pattern", "reference-join", "session", "tumbling"])
        for name in TEMPLATES:
            with self.subTest(template=name):
                self.ok("new", f"p/{name}", "--template", name)
                done = self.ok("run", f"p/{name}")
                self.assertTrue(rows_of(done.stdout))
                self.assertNotIn("warning", done.stderr)
                self.assertIn("(Kafka: environment variable `KAFKA_BROKERS` is not set)", done.stderr)
                self.assertIn("1 passed, 0 failed", self.ok("test", f"p/{name}").stdout)
                self.assertIn("0 errors, 0 warnings", self.ok("check", f"p/{name}").stderr)
                self.ok("fmt", "--check", f"p/{name}")
                for path in (self.folder / "p" / name).rglob("*"):
                    self.assertFalse(path.is_file() and "@NAME@" in path.read_text(encoding="utf-8"), path)

    def test_the_default_and_an_empty_folder(self):
        (self.folder / "empty").mkdir()
        self.assertIn("made empty; next: weir run empty", self.ok("new", "empty/").stderr)
        self.assertIn('"name": "empty"', (self.folder / "empty/asaproj.json").read_text())
        self.assertIn("TumblingWindow", (self.folder / "empty/query.asaql").read_text())

    def test_the_working_directory(self):
        (self.folder / 'a "name"').mkdir()
        os.chdir(self.folder / 'a "name"')
        self.addCleanup(os.chdir, "/")
        self.folder = self.folder / 'a "name"'
        self.ok("new", ".")
        self.ok("run", ".")

    def test_nothing_is_overwritten(self):
        self.write("full/notes.txt", "mine")
        self.fails(2, "new", "full", says=["`full` is there already and not empty", "nothing that exists is overwritten"])
        self.fails(2, "new", "full/notes.txt", says="is there already")
        self.assertEqual([path.name for path in (self.folder / "full").iterdir()], ["notes.txt"])

    def test_wrong_usage(self):
        self.fails(2, "new", "p", "--template", "tumblin", says=["there is no template `tumblin`", "did you mean tumbling?"])
        self.fails(2, "new", "p", "--template", "zzzzzz", says="the templates are passthrough, pattern")
        self.fails(2, "new", says="needs the folder to make")
        self.assertFalse((self.folder / "p").exists())

    def test_a_folder_that_cannot_be_made(self):
        self.write("file", "")
        self.fails(3, "new", "file/p", says="cannot make `file")


if __name__ == "__main__":
    unittest.main()
