"""oracle.py: what a query must answer, worked out slowly, a row at a time, so that reading it is enough to trust it.

Written from the language's definition alone: time policies (early, late, out of order), two-valued conditions, a
reference join, UNION ALL, and aggregates in every kind of window. Times are whole numbers of 100 ns since
year 1. A query is a `Query`; `answer` gives its rows. test_oracle.py makes random ones.
"""
import dataclasses
import datetime
import fractions
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


def compared(value):
    """For `=`: a bit beside a number is one."""
    return key_of(int(value) if isinstance(value, bool) else value)


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


def average(values):
    known = numbers(values)
    return math.fsum(known) / len(known) if known else None


def spread(values, sample, root):
    """VAR, VARP, STDEV, STDEVP, exactly."""
    known = [fractions.Fraction(value) for value in numbers(values)]
    if len(known) <= sample:
        return None
    mean = sum(known) / len(known)
    variance = sum((value - mean) ** 2 for value in known) / (len(known) - sample)
    return math.sqrt(variance) if root else float(variance)


def percentile(values, share, continuous, descending=False):
    known = sorted(numbers(values), reverse=descending)
    if not known:
        return None
    if not continuous:
        return known[max(math.ceil(share * len(known)) - 1, 0)]
    at = share * (len(known) - 1)
    low = math.floor(at)
    high = min(low + 1, len(known) - 1)
    return known[low] + (known[high] - known[low]) * (at - low)


def ranked(rows, descending):
    """By v, of which NULL is the lowest, then by n."""
    def place(row):
        return (row["v"] is not None, row["v"] or 0)
    return sorted(sorted(rows, key=lambda row: row["n"]), key=place, reverse=descending)


def column(rows):
    return [row["v"] for row in rows]


AGGREGATES = {
    "COUNT(*)": len,
    "COUNT(s.v)": lambda rows: len(numbers(column(rows))),
    "COUNT(DISTINCT s.v)": lambda rows: len(set(numbers(column(rows)))),
    "SUM(s.v)": lambda rows: total(column(rows)),
    "AVG(s.v)": lambda rows: average(column(rows)),
    "MIN(s.v)": lambda rows: min(numbers(column(rows)), default=None),
    "MAX(s.v)": lambda rows: max(numbers(column(rows)), default=None),
    "STDEV(s.v)": lambda rows: spread(column(rows), 1, True),
    "STDEVP(s.v)": lambda rows: spread(column(rows), 0, True),
    "VAR(s.v)": lambda rows: spread(column(rows), 1, False),
    "VARP(s.v)": lambda rows: spread(column(rows), 0, False),
    "PERCENTILE_CONT(0.3) OVER (ORDER BY s.v)": lambda rows: percentile(column(rows), 0.3, True),
    "PERCENTILE_CONT(0.5) OVER (ORDER BY s.v DESC)": lambda rows: percentile(column(rows), 0.5, True, True),
    "PERCENTILE_DISC(0.5) OVER (ORDER BY s.v)": lambda rows: percentile(column(rows), 0.5, False),
    "PERCENTILE_DISC(0.25) OVER (ORDER BY s.v DESC)": lambda rows: percentile(column(rows), 0.25, False, True),
    "TopOne(s.n) OVER (ORDER BY s.v, s.n)": lambda rows: ranked(rows, False)[0]["n"],
    "TopOne(s.n) OVER (ORDER BY s.v DESC, s.n)": lambda rows: ranked(rows, True)[0]["n"],
    "CollectTop(2, s.n) OVER (ORDER BY s.v DESC, s.n)": lambda rows: [
        {"rank": rank, "value": row["n"]} for rank, row in enumerate(ranked(rows, True)[:2], 1)],
    "Collect(s.v)": column,
}
IN_ORDER = {"Collect(s.v)"}  # the order of the rows is told: not for rows that a join multiplies


# ---- windows -----------------------------------------------------------------------------------------
# A window is asked for the windows of some rows: (end, rows) pairs. rows: (time, row), in the order of time. For
# `parts` see Session; other windows tell nobody apart.

@dataclasses.dataclass
class Hopping:
    size: int
    hop: int           # the size itself: tumbling
    offset: int = 0

    def ends(self, time):
        """The ends e of the windows (e - size, e] that hold the time; ends are offset plus multiples of the hop."""
        end = -((self.offset - time) // self.hop) * self.hop + self.offset  # the first at or behind the time
        while end - self.size < time:
            yield end
            end += self.hop

    def windows(self, rows):
        found = {}
        for time, row in rows:
            for end in self.ends(time):
                found.setdefault(end, []).append(row)
        return list(found.items())


class Snapshot:
    @staticmethod
    def windows(rows):
        found = {}
        for time, row in rows:
            found.setdefault(time, []).append(row)
        return list(found.items())


@dataclasses.dataclass
class Sliding:
    """Belongs to each group by itself: a row per instant at which something enters or leaves."""
    size: int

    def windows(self, rows):
        instants = {time for time, _ in rows} | {time + self.size for time, _ in rows}
        contents = [(at, [row for time, row in rows if at - self.size < time <= at]) for at in instants]
        return [(at, content) for at, content in contents if content]


@dataclasses.dataclass
class Session:
    timeout: int
    longest: object    # None: no end
    over: tuple = ()   # columns; rows that differ in them are in different sessions

    def cut(self, start):
        """The first multiple at which a session that began then is old enough."""
        return math.inf if self.longest is None else -(-(start + self.longest) // self.longest) * self.longest

    def windows(self, rows):
        found, start, last, held = [], None, None, []

        def close_before(time):
            """Ends what ends before the time; what is cut goes on, empty, from the cut."""
            nonlocal start, held
            while start is not None and min(last + self.timeout, self.cut(start)) < time:
                end = min(last + self.timeout, self.cut(start))
                if held:
                    found.append((end, held))
                start, held = (end if end < last + self.timeout else None), []

        for time, row in rows:
            close_before(time)
            if start is None:
                start = time
            last = time
            held.append(row)
        close_before(math.inf)
        return found


# ---- queries -----------------------------------------------------------------------------------------

@dataclasses.dataclass
class Query:
    sources: list        # names of inputs, joined by UNION ALL
    keys: list           # grouping columns: k, j, area
    aggregates: list     # of AGGREGATES
    windows: list        # more than one: Windows(...)
    named: bool = False  # the windows have ids, w0, w1, ...
    above: object = None     # WHERE v > above
    having: object = None    # HAVING COUNT(*) > having
    join: object = None      # None, "JOIN" or "LEFT JOIN": ref ON k = id


def joined(row, query, reference):
    if query.join is None:
        return [row]
    matches = [other for other in reference if row["k"] is not None and compared(row["k"]) == compared(other.get("id"))]
    if not matches and query.join == "LEFT JOIN":
        matches = [{}]
    return [{**row, "area": other.get("area")} for other in matches]


def rows_of(query, inputs, reference, policy, arrival_field):
    """What GROUP BY sees: (time, row) in the order of time, ties by input and arrival."""
    rows = []
    for name in query.sources:
        for time, event in with_times(inputs[name], policy, arrival_field):
            row = {field: event.get(field) for field in ("k", "j", "v", "n")}
            if query.above is None or is_greater(row["v"], query.above):
                rows += [(time, whole) for whole in joined(row, query, reference)]
    return sorted(rows, key=lambda pair: pair[0])


def parted(rows, columns):
    parts = {}
    for time, row in rows:
        parts.setdefault(tuple(key_of(row[name]) for name in columns), []).append((time, row))
    return parts.values()


def groups_of(window, rows, keys):
    """(end, rows) of every group of every window."""
    if isinstance(window, Sliding):
        return [pair for part in parted(rows, keys) for pair in window.windows(part)]
    found = []
    for part in parted(rows, getattr(window, "over", ())):
        for end, members in window.windows(part):
            found += [(end, [row for _, row in group]) for group in parted([(end, row) for row in members], keys)]
    return found


def answer(query, inputs, reference, policy, arrival_field):
    rows, seen = [], rows_of(query, inputs, reference, policy, arrival_field)
    for number, window in enumerate(query.windows):
        for end, members in groups_of(window, seen, query.keys):
            if query.having is not None and not len(members) > query.having:
                continue
            row = {key: members[0][key] for key in query.keys}
            row.update({f"a{i}": AGGREGATES[text](members) for i, text in enumerate(query.aggregates)})
            rows.append({**row, "w": f"w{number}" if query.named else None, "ts": iso(end)})
    return rows
