"""Reference data out of a database while a stream runs: tables that change, vanish and hold bad rows; a server that
is killed, that is down at the start, that does not answer in time."""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from faults import CRASH, SKIPPED, SOURCE, FaultTest
from kafka_mock import MockCluster, Unavailable

PATIENCE = 40  # seconds until something must have happened


class Postgres:
    """A server of the test's own (tests/support/postgres.sh)."""

    script = SOURCE / "tests/support/postgres.sh"

    def __init__(self, folder):
        self.folder, self.port = folder / "pg", None

    def run(self, *words):
        ran = subprocess.run(["sh", self.script, *words], capture_output=True, text=True, timeout=90)
        if ran.returncode == SKIPPED:
            raise unittest.SkipTest(ran.stdout.strip())
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    def start(self):
        self.port = self.run("start", str(self.folder), *([self.port] if self.port else []))

    def kill(self):
        self.run("kill", str(self.folder))

    def stop(self):
        self.run("stop", str(self.folder))

    def where(self, query):
        return (f"odbc:Driver={{PostgreSQL}};Server=127.0.0.1;Port={self.port};Database=weir;UID=weir;PWD=secret"
                f"?query={query}")

    def sql(self, text):
        """What a statement gives, as text."""
        ran = subprocess.run(["psql", "-qAt", "-h", "127.0.0.1", "-p", self.port, "-U", "weir", "weir", "-c", text],
                             env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


class ReferenceTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT s.n, r.v INTO o FROM s LEFT JOIN r ON s.k = r.k")
        self.sent = 0
        self.told_path = self.folder / "told"
        self.told_path.touch()

    def broker(self):
        broker = MockCluster()
        self.addCleanup(broker.close)
        self.cluster, self.url = broker, broker.create("t")

    def begin(self, reference, *more):
        """A job that runs until it is stopped; what it tells goes to a file."""
        with open(self.told_path, "wb") as told:
            self.job = self.start("run", "q.asaql", "--input", f"s={self.url}?start=earliest", "--reference",
                                  f"r={reference}", "--output", "o=out.json", *more, stderr=told)

    def told(self):
        return self.told_path.read_text(errors="replace")

    def send(self, k=1):
        self.sent += 1
        self.cluster.produce("t", [json.dumps({"n": self.sent, "k": k}).encode()])
        return self.sent

    def value_of(self, n):
        """What event n was joined with."""
        def look():
            path = self.folder / "out.json"
            lines = path.read_text().splitlines() if path.exists() else []
            return next((row for row in map(json.loads, lines) if row["n"] == n), None)
        return self.wait(look, f"row {n}")["v"]

    def wait(self, look, what):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            self.assertIsNone(self.job.poll(), self.told())
            time.sleep(0.05)
        self.fail(f"{what} did not come\n{self.told()}")

    def wait_for_value(self, value, k=1):
        """Sends events until one is joined with the value."""
        self.wait(lambda: self.value_of(self.send(k)) == value, value)

    def wait_told(self, phrase):
        self.wait(lambda: phrase in self.told(), phrase)

    def finish(self):
        self.job.send_signal(signal.SIGINT)
        code = self.job.wait(PATIENCE)
        self.assertEqual(code, 0, self.told())
        self.assertIsNone(CRASH.search(self.told()), self.told())


class Sqlite(ReferenceTest):
    def setUp(self):
        super().setUp()
        self.broker()
        self.db = sqlite3.connect(self.folder / "r.db", isolation_level=None)
        self.addCleanup(self.db.close)
        self.db.execute("CREATE TABLE r (k int, v text, changed text)")
        self.db.execute("INSERT INTO r VALUES (1, 'old', '')")

    def where(self, what="table=r"):
        return f"odbc:Driver={{SQLite3}};Database={self.folder}/r.db?{what}&refresh=200ms"

    def test_a_refresh_is_seen_by_later_events(self):
        self.begin(self.where())
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute("UPDATE r SET v = 'new'")
        self.wait_for_value("new")
        self.finish()

    def test_a_table_that_vanishes_keeps_its_rows(self):
        self.begin(self.where())
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute("ALTER TABLE r RENAME TO hidden")
        self.wait_told("reference r: the refresh failed, the rows of before stay in use: there is no table")
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute("ALTER TABLE hidden ADD COLUMN more int")
        self.db.execute("UPDATE hidden SET v = 'back'")
        self.db.execute("ALTER TABLE hidden RENAME TO r")
        self.wait_for_value("back")
        self.wait_told("reference r: refreshed again")
        self.finish()
        self.assertRegex(self.told(), r"input r: [\d,]+ of [\d,]+ refresh(es)? failed")

    def test_a_row_that_is_not_as_declared_keeps_the_rows(self):
        self.write("q.asaql", "CREATE TABLE r (k bigint, v nvarchar(max))\n"
                              "SELECT s.n, r.v INTO o FROM s LEFT JOIN r ON s.k = r.k")
        self.begin(self.where())
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute("INSERT INTO r VALUES ('two', 'bad', '')")
        self.wait_told("which is no bigint as CREATE TABLE says")
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute("UPDATE r SET k = 2 WHERE v = 'bad'")
        self.wait_for_value("bad", k=2)
        self.finish()

    def test_only_changes_are_read(self):
        """The times given to delta= are literals in UTC that the database compares with its own."""
        now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        delta = ("query=SELECT k, v FROM r&key=k&delta=SELECT k, v, CASE v WHEN 'gone' THEN 2 ELSE 1 END AS _operation_ "
                 "FROM r WHERE changed BETWEEN @deltaStartTime AND @deltaEndTime")
        self.begin(self.where(delta))
        self.assertEqual(self.value_of(self.send()), "old")
        self.db.execute(f"INSERT INTO r VALUES (2, 'came', {now})")
        self.wait_for_value("came", k=2)
        self.db.execute(f"UPDATE r SET v = 'changed', changed = {now} WHERE k = 1")
        self.wait_for_value("changed")
        self.db.execute(f"UPDATE r SET v = 'gone', changed = {now} WHERE k = 1")
        self.wait_for_value(None)
        self.finish()
        self.assertNotIn("failed", self.told())

    def test_wrong_deltas_are_said_at_once(self):
        for more, says in (("delta=SELECT k, v FROM r", "has no column `_operation_`"),
                           ("delta=SELECT k, 1 AS _operation_ FROM r", "no column `v`"),
                           ("delta=SELECT nothing FROM r", "nothing"),
                           ("key=k", "there is no delta="),
                           ("delta=SELECT k, v, 1 AS _operation_ FROM r&key=kk", "no column `kk`")):
            self.fails(2, "run", "q.asaql", "--input", f"s={self.url}", "--reference",
                       f"r={self.where('query=SELECT k, v FROM r')}&{more}", says=says)


class Server(ReferenceTest):
    """One server for all tests: to make one takes seconds."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="weir-faults-")
        cls.addClassCleanup(scratch.cleanup)
        Path(scratch.name).chmod(0o755)
        cls.server = Postgres(Path(scratch.name))
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        super().setUp()
        self.server.sql("DROP TABLE IF EXISTS r; CREATE TABLE r (k int, v text); INSERT INTO r VALUES (1, 'old')")

    def test_a_server_that_is_killed_and_comes_back(self):
        self.broker()
        self.begin(self.server.where("SELECT k, v FROM r") + "&refresh=200ms")
        self.assertEqual(self.value_of(self.send()), "old")
        self.server.kill()
        self.wait_told("reference r: the refresh failed, the rows of before stay in use")
        self.assertEqual(self.value_of(self.send()), "old")
        self.server.start()
        self.server.sql("UPDATE r SET v = 'new'")
        self.wait_for_value("new")
        self.wait_told("reference r: refreshed again")
        self.finish()

    def test_a_server_that_is_down_at_the_start(self):
        """It is waited for as long as retry-timeout says, then the exit status is 3."""
        self.server.kill()
        self.write("s.json", '{"n":1,"k":1}\n')
        words = ["run", "q.asaql", "--input", "s=s.json", "--output", "o=out.json", "--reference"]
        where = f"r={self.server.where('SELECT k, v FROM r')}&retry-timeout="
        done = self.fails(3, *words, where + "1s", says="reference r: ")
        self.assertIn("trying again for 1s", done.told)
        self.job = self.start(*words, where + "60s")
        self.server.start()
        self.assertEqual(self.job.wait(PATIENCE), 0, self.job.stderr.read())
        self.assertEqual(self.value_of(1), "old")

    def test_accepts_and_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            where = self.server.where("SELECT k, v FROM r").replace(self.server.port, str(silent.getsockname()[1]))
            self.write("s.json", '{"n":1,"k":1}\n')
            began = time.monotonic()
            self.fails(3, "run", "q.asaql", "--input", "s=s.json", "--reference",
                       f"r={where}&login-timeout=1s&retry-timeout=1s", says=["reference r: ", "cannot connect"])
            self.assertLess(time.monotonic() - began, 20)

    def hold_lock(self):
        """A session that holds the table until the test ends."""
        holder = subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", self.server.port, "-U", "weir", "-d", "weir"],
                                  env={**os.environ, "PGPASSWORD": "secret"}, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        holder.stdin.write("BEGIN; LOCK TABLE r; SELECT 'held';\n")
        holder.stdin.flush()
        while "held" not in holder.stdout.readline():
            pass

    def test_a_table_that_stays_locked(self):
        self.hold_lock()
        self.write("s.json", '{"n":1,"k":1}\n')
        self.fails(3, "run", "q.asaql", "--input", "s=s.json", "--reference",
                   f"r={self.server.where('SELECT k, v FROM r')}&answer-timeout=2s&login-timeout=1s",
                   says=["reference r: ", "has not answered for 2 s", "answer-timeout"])

    def test_a_refresh_that_never_ends_keeps_the_rows(self):
        self.broker()
        self.begin(self.server.where("SELECT k, v FROM r") + "&refresh=200ms&answer-timeout=2s&login-timeout=1s")
        self.assertEqual(self.value_of(self.send()), "old")
        self.hold_lock()
        self.wait_told("has not answered for 2 s")
        self.assertEqual(self.value_of(self.send()), "old")
        self.finish()

    def test_a_stop_while_the_server_is_busy(self):
        self.write("s.json", '{"n":1,"k":1}\n')
        self.job = self.start("run", "q.asaql", "--input", "s=s.json", "--reference",
                              "r=" + self.server.where("SELECT k, v, pg_sleep(600) FROM r"))
        busy = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%'"
        self.wait(lambda: int(self.server.sql(busy)) > 1, "the query")  # the question itself is one
        self.job.send_signal(signal.SIGINT)
        self.assertEqual(self.job.wait(PATIENCE), 0)


if __name__ == "__main__":
    try:
        MockCluster().close()
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
