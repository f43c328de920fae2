#!/usr/bin/env python3
"""joins.py: joins of streams and with reference data, beside DuckDB's equivalent join over the same files.

Two streams of 2 million events each over 100,000 keys, 2,000 a second of their own time each, are joined within 60
seconds, INNER and LEFT; the first one is joined with a million rows of reference data. Results are written as JSON
lines by both programs and compared by count and checksum. What is measured, and what that means: see bench/toll.py,
whose helpers this uses. A last round gives half of the events one key, within 60 ms: what a hot key costs.
"""
import argparse
import random
import statistics
import sys
from datetime import datetime, timedelta
from pathlib import Path

import toll

EVENTS = 2_000_000
KEYS = 100_000
PER_SECOND = 2_000
START = datetime(2026, 1, 1)
STREAM = {"Id": "BIGINT", "Key": "BIGINT", "Seen": "TIMESTAMP", "Value": "DOUBLE"}
NAMES = {"Key": "BIGINT", "Name": "VARCHAR"}


# ---- files -----------------------------------------------------------------------------------------

def write_lines(path, lines):
    if path.exists():
        return path
    print(f"writing {path}", file=sys.stderr)
    part = path.with_suffix(".part")
    with open(part, "w") as out:
        out.writelines(lines)
    part.rename(path)
    return path


def stream_lines(count, keys, seed, hot=0.0):
    chance = random.Random(seed)
    for i in range(count):
        seen = (START + timedelta(microseconds=i * 1_000_000 // PER_SECOND)).isoformat(timespec="microseconds")
        key = 0 if hot and chance.random() < hot else chance.randrange(keys)
        yield f'{{"Id": {i}, "Key": {key}, "Seen": "{seen}Z", "Value": {chance.randrange(1000) / 10}}}\n'


def name_lines(count):
    for key in range(count):
        yield f'{{"Key": {key}, "Name": "the name of number {key}"}}\n'


# ---- queries ---------------------------------------------------------------------------------------

class Join:
    def __init__(self, title, weir, duck, columns, inputs, events):
        self.title, self.weir, self.duck, self.columns, self.inputs, self.events = title, weir, duck, columns, inputs, events


def stream_join(title, outer, left, right, keys, events, bound="second", high=60):
    kind = "LEFT JOIN" if outer else "JOIN"
    by = " l.Key = r.Key AND" if keys else ""
    return Join(title,
                f"SELECT l.Id AS L, r.Id AS R, l.Value + r.Value AS Total INTO out FROM l TIMESTAMP BY Seen\n"
                f"{kind} r TIMESTAMP BY Seen ON{by} DATEDIFF({bound}, l, r) BETWEEN 0 AND {high}",
                f"SELECT l.Id AS L, r.Id AS R, l.Value + r.Value AS Total FROM {toll.read_json(left, STREAM)} l"
                f" {kind} {toll.read_json(right, STREAM)} r ON{by} date_trunc('{bound}', r.Seen) BETWEEN"
                f" date_trunc('{bound}', l.Seen) AND date_trunc('{bound}', l.Seen) + INTERVAL {high} {bound}",
                {"L": "BIGINT", "R": "BIGINT", "Total": "DOUBLE"},
                ["--input", f"l={left}", "--input", f"r={right}"], events)


def reference_join(title, left, names, events):
    return Join(title,
                "SELECT l.Id AS L, n.Name AS Name INTO out FROM l TIMESTAMP BY Seen JOIN n ON l.Key = n.Key",
                f"SELECT l.Id AS L, n.Name AS Name FROM {toll.read_json(left, STREAM)} l"
                f" JOIN {toll.read_json(names, NAMES)} n ON l.Key = n.Key",
                {"L": "BIGINT", "Name": "VARCHAR"}, ["--input", f"l={left}", "--reference", f"n={names}"], events)


def prepare(work, count, wanted):
    """The joins whose title holds the word; files are written for these only."""
    def stream(name, events, keys, seed, hot=0.0):
        return write_lines(work / f"joins-{name}-{count}.ndjson", stream_lines(events, keys, seed, hot))

    def pair(title, outer):
        return stream_join(title, outer, stream("left", count, KEYS, 1), stream("right", count, KEYS, 2), True,
                           2 * count)

    def lookup(title):
        return reference_join(title, stream("wide", count, 1_000_000, 3),
                              write_lines(work / "joins-names.ndjson", name_lines(1_000_000)), count)

    def hot(title):
        few = count // 40
        return stream_join(title, False, stream("hot-left", few, KEYS, 4, 0.5), stream("hot-right", few, KEYS, 5, 0.5),
                           True, 2 * few, "millisecond", 60)

    joins = {"60 s, 100,000 keys": lambda title: pair(title, False),
             "60 s, 100,000 keys, LEFT": lambda title: pair(title, True),
             "with 1,000,000 reference rows": lookup,
             "60 ms, half of the events of one key": hot}
    return [make(title) for title, make in joins.items() if wanted in title]


# ---- running ---------------------------------------------------------------------------------------

def run_weir(args, join, work, out):
    script = work / "join.asaql"
    script.write_text(join.weir + "\n")
    out.unlink(missing_ok=True)
    return toll.run_process([args.weir, "run", script, *join.inputs, "--output", f"out={out}", "--threads", "1"],
                            work / "weir.stdout")


def run_duck(duck, join, out):
    out.unlink(missing_ok=True)
    run, report = duck.ask({"sql": f"COPY ({join.duck}) TO '{out}' (FORMAT json)"})
    return toll.Run(report["wall"], report["cpu"], run.rss_mb)


def checksum(duck, join, out):
    source = toll.read_json(out, join.columns)
    columns = ", ".join(join.columns)
    _, report = duck.ask({"sql": f"SELECT count(*), sum(hash({columns})::HUGEINT)::VARCHAR FROM {source}"})
    return report["rows"]


def median(runs):
    return toll.Run(statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs),
                    max(run.rss_mb for run in runs))


def show(name, run, events):
    print(f"    {name:8} {run.wall:7.3f} s wall {run.cpu:7.3f} s user+sys {events / run.wall / 1e6:6.2f} M events/s"
          f" {run.rss_mb:7.0f} MB")


def compare(args, duck, join, work):
    outs = {"weir": work / "joins.weir.ndjson", "duckdb": work / "joins.duckdb.ndjson"}
    runs = {name: [] for name in outs}
    for _ in range(args.repeat):
        runs["weir"].append(run_weir(args, join, work, outs["weir"]))
        if duck:
            runs["duckdb"].append(run_duck(duck, join, outs["duckdb"]))
    print(join.title)
    medians = {name: median(taken) for name, taken in runs.items() if taken}
    for name, run in medians.items():
        show(name, run, join.events)
    if not duck:
        return True
    ratio = medians["duckdb"].wall / medians["weir"].wall
    print(f"    over duckdb: {ratio:.2f} (target 1) {'reached' if ratio >= 1 else 'MISSED'}")
    sums = [checksum(duck, join, out) for out in outs.values()]
    print(f"    rows: {sums[0][0][0]:,}" + ("" if sums[0] == sums[1] else f", DIFFERENT from duckdb's {sums[1]}"))
    return sums[0] == sums[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"in each stream (default {EVENTS:,})")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; medians are taken (default 3)")
    parser.add_argument("--only", default="", help="joins with this in their title, for example reference")
    parser.add_argument("--weir", type=Path, default=toll.ROOT / "build/release/weir", help="the program to measure")
    parser.add_argument("--work", type=Path, default=toll.ROOT / "build/bench", help="folder for events, rows and the venv")
    parser.add_argument("--no-duckdb", action="store_true", help="leave DuckDB out")
    args = parser.parse_args()
    args.weir, work = args.weir.resolve(), args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    python = None if args.no_duckdb else toll.ensure_duckdb(work / "venv")
    duck = toll.DuckDB(python, work) if python else None
    joins = prepare(work, args.events, args.only)
    print(f"{args.events:,} events a stream, {args.repeat} rounds, one thread each")
    print(toll.machine())
    agree = True
    for join in joins:
        agree = compare(args, duck, join, work) and agree
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
