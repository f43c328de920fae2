#!/usr/bin/env python3
"""test_oracle.py: random queries over random events, compared with the slow evaluator of tests/support/oracle.py.

    WEIR=build/dev/weir PYTHONPATH=tests/support python3 tests/lang/test_oracle.py [--seed N] [--runs N]

A run is a set of inputs with NULLs, ties, boundary times, late and disordered events, and several statements over
them, run in one go. A mismatch is shrunk to the fewest events that still show it and printed as a case for
tests/lang. The default seed is fixed; --seed (or WEIR_SEED) tries others.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import oracle
from oracle import SECOND
from random_runs import random_runs

WEIR = os.environ.get("WEIR", "weir")
START = oracle.ticks("2026-01-01T00:00:00Z")
KEYS = ["a", "b", "A", "", 1, 1.0, "1", 2, True, None]
STATEMENTS = 6


# ---- random things -----------------------------------------------------------------------------------

def random_time(rng, last):
    """Mostly ahead of the last one, often on a boundary, now and then behind."""
    step = rng.choice([0, 0, 1, SECOND // 10, SECOND // 2, SECOND, 3 * SECOND, -SECOND, -7 * SECOND])
    if rng.random() < 0.5:
        step += rng.randrange(SECOND)
    return max(START, last + step)


def random_value(rng):
    return rng.choice([None, 0, 1, 2, -3, 7, 1.5, 2.0, -0.25, rng.randrange(1000), round(rng.random() * 100, 3)])


def random_events(rng, first):
    events, time, arrival = [], START, START
    for number in range(rng.choice([0, 1, 5, 20, 60])):
        time = random_time(rng, time)
        arrival = max(START, time + rng.choice([0, 0, SECOND, 4 * SECOND, -2 * SECOND, -400 * SECOND, 9 * SECOND]))
        event = {"at": oracle.iso(time), "seen": oracle.iso(arrival), "n": first + number}
        for field, value in (("k", rng.choice(KEYS)), ("j", rng.randrange(3)), ("v", random_value(rng))):
            if rng.random() < 0.95:
                event[field] = value
        events.append(event)
    return events


def random_reference(rng):
    rows = [{"id": rng.choice(KEYS), "area": rng.choice(["x", "y", None, 3])} for _ in range(rng.randrange(6))]
    return rows + [{"area": "without id"}]


def random_size(rng):
    milliseconds = SECOND // 1000
    return rng.choice([10, 7 * 10, 333 * 10, milliseconds, 250 * milliseconds, 700 * milliseconds, SECOND, 2 * SECOND,
                       5 * SECOND, 10 * SECOND, 60 * SECOND, 86400 * SECOND, 7 * 86400 * SECOND])


def random_hopping(rng):
    size = hop = random_size(rng)
    if rng.random() < 0.5:
        hop = max(1, int(size * rng.choice([0.1, 0.25, 0.3, 0.5, 1.5])) // 10) * 10
    hop = hop if size // hop <= 50 else size
    return oracle.Hopping(size, min(hop, 7 * 86400 * SECOND), rng.choice([0, 0, 0, -1, 300, 3000]) * (SECOND // 1000))


def random_window(rng, columns):
    kind = rng.choice(["hopping", "hopping", "sliding", "session", "session", "snapshot"])
    if kind == "hopping":
        return random_hopping(rng)
    if kind == "sliding":
        return oracle.Sliding(random_size(rng))
    if kind == "snapshot":
        return oracle.Snapshot()
    timeout = rng.choice([10, SECOND // 2, SECOND, 3 * SECOND, 20 * SECOND])
    longest = rng.choice([None, timeout * 2, timeout * 3, 60 * SECOND, 86400 * SECOND])
    return oracle.Session(timeout, None if longest is None else max(longest, timeout),
                          tuple(rng.sample(columns, rng.randint(0, len(columns)))))


def random_query(rng):
    join = rng.choice([None, None, "JOIN", "LEFT JOIN"])
    columns = ["k", "j"] + (["area"] if join else [])
    aggregates = [text for text in sorted(oracle.AGGREGATES) if not (join and text in oracle.IN_ORDER)]
    windows = [random_window(rng, columns) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    return oracle.Query(
        sources=rng.choice([["one"], ["two"], ["one", "two"]]),
        keys=rng.sample(columns, rng.randrange(len(columns) + 1)), aggregates=rng.sample(aggregates, rng.randint(1, 5)),
        windows=windows, named=len(windows) > 1 and rng.random() < 0.6, join=join,
        above=rng.choice([None, None, 0, 1.5]), having=rng.choice([None, None, 1, 2]))


def random_policy(rng):
    return oracle.Policy(late=rng.choice([-1, 0, 3 * SECOND, 5 * SECOND]), drop=rng.random() < 0.4,
                         out_of_order=rng.choice([0, 0, SECOND, 5 * SECOND]))


# ---- as text -----------------------------------------------------------------------------------------

NAMES = {"k": "s.k", "j": "s.j", "area": "r.area"}


def lengths(*values):
    """As the arguments of a window: the unit, then the numbers."""
    milliseconds = SECOND // 1000
    if all(value % milliseconds == 0 for value in values):
        return ", ".join(["ms"] + [str(value // milliseconds) for value in values])
    return ", ".join(["mcs"] + [str(value // 10) for value in values])


def window_text(window):
    if isinstance(window, oracle.Snapshot):
        return "System.Timestamp()"
    if isinstance(window, oracle.Sliding):
        return f"SlidingWindow({lengths(window.size)})"
    if isinstance(window, oracle.Session):
        over = f" OVER (PARTITION BY {', '.join(NAMES[name] for name in window.over)})" if window.over else ""
        return f"SessionWindow({lengths(*[v for v in (window.timeout, window.longest) if v is not None])}){over}"
    offset = [window.offset] if window.offset else []
    if window.hop == window.size:
        return f"TumblingWindow({lengths(window.size, *offset)})"
    return f"HoppingWindow({lengths(window.size, window.hop, *offset)})"


def windows_text(query):
    texts = [window_text(window) for window in query.windows]
    if query.named:
        texts = [f"Window('w{number}', {text})" for number, text in enumerate(texts)]
    return texts[0] if len(texts) == 1 else f"Windows({', '.join(texts)})"


def query_text(query, number):
    """Step and statement of a query; the step's name is its own."""
    branches = [f"SELECT k, j, v, n FROM {name} TIMESTAMP BY at" for name in query.sources]
    where = f" WHERE s.v > {query.above}" if query.above is not None else ""
    step = f"s{number} AS ({' UNION ALL '.join(branches)})"
    join = f" {query.join} ref r ON s.k = r.id" if query.join else ""
    keys = [NAMES[key] for key in query.keys]
    items = [f"{name} AS {key}" for name, key in zip(keys, query.keys)]
    items += [f"{text} AS a{i}" for i, text in enumerate(query.aggregates)]
    items += ["System.Window().Id AS w"] if query.named else []
    having = f" HAVING COUNT(*) > {query.having}" if query.having is not None else ""
    statement = (f"SELECT {', '.join(items)}, System.Timestamp() AS ts INTO o{number} FROM s{number} s{join}{where} "
                 f"GROUP BY {', '.join(keys + [windows_text(query)])}{having}")
    return step, statement


def script_text(queries):
    parts = [query_text(query, number) for number, query in enumerate(queries)]
    return "WITH " + ",\n     ".join(step for step, _ in parts) + "\n" + ";\n".join(s for _, s in parts) + "\n"


def duration(value):
    return "off" if value < 0 else f"{value // (SECOND // 1000)}ms"


# ---- running -----------------------------------------------------------------------------------------

def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def run(queries, inputs, reference, policy, arrival_field):
    """The rows of each statement, as the program gives them."""
    with tempfile.TemporaryDirectory(prefix="weir-oracle-") as folder:
        folder = Path(folder)
        (folder / "query.asaql").write_text(script_text(queries))
        words = [WEIR, "run", folder / "query.asaql", "--quarantine", folder / "quarantine.ndjson",
                 "--late", duration(policy.late), "--out-of-order", duration(policy.out_of_order),
                 "--disorder", "drop" if policy.drop else "adjust"]
        for name in sorted({name for query in queries for name in query.sources}):
            (folder / f"{name}.json").write_text(lines(inputs[name]))
            words += ["--input", f"{name}={folder}/{name}.json"]
            words += ["--arrival", f"{name}={arrival_field}"] if arrival_field else []
        if any(query.join for query in queries):
            (folder / "ref.json").write_text(lines(reference))
            words += ["--reference", f"ref={folder}/ref.json"]
        for number in range(len(queries)):
            words += ["--output", f"o{number}={folder}/o{number}.json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=folder)
        if done.returncode:
            return None, done.stderr
        texts = [(folder / f"o{number}.json").read_text() for number in range(len(queries))]
        return [[json.loads(line) for line in text.splitlines()] for text in texts], ""


def plain(row):
    """Sortable and equal for equal rows; sums of floats to nine digits, and no finer than 1e-9."""
    def value(cell):
        if isinstance(cell, list):
            return ("array", *map(value, cell))
        if isinstance(cell, dict):
            return ("record", *plain(cell))
        if isinstance(cell, bool) or cell is None or isinstance(cell, str):
            return (type(cell).__name__, str(cell))
        return ("number", f"{round(float(cell), 9) + 0.0:.9g}")
    return sorted((name, value(cell)) for name, cell in row.items() if cell is not None)


def differs(query, got, inputs, reference, policy, arrival_field):
    wanted = oracle.answer(query, inputs, reference, policy, arrival_field)
    return sorted(map(plain, wanted)) != sorted(map(plain, got))


def still_differs(query, inputs, reference, policy, arrival_field):
    got, _ = run([query], inputs, reference, policy, arrival_field)
    return got is None or differs(query, got[0], inputs, reference, policy, arrival_field)


# ---- a mismatch --------------------------------------------------------------------------------------

def shrink(query, inputs, reference, policy, arrival_field):
    """Leaves out events and reference rows as long as the answer stays wrong."""
    inputs, reference = {name: list(inputs[name]) for name in query.sources}, list(reference)
    for rows in [*inputs.values(), reference]:
        at = 0
        while at < len(rows):
            row = rows.pop(at)
            if not still_differs(query, inputs, reference, policy, arrival_field):
                rows.insert(at, row)
                at += 1
    return inputs, reference


def as_case(query, inputs, reference, policy, arrival_field):
    step, statement = query_text(query, 0)
    text = ["# about: found by test_oracle.py", f"config late {duration(policy.late)}",
            f"config out-of-order {duration(policy.out_of_order)}",
            f"config disorder {'drop' if policy.drop else 'adjust'}", "query", f"  WITH {step}", f"  {statement}"]
    for name in query.sources:
        text.append(f"input {name}" + (f" arrival {arrival_field}" if arrival_field else ""))
        text += [f"  {json.dumps(event)}" for event in inputs[name]]
    if query.join:
        text += ["reference ref"] + [f"  {json.dumps(row)}" for row in reference]
    wanted = oracle.answer(query, inputs, reference, policy, arrival_field)
    return "\n".join(text + ["expect o0 tolerance 1e-9"] + [f"  {json.dumps(row)}" for row in wanted])


def report(query, *data):
    small, reference = shrink(query, *data[:2], *data[2:])
    print("--- a wrong answer; the case, ready for tests/lang:")
    print(as_case(query, small, reference, *data[2:]))
    got, words = run([query], small, reference, *data[2:])
    print("got:", words if got is None else lines(got[0]), sep="\n")


def one_run(rng):
    """How many answers of a run are wrong; they are reported."""
    inputs = {"one": random_events(rng, 0), "two": random_events(rng, 1000)}
    data = (inputs, random_reference(rng), random_policy(rng), rng.choice([None, "seen"]))
    queries = [random_query(rng) for _ in range(STATEMENTS)]
    queries[0].sources = ["one", "two"]  # ties go by the order in which the script names the inputs first
    got, words = run(queries, *data)
    if got is None:
        print(f"--- the run failed:\n{script_text(queries)}\n{words}")
        return 1
    wrong = [query for query, rows in zip(queries, got) if differs(query, rows, *data)]
    if wrong:
        report(wrong[0], *data)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(random_runs("random queries against a slow evaluator", one_run, 60, 20260101, "random queries", STATEMENTS))
