"""oracle.py: what a query must answer, worked out slowly, a row at a time, so that reading it is enough to trust it.

Written from the language's definition alone: time policies (early, late, out of order), two-valued conditions, a
reference join, UNION ALL, and aggregates in tumbling and hopping windows. Times are whole numbers of 100 ns since
year 1. A query is a `Query`; `answer` gives its rows. test_oracle.py makes random ones.
"""
import dataclasses
import datetime
import math

SECOND = 10_000_000
EARLY_LIMIT = 5 * 60 * SECOND


def ticks(text):
    """`2026-01-01T00:00:00.1234567Z` as ticks."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole)
    return ((moment.toordinal() - 1) * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second) * SECOND + (
        int(fraction.ljust(7, "0")) if fraction else 0)


def iso(value):
    seconds, fraction = divmod(value, SECOND)
    days, seconds = divmod(seconds, 86400)
    day = datetime.date.fromordinal(days + 1)
    return f"{day.isoformat()}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:07}Z"


# ---- time --------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Policy:
    late: int          # ticks; -1: no limit
    out_of_order: int
    drop: bool


def with_times(events, policy, arrival_field):
    """(time, event) of the events that remain, in order of their time."""
    kept, watermark, largest, arrival = [], -1, -1, -1
    for event in events:
        if not isinstance(event.get("at"), str):
            continue
        time = ticks(event["at"])
        if arrival_field:
            arrival = max(arrival, ticks(event[arrival_field]))
            if time - arrival > EARLY_LIMIT:
                continue
            if policy.late >= 0 and arrival - time > policy.late:
                if policy.drop:
                    continue
                time = arrival - policy.late
        if time < watermark:
            if policy.drop:
                continue
            time = watermark
        kept.append((time, event))
        largest = max(largest, time)
        watermark = max(watermark, largest - policy.out_of_order)
    return sorted(kept, key=lambda pair: pair[0])


# ---- values ------------------------------------------------------------------------------------------

def key_of(value):
    """Equal for values of one group: numbers by value, no number is a text or a bit, NULL is a key."""
    if isinstance(value, bool):
        return ("bit", value)
    if isinstance(value, (int, float)):
        return ("number", value)
    return ("text", value) if isinstance(value, str) else ("null",)


def is_greater(value, limit):
    """Two-valued: a comparison with NULL is false."""
    return value is not None and value > limit


# ---- aggregates --------------------------------------------------------------------------------------

def numbers(values):
    return [value for value in values if value is not None]


def total(values):
    known = numbers(values)
    if not known:
        return None
    return sum(known) if all(isinstance(value, int) for value in known) else math.fsum(known)


AGGREGATES = {
    "COUNT(*)": lambda rows: len(rows),
    "COUNT(v)": lambda rows: len(numbers(row["v"] for row in rows)),
    "COUNT(DISTINCT v)": lambda rows: len(set(numbers(row["v"] for row in rows))),
    "SUM(v)": lambda rows: total([row["v"] for row in rows]),
    "AVG(v)": lambda rows: (lambda known: math.fsum(known) / len(known) if known else None)(
        numbers(row["v"] for row in rows)),
    "MIN(v)": lambda rows: min(numbers(row["v"] for row in rows), default=None),
    "MAX(v)": lambda rows: max(numbers(row["v"] for row in rows), default=None),
}


def window_ends(time, size, hop, offset):
    """The ends e of the windows (e - size, e] that hold the time; ends are offset plus multiples of the hop."""
    end = -((offset - time) // hop) * hop + offset  # the first at or behind the time
    while end - size < time:
        yield end
        end += hop


# ---- queries -----------------------------------------------------------------------------------------

@dataclasses.dataclass
class Query:
    sources: list        # names of inputs, joined by UNION ALL
    keys: list           # grouping columns: k, j, area
    aggregates: list     # of AGGREGATES
    size: int            # ticks
    hop: int             # the size itself: tumbling
    offset: int
    above: object = None     # WHERE v > above
    having: object = None    # HAVING COUNT(*) > having
    join: object = None      # None, "JOIN" or "LEFT JOIN": ref ON k = id


def joined(row, query, reference):
    if query.join is None:
        return [row]
    matches = [other for other in reference if row["k"] is not None and key_of(row["k"]) == key_of(other.get("id"))]
    if not matches and query.join == "LEFT JOIN":
        matches = [{}]
    return [{**row, "area": other.get("area")} for other in matches]


def answer(query, inputs, reference, policy, arrival_field):
    groups = {}
    for name in query.sources:
        for time, event in with_times(inputs[name], policy, arrival_field):
            row = {field: event.get(field) for field in ("k", "j", "v")}
            if query.above is not None and not is_greater(row["v"], query.above):
                continue
            for whole in joined(row, query, reference):
                for end in window_ends(time, query.size, query.hop, query.offset):
                    group = (end,) + tuple(key_of(whole[key]) for key in query.keys)
                    groups.setdefault(group, []).append(whole)
    rows = []
    for (end, *_), members in groups.items():
        if query.having is not None and not len(members) > query.having:
            continue
        row = {key: members[0][key] for key in query.keys}
        row.update({f"a{i}": AGGREGATES[text](members) for i, text in enumerate(query.aggregates)})
        rows.append({**row, "ts": iso(end)})
    return rows
