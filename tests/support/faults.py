"""faults.py: running the program on bad input and in a broken world, and reading what it kept aside.

A test gives bytes, not text: what is bad about them is often that they are no text. Every run has a time limit,
and a crash (a signal, a sanitizer's report) fails the test whatever else it expects.
"""
import base64
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

WEIR = os.environ.get("WEIR", "weir")
SOURCE = Path(os.environ.get("WEIR_SOURCE", Path(__file__).resolve().parents[2]))
SECONDS = 60
SKIPPED = 77
CRASH = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error: |BUG:|Assertion", re.I)


def has_sanitizer():
    program = Path(WEIR).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


class Done:
    """How a run ended: exit status, bytes of stdout, text of stderr, the quarantine entries of its folder."""

    def __init__(self, code, out, told):
        self.code, self.out, self.told = code, out, told

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]


def payload_of(entry):
    if "payloadBase64" in entry:
        return base64.b64decode(entry["payloadBase64"])
    return entry["payload"].encode()


class FaultTest(unittest.TestCase):
    """A scratch folder that is the working directory of every run."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="weir-faults-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def environment(self, env=None):
        return {**{name: value for name, value in os.environ.items() if name != "TERM"}, "NO_COLOR": "1", **(env or {})}

    def start(self, *words, **more):
        """A running program whose stdout and stderr are pipes unless told otherwise."""
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        job = subprocess.Popen([WEIR, *words], cwd=self.folder, env=self.environment(), **given)
        self.addCleanup(self.end, job)
        return job

    def end(self, job):
        if job.poll() is None:
            job.kill()
            job.wait()
        for stream in (job.stdin, job.stdout, job.stderr):
            if stream and not stream.closed:
                stream.close()

    def weir(self, *words, stdin=b"", env=None, seconds=SECONDS, stdout=subprocess.PIPE):
        ran = subprocess.run([WEIR, *words], input=stdin, stdout=stdout, stderr=subprocess.PIPE, cwd=self.folder,
                             env=self.environment(env), timeout=seconds)
        told = ran.stderr.decode(errors="replace")
        self.assertGreaterEqual(ran.returncode, 0, f"ended by a signal\n{told}")
        self.assertIsNone(CRASH.search(told), told)
        return Done(ran.returncode, ran.stdout, told)

    def ok(self, *words, **more):
        done = self.weir(*words, **more)
        self.assertEqual(done.code, 0, done.told)
        return done

    def fails(self, status, *words, says=(), **more):
        """The exit status, one error message, every phrase of `says` in it."""
        done = self.weir(*words, **more)
        self.assertEqual(done.code, status, done.told)
        for phrase in [says] if isinstance(says, str) else says:
            self.assertIn(phrase, done.told)
        self.assertEqual(len(re.findall(r"^(?:weir: )?error", done.told, re.M)), 1, done.told)
        return done

    def quarantine(self, name="q.quarantine.ndjson"):
        path = self.folder / name
        if not path.exists():
            return []
        entries = [json.loads(line) for line in path.read_bytes().splitlines()]
        path.unlink()
        return entries
