"""At least once without a state folder: a job from Kafka into a database is killed again and again (SIGKILL, at any
moment) while events keep coming, and started where the group stands. In the end no event and no window is missing and
none is wrong; what is appended may be there twice.

    test_crash_delivery.py                           50 kills, the mock cluster and SQLite
    test_crash_delivery.py --kills 200 --real        a real broker and PostgreSQL, both started for it
"""
import argparse
import collections
import datetime
import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from faults import CRASH, SKIPPED, SOURCE, WEIR
from kafka_broker import Broker
from kafka_mock import MockCluster
from librdkafka import Admin, Producer, Unavailable

PARTITIONS = 3
KEYS = 5
EVENTS_A_STEP = 24
STEPS_A_RUN = 4
PATIENCE = 30      # seconds until a run has to have delivered something
JITTER_SECONDS = 1 # how far behind its arrival an event may have happened
EPOCH = datetime.datetime(1970, 1, 1)
QUERY = """
SELECT id INTO raw FROM e TIMESTAMP BY at

SELECT k, System.Timestamp() AS t, COUNT(*) AS n, SUM(v) AS total INTO windows
FROM e TIMESTAMP BY at GROUP BY k, HoppingWindow(second, 4, 2)

SELECT a.id, b.id AS partner INTO pairs
FROM e a TIMESTAMP BY at LEFT JOIN e b TIMESTAMP BY at
ON DATEDIFF(second, a, b) BETWEEN -2 AND 2 AND a.pair = b.pair AND a.id <> b.id
"""
options = argparse.Namespace(kills=50, real=False)


def seconds(at):
    return (at - EPOCH) / datetime.timedelta(seconds=1)


class Events:
    """What was produced so far, and what must come of it. They arrive now and happened a little before: with times of
    another day the idle rule, which counts wall time, would find partitions idle that are not."""

    def __init__(self):
        self.all = []
        self.random = random.Random(1)

    def step(self):
        for _ in range(EVENTS_A_STEP):
            now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            at = now - datetime.timedelta(milliseconds=self.random.randrange(JITTER_SECONDS * 1000))
            number = len(self.all)
            self.all.append({"id": number, "at": at.isoformat() + "Z", "k": self.random.randrange(KEYS),
                             "v": self.random.randrange(100), "pair": number // 2})
            yield now, self.all[-1]

    def windows(self):
        groups = collections.defaultdict(list)
        for event in self.all:
            at = datetime.datetime.fromisoformat(event["at"][:-1])
            end = at.replace(second=at.second // 2 * 2, microsecond=0)
            if end < at:
                end += datetime.timedelta(seconds=2)
            for more in (0, 2):  # (end - 4, end]
                groups[event["k"], (end + datetime.timedelta(seconds=more)).isoformat()].append(event["v"])
        return {key: (len(values), sum(values)) for key, values in groups.items()}

    def pairs(self):
        """Two events of a pair are about a second apart at most, so everybody has a partner."""
        return {(event["id"], event["id"] ^ 1) for event in self.all}


class Sqlite:
    def __init__(self, folder):
        self.path = folder / "out.db"

    def where(self):
        return f"odbc:Driver={{SQLite3}};Database={self.path}"

    def rows(self, sql):
        with sqlite3.connect(self.path) as base:
            found = base.execute(sql).fetchall()
        base.close()
        return [tuple(str(cell) for cell in row) for row in found]

    def close(self):
        pass


class Postgres:
    SCRIPT = SOURCE / "tests/support/postgres.sh"

    def __init__(self, folder):
        self.folder = folder / "pg"
        done = subprocess.run(["sh", self.SCRIPT, "start", self.folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable((done.stdout + done.stderr).strip())
        self.port = done.stdout.strip()

    def where(self):
        return ("odbc:Driver={PostgreSQL Unicode};Server=127.0.0.1;"
                f"Port={self.port};Database=weir;Uid=weir;Pwd=secret")

    def rows(self, sql):
        told = subprocess.run(["psql", "-h", "127.0.0.1", "-p", self.port, "-U", "weir", "-At", "-F", "|", "-c", sql],
                              env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True, check=True)
        return [tuple(line.split("|")) for line in told.stdout.splitlines()]

    def close(self):
        subprocess.run(["sh", self.SCRIPT, "stop", self.folder], check=False)


class Delivery(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="weir-crash-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        os.chmod(self.folder, 0o755)
        (self.folder / "q.asaql").write_text(QUERY)
        servers = self.real_topic() if options.real else self.mock_topic()
        self.database = (Postgres if options.real else Sqlite)(self.folder)
        self.addCleanup(self.database.close)
        self.producer = Producer(servers)
        self.addCleanup(self.producer.close)
        self.events = Events()
        self.random = random.Random(2)
        where = self.database.where()
        self.read = ["--input", f"e=kafka://{servers}/e?start=committed", "--late", "off", "--out-of-order",
                     f"{JITTER_SECONDS + 1}s"]
        self.words = [WEIR, "run", "q.asaql", *self.read, "--output", f"raw={where}?table=raw&create=true",
                      "--output", f"windows={where}?table=windows&create=true&mode=upsert&key=k,t",
                      "--output", f"pairs={where}?table=pairs&create=true"]

    def mock_topic(self):
        broker = MockCluster()
        self.addCleanup(broker.close)
        broker.create("e", PARTITIONS)
        return broker.servers

    def real_topic(self):
        broker = Broker(self.folder / "broker").start()
        self.addCleanup(broker.stop)
        admin = Admin(broker.servers())
        admin.create("e", PARTITIONS)
        admin.close()
        return broker.servers()

    def produce(self):
        for now, event in self.events.step():
            self.producer.send("e", json.dumps(event).encode(), event["id"] % PARTITIONS, ms=int(seconds(now) * 1000))
        self.producer.flush()

    def delivered(self):
        try:
            return int(self.database.rows("SELECT COUNT(*) FROM raw")[0][0])
        except (sqlite3.OperationalError, subprocess.CalledProcessError):
            return 0  # the table is not there yet

    def produce_until_delivered(self, count):
        until = time.monotonic() + PATIENCE
        while self.delivered() < count and time.monotonic() < until:
            self.produce()
            time.sleep(0.1)

    def run_and_kill(self, keep_going):
        before = self.delivered()
        with open(self.folder / "told", "wb") as told:
            job = subprocess.Popen(self.words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
            try:
                time.sleep(self.random.uniform(0.0, 0.8))
                for _ in range(STEPS_A_RUN):
                    self.produce()
                    time.sleep(self.random.uniform(0.0, 0.2))
                if keep_going:
                    self.produce_until_delivered(before + 10 * EVENTS_A_STEP)
                    time.sleep(self.random.uniform(0.0, 0.2))
                self.assertIsNone(job.poll(), (self.folder / "told").read_text(errors="replace"))
            finally:
                job.send_signal(signal.SIGKILL)
                job.wait()

    def finish(self):
        done = subprocess.run([*self.words, "--until-idle", "2s"], cwd=self.folder, capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL, check=False)
        told = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, 0, told)
        self.assertNotIn("out of order", told)
        self.assertIsNone(CRASH.search(told), told)
        return int(told.split(" events in")[0].split()[-1].replace(",", ""))

    def same(self, found, wanted):
        """Tables by key; a difference is shown without the rest."""
        wrong = {key: (found.get(key), wanted.get(key)) for key in {*found, *wanted}
                 if found.get(key) != wanted.get(key)}
        self.assertEqual(wrong, {}, f"{len(wrong)} of {len(wanted)} rows: found, wanted")

    def test_killed_again_and_again(self):
        self.produce()
        for kill in range(options.kills):
            self.run_and_kill(keep_going=kill % 2 == 0)
        read_last = self.finish()
        if options.kills >= 20:
            self.assertLess(read_last, len(self.events.all), "the kills left no position behind: nothing was tested")
        raw = collections.Counter(int(id) for id, in self.database.rows("SELECT id FROM raw"))
        self.assertEqual(sorted(raw), list(range(len(self.events.all))), "every event, and no other")
        pairs = {(int(a), int(b) if b not in ("", "None") else None)
                 for a, b in self.database.rows("SELECT id, partner FROM pairs")}
        self.assertEqual(pairs, self.events.pairs())
        stamped = self.database.rows("SELECT k, t, n, total FROM windows")
        windows = {(int(k), t.replace(" ", "T")[:19]): (int(n), int(float(total))) for k, t, n, total in stamped}
        self.same(windows, self.events.windows())
        twice = sum(count - 1 for count in raw.values())
        print(f"{options.kills} kills, {len(raw)} events, {len(windows)} windows; {twice} events delivered again; "
              f"the last run read {read_last}")

    def test_files_go_on(self):
        """Raw capture into packed files by day, and into rolled ones: whole lines, every event, nothing replaced."""
        (self.folder / "q.asaql").write_text("SELECT id, k INTO raw FROM e TIMESTAMP BY at\n"
                                             "SELECT id INTO parts FROM e TIMESTAMP BY at")
        self.words = [WEIR, "run", "q.asaql", *self.read, "--output", "raw=raw/{date}/{k}.json.gz",
                      "--output", "parts=parts.json?roll=4KB,2s"]
        self.delivered = lambda: len(self.events.all) if any(self.folder.glob("raw/*/*/*/*")) else 0
        for _ in range(min(options.kills, 8)):
            self.run_and_kill(keep_going=True)
        self.finish()
        rows = [json.loads(line) for path in self.folder.glob("raw/*/*/*/*")
                for line in gzip.decompress(path.read_bytes()).splitlines()]
        self.assertEqual({row["id"] for row in rows}, {event["id"] for event in self.events.all})
        rows = [json.loads(line) for path in self.folder.glob("parts-*.json")
                for line in path.read_bytes().splitlines()]
        self.assertEqual({row["id"] for row in rows}, {event["id"] for event in self.events.all})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=options.kills)
    parser.add_argument("--real", action="store_true", help="a Kafka broker and PostgreSQL instead of their stand-ins")
    options, rest = parser.parse_known_args()
    try:
        unittest.main(argv=[sys.argv[0], *rest])
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
