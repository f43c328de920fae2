"""A database that fails under a running job: it is killed and comes back, stops answering, changes its password, loses a
column, fills its disk. Nothing crashes, hangs beyond the time stated, or loses a row silently."""
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from faults import CRASH, SOURCE, FaultTest


NOBODY = 65534


class Job(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT id INTO o FROM i")

    def somebody(self):
        """Who may not write everywhere: root runs the program as somebody else, who gets the scratch folder."""
        if os.geteuid() != 0:
            return {}
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def begin(self, where, **more):
        """A job that reads what feed writes."""
        return self.start("run", "q.asaql", "--input", "i=-", "--output", f"o={where}", stdin=subprocess.PIPE, **more)

    def feed(self, job, *ids):
        for number in ids:
            job.stdin.write(b'{"id":%d}\n' % number)
        job.stdin.flush()

    def finish(self, job, status, *says, seconds=60):
        out, told = job.communicate(timeout=seconds)
        told = told.decode(errors="replace")
        self.assertEqual(job.returncode, status, told)
        self.assertIsNone(CRASH.search(told), told)
        for phrase in says:
            self.assertIn(phrase, told)
        return told

    def wait_for(self, reached, seconds=30):
        until = time.monotonic() + seconds
        while not reached():
            self.assertLess(time.monotonic(), until, "it does not get there")
            time.sleep(0.05)


class Postgres(Job):
    SCRIPT = SOURCE / "tests/support/postgres.sh"

    @classmethod
    def server(cls, verb, *more):
        done = subprocess.run(["sh", cls.SCRIPT, verb, cls.home.name + "/pg", *more], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise unittest.SkipTest((done.stdout + done.stderr).strip() or "PostgreSQL does not start")
        return done.stdout.strip()

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="weir-postgres-")
        os.chmod(cls.home.name, 0o755)
        cls.port = cls.server("start")

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["sh", cls.SCRIPT, "stop", cls.home.name + "/pg"], check=False)
        cls.home.cleanup()

    def setUp(self):
        super().setUp()
        self.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY)")

    def sql(self, text, user="weir", password="secret"):
        done = subprocess.run(["psql", "-h", "127.0.0.1", "-p", self.port, "-U", user, "-d", "weir", "-At", "-c", text],
                              env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def where(self, options="", user="weir", password="secret"):
        return (f"odbc:Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={self.port};Database=weir;Uid={user};"
                f"Pwd={password}?table=t{options}")

    def rows(self):
        return [int(number) for number in self.sql("SELECT id FROM t ORDER BY id")]

    def postmaster(self):
        return int((Path(self.home.name) / "pg/data/postmaster.pid").read_text().split()[0])

    def backends(self):
        return [int(pid) for pid in self.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'weir' AND pid <> "
                                             "pg_backend_pid() AND backend_type = 'client backend'")]

    def test_killed_and_started_again(self):
        job = self.begin(self.where("&mode=upsert&key=id"))
        self.feed(job, *range(10))
        self.wait_for(lambda: len(self.rows()) == 10)
        self.server("kill")
        self.feed(job, *range(10, 20))
        time.sleep(2)
        self.assertIsNone(job.poll())
        self.server("start", self.port)
        self.wait_for(lambda: len(self.rows()) == 20)
        self.feed(job, 20)
        self.finish(job, 0, "21 events in, 21 rows out")
        self.assertEqual(self.rows(), list(range(21)))

    def test_killed_for_good(self):
        job = self.begin(self.where("&retry-timeout=2s"))
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        self.server("kill")
        try:
            self.feed(job, 2)
            self.finish(job, 3, "o: ", "gave up after", "1 row", seconds=40)
        finally:
            self.server("start", self.port)
        self.assertEqual(self.rows(), [1])

    def test_stops_answering_in_the_middle(self):
        """The process is stopped, its connections stay open: only a time-out of ours notices."""
        job = self.begin(self.where("&answer-timeout=2s&login-timeout=1s"))
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        stopped = self.backends()
        self.assertTrue(stopped)
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            self.feed(job, 2)
            told = self.finish(job, 3, "o: ", "has not answered for 2 s", "answer-timeout", seconds=40)
            self.assertLess(time.monotonic() - began, 30, told)
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def test_a_lock_of_another_session(self):
        holder = subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", self.port, "-U", "weir", "-d", "weir"],
                                  env={**os.environ, "PGPASSWORD": "secret"}, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        try:
            holder.stdin.write("BEGIN; LOCK TABLE t; SELECT 'held';\n")
            holder.stdin.flush()
            while "held" not in holder.stdout.readline():
                pass
            self.write("in.json", '{"id":1}\n')
            self.fails(3, "run", "q.asaql", "--input", "i=in.json", "--output",
                       f"o={self.where('&answer-timeout=2s&login-timeout=1s')}", says=["o: ", "has not answered for 2 s"])
        finally:
            holder.kill()
            holder.communicate()

    def test_accepts_and_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            began = time.monotonic()
            where = self.where("&login-timeout=2s").replace(self.port, str(silent.getsockname()[1]))
            self.write("in.json", '{"id":1}\n')
            self.fails(3, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", says=["o: ", "cannot connect"])
            self.assertLess(time.monotonic() - began, 20)

    def test_passwords_that_expire(self):
        self.sql("DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN PASSWORD 'ledger7' VALID UNTIL '2001-01-01'")
        self.write("in.json", '{"id":1}\n')
        where = self.where(user="clerk", password="ledger7")
        done = self.fails(3, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}",
                          says=["o: ", "authentication failed", "UID and PWD"])
        self.assertNotIn("ledger7", done.told)

    def test_a_password_that_changes_under_the_job(self):
        """The open connection lives on; when it breaks the login is refused, and trying again does not help."""
        self.sql("DROP ROLE IF EXISTS carrier; CREATE ROLE carrier LOGIN SUPERUSER PASSWORD 'first'")
        job = self.begin(self.where(user="carrier", password="first"))
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        self.sql("ALTER ROLE carrier PASSWORD 'second'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE usename = 'carrier'")
        self.feed(job, 2)
        self.finish(job, 3, "o: ", "authentication failed", seconds=40)
        self.assertEqual(self.rows(), [1])

    def test_a_table_altered_under_the_job(self):
        for change, status, says in (("ALTER TABLE t RENAME COLUMN id TO number", 3, "id"),
                                     ("DROP TABLE t", 3, "t"),
                                     ("REVOKE ALL ON t FROM keeper", 3, "permission denied")):
            with self.subTest(change):
                self.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY)")
                if "keeper" in change:
                    self.sql("DROP ROLE IF EXISTS keeper; CREATE ROLE keeper LOGIN PASSWORD 'k'; GRANT ALL ON t TO keeper")
                job = self.begin(self.where(user="keeper", password="k") if "keeper" in change else self.where())
                self.feed(job, 1)
                self.wait_for(lambda: self.rows() == [1])
                self.sql(change)
                self.feed(job, 2)
                self.finish(job, status, "o: ", says)
                if "keeper" in change:
                    self.sql("DROP TABLE t; DROP ROLE keeper")

    def test_a_column_that_gets_narrower(self):
        """Rows that do not fit any more are quarantined, the others go in."""
        job = self.begin(self.where())
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        self.sql("ALTER TABLE t ADD CONSTRAINT small CHECK (id < 10)")
        self.feed(job, 2, 30, 3)
        self.finish(job, 1, "1 rows could not be delivered")
        self.assertEqual(self.rows(), [1, 2, 3])
        self.assertEqual([entry["payload"] for entry in self.quarantine()], ['{"id":30}'])


class Sqlite(Job):
    def setUp(self):
        super().setUp()
        self.database = self.folder / "d.db"
        with sqlite3.connect(self.database) as base:
            base.execute("CREATE TABLE t (id INTEGER, filler TEXT)")
        base.close()
        self.where = f"odbc:Driver={{SQLite3}};Database={self.database}?table=t&retry-timeout=2s"

    def rows(self):
        with sqlite3.connect(self.database) as base:
            found = [number for number, in base.execute("SELECT id FROM t ORDER BY id")]
        base.close()
        return found

    def test_a_full_disk(self):
        """A limit on the size of files stands in for it. What was committed before is whole."""
        self.write("q.asaql", "SELECT id, filler INTO o FROM i")
        self.write("in.json", "".join('{"id":%d,"filler":"%s"}\n' % (n, "x" * 500) for n in range(4000)))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400000, 400000))
        job = self.start("run", "q.asaql", "--input", "i=in.json", "--output", f"o={self.where}&transaction-rows=100",
                         preexec_fn=limit)
        self.finish(job, 3, "o: ", "disk")
        rows = self.rows()
        self.assertEqual(rows, list(range(len(rows))))
        self.assertGreater(len(rows), 100)
        self.assertLess(len(rows), 4000)

    def test_a_table_dropped_under_the_job(self):
        job = self.begin(self.where)
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        with sqlite3.connect(self.database) as base:
            base.execute("DROP TABLE t")
        base.close()
        self.feed(job, 2)
        self.finish(job, 3, "o: ", "no such table")

    def test_a_file_that_becomes_read_only(self):
        job = self.begin(self.where, **self.somebody())
        self.feed(job, 1)
        self.wait_for(lambda: self.rows() == [1])
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        self.feed(job, 2)
        self.finish(job, 3, "o: ")


class Disk(Job):
    """Files on disks that fill up."""

    def limited(self, size, where, *words):
        self.write("q.asaql", "SELECT id, filler INTO o FROM i")
        self.write("in.json", "".join('{"id":%d,"filler":"%s"}\n' % (n, "x" * 100) for n in range(40000)))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        job = self.start("run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", *words, preexec_fn=limit)
        return self.finish(job, 3, "o: ", "cannot write to", "behind byte")

    def test_plain_and_patterns(self):
        for where in ("big.json", "{filler}.json?open-files=1", "part.json?roll=100MB", "big.csv"):
            with self.subTest(where):
                self.limited(1000000, where)

    def test_a_folder_that_vanishes_or_is_no_folder(self):
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("in.json", '{"id":1}\n')
        self.write("out", "a file")
        self.fails(3, "run", "q.asaql", "--input", "i=in.json", "--output", "o=out/{id}/x.json", says=["o: ", "out"])

    def test_a_folder_that_may_not_be_written(self):
        self.write("in.json", '{"id":1}\n')
        (self.folder / "out").mkdir(mode=0o555)
        job = self.start("run", "q.asaql", "--input", "i=in.json", "--output", "o=out/{id}/x.json", **self.somebody())
        self.finish(job, 3, "o: ", "out/1", "Permission denied")


if __name__ == "__main__":
    unittest.main()
