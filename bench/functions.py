#!/usr/bin/env python3
"""functions.py: nanoseconds a value of representative functions, beside DuckDB's for the same expression.

Weir: bench_functions compiles `SELECT expression FROM t` as the engine does and runs its program over one batch of
1,000 rows again and again; the least of 15 rounds counts. What reading columns costs is not in it.

DuckDB: a table in memory with the same 1,000 rows repeated to a million, one thread. count(expression) less
count(column) for the columns it reads is the cost of the expression itself; the least of the rounds counts. One row of
NULLs keeps DuckDB from answering the count without looking, and a CASE that is never NULL would be left out of it.
Differences below 0.2 ns are noise.

The rows of both are the same (functions.c: value_of); what both print for the first rows is not compared here: the
functions' examples are tests.
"""
import argparse
import datetime
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import toll

COPIES = 1_000
WORDS = ["harbour", "Gate", "northern line", "a-b-c", "meter 42", "Z\u00fcrich", "toll booth 7", "x"]

# what it is called here, Weir's expression, DuckDB's
FUNCTIONS = [
    ("+", "i + n", "i + n"),
    ("* float", "f * 1.5", "f * 1.5::DOUBLE"),
    ("%", "i % n", "i % n"),
    ("ABS", "ABS(i)", "abs(i)"),
    ("CEILING", "CEILING(f)", "ceil(f)"),
    ("ROUND", "ROUND(f, 1)", "round(f, 1)"),
    ("SQRT", "SQRT(f)", "sqrt(f)"),
    ("EXP", "EXP(f)", "exp(f)"),
    ("POWER", "POWER(f, 2)", "pow(f, 2)"),
    ("LEN", "LEN(s)", "length(s)"),
    ("LOWER", "LOWER(s)", "lower(s)"),
    ("UPPER", "UPPER(s)", "upper(s)"),
    ("LEFT", "LEFT(s, 4)", "left(s, 4)"),
    ("RIGHT", "RIGHT(s, 4)", "right(s, 4)"),
    ("SUBSTRING", "SUBSTRING(s, 2, 5)", "substring(s, 2, 5)"),
    ("TRIM", "TRIM(s)", "trim(s)"),
    ("CONCAT", "CONCAT(s, '-', num)", "concat(s, '-', num)"),
    ("CONCAT_WS", "CONCAT_WS('-', s, num)", "concat_ws('-', s, num)"),
    ("CHARINDEX", "CHARINDEX('th', s)", "strpos(s, 'th')"),
    ("REPLACE", "REPLACE(s, 'r', 'RR')", "replace(s, 'r', 'RR')"),
    ("REVERSE", "REVERSE(s)", "reverse(s)"),
    ("TRANSLATE", "TRANSLATE(s, 'abc', 'xyz')", "translate(s, 'abc', 'xyz')"),
    ("REPLICATE", "REPLICATE(s, 2)", "repeat(s, 2)"),
    ("STUFF", "STUFF(s, 2, 2, 'zz')", "left(s, 1) || 'zz' || substring(s, 4)"),
    ("PATINDEX", "PATINDEX('%th%', s)", "strpos(s, 'th')"),
    ("REGEXMATCH", "REGEXMATCH(s, '[0-9]+ [0-9]')", "regexp_matches(s, '[0-9]+ [0-9]', 'i')"),
    ("LIKE", "CASE WHEN s LIKE '%th%l%' THEN 1 END", "CASE WHEN s LIKE '%th%l%' THEN 1 END"),
    ("IN", "CASE WHEN n IN (2, 3, 5, 7) THEN 1 END", "CASE WHEN n IN (2, 3, 5, 7) THEN 1 END"),
    ("CASE", "CASE WHEN i > 0 THEN f ELSE 0.5 END", "CASE WHEN i > 0 THEN f ELSE 0.5::DOUBLE END"),
    ("COALESCE", "COALESCE(s, num)", "coalesce(s, num)"),
    ("NULLIF", "NULLIF(i, n)", "nullif(i, n)"),
    ("CAST to bigint", "CAST(num AS bigint)", "CAST(num AS BIGINT)"),
    ("CAST to text", "CAST(i AS nvarchar(max))", "CAST(i AS VARCHAR)"),
    ("CAST to datetime", "CAST(at AS datetime)", 'CAST("at" AS TIMESTAMP)'),
    ("DATEADD", "DATEADD(minute, n, d)", "d + to_minutes(n)"),
    ("DATEDIFF", "DATEDIFF(hour, d, DATEADD(day, 9, d))", "date_diff('hour', d, d + INTERVAL 9 DAYS)"),
    ("DATEPART", "DATEPART(month, d)", "date_part('month', d)"),
    ("YEAR", "YEAR(d)", "year(d)"),
    ("DATENAME", "DATENAME(weekday, d)", "dayname(d)"),
]

COLUMNS = {"i": "BIGINT", "n": "BIGINT", "f": "DOUBLE", "d": "TIMESTAMP", "s": "VARCHAR", "num": "VARCHAR",
           "at": "VARCHAR"}


def row(i):
    start = datetime.datetime(2026, 1, 1)
    return [i * 7919 % 1000 - 500, i % 10 + 1, (i * 31 % 1000) / 8 + 0.1,
            (start + datetime.timedelta(seconds=i * 86399)).isoformat(), f"{WORDS[i % 8]} {i * 7919 % 1000}",
            str(i * 7919 % 100000), f"2026-{i % 12 + 1:02}-{i % 28 + 1:02}T{i % 24:02}:{i % 60:02}:07.25Z"]


# ---- DuckDB, in a process of its own ---------------------------------------------------------------

def make_table(db):
    db.execute("SET threads=1")
    types = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    db.execute(f"CREATE TABLE rows ({types})")
    db.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(COLUMNS))})", [row(i) for i in range(1000)])
    db.execute(f"CREATE TABLE t AS SELECT rows.* FROM range({COPIES}) r, rows")
    db.execute(f"INSERT INTO t VALUES ({', '.join(['NULL'] * len(COLUMNS))})")


def least_seconds(db, query, rounds):
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        db.execute(query).fetchall()
        times.append(time.perf_counter() - begin)
    return min(times)


def inside_duckdb(expressions, rounds):
    import duckdb
    db = duckdb.connect()
    make_table(db)
    for expression in expressions:
        used = [name for name in COLUMNS if re.search(rf"\b{name}\b", expression)]
        counts = ", ".join(f'count("{name}")' for name in used)
        try:
            base = least_seconds(db, f"SELECT {counts} FROM t", rounds)
            whole = least_seconds(db, f"SELECT count({expression}) FROM t", rounds)
            print(f"{(whole - base) * 1e9 / (COPIES * 1000):.3f}", flush=True)
        except duckdb.Error as error:
            print("error: " + str(error).splitlines()[0], flush=True)


# ---- both ------------------------------------------------------------------------------------------

def numbers(command, text):
    """One a line; a function that cannot be measured has its message."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with status {done.returncode}:\n{done.stderr}")
    return [line if line.startswith("error") else float(line) for line in done.stdout.splitlines()]


def show(value):
    return f"{value:9.1f}" if isinstance(value, float) else f"{'-':>9}"


def print_table(chosen, weir, duck):
    slower = []
    print(f"{'function':18}{'Weir ns':>9}{'DuckDB ns':>11}{'ratio':>8}   expression")
    for (name, expression, _), ours, theirs in zip(chosen, weir, duck):
        known = isinstance(ours, float) and isinstance(theirs, float)
        ratio = ours / max(theirs, 0.1) if known else None
        print(f"{name:18}{show(ours)}{show(theirs):>11}{f'{ratio:8.2f}' if known else '       -'}   {expression}")
        if known and ours > theirs + 0.2:
            slower.append((ratio, name))
    for name, value in [(f[0], v) for values in (weir, duck) for f, v in zip(chosen, values) if isinstance(v, str)]:
        print(f"{name}: {value}", file=sys.stderr)
    named = ", ".join(f"{name} ({ratio:.1f})" for ratio, name in sorted(slower, reverse=True))
    print(f"\nWeir is slower in {len(slower)} of {len(chosen)}" + (f": {named}" if slower else ""))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="names of functions, with commas (default all)")
    parser.add_argument("--repeat", type=int, default=9, help="rounds of DuckDB (default 9)")
    parser.add_argument("--tools", type=Path, default=toll.ROOT / "build/release/bench",
                        help="where bench_functions is")
    parser.add_argument("--work", type=Path, default=toll.ROOT / "build/bench", help="folder of the venv")
    parser.add_argument("--inside-duckdb", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.inside_duckdb:
        inside_duckdb(json.loads(args.inside_duckdb), args.repeat)
        return
    wanted = [name.strip().lower() for name in args.only.split(",") if name.strip()]
    chosen = [f for f in FUNCTIONS if not wanted or f[0].strip().lower() in wanted]
    print(f"{toll.machine()}\n")
    weir = numbers([args.tools / "bench_functions"], "".join(f[1] + "\n" for f in chosen))
    args.work.mkdir(parents=True, exist_ok=True)
    python = toll.ensure_duckdb(args.work / "venv")
    duck = [None] * len(chosen)
    if python:
        duck = numbers([python, Path(__file__), "--repeat", str(args.repeat),
                        "--inside-duckdb", json.dumps([f[2] for f in chosen])], "")
    print_table(chosen, weir, duck)


if __name__ == "__main__":
    main()
