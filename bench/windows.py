#!/usr/bin/env python3
"""windows.py: events per second through each kind of window, with 1, 1,000 and 1,000,000 keys.

Events are {"k", "v", "seen"}, 1,000 a second of their own time, keys in turn (so of 1,000 keys each is there in every
second). The rows of the window are added up by a second step, so that printing them is not measured. DuckDB runs the
same for tumbling and hopping windows, which it can express as a GROUP BY; totals of both are compared. How time is
taken, and what that means: see bench/toll.py, whose helpers this uses.

Behind each window stands what it costs in terms of the first of its block. With 1,000 keys both tumbling and
hopping windows put out each key every second, and the hopping one may take twice as long though its windows overlap
sixty times.
"""
import argparse
import json
import statistics
import sys
from datetime import datetime, timedelta
from pathlib import Path

import toll

EVENTS = 1_000_000
KEYS = (1, 1_000, 1_000_000)
START = datetime(2026, 1, 1)

# name, the window of the GROUP BY, the size and hop in seconds that DuckDB needs to know (None: it has no such window)
WINDOWS = [
    ("tumbling 1 s", "TumblingWindow(second, 1)", (1, 1)),
    ("hopping 60/1 s", "HoppingWindow(second, 60, 1)", (60, 1)),
    ("snapshot", "System.Timestamp()", None),
    ("session 2 s", "SessionWindow(second, 2, 60)", None),
    ("session per key", "SessionWindow(second, 2, 60) OVER (PARTITION BY k)", None),
    ("sliding 10 s", "SlidingWindow(second, 10)", None),
]

AGGREGATES = {"sum": "COUNT(*) AS n, SUM(v) AS s", "max": "COUNT(*) AS n, MAX(v) AS s"}


def write_events(path, keys, count):
    if path.exists():
        return
    print(f"writing {count:,} events to {path}", file=sys.stderr)
    part = path.with_suffix(".part")
    with open(part, "w") as out:
        for i in range(count):
            seen = (START + timedelta(milliseconds=i)).isoformat(timespec="milliseconds")
            out.write(f'{{"k": {i * 7919 % keys}, "v": {i * 31 % 1000}, "seen": "{seen}Z"}}\n')
    part.rename(path)


def weir_query(window, aggregates):
    return (f"WITH parts AS (SELECT k, {aggregates} FROM events TIMESTAMP BY seen GROUP BY k, {window})\n"
            "SELECT COUNT(*) AS row_count, SUM(n) AS n, SUM(s) AS s INTO out FROM parts"
            " GROUP BY TumblingWindow(day, 7)\n")


def duck_query(events, size_hop, aggregates):
    size, hop = size_hop
    source = toll.read_json(events, {"k": "BIGINT", "v": "BIGINT", "seen": "TIMESTAMP"})
    ends = (f"time_bucket(INTERVAL {hop} SECONDS, seen - INTERVAL 1 MICROSECOND) + INTERVAL {hop} SECONDS"
            f" + to_seconds({hop} * i) AS until FROM {source}, range({size // hop}) AS r(i)")
    return (f"SELECT count(*)::DOUBLE, sum(n)::DOUBLE, sum(s)::DOUBLE FROM"
            f" (SELECT k, until, {aggregates} FROM (SELECT k, v, {ends}) GROUP BY k, until)")


def totals(path):
    rows = [json.loads(line) for line in open(path)]
    return [sum(row[name] for row in rows) for name in ("row_count", "n", "s")]


def run_weir(args, name, window, aggregates, events):
    script, out = args.work / "windows.asaql", args.work / "windows.out.ndjson"
    script.write_text(weir_query(window, aggregates))
    runs = [toll.run_process([args.weir, "run", script, "--input", f"events={events}", "--output", f"out={out}",
                              "--threads", "1"], args.work / "weir.stdout") for _ in range(args.repeat)]
    return min(run.wall for run in runs), max(run.rss_mb for run in runs), totals(out)


def run_duck(args, duck, size_hop, aggregates, events):
    sql = duck_query(events, size_hop, aggregates)
    reports = [duck.ask({"sql": sql})[1] for _ in range(args.repeat)]
    return min(report["wall"] for report in reports), reports[-1]["rows"][0]


def measure(args, duck, aggregate, keys):
    """Prints a line for each kind of window; False when totals differ."""
    events = args.work / f"windows.{keys}.{args.events}.ndjson"
    write_events(events, keys, args.events)
    agree, first = True, None
    for name, window, size_hop in WINDOWS:
        if args.only and args.only not in name:
            continue
        wall, rss, ours = run_weir(args, name, window, AGGREGATES[aggregate], events)
        line = f"{keys:>9,} keys  {aggregate}  {name:16} {args.events / wall / 1e6:7.2f} M/s {rss:6.0f} MB"
        first = first or wall
        line += f"  {wall / first:5.2f} times the first"
        if duck and size_hop:
            duck_wall, theirs = run_duck(args, duck, size_hop, AGGREGATES[aggregate], events)
            same = [float(value) for value in ours] == list(theirs)
            line += f"   duckdb {args.events / duck_wall / 1e6:6.2f} M/s, weir {duck_wall / wall:5.2f} times"
            line += "" if same else f"   TOTALS DIFFER: {ours} against {theirs}"
            agree = agree and same
        print(line, flush=True)
    return agree


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default {EVENTS:,})")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the best counts (default 3)")
    parser.add_argument("--keys", type=int, nargs="*", default=KEYS)
    parser.add_argument("--aggregates", nargs="*", default=list(AGGREGATES), choices=list(AGGREGATES))
    parser.add_argument("--only", help="part of a window's name")
    parser.add_argument("--weir", type=Path, default=toll.ROOT / "build/release/weir", help="the program to measure")
    parser.add_argument("--work", type=Path, default=toll.ROOT / "build/bench", help="folder for events and rows")
    parser.add_argument("--no-duckdb", action="store_true", help="leave DuckDB out")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    python = None if args.no_duckdb else toll.ensure_duckdb(args.work / "venv")
    duck = toll.DuckDB(python, args.work) if python else None
    print(toll.machine())
    results = [measure(args, duck, aggregate, keys) for aggregate in args.aggregates for keys in args.keys]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
