#!/usr/bin/env python3
"""test_substreams.py: TIMESTAMP BY ... OVER gives for each key what the key's events alone would give.

    PYTHONPATH=tests/support WEIR=build/dev/weir python3 tests/lang/test_substreams.py [--seed N] [--runs N]

Keys run at times far apart and out of order. Every statement runs once over all events with OVER, and once for each
key over the events of that key without it; the rows must be the same, in the same order within a key. So windows,
joins and functions that look back are checked against themselves where they have one clock only. A mismatch is shrunk
to the fewest events that still show it.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from random_runs import random_runs

WEIR = os.environ.get("WEIR", "weir")
SECOND = 1000  # times are milliseconds since the start of 2026

# {one} and {two}: an input with its TIMESTAMP BY.
STATEMENTS = [
    "SELECT k, n, v, System.Timestamp() AS ts INTO {out} FROM {one} WHERE v > 2",
    "SELECT k, SUM(v) AS s, COUNT(*) AS c, System.Timestamp() AS ts INTO {out} FROM {one} GROUP BY k, Tumbling(s, 5)",
    "SELECT k, j, MAX(v) AS m, System.Timestamp() AS ts INTO {out} FROM {one} GROUP BY j, k, Hopping(s, 6, 2)",
    "SELECT k, MIN(v) AS m, AVG(v) AS a, System.Timestamp() AS ts INTO {out} FROM {one} GROUP BY k, Sliding(s, 4)",
    "SELECT k, j, COUNT(*) AS c, System.Timestamp() AS ts INTO {out} FROM {one} "
    "GROUP BY k, j, SessionWindow(s, 3, 10) OVER (PARTITION BY j)",
    "SELECT k, Collect(n) AS all_of, System.Timestamp() AS ts INTO {out} FROM {one} GROUP BY k, SessionWindow(s, 3, 9)",
    "SELECT k, COUNT(*) AS c, System.Timestamp() AS ts INTO {out} FROM {one} GROUP BY k, System.Timestamp()",
    "SELECT k, System.Window().Id AS w, COUNT(*) AS c, System.Timestamp() AS ts INTO {out} FROM {one} "
    "GROUP BY k, Windows(Window('t', Tumbling(s, 4)), Window('h', Hopping(s, 8, 3)), Window('s', Sliding(s, 2)))",
    "SELECT k, n, LAG(n) OVER (PARTITION BY k LIMIT DURATION(s, 6)) AS before, "
    "LAST(v) OVER (PARTITION BY k LIMIT DURATION(s, 6) WHEN v > 2) AS high, ISFIRST(s, 5) OVER (PARTITION BY k) AS f, "
    "SUM(v) OVER (PARTITION BY k LIMIT DURATION(s, 4)) AS s, System.Timestamp() AS ts INTO {out} FROM {one}",
    "SELECT a.k, a.n AS x, b.n AS y, System.Timestamp() AS ts INTO {out} FROM {one_as} a {time} JOIN {two_as} b {time} "
    "ON a.k = b.k AND DATEDIFF(s, a, b) BETWEEN -1 AND 4",
    "SELECT a.k, a.n AS x, b.n AS y, System.Timestamp() AS ts INTO {out} FROM {one_as} a {time} "
    "LEFT JOIN {two_as} b {time} ON b.k = a.k AND a.j = b.j AND DATEDIFF(s, a, b) BETWEEN 0 AND 3",
    "WITH inner{out} AS (SELECT k, j, COUNT(*) AS c FROM {one} GROUP BY k, j, Tumbling(s, 2)) "
    "SELECT k, MAX(c) AS most, System.Timestamp() AS ts INTO {out} FROM inner{out} GROUP BY k, Hopping(s, 8, 4)",
    "WITH both{out} AS (SELECT k, n, v FROM {one} UNION ALL SELECT k, n, v FROM {two}) "
    "SELECT k, COUNT(*) AS c, MIN(n) AS least, System.Timestamp() AS ts INTO {out} FROM both{out} "
    "GROUP BY k, SessionWindow(s, 2, 20)",
    "WITH both{out} AS (SELECT k, n, v FROM {one} UNION ALL SELECT k, n, v FROM {two}) "
    "SELECT k, SUM(v) AS s, System.Timestamp() AS ts INTO {out} FROM both{out} GROUP BY k, Tumbling(s, 3)",
    "SELECT k, n, e.ArrayIndex AS i, e.ArrayValue AS x, System.Timestamp() AS ts INTO {out} FROM {one} "
    "CROSS APPLY GetArrayElements(list) e",
    "SELECT s.k, r.area, COUNT(*) AS c, System.Timestamp() AS ts INTO {out} FROM one s TIMESTAMP BY at{over} "
    "JOIN ref r ON s.j = r.j GROUP BY s.k, r.area, Tumbling(s, 4)",
]
KEYS = ["a", "b", 1, 1.0, None, "long enough not to lie inside a value"]


def iso(time):
    return f"2026-01-{1 + time // 86400000:02}T{time // 3600000 % 24:02}:{time // 60000 % 60:02}:" \
           f"{time // 1000 % 60:02}.{time % 1000:03}Z"


def random_events(rng, keys):
    clock = {json.dumps(key): rng.randrange(40) * 60 * SECOND for key in keys}
    events = []
    for number in range(rng.choice([1, 4, 12, 40, 120])):
        key = rng.choice(keys)
        name = json.dumps(1 if key == 1.0 else key)
        clock[name] = clock.get(name, 0) + rng.choice([0, 0, 1, 500, SECOND, SECOND, 3 * SECOND, 7 * SECOND])
        time = max(0, clock[name] - rng.choice([0, 0, 0, SECOND, 4 * SECOND]))
        event = {"k": key, "n": number, "j": rng.randrange(2), "v": rng.choice([None, 0, 1, 2, 3, 5]), "at": iso(time),
                 "list": [number, "x"][:rng.randrange(3)]}
        if key is None and rng.random() < 0.5:
            del event["k"]
        events.append(event)
    return events


def statement_text(statement, out, over):
    time = "TIMESTAMP BY at" + over
    return statement.format(out=out, one=f"one {time}", two=f"two {time}", one_as="one", two_as="two", time=time,
                            over=over)


def script_text(statements, over):
    texts = [statement_text(statement, f"o{i}", over) for i, statement in enumerate(statements)]
    steps = [text[5:text.index(") SELECT") + 1] for text in texts if text.startswith("WITH ")]
    selects = [text[text.index(") SELECT") + 2:] if text.startswith("WITH ") else text for text in texts]
    return ("WITH " + ",\n".join(steps) + "\n" if steps else "") + ";\n".join(selects) + "\n"


def run(statements, over, inputs, options):
    """The rows of each statement."""
    with tempfile.TemporaryDirectory(prefix="weir-substreams-") as folder:
        folder = Path(folder)
        text = script_text(statements, over)
        (folder / "query.asaql").write_text(text)
        words = [WEIR, "run", folder / "query.asaql", "--quarantine", folder / "quarantine.ndjson", *options]
        for name, events in inputs.items():
            if f"{name} " not in text:
                continue
            (folder / f"{name}.json").write_text("".join(json.dumps(event) + "\n" for event in events))
            words += ["--reference" if name == "ref" else "--input", f"{name}={folder}/{name}.json"]
        for number in range(len(statements)):
            words += ["--output", f"o{number}={folder}/o{number}.json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=folder)
        if done.returncode:
            raise SystemExit(f"the run failed:\n{text}\n{done.stderr}")
        texts = [(folder / f"o{number}.json").read_text() for number in range(len(statements))]
        return [[json.loads(line) for line in text.splitlines()] for text in texts]


def name_of(row):
    """Of the row's key: 1 and 1.0 are one."""
    key = row.get("k")
    return json.dumps(float(key) if isinstance(key, (int, float)) else key)


def by_key(rows):
    """The rows of each key in order; of one instant in any order. A number key may print as any of its spellings."""
    parts = {}
    for row in rows:
        name = name_of(row)
        parts.setdefault(name, []).append({**row, "k": name})
    return {name: sorted(part, key=lambda row: (row["ts"], json.dumps(row, sort_keys=True)))
            for name, part in parts.items()}


def ascends(rows):
    last = {}
    for row in rows:
        if row["ts"] < last.get(name_of(row), ""):
            return False
        last[name_of(row)] = row["ts"]
    return True


def apart(statements, inputs, options):
    """Every key by itself, without OVER; the rows of several windows are in no order there either."""
    names = sorted({name_of(event) for name in ("one", "two") for event in inputs[name]})
    answers = [[] for _ in statements]
    for name in names:
        own = {source: [event for event in inputs[source] if name_of(event) == name] for source in ("one", "two")}
        for answer, rows in zip(answers, run(statements, "", {**own, "ref": inputs["ref"]}, options)):
            answer += rows
    return answers


def is_wrong(together, alone):
    return by_key(together) != by_key(alone) or (ascends(alone) and not ascends(together))


def shrink(statement, inputs, options):
    for source in ("one", "two"):
        at = 0
        while at < len(inputs[source]):
            event = inputs[source].pop(at)
            if not is_wrong(run([statement], " OVER k", inputs, options)[0], apart([statement], inputs, options)[0]):
                inputs[source].insert(at, event)
                at += 1
    return inputs


def report(statement, inputs, options):
    inputs = shrink(statement, {name: list(events) for name, events in inputs.items()}, options)
    print("--- a key is not by itself:", statement_text(statement, "o0", " OVER k"), " ".join(options), sep="\n")
    for source in ("one", "two"):
        print(f"input {source}", *[f"  {json.dumps(event)}" for event in inputs[source]], sep="\n")
    print("alone:", *apart([statement], inputs, options)[0], sep="\n  ")
    print("together:", *run([statement], " OVER k", inputs, options)[0], sep="\n  ")


def one_run(rng):
    keys = rng.sample(KEYS, rng.randint(1, len(KEYS)))
    inputs = {"one": random_events(rng, keys), "two": random_events(rng, keys),
              "ref": [{"j": 0, "area": "x"}, {"j": 1, "area": "y"}, {"j": 1, "area": "z"}]}
    options = ["--late", "off", "--out-of-order", rng.choice(["0s", "1s", "5s"]), "--disorder",
               rng.choice(["adjust", "drop"])]
    statements = rng.sample(STATEMENTS, 8)
    wrong = 0
    for statement, together, alone in zip(statements, run(statements, " OVER k", inputs, options),
                                          apart(statements, inputs, options)):
        if is_wrong(together, alone):
            report(statement, inputs, options)
            wrong += 1
    return wrong


if __name__ == "__main__":
    sys.exit(random_runs("keys with clocks of their own", one_run, 8, 20260102, "runs of statements over substreams"))
