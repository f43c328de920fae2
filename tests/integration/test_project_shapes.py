"""Every shape of project that occurs, as a folder of tests/projects: check and run open it as it is.

shape.json beside the project says what comes of it:
  about                what it shows
  path, words          what is run, and with which options beside --local (`live`: without it)
  rows                 the rows on stdout; file, file_rows: those of a file
  says, verbose        on stderr of the run, and of one with --verbose; quiet: no warning
  run, check_status    exit statuses other than 0
  unsettled            the inputs and outputs that check lists; check: what it says of them
"""
import json
import shutil
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/lang")
from cli_support import SOURCE, CliTest, rows_of  # noqa: E402

SHAPES = sorted((SOURCE / "tests/projects").iterdir())


def canonical(rows):
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


class Shapes(CliTest):
    def open(self, shape):
        """A copy to run in; nothing is written into it but what it says itself."""
        work = self.folder / shape.name
        shutil.copytree(shape, work)
        self.folder, above = work, self.folder
        self.addCleanup(setattr, self, "folder", above)
        return json.loads((work / "shape.json").read_text(encoding="utf-8"))

    def run_shape(self, spec):
        words = [] if spec.get("live") else ["--local"]
        if spec.get("path", "").endswith("job.json") or "words" in spec:
            words = []
        words += spec.get("words", [])
        done = self.weir("run", spec.get("path", "."), *words, env={"KEY": ""})
        self.assertEqual(done.returncode, spec.get("run", 0), done.stderr)
        for phrase in spec.get("says", []):
            self.assertIn(phrase, done.stderr)
        if spec.get("quiet"):
            self.assertNotIn("warning", done.stderr)
        if spec["rows"] is not None:
            self.assertEqual(canonical(rows_of(done.stdout)), canonical(spec["rows"]), done.stderr)
        if "file" in spec:
            found = rows_of((self.folder / spec["file"]).read_text(encoding="utf-8"))
            self.assertEqual(canonical(found), canonical(spec["file_rows"]))
        if "verbose" in spec:
            told = self.ok("run", spec.get("path", "."), *words, "--verbose").stderr
            for phrase in spec["verbose"]:
                self.assertIn(phrase, told)

    def check_shape(self, spec):
        words = [spec.get("path", "."), *spec.get("check_words", [])]
        done = self.weir("check", *words)
        self.assertEqual(done.returncode, spec.get("check_status", 0), done.stderr)
        for phrase in spec.get("check", []):
            self.assertIn(phrase, done.stderr)
        found = json.loads(self.weir("check", *words, "--format", "json").stdout)
        names = [one.get("input") or one.get("output") for one in found["unsettled"]]
        self.assertEqual(sorted(names), sorted(spec.get("unsettled", [])))

    def test_every_shape_opens(self):
        self.assertGreater(len(SHAPES), 15)
        for shape in SHAPES:
            with self.subTest(shape=shape.name):
                above = self.folder
                spec = self.open(shape)
                self.check_shape(spec)
                self.run_shape(spec)
                self.folder = above


if __name__ == "__main__":
    unittest.main()
