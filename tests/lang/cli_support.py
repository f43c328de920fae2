"""cli_support.py: running the program as a user does: in a scratch folder, with pipes or on a terminal."""
import json
import os
import pty
import select
import subprocess
import tempfile
import unittest
from pathlib import Path

WEIR = os.environ.get("WEIR", "weir")
SOURCE = Path(os.environ.get("WEIR_SOURCE", Path(__file__).resolve().parents[2]))
SECONDS = 60

TOLL = [
    {"TollId": 1, "EntryTime": "2026-01-01T00:00:01Z", "Toll": 4, "Make": "Volvo"},
    {"TollId": 2, "EntryTime": "2026-01-01T00:00:03Z", "Toll": 4.5, "Make": "Ford"},
    {"TollId": 1, "EntryTime": "2026-01-01T00:00:12Z", "Toll": 6, "Make": "Fiat"},
]
CARS = ("SELECT TollId, COUNT(*) AS Cars INTO cars FROM toll TIMESTAMP BY EntryTime "
        "GROUP BY TollId, TumblingWindow(second, 10)")
CARS_ROWS = [{"TollId": 1, "Cars": 1}, {"TollId": 2, "Cars": 1}, {"TollId": 1, "Cars": 1}]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows_of(text):
    return [json.loads(line) for line in text.splitlines() if line]


class CliTest(unittest.TestCase):
    """A scratch folder that is the working directory of every command."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="weir-cli-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    def environment(self, extra):
        return {**{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")},
                "TERM": "xterm", **(extra or {})}

    def weir(self, *words, stdin="", env=None):
        return subprocess.run([WEIR, *words], input=stdin, capture_output=True, text=True, encoding="utf-8",
                              cwd=self.folder, env=self.environment(env), timeout=SECONDS)

    def ok(self, *words, **more):
        done = self.weir(*words, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, status, *words, says=(), **more):
        """The exit status, every phrase of `says` on stderr, nothing on stdout."""
        done = self.weir(*words, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        for phrase in [says] if isinstance(says, str) else says:
            self.assertIn(phrase, done.stderr)
        self.assertEqual(done.stdout, "")
        return done

    def on_terminal(self, *words, env=None):
        """What appears on a terminal that is stdout and stderr at once, and the exit status."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([WEIR, *words], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                                   cwd=self.folder, env=self.environment(env))
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], SECONDS)[0]:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        return process.wait(SECONDS), shown.decode().replace("\r\n", "\n")
