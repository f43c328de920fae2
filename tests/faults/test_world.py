"""Brokers and databases that are down, silent, in another shape or refuse us: exit status 3 (or 2 where the binding
is wrong), after a bounded time, with one message that names them."""
import os
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

from faults import SOURCE, FaultTest
from kafka_mock import MockCluster, Unavailable


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("in.json", b'{"id":1}\n{"id":2}\n')
        self.write("join.asaql", "SELECT i.id, r.name INTO o FROM i JOIN r ON i.id = r.id")


class Brokers(World):
    def input_fails(self, where, *says, status=3):
        began = time.monotonic()
        self.fails(status, "run", "q.asaql", "--input", f"i={where}", says=["i: ", *says])
        self.assertLess(time.monotonic() - began, 12)

    def output_fails(self, where, *says, status=3):
        began = time.monotonic()
        self.fails(status, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", says=["o: ", *says])
        self.assertLess(time.monotonic() - began, 12)

    def test_down(self):
        port = closed_port()
        self.input_fails(f"kafka://127.0.0.1:{port}/t?connect-timeout=1s", f"127.0.0.1:{port}")
        self.output_fails(f"kafka://127.0.0.1:{port}/t?connect-timeout=1s", f"127.0.0.1:{port}")

    def test_a_host_that_does_not_exist(self):
        self.input_fails("kafka://no.such.host.invalid:9092/t?connect-timeout=1s", "no.such.host.invalid")

    def test_accepts_and_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(64)
            port = silent.getsockname()[1]
            self.input_fails(f"kafka://127.0.0.1:{port}/t?connect-timeout=1s", f"127.0.0.1:{port}")
            self.output_fails(f"kafka://127.0.0.1:{port}/t?connect-timeout=1s", f"127.0.0.1:{port}")

    def test_speaks_something_else(self):
        with subprocess.Popen(["python3", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=self.folder,
                              env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as server:
            port = int(server.stdout.readline().split(b" port ")[1].split()[0])
            self.input_fails(f"kafka://127.0.0.1:{port}/t?connect-timeout=1s", f"127.0.0.1:{port}")
            server.terminate()

    def test_more_than_the_embedded_broker_takes(self):
        self.write("big.ndjson", '{"id":1,"a":"' + "x" * 1000 + '"}\n' + ('{"id":1,"a":"' + "x" * 1000 + '"}\n') * 5000)
        self.input_fails("kafka://embedded/t?replay=big.ndjson", "4 MB", "partitions")
        self.write("big.json", (self.folder / "big.ndjson").read_bytes())
        self.write("q.asaql", "SELECT * INTO o FROM i")
        self.fails(3, "run", "q.asaql", "--input", "i=big.json", "--output", "o=kafka://embedded/t", says=["o: ", "4 MB"])

    def test_goes_down_in_the_middle(self):
        """The job waits for it and goes on where it stood."""
        try:
            broker = MockCluster()
        except Unavailable as error:
            self.skipTest(str(error))
        self.addCleanup(broker.close)
        url = broker.create("t")
        broker.produce("t", [b'{"id":1}'])
        job = self.start("run", "q.asaql", "--input", f"i={url}?start=earliest&reconnect.backoff.max.ms=200",
                         "--until-idle", "1500ms")
        self.assertEqual(job.stdout.readline(), b'{"id":1}\n')
        broker.set_down(True)
        time.sleep(3)
        self.assertIsNone(job.poll())  # silence of a broker that is down is no idleness
        broker.set_down(False)
        broker.produce("t", [b'{"id":2}'])
        out, told = job.communicate(timeout=30)
        self.assertEqual((job.returncode, out), (0, b'{"id":2}\n'), told)


class Databases(World):
    def setUp(self):
        super().setUp()
        self.database = self.folder / "d.db"
        with sqlite3.connect(self.database) as base:
            base.executescript("CREATE TABLE t (id INTEGER); CREATE TABLE other (name TEXT);"
                               "CREATE TABLE strict (id INTEGER, must TEXT NOT NULL);"
                               "CREATE TABLE few (id INTEGER NOT NULL CHECK (id <> 2));"
                               "CREATE TABLE r (id INTEGER, name TEXT); INSERT INTO r VALUES (1, 'one');")
        base.close()
        self.odbc = f"odbc:Driver={{SQLite3}};Database={self.database}"

    def output_fails(self, where, *says, status=3):
        return self.fails(status, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}", says=["o: ", *says])

    def reference_fails(self, where, *says, status=3):
        return self.fails(status, "run", "join.asaql", "--input", "i=in.json", "--reference", f"r={where}",
                          says=["r: ", *says])

    def test_a_driver_that_is_not_there(self):
        for where in ("odbc:Driver={No Such};Database=x", "odbc:DSN=NoSuch"):
            self.output_fails(where + "?table=t", "No", "Such", status=2)
            self.reference_fails(where + "?query=SELECT 1", "No", "Such", status=2)

    def test_a_database_in_a_missing_folder(self):
        where = "odbc:Driver={SQLite3};Database=/no/such/folder/d.db"
        self.output_fails(where + "?table=t", "/no/such/folder/d.db")
        self.reference_fails(where + "?query=SELECT id FROM r", "/no/such/folder/d.db")

    def test_a_file_that_is_no_database(self):
        self.write("no.db", b"this is no database\n" * 100)
        where = f"odbc:Driver={{SQLite3}};Database={self.folder}/no.db"
        self.output_fails(where + "?table=t", "no.db")
        self.reference_fails(where + "?query=SELECT id FROM r", "is not a database", status=2)

    def test_tables_of_another_shape(self):
        self.output_fails(self.odbc + "?table=missing", "missing", status=2)
        self.output_fails(self.odbc + "?table=other", "`id`", "name", status=2)
        self.output_fails(self.odbc + "?table=strict", "must", status=2)
        self.output_fails(self.odbc, "table", status=2)
        self.output_fails(self.odbc + "?table=t&mode=upsert", "key", status=2)
        self.output_fails(self.odbc + "?table=t&mode=upsert&key=nokey", "nokey", status=2)

    def test_reference_queries_that_fail(self):
        self.reference_fails(self.odbc + "?query=SELEC id FROM r", "SELEC", status=2)
        self.reference_fails(self.odbc + "?query=SELECT id FROM missing", "missing", status=2)
        self.reference_fails(self.odbc + "?query=SELECT id FROM r", "`name`", "id", status=2)
        self.reference_fails(self.odbc, "query", status=2)
        self.reference_fails(self.odbc + "?query=DELETE FROM r", "", status=2)
        with sqlite3.connect(self.database) as base:
            self.assertEqual(base.execute("SELECT COUNT(*) FROM t").fetchone(), (0,))
        base.close()

    def test_a_row_the_database_does_not_take(self):
        """The others are delivered; exit status 1."""
        self.write("in.json", b'{"id":1}\n{"id":2}\n{"id":3}\n')
        done = self.weir("run", "q.asaql", "--input", "i=in.json", "--output", f"o={self.odbc}?table=few")
        self.assertEqual(done.code, 1, done.told)
        self.assertIn("1 rows could not be delivered".replace("1 rows", "1 row"), done.told.replace("1 rows", "1 row"))
        (entry,) = self.quarantine()
        self.assertEqual((entry["kind"], entry["output"], entry["payload"]), ("OutputDataConversionError", "o", '{"id":2}'))
        with sqlite3.connect(self.database) as base:
            self.assertEqual(base.execute("SELECT id FROM few ORDER BY id").fetchall(), [(1,), (3,)])
        base.close()

    def test_a_database_that_is_locked(self):
        base = sqlite3.connect(self.database, isolation_level=None)
        base.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        done = self.weir("run", "q.asaql", "--input", "i=in.json", "--output", f"o={self.odbc};Timeout=500?table=t",
                         seconds=100)
        base.execute("ROLLBACK")
        base.close()
        self.assertEqual(done.code, 3, done.told)
        self.assertIn("locked", done.told)
        self.assertLess(time.monotonic() - began, 60)


class Server(World):
    """A database with users: PostgreSQL, where it is installed."""

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="weir-postgres-")
        os.chmod(cls.home.name, 0o755)
        done = subprocess.run(["sh", SOURCE / "tests/support/postgres.sh", "start", cls.home.name + "/pg"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            cls.home.cleanup()
            raise unittest.SkipTest((done.stdout + done.stderr).strip() or "PostgreSQL does not start")
        cls.port = done.stdout.strip()

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["sh", SOURCE / "tests/support/postgres.sh", "stop", cls.home.name + "/pg"], check=False)
        cls.home.cleanup()

    def odbc(self, **changed):
        parts = {"Driver": "{PostgreSQL Unicode}", "Server": "127.0.0.1", "Port": self.port, "Database": "weir",
                 "Uid": "weir", "Pwd": "secret", **changed}
        return "odbc:" + ";".join(f"{name}={value}" for name, value in parts.items())

    def test_a_refused_login(self):
        for changed, says in {("Pwd", "wrong-pass"): "password authentication failed", ("Uid", "nobody"): "nobody",
                              ("Database", "nobase"): "nobase"}.items():
            where = self.odbc(**{changed[0]: changed[1]})
            for words in (["q.asaql", "--output", f"o={where}?table=t"],
                          ["join.asaql", "--reference", f"r={where}?query=SELECT 1 AS id, 'x' AS name"]):
                began = time.monotonic()
                done = self.fails(3, "run", *words, "--input", "i=in.json", says=says)
                with self.subTest(words):
                    self.assertNotIn("wrong-pass", done.told)
                    self.assertNotIn("secret", done.told)
                    self.assertLess(time.monotonic() - began, 20)

    def test_a_server_that_is_down(self):
        began = time.monotonic()
        where = self.odbc(Port=closed_port())
        self.fails(3, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={where}?table=t",
                   says=["o: ", "cannot connect"])
        self.assertLess(time.monotonic() - began, 40)

    def test_queries_and_tables(self):
        self.fails(2, "run", "join.asaql", "--input", "i=in.json", "--reference",
                   f"r={self.odbc()}?query=SELEC id FROM r", says=["r: ", "syntax error"])
        self.fails(2, "run", "q.asaql", "--input", "i=in.json", "--output", f"o={self.odbc()}?table=missing",
                   says=["o: ", "missing"])


if __name__ == "__main__":
    unittest.main()
