"""docs/reference says what the program says; the pages are whole, and their examples understood."""
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from cli_support import SOURCE, CliTest


class Reference(CliTest):
    def test_pages_are_up_to_date(self):
        done = subprocess.run([sys.executable, str(SOURCE / "tools/gen_reference.py"), "--check"], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_unknown_page(self):
        self.fails(2, "reference", "nothing", says="the pages are")

    def test_links_between_documents_lead_somewhere(self):
        for document in [SOURCE / "README.md", *(SOURCE / "docs").rglob("*.md")]:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
                with self.subTest(document=str(document), target=target):
                    self.assertTrue((document.parent / target).exists())


class Pages(CliTest):
    """Blocks behind `<!-- run -->` are one shell session each, in one folder a page; what follows as ```text is what
    they print."""

    def runs(self, page):
        text = (SOURCE / page).read_text(encoding="utf-8")
        found = re.findall(r"<!-- run -->\n```sh\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
        self.assertTrue(found)
        program = self.folder / "bin"
        program.mkdir()
        (program / "weir").symlink_to(Path(os.environ["WEIR"]).resolve())
        for script, prints in found:
            done = subprocess.run(["bash", "-e"], input=script, capture_output=True, text=True, cwd=self.folder, timeout=60,
                                  env={**self.environment(None), "PATH": f"{program}:{os.environ['PATH']}"})
            self.assertEqual((done.returncode, done.stdout), (0, prints), done.stderr)

    def test_the_query_in_a_minute_runs_as_written(self):
        self.runs("README.md")

    def test_getting_started_runs_as_written(self):
        self.runs("docs/getting-started.md")


if __name__ == "__main__":
    unittest.main()
