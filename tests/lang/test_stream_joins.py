#!/usr/bin/env python3
"""test_stream_joins.py: random chains of joins of streams, compared with nested loops over all events.

    WEIR=build/dev/weir PYTHONPATH=tests/support python3 tests/lang/test_stream_joins.py [--seed N] [--runs N]

A chain has up to three joins, INNER and LEFT, of three inputs in order of time, with themselves too, through steps,
and with reference data in between. Bounds are written in every form ON takes; their ends may speak of different
aliases. Rows and their timestamps are compared.
"""
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import oracle
from oracle import SECOND
from random_runs import random_runs

WEIR = os.environ.get("WEIR", "weir")
START = oracle.ticks("2026-01-01T00:00:00Z")
UNITS = {"second": SECOND, "ss": SECOND, "millisecond": SECOND // 1000, "minute": 60 * SECOND, "mi": 60 * SECOND}
KEYS = [1, 2, 3, 1.0, 2.5, True, None]
INPUTS = ["one", "two", "three"]
STATEMENTS = 5


# ---- random things -----------------------------------------------------------------------------------

def random_events(rng, name):
    events, time = [], START
    for number in range(rng.choice([0, 3, 12, 30, 30])):
        time += rng.choice([0, 1, SECOND // 2, SECOND, 3 * SECOND, 20 * SECOND]) + rng.choice([0, rng.randrange(SECOND)])
        event = {"id": f"{name}{number}", "at": oracle.iso(time), "v": rng.randrange(4)}
        if rng.random() < 0.95:
            event["k"] = rng.choice(KEYS)
        events.append(event)
    return events


class Bound:
    """low <= boundaries of the unit from alias to the right side <= high; an end may be missing (None)."""

    def __init__(self, alias, unit, low, high):
        self.alias, self.unit, self.low, self.high = alias, unit, low, high

    def text(self, rng, right):
        if self.low is not None and self.high is not None and rng.random() < 0.5:
            if rng.random() < 0.3:
                return f"DATEDIFF({self.unit}, {right}, {self.alias}) BETWEEN {-self.high} AND {-self.low}"
            return f"DATEDIFF({self.unit}, {self.alias}, {right}) BETWEEN {self.low} AND {self.high}"
        difference, parts = f"DATEDIFF({self.unit}, {self.alias}, {right})", []
        if self.low is not None:
            parts.append(rng.choice([f"{difference} >= {self.low}", f"{difference} > {self.low - 1}",
                                     f"{self.low} <= {difference}", f"{difference} > {self.low}-0.5"]))
        if self.high is not None:
            parts.append(rng.choice([f"{difference} <= {self.high}", f"{self.high + 1} > {difference}",
                                     f"{difference} < {self.high + 1}"]))
        return " AND ".join(parts)

    def holds(self, left, right):
        size = UNITS[self.unit]
        difference = right // size - left // size
        return (self.low is None or difference >= self.low) and (self.high is None or difference <= self.high)


def random_bounds(rng, aliases, first, outer):
    unit = rng.choice(list(UNITS))
    scale = {"second": 1, "ss": 1, "millisecond": 1000}.get(unit, 1)
    low = rng.randrange(-10, 8) * scale
    high = low + rng.randrange(0, 25) * scale
    if outer and not first:
        high = max(high, 0)
    if rng.random() < 0.7 or first:
        bounds = [Bound(rng.choice(aliases), unit, low, high)]
    else:
        bounds = [Bound(rng.choice(aliases), unit, low, None), Bound(rng.choice(aliases), unit, None, max(high, 0))]
    if rng.random() < 0.3:
        bounds.append(Bound(rng.choice(aliases), "second", rng.choice([None, -30]), rng.choice([20, 60])))
    return bounds


class Join:
    """One JOIN of a chain. Conditions beside the bounds are pairs of text and meaning."""

    def __init__(self, rng, aliases, right, first):
        self.outer = rng.random() < 0.5
        self.source, self.right = rng.choice(INPUTS), right
        self.bounds = random_bounds(rng, aliases, first, self.outer)
        self.conditions = []
        of = rng.choice(aliases)
        if rng.random() < 0.7:
            self.conditions.append((f"{of}.k = {right}.k", lambda row, e: equal(row, of, e)))
        if rng.random() < 0.3:
            self.conditions.append((f"({of}.k = {right}.k OR {of}.v < {right}.v)",
                                    lambda row, e: equal(row, of, e) or (row[of] is not None and row[of]["v"] < e["v"])))
        if rng.random() < 0.2:
            self.conditions.append((f"NOT ({right}.v = 1)", lambda row, e: e["v"] != 1))
        parts = [bound.text(rng, right) for bound in self.bounds] + [text for text, _ in self.conditions]
        rng.shuffle(parts)
        source = f"{self.source}_step" if rng.random() < 0.3 else self.source
        by = "" if source.endswith("_step") else " TIMESTAMP BY at"
        self.text = f"{'LEFT JOIN' if self.outer else 'JOIN'} {source} {right}{by} ON {' AND '.join(parts)}"

    def matches(self, row, event):
        for bound in self.bounds:
            if row[bound.alias] is None or not bound.holds(row[bound.alias]["time"], event["time"]):
                return False
        return all(meaning(row, event) for _, meaning in self.conditions)

    def stamp(self, row, time, clamped):
        """Of a row without partner: the tightest upper end."""
        if any(row[bound.alias] is None for bound in self.bounds):
            return time
        ends = [row[b.alias]["time"] + b.high * UNITS[b.unit] for b in self.bounds if b.high is not None]
        return max(min(ends), time) if clamped else min(ends)


def equal(row, alias, event):
    left, right = (row[alias] or {}).get("k"), event.get("k")
    return left is not None and right is not None and left == right


class Chain:
    def __init__(self, rng):
        self.source = rng.choice(INPUTS)
        self.joins = []
        self.reference = rng.random() < 0.3
        for number in range(rng.choice([1, 1, 2, 3])):
            aliases = ["a"] + [join.right for join in self.joins]
            self.joins.append(Join(rng, aliases, "bcd"[number], number == 0))

    def text(self, output):
        columns = ["a.id AS a"] + [f"{join.right}.id AS {join.right}" for join in self.joins]
        lines = [f"SELECT {', '.join(columns)}, System.Timestamp() AS ts INTO {output}",
                 f"FROM {self.source} a TIMESTAMP BY at", self.joins[0].text]
        if self.reference:
            lines.append("LEFT JOIN names n ON a.v = n.v")
        return "\n".join(lines + [join.text for join in self.joins[1:]])

    def answer(self, inputs):
        rows = [(event["time"], {"a": event}) for event in inputs[self.source]]
        for number, join in enumerate(self.joins):
            rows = [result for time, row in rows for result in self.joined(join, time, row, inputs, number > 0)]
        return [(time, tuple((row[alias] or {}).get("id") for alias in sorted(row))) for time, row in rows]

    @staticmethod
    def joined(join, time, row, inputs, clamped):
        results = [(max(time, event["time"]), {**row, join.right: event})
                   for event in inputs[join.source] if join.matches(row, event)]
        if not results and join.outer:
            results = [(join.stamp(row, time, clamped), {**row, join.right: None})]
        return results


# ---- running -----------------------------------------------------------------------------------------

def run(chains, inputs):
    steps = [f"{name}_step AS (SELECT id, k, v, at FROM {name} TIMESTAMP BY at)" for name in INPUTS]
    script = "WITH " + ",\n".join(steps) + "\n" + "\n".join(chain.text(f"o{i}") for i, chain in enumerate(chains))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "query.asaql").write_text(script)
        (folder / "names.ndjson").write_text('{"v": 1, "name": "one"}\n')
        command = [WEIR, "run", folder / "query.asaql", "--reference", f"names={folder}/names.ndjson"]
        for name, events in inputs.items():
            (folder / f"{name}.ndjson").write_text(
                "".join(json.dumps({k: v for k, v in e.items() if k != "time"}) + "\n" for e in events))
            command += ["--input", f"{name}={folder}/{name}.ndjson"]
        for i in range(len(chains)):
            command += ["--output", f"o{i}={folder}/o{i}.ndjson"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)
        if done.returncode:
            return script, None, done.stderr
        got = []
        for i, chain in enumerate(chains):
            names = sorted(["a"] + [join.right for join in chain.joins])
            path = folder / f"o{i}.ndjson"
            rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            got.append([(oracle.ticks(row["ts"]), tuple(row.get(name) for name in names)) for row in rows])
        return script, got, done.stderr


def one_run(rng):
    """How many statements of a run are answered wrongly; they are reported."""
    inputs = {name: random_events(rng, name[0]) for name in INPUTS}
    for events in inputs.values():
        for event in events:
            event["time"] = oracle.ticks(event["at"])
    chains = [Chain(rng) for _ in range(STATEMENTS)]
    script, got, words = run(chains, inputs)
    if got is None:
        print(f"--- the run failed:\n{script}\n{words}")
        return 1
    wrong = 0
    for chain, rows in zip(chains, got):
        wanted, have = Counter(chain.answer(inputs)), Counter(rows)
        if wanted == have:
            continue
        wrong += 1
        print(f"--- a wrong answer:\n{chain.text('output')}")
        for word, some in (("missing", wanted - have), ("not wanted", have - wanted)):
            for (time, ids), count in list(some.items())[:5]:
                print(f"  {word}: {ids} at {oracle.iso(time)}, {count} times")
        for name, events in inputs.items():
            print(f"  {name}: " + " ".join(json.dumps(event) for event in events))
    return wrong


if __name__ == "__main__":
    sys.exit(random_runs("random joins of streams against nested loops", one_run, 40, 20260101, "statements with joins",
                         STATEMENTS))
