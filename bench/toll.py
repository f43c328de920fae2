#!/usr/bin/env python3
"""toll.py: Weir beside DuckDB and a hand-written loop over the same toll events, one thread each.

Runs the four queries below, interleaved (one round of every program for a query before the next
round), takes medians over the rounds, checks that all programs give the same rows and prints rates,
ratios and targets. The result is a comparison on this machine at this minute, not a test: a missed
target is printed, only differing rows make the exit status 1.

What is measured. Weir and the loop: the whole process, from start to exit (wall time, user + system
time, largest resident memory). DuckDB: only the query, after the interpreter has started, the library
is loaded and the database is open, which favours DuckDB by about 0.1 s; its memory is the process's.
DuckDB writes files beside its one query thread, so its user + system time may exceed its wall time.
The kernel counts the memory of this runner towards a process it starts: less than about 20 MB never shows.
All read the file from the page cache: one unmeasured pass brings it there.
"""
import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1 << 20
EVENTS = 5_000_000
RSS_LIMIT_MB = 100

COLUMNS = {"TollId": "BIGINT", "EntryTime": "VARCHAR", "LicensePlate": "VARCHAR", "State": "VARCHAR",
           "Make": "VARCHAR", "Model": "VARCHAR", "VehicleType": "BIGINT", "VehicleWeight": "DOUBLE",
           "Toll": "DOUBLE", "Tag": "VARCHAR"}

# A window is (start, end] in Weir: the microsecond puts an event on a boundary into the window before it.
DUCK_WINDOW = ("time_bucket(INTERVAL 10 SECONDS, EntryTime - INTERVAL 1 MICROSECOND)"
               " + INTERVAL 10 SECONDS")


@dataclass
class Query:
    letter: str
    title: str
    weir: str
    duck: str                      # {file} is the table function over the needed columns
    duck_columns: dict             # what DuckDB has to read
    keys: list = field(default_factory=list)      # grouped queries: compared row by row
    columns: list = field(default_factory=list)   # the others: compared by checksum
    over_duck: float = 0           # target: Weir's rate over DuckDB's
    over_loop: float = 0           # target: Weir's rate over the loop's; 0 when the loop has no such query


QUERIES = [
    Query("a", "count and average by number key",
          "SELECT TollId, COUNT(*) AS Vehicles, AVG(Toll) AS AvgToll, System.Timestamp() AS WindowEnd\n"
          "INTO out FROM Toll TIMESTAMP BY EntryTime GROUP BY TollId, TumblingWindow(second, 10)",
          f"SELECT TollId, count(*) AS Vehicles, avg(Toll) AS AvgToll, {DUCK_WINDOW} AS WindowEnd"
          " FROM {file} GROUP BY TollId, WindowEnd",
          {"TollId": "BIGINT", "EntryTime": "TIMESTAMP", "Toll": "DOUBLE"},
          keys=["TollId", "WindowEnd"], over_duck=3, over_loop=0.6),
    Query("b", "count and average by two text keys",
          "SELECT Make, State, COUNT(*) AS Vehicles, AVG(Toll) AS AvgToll, System.Timestamp() AS WindowEnd\n"
          "INTO out FROM Toll TIMESTAMP BY EntryTime GROUP BY Make, State, TumblingWindow(second, 10)",
          f"SELECT Make, State, count(*) AS Vehicles, avg(Toll) AS AvgToll, {DUCK_WINDOW} AS WindowEnd"
          " FROM {file} GROUP BY Make, State, WindowEnd",
          {"EntryTime": "TIMESTAMP", "State": "VARCHAR", "Make": "VARCHAR", "Toll": "DOUBLE"},
          keys=["Make", "State", "WindowEnd"], over_duck=3),
    Query("c", "filter to a file",
          "SELECT TollId, LicensePlate, Toll INTO out FROM Toll TIMESTAMP BY EntryTime WHERE Toll > 8",
          "SELECT TollId, LicensePlate, Toll FROM {file} WHERE Toll > 8",
          {"TollId": "BIGINT", "LicensePlate": "VARCHAR", "Toll": "DOUBLE"},
          columns=["TollId", "LicensePlate", "Toll"], over_duck=2),
    Query("d", "everything to a file",
          "SELECT * INTO out FROM Toll TIMESTAMP BY EntryTime",
          "SELECT * FROM {file}", COLUMNS, columns=list(COLUMNS), over_duck=2),
]


# ---- programs: each runs one query over one file and leaves rows as JSON lines ---------------------

@dataclass
class Run:
    wall: float
    cpu: float
    rss_mb: float


def run_process(command, stdout):
    """Runs to the end; wall and CPU seconds and the largest resident memory of that process alone."""
    with open(stdout, "wb") as out:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        messages = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with status {process.returncode}:\n"
                         + messages.decode(errors="replace"))
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Weir:
    name = "weir"

    def __init__(self, binary, work):
        self.binary, self.work = binary, work

    def runs(self, query):
        return True

    def run(self, query, events, out):
        script = self.work / f"{query.letter}.asaql"
        script.write_text(query.weir + "\n")
        return run_process([self.binary, "run", script, "--input", f"Toll={events}", "--output", f"out={out}",
                            "--threads", "1"], self.work / "weir.stdout")


class Loop:
    name = "loop"

    def __init__(self, binary):
        self.binary = binary

    def runs(self, query):
        return query.over_loop > 0

    def run(self, query, events, out):
        return run_process([self.binary, events], out)


class DuckDB:
    name = "duckdb"

    def __init__(self, python, work):
        self.python, self.work = python, work

    def runs(self, query):
        return True

    def ask(self, request):
        report = self.work / "duckdb.stdout"
        run = run_process([self.python, __file__, "--inside-duckdb", json.dumps(request)], report)
        return run, json.loads(report.read_text())

    def run(self, query, events, out):
        source = read_json(events, query.duck_columns)
        sql = f"COPY ({query.duck.replace('{file}', source)}) TO '{out}' (FORMAT json)"
        run, report = self.ask({"sql": sql})
        return Run(report["wall"], report["cpu"], run.rss_mb)

    def checksum(self, query, out):
        source = read_json(out, {name: COLUMNS[name] for name in query.columns})
        columns = ", ".join(query.columns)
        _, report = self.ask({"sql": f"SELECT count(*), sum(hash({columns})::HUGEINT)::VARCHAR FROM {source}"})
        return report["rows"]


def read_json(path, columns):
    named = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    return f"read_json('{path}', format='newline_delimited', columns={{{named}}})"


def inside_duckdb(request):
    """The child process of DuckDB.ask: runs one statement on one thread and says what it took."""
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET threads=1")
    before = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.monotonic()
    rows = connection.execute(request["sql"]).fetchall()
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "rows": rows}))


# ---- comparing rows --------------------------------------------------------------------------------

def window_text(text):
    """One spelling for 2026-03-01T00:00:10.0000000Z and 2026-03-01 00:00:10."""
    return text.replace(" ", "T").rstrip("Z").split(".")[0]


def grouped_rows(query, out):
    rows = {}
    with open(out) as lines:
        for line in lines:
            row = json.loads(line)
            row["WindowEnd"] = window_text(row["WindowEnd"])
            key = tuple(row[name] for name in query.keys)
            if key in rows:
                raise SystemExit(f"query ({query.letter}): {out} has two rows for {key}")
            rows[key] = row
    return rows


def grouped_difference(query, left, right):
    """None when both hold the same groups, else a sentence about the first that differs."""
    left, right = grouped_rows(query, left), grouped_rows(query, right)
    if left.keys() != right.keys():
        odd = sorted(left.keys() ^ right.keys(), key=str)
        return f"{len(odd)} groups are on one side only, for example {odd[0]}"
    for key, row in left.items():
        other = right[key]
        if row["Vehicles"] != other["Vehicles"] or not math.isclose(row["AvgToll"], other["AvgToll"], rel_tol=1e-12):
            return f"{row} against {other}"
    return None


def difference(query, left, right, duck):
    if query.keys:
        return grouped_difference(query, left, right)
    if duck is None:
        return "not compared: that needs DuckDB"
    left, right = duck.checksum(query, left), duck.checksum(query, right)
    return None if left == right else f"count and checksum {left} against {right}"


# ---- the comparison --------------------------------------------------------------------------------

def measure(query, programs, events, work, repeat):
    """name -> median Run, and name -> file of rows, of the programs that have this query."""
    programs = [program for program in programs if program.runs(query)]
    outs = {program.name: work / f"{query.letter}.{program.name}.ndjson" for program in programs}
    runs = {program.name: [] for program in programs}
    for _ in range(repeat):
        for program in programs:
            outs[program.name].unlink(missing_ok=True)
            runs[program.name].append(program.run(query, events, outs[program.name]))
    medians = {name: Run(statistics.median(run.wall for run in taken), statistics.median(run.cpu for run in taken),
                         max(run.rss_mb for run in taken)) for name, taken in runs.items()}
    return medians, outs


def verdict(what, value, target):
    return f"    {what}: {value:.2f} (target {target:g}) {'reached' if value >= target else 'MISSED'}"


def report(query, medians, count):
    print(f"({query.letter}) {query.title}")
    for name, run in medians.items():
        print(f"    {name:8} {run.wall:7.3f} s wall {run.cpu:7.3f} s user+sys {count / run.wall / 1e6:6.2f} M events/s"
              f" {run.rss_mb:7.0f} MB")
    weir = medians.get("weir")
    for name, target in (("duckdb", query.over_duck), ("loop", query.over_loop)):
        base = medians.get(name)
        if weir and base and target:
            print(verdict(f"weir / {name}, wall time", base.wall / weir.wall, target))
            print(verdict(f"weir / {name}, user+sys", base.cpu / weir.cpu, target))
    if weir:
        print(f"    weir's memory: {weir.rss_mb:.0f} MB (target below {RSS_LIMIT_MB})"
              f" {'reached' if weir.rss_mb < RSS_LIMIT_MB else 'MISSED'}")


def compare(query, outs, duck):
    """Compares every program's rows with the first one's; True when nothing differs."""
    (first, reference), *others = outs.items()
    agree = True
    for name, out in others:
        found = difference(query, reference, out, duck)
        print(f"    rows of {first} and {name}: {found or 'equal'}")
        agree = agree and found is None
    return agree


def ensure_events(generator, path, count):
    marker = path.with_suffix(".count")
    if path.exists() and marker.exists() and marker.read_text() == str(count):
        return
    print(f"writing {count:,} events to {path}", file=sys.stderr)
    marker.unlink(missing_ok=True)
    with open(path, "wb") as out:
        subprocess.run([generator, str(count)], stdout=out, check=True)
    marker.write_text(str(count))


def ensure_duckdb(venv):
    """The Python that has duckdb, installed on first use; None with a message when that fails."""
    python = venv / "bin" / "python"
    has_it = [python, "-c", "import duckdb"]
    if python.exists() and subprocess.run(has_it, stderr=subprocess.DEVNULL).returncode == 0:
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, capture_output=True, text=True)
        subprocess.run([python, "-m", "pip", "--quiet", "install", "duckdb"], check=True, capture_output=True, text=True)
        return python
    except (subprocess.CalledProcessError, OSError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        print(f"DuckDB's column is skipped, its package cannot be installed: {reason}", file=sys.stderr)
        return None


def choose_programs(args, work):
    programs = []
    if args.weir.exists():
        programs.append(Weir(args.weir, work))
    else:
        print(f"weir's column is skipped: {args.weir} does not exist (make release)", file=sys.stderr)
    python = None if args.no_duckdb else ensure_duckdb(work / "venv")
    duck = DuckDB(python, work) if python else None
    programs += [duck] if duck else []
    programs.append(Loop(args.tools / "toll_loop"))
    return programs, duck


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default {EVENTS:,})")
    parser.add_argument("--repeat", type=int, default=5, help="rounds; medians are taken (default 5)")
    parser.add_argument("--only", default="abcd", help="letters of the queries (default abcd)")
    parser.add_argument("--weir", type=Path, default=ROOT / "build/release/weir", help="the program to measure")
    parser.add_argument("--tools", type=Path, default=ROOT / "build/release/bench", help="where toll_gen and toll_loop are")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench", help="folder for events, rows and the venv")
    parser.add_argument("--no-duckdb", action="store_true", help="leave DuckDB out")
    parser.add_argument("--inside-duckdb", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.inside_duckdb:
        inside_duckdb(json.loads(args.inside_duckdb))
        return 0
    args.weir, args.tools, work = args.weir.resolve(), args.tools.resolve(), args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    events = work / "toll.ndjson"
    ensure_events(args.tools / "toll_gen", events, args.events)
    programs, duck = choose_programs(args, work)
    run_process(["cat", events], os.devnull)  # into the page cache
    print(f"{args.events:,} events, {events.stat().st_size / MB:.0f} MB, {args.repeat} rounds, one thread each")
    print(machine())
    agree = True
    for query in (query for query in QUERIES if query.letter in args.only):
        medians, outs = measure(query, [p for p in programs if p.runs(query)], events, work, args.repeat)
        report(query, medians, args.events)
        agree = compare(query, outs, duck) and agree
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
