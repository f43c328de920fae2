"""Ctrl-C: the first finishes what has begun and is success, the second ends at once."""
import json
import signal
import socket
import subprocess
import threading
import time
import unittest

from faults import CRASH, FaultTest

KILLED = 130
EVENTS = "".join(f'{{"id":{n},"at":"2026-01-01T00:00:{n % 60:02d}Z"}}\n' for n in range(60))


class Signals(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("r.ndjson", EVENTS)

    def live(self, *more, query="q.asaql"):
        return self.start("run", query, "--input", "i=kafka://embedded/t?replay=r.ndjson&start=earliest", *more,
                          stdin=subprocess.PIPE)

    def finish(self, job, seconds=20):
        out, told = job.communicate(timeout=seconds)
        told = told.decode()
        self.assertIsNone(CRASH.search(told), told)
        self.assertTrue(out == b"" or out.endswith(b"}\n"), out[-100:])
        return [json.loads(line) for line in out.splitlines()], told


class Live(Signals):
    def test_an_epoch_is_finished(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for threads in ("1", "2"):
                job = self.live("--threads", threads)
                first = json.loads(job.stdout.readline())
                job.send_signal(number)
                rows, told = self.finish(job)
                with self.subTest(number=number, threads=threads):
                    self.assertEqual(job.returncode, 0, told)
                    self.assertEqual([row["id"] for row in [first, *rows]], list(range(1 + len(rows))))
                    self.assertIn("events in", told)
                    self.assertNotIn("error:", told)

    def test_bad_records_before_it_are_kept(self):
        self.write("r.ndjson", "{bad}\n" + EVENTS)
        job = self.live()
        job.stdout.readline()
        job.send_signal(signal.SIGINT)
        _, told = self.finish(job)
        self.assertEqual(job.returncode, 0)
        self.assertIn("quarantined in q.quarantine.ndjson", told)
        self.assertEqual([entry["payload"] for entry in self.quarantine()], ["{bad}"])

    def test_an_open_window_is_not_put_out(self):
        """Its events come again after a restart: half a count would be wrong."""
        self.write("w.asaql", "SELECT COUNT(*) AS n INTO o FROM i TIMESTAMP BY at GROUP BY TumblingWindow(second, 10)")
        job = self.live("--late", "off", query="w.asaql")
        self.assertEqual(json.loads(job.stdout.readline())["n"], 1)
        job.send_signal(signal.SIGINT)
        rows, told = self.finish(job)
        self.assertEqual(job.returncode, 0, told)
        self.assertTrue(all(row["n"] == 10 for row in rows), rows)

class Connecting(Signals):
    """Nothing has begun yet: the process ends at once, and that is success."""

    def give_up(self, *words):
        job = self.start(*words)
        time.sleep(1)
        self.assertIsNone(job.poll(), job.stderr.read() if job.poll() is not None else "")
        began = time.monotonic()
        job.send_signal(signal.SIGINT)
        rows, told = self.finish(job)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual((job.returncode, rows), (0, []), told)
        self.assertIn("stopped before anything was read", told)
        return told

    def test_a_broker_that_is_not_there(self):
        where = "kafka://127.0.0.1:1/t?connect-timeout=1h"
        self.give_up("run", "q.asaql", "--input", f"i={where}")
        self.give_up("record", where, "--out", "kept.json", "--events", "1")
        told = self.give_up("run", "q.asaql", "--input", f"i={where}", "--format", "json")
        self.assertEqual(json.loads(told.splitlines()[-1]), {"notice": "stopped before anything was read"})

    def test_a_database_that_does_not_answer(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            where = (f"odbc:Driver=PostgreSQL Unicode;Server=127.0.0.1;Port={silent.getsockname()[1]};Database=d;UID=u"
                     "?table=t&login-timeout=1h")
            self.give_up("run", "q.asaql", "--input", "i=r.ndjson", "--output", f"o={where}")


class Stdin(Signals):
    def test_input_that_never_ends(self):
        for threads in ("1", "2"):
            job = self.start("run", "q.asaql", "--input", "i=-", "--threads", threads, stdin=subprocess.PIPE)
            job.stdin.write(b'{"id":0}\n{"id":1}\n{"id":')
            job.stdin.flush()
            first = json.loads(job.stdout.readline())
            job.send_signal(signal.SIGINT)
            rows, told = job.stdout.read(), job.stderr.read().decode()
            with self.subTest(threads=threads):
                self.assertEqual(job.wait(20), 0, told)
                self.assertEqual((first, rows), ({"id": 0}, b'{"id":1}\n'))

    def test_rows_come_without_waiting_for_more(self):
        job = self.start("run", "q.asaql", "--input", "i=-", stdin=subprocess.PIPE)
        for n in range(3):
            job.stdin.write(b'{"id":%d}\n' % n)
            job.stdin.flush()
            self.assertEqual(json.loads(job.stdout.readline()), {"id": n})
        job.stdin.close()
        self.assertEqual(job.wait(20), 0)


class Files(Signals):
    def test_a_large_file(self):
        self.write("big.json", '{"id":1,"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}\n' * 2000000)
        job = self.start("run", "q.asaql", "--input", "i=big.json", "--output", "o=out.json")
        time.sleep(0.3)
        job.send_signal(signal.SIGTERM)
        _, told = self.finish(job)
        self.assertEqual(job.returncode, 0, told)
        text = (self.folder / "out.json").read_bytes()
        self.assertTrue(text == b"" or text.endswith(b'{"id":1}\n'))


class Second(Signals):
    def test_ends_at_once(self):
        """The output's pipe is full, so that the first cannot finish."""
        self.write("big.json", '{"id":1}\n' * 1000000)
        job = self.start("run", "q.asaql", "--input", "i=big.json")
        time.sleep(1)
        job.send_signal(signal.SIGINT)
        time.sleep(0.5)
        self.assertIsNone(job.poll())
        job.send_signal(signal.SIGINT)
        self.assertEqual(job.wait(5), KILLED)

    def test_signals_in_a_hurry(self):
        """Whenever it comes, the process ends; it never hangs and never crashes."""
        for delay in (0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3):
            job = self.live()
            drain = threading.Thread(target=job.stdout.read)
            drain.start()
            time.sleep(delay)
            job.send_signal(signal.SIGINT)
            code = job.wait(30)
            drain.join()
            self.assertIn(code, (0, -signal.SIGINT), job.stderr.read().decode())


if __name__ == "__main__":
    unittest.main()
