"""The main job on the components its users run: recorded flights in a Kafka topic of three partitions, airports and
results in PostgreSQL over ODBC. Every record is stamped with its departure. The table is compared with the answer of a
plain SQL query over the raw data, in the same database."""
import datetime
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import kafka_case
from faults import SOURCE
from kafka_case import KafkaCase, Shared, real
from test_flight_delays import expected_rows

STORY = SOURCE / "queries" / "flight-delays"
POSTGRES = SOURCE / "tests" / "support" / "postgres.sh"
EPOCH = datetime.datetime(1970, 1, 1)

RAW = """
CREATE TABLE raw (line jsonb);
CREATE VIEW flights AS SELECT line->>'Origin' AS origin, (line->>'DelayMinutes')::bigint AS delay,
  (line->>'DepartureTime')::timestamp AS departure FROM raw;
"""
# Windows are open at their start and closed at their end: a departure on the hour belongs to the hour that ends.
EXPECTED = """
CREATE VIEW expected AS SELECT a.State AS state, to_char(hour, 'YYYY-MM-DD"T"HH24:MI:SS') || '.0000000Z' AS windowend,
  count(*) AS departures, avg(delay)::float8 AS averagedelay, max(delay) AS worstdelay,
  count(*) FILTER (WHERE delay > 15) AS late
FROM (SELECT *, date_trunc('hour', departure + interval '1 hour' - interval '1 microsecond') AS hour FROM flights) f
JOIN airports a ON a.Iata = f.origin GROUP BY a.State, hour HAVING count(*) >= 2;
"""
# Averages agree to the twelfth digit; everything else exactly, and no row may be there twice.
DIFFERENCES = """
SELECT (SELECT count(*) FROM delays_by_state), (SELECT count(*) FROM expected), count(*)
FROM delays_by_state d JOIN expected e USING (state, windowend, departures, worstdelay, late)
WHERE abs(d.averagedelay - e.averagedelay) <= 1e-12 * greatest(abs(e.averagedelay), 1)
"""


class Flights(KafkaCase):
    def setUp(self):
        super().setUp()
        self.home = tempfile.TemporaryDirectory(prefix="weir-flights-")
        self.addCleanup(self.home.cleanup)
        os.chmod(self.home.name, 0o711)  # the server runs under an account of its own
        started = subprocess.run(["sh", POSTGRES, "start", self.home.name + "/pg"], capture_output=True, text=True)
        if started.returncode == kafka_case.faults.SKIPPED:
            self.skipTest(started.stdout)
        self.assertEqual(started.returncode, 0, started.stderr)
        self.addCleanup(subprocess.run, ["sh", POSTGRES, "stop", self.home.name + "/pg"], check=False)
        self.port = started.stdout.strip()

    def sql(self, text, stdin=None):
        done = subprocess.run(["psql", "-h", self.home.name + "/pg", "-p", self.port, "-U", "weir", "-d", "weir", "-qAt",
                               "-F", " ", "-v", "ON_ERROR_STOP=1", "-c", text], stdin=stdin, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fill_database(self):
        self.sql((STORY / "schema.sql").read_text())
        with open(STORY / "airports.csv") as file:
            self.sql("COPY airports FROM STDIN (FORMAT csv, HEADER)", file)
        self.sql(RAW)
        with open(STORY / "flights.ndjson") as file:
            self.sql("COPY raw FROM STDIN (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')", file)
        self.sql(EXPECTED)

    def fill_topic(self, topic):
        with open(STORY / "flights.ndjson", "rb") as file:
            for line in file:
                flight = json.loads(line)
                time = datetime.datetime.strptime(flight["DepartureTime"][:19], "%Y-%m-%dT%H:%M:%S")
                origin = flight["Origin"].encode()
                Shared.producer.send(topic, line.rstrip(b"\n"), sum(origin) % 3, origin,
                                     ms=(time - EPOCH) // datetime.timedelta(milliseconds=1))
        Shared.producer.flush()

    @unittest.skipUnless(shutil.which("psql"), "there is no psql: apt-get install postgresql")
    def test_whole_table(self):
        topic = self.topic(3)
        self.fill_database()
        self.fill_topic(topic)
        odbc = f"odbc:Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={self.port};Database=weir;UID=weir;PWD=secret"
        done = self.ok("run", STORY / "delays.asaql", "--name", "flight-delays",
                       "--input", f"Flights={self.url(topic, 'start=earliest')}",
                       "--reference", f"Airports={odbc}?query=SELECT Iata, State FROM airports",
                       "--output", f"DelaysByState={odbc}?table=delays_by_state", "--until-idle", "1s", seconds=120)
        self.assertIn("20,000", done.told)
        written, wanted, equal = map(int, self.sql(DIFFERENCES).split())
        self.assertGreater(wanted, 1000)
        self.assertEqual((written, equal), (wanted, wanted))


class Demo(KafkaCase):
    @real
    @unittest.skipUnless(shutil.which("psql"), "there is no psql: apt-get install postgresql")
    def test_demo_with_real_servers(self):
        done = subprocess.run(["bash", STORY / "demo.sh", kafka_case.faults.WEIR, "--real"], capture_output=True, text=True,
                              timeout=200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, rf"(?m)^ *{len(expected_rows())}$")


if __name__ == "__main__":
    kafka_case.run(__name__)
