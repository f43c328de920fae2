#!/usr/bin/env python3
"""kafka.py: reading a topic of a real broker, and how soon a result is in PostgreSQL.

Rate (--only rate). Five million toll events of about 180 bytes in two partitions; `weir run` with the toll query (count
and average by station and ten seconds) beside a bare consumer that only counts records (kafka_tool.c). Both read from the
first record; they take turns, medians are printed. The rate is events over the time from the first fetch to the last
event; CPU time is that of the whole process with all its threads, and of the broker meanwhile. Target: 0.8 of the bare
consumer's rate.

Latency (--only latency). 50,000 events a second, each stamped when it is made, go into two partitions; tumbling windows
of 100 ms by key are written into PostgreSQL over ODBC. The latency of a row is the time from its window's end to the
commit that makes it visible, as the server notes it (track_commit_timestamp). The first three seconds are left out, and
the last half: with no event behind them, windows wait until the idle rule closes them. Aim: the 99th percentile below
100 ms.

The result is a comparison on this machine at this minute, not a test; broker, database and both programs share it.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from kafka_broker import Broker  # noqa: E402
from librdkafka import Admin, Unavailable  # noqa: E402

PARTITIONS = 2
TARGET, AIM_MS = 0.8, 100
EVENTS_A_SECOND, WARM_UP_S = 50_000, 3
TOLL = """SELECT TollId, COUNT(*) AS Vehicles, AVG(Toll) AS AvgToll, System.Timestamp() AS WindowEnd
INTO out FROM Toll TIMESTAMP BY EntryTime GROUP BY TollId, TumblingWindow(second, 10)
"""
PACED = """SELECT k, System.Timestamp() AS WindowEnd, COUNT(*) AS n, SUM(v) AS s
INTO out FROM Events TIMESTAMP BY t GROUP BY k, TumblingWindow(millisecond, 100)
"""
LATENCIES = f"""
SELECT count(*), percentile_disc(array[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY ms), max(ms), sum(n) FROM
(SELECT n, 1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin) - windowend) AS ms, windowend FROM out
 WHERE windowend > (SELECT min(windowend) FROM out) + interval '{WARM_UP_S} seconds'
 AND windowend < (SELECT max(windowend) FROM out) - interval '500 ms') rows
"""


def cpu_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command, cwd):
    """Its words, its CPU time in seconds."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd)
    told = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with status {process.returncode}:\n{told}")
    return told, usage.ru_utime + usage.ru_stime


# ---- rate ----

def count_records(args, broker, work):
    told, cpu = run([args.tools / "bench_kafka", "count", broker.servers(), "toll", PARTITIONS, args.events], work)
    return args.events / float(told), cpu


def run_toll(args, broker, work):
    told, cpu = run([args.weir, "run", "toll.asaql", "--input", f"Toll={broker.url('toll')}?start=earliest", "--output",
                     "out=out.json", "--late", "off", "--until-idle", "300ms"], work)
    events, seconds = re.search(r"([\d,]+) events in, .* ([\d.]+) s, ", told).groups()
    if int(events.replace(",", "")) != args.events:
        raise SystemExit(f"weir read {events} events of {args.events:,}")
    return args.events / float(seconds), cpu


def rate(args, broker, work):
    (work / "toll.asaql").write_text(TOLL)
    Admin(broker.servers()).create("toll", PARTITIONS)
    subprocess.run(f"'{args.tools}/toll_gen' {args.events} | '{args.tools}/bench_kafka' fill {broker.servers()} toll "
                   f"{PARTITIONS}", shell=True, check=True, stdout=subprocess.DEVNULL)
    rounds = {"bare": [], "weir": []}
    for _ in range(args.repeat):
        for name, program in zip(rounds, (count_records, run_toll)):
            before = cpu_of(broker.process.pid)
            rounds[name].append((*program(args, broker, work), cpu_of(broker.process.pid) - before))
    print(f"{args.events:,} events in {PARTITIONS} partitions, medians of {args.repeat} turns")
    print(f"{'':8}{'events/s':>12}{'best':>12}{'CPU s':>8}{'broker CPU s':>14}")
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in rounds.items()}
    for name, (speed, cpu, theirs) in medians.items():
        print(f"{name:8}{speed:12,.0f}{max(runs[0] for runs in rounds[name]):12,.0f}{cpu:8.2f}{theirs:14.2f}")
    ratio = medians["weir"][0] / medians["bare"][0]
    print(f"weir / bare: {ratio:.2f} (target {TARGET}: {'met' if ratio >= TARGET else 'missed'})")


# ---- latency ----

class Database:
    def __init__(self, home):
        self.folder, self.script = home / "pg", ROOT / "tests" / "support" / "postgres.sh"
        self.port = self.call("start")
        self.sql("ALTER SYSTEM SET track_commit_timestamp = on")
        self.call("kill")
        self.call("start", self.port)

    def call(self, command, *more):
        done = subprocess.run(["sh", self.script, command, self.folder, *more], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(done.stdout)
        return done.stdout.strip()

    def sql(self, text):
        return subprocess.run(["psql", "-h", self.folder, "-p", self.port, "-U", "weir", "-d", "weir", "-qAt", "-F", " ",
                               "-c", text], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


def latency(args, broker, work):
    (work / "paced.asaql").write_text(PACED)
    Admin(broker.servers()).create("paced", PARTITIONS)
    database = Database(work)
    database.sql("CREATE TABLE out (k bigint, windowend timestamptz, n bigint, s bigint)")
    odbc = f"odbc:Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={database.port};Database=weir;UID=weir;PWD=secret"
    job = subprocess.Popen([args.weir, "run", "paced.asaql", "--input", f"Events={broker.url('paced')}?start=earliest",
                            "--output", f"out={odbc}?table=out", "--until-idle", "3s"], cwd=work)
    try:
        time.sleep(1)
        made, cpu = run([args.tools / "bench_kafka", "pace", broker.servers(), "paced", PARTITIONS, EVENTS_A_SECOND,
                         args.seconds], work)
        if job.wait(timeout=60):
            raise SystemExit(f"weir ended with status {job.returncode}")
        rows, percentiles, largest, events = database.sql(LATENCIES).split()
        p50, p90, p99 = map(float, percentiles.strip("{}").split(","))
        print(f"{int(made):,} events at {EVENTS_A_SECOND:,} a second, windows of 100 ms: {int(rows):,} rows measured"
              f" ({int(events):,} events)")
        print(f"from window's end to commit: p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms,"
              f" largest {float(largest):.1f} ms (aim: p99 below {AIM_MS} ms: {'met' if p99 < AIM_MS else 'missed'})")
    finally:
        job.kill()
        database.call("stop")


def main():
    parser = argparse.ArgumentParser(description="Kafka to results: rate and latency on a real broker.")
    parser.add_argument("--only", choices=["rate", "latency"])
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=30, help="of the latency run")
    parser.add_argument("--weir", type=Path, default=ROOT / "build/release/weir")
    parser.add_argument("--tools", type=Path, default=ROOT / "build/release/bench")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-kafka-") as home:
        work = Path(home)
        work.chmod(0o755)
        try:
            broker = Broker(work / "broker").start()
        except Unavailable as reason:
            raise SystemExit(f"kafka.py: {reason}")
        try:
            for name, measure in (("rate", rate), ("latency", latency)):
                if args.only in (None, name):
                    measure(args, broker, work)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
