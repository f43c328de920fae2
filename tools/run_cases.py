#!/usr/bin/env python3
"""run_cases.py: runs every folder of conformance cases through `weir run` and compares the rows.

    WEIR_CASES=FOLDER WEIR=build/dev/weir python3 tools/run_cases.py [--filter GLOB] [--list]

A case is a folder with testConfig.json, in the shape Stream Analytics tools write. Rows compare as
multisets unless `Ordered`; numbers by value, within `NumericTolerance` where it is given; a missing
field equals NULL; rows of an output that the case does not name fail it.

tests/pending_cases.txt names the cases whose constructs have not landed, one a line with what they wait
for. A pending case that passes is a failure too, so the list can only shrink. --list prints the names of
the cases that fail, for looking at a range of them.

Without WEIR_CASES there is nothing to do: exit status 77, which ctest shows as skipped.
"""
import argparse
import concurrent.futures
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASE_SECONDS = 60
SKIPPED = 77


# ---- rows --------------------------------------------------------------------------------------------

def record(pairs):
    """A row that names a field twice is wrong, whatever a JSON parser makes of it."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a row names a field twice: {[name for name, _ in pairs]}")
    return dict(pairs)


def read_rows(path):
    """A JSON array of objects, or one object a line."""
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    if text.lstrip().startswith("["):
        return json.loads(text, object_pairs_hook=record)
    return [json.loads(line, object_pairs_hook=record) for line in text.splitlines() if line.strip()]


def plain(value):
    """A form in which equal values are equal: no NULL fields, true numbers, nothing that cannot be hashed."""
    if isinstance(value, dict):
        return ("object",) + tuple(sorted((name, plain(field)) for name, field in value.items() if field is not None))
    if isinstance(value, list):
        return ("array",) + tuple(plain(item) for item in value)
    if isinstance(value, bool):
        return ("bit", value)
    return value  # 95 == 95.0 and their hashes agree


def near(left, right, tolerance):
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(near(a, b, tolerance) for a, b in zip(left, right))
    if tolerance and all(isinstance(side, (int, float)) for side in (left, right)):
        return abs(left - right) <= tolerance * max(1.0, abs(left), abs(right))
    return left == right


def leftovers(expected, actual, tolerance):
    """What remains of two multisets once equal rows are paired: exact pairs first, then near ones."""
    unmatched, rest = [], {}
    for row in actual:
        rest.setdefault(row, []).append(row)
    for row in expected:
        if rest.get(row):
            rest[row].pop()
        else:
            unmatched.append(row)
    extra = [row for rows in rest.values() for row in rows]
    missing = []
    for row in unmatched:
        twin = next((i for i, other in enumerate(extra) if near(row, other, tolerance)), None)
        if twin is None:
            missing.append(row)
        else:
            extra.pop(twin)
    return missing, extra


def show(row):
    return json.dumps({name: shown(value) for name, value in row[1:]}, ensure_ascii=False)


def shown(value):
    if not isinstance(value, tuple):
        return value
    if value[0] == "bit":
        return value[1]
    return {n: shown(v) for n, v in value[1:]} if value[0] == "object" else [shown(v) for v in value[1:]]


def compare(expected, actual, ordered, tolerance):
    """Sentences about what differs, none when nothing does."""
    expected, actual = [plain(row) for row in expected], [plain(row) for row in actual]
    if ordered:
        for i, (want, got) in enumerate(zip(expected, actual)):
            if not near(want, got, tolerance):
                return [f"row {i + 1}: expected {show(want)}", f"row {i + 1}: got      {show(got)}"]
        if len(expected) != len(actual):
            return [f"expected {len(expected)} rows, got {len(actual)}"]
        return []
    missing, extra = leftovers(expected, actual, tolerance)
    return ([f"missing    {show(row)}" for row in missing[:3]] + [f"unexpected {show(row)}" for row in extra[:3]]
            + ([f"{len(missing)} rows missing, {len(extra)} unexpected"] if len(missing) + len(extra) > 6 else []))


# ---- cases -------------------------------------------------------------------------------------------

def command(weir, folder, script, case, outputs):
    words = [weir, "run", folder / script]
    for given in case["Inputs"]:
        reference = given.get("Type") == "Reference Data"
        words += ["--reference" if reference else "--input", f"{given['InputAlias']}={folder / given['FilePath']}"]
        if "ArrivalField" in given:
            words += ["--arrival", f"{given['InputAlias']}={given['ArrivalField']}"]
    config = folder / case.get("JobConfig", "JobConfig.json")
    if config.exists():
        words += ["--config", config]
    for alias, path in outputs.items():
        words += ["--output", f"{alias}={path}"]
    return words


def run_case(weir, folder):
    """Sentences about what is wrong with a case, none when it passes."""
    config = json.loads((folder / "testConfig.json").read_text(encoding="utf-8-sig"))
    problems = []
    for case in config["TestCases"]:
        with tempfile.TemporaryDirectory(prefix="weir-case-") as scratch:
            problems += run_one(weir, folder, config["Script"], case, Path(scratch))
    return problems


def run_one(weir, folder, script, case, scratch):
    outputs = {out["OutputAlias"]: scratch / f"{i}.json" for i, out in enumerate(case["ExpectedOutputs"])}
    try:
        done = subprocess.run(command(weir, folder, script, case, outputs), capture_output=True, cwd=scratch,
                              timeout=CASE_SECONDS)
    except subprocess.TimeoutExpired:
        return [f"did not end within {CASE_SECONDS} s"]
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        return [f"exit status {done.returncode}"] + words[:12]
    problems = []
    if done.stdout.strip():
        problems.append("rows of an output the case does not name: " + done.stdout.decode(errors="replace")[:200])
    for out in case["ExpectedOutputs"]:
        try:
            actual = read_rows(outputs[out["OutputAlias"]])
        except ValueError as error:
            return problems + [f"output {out['OutputAlias']} cannot be read: {error}"]
        ignored = out.get("IgnoreFields") or []
        expected, actual = ([{name: row[name] for name in row if name not in ignored} for row in rows]
                            for rows in (read_rows(folder / out["FilePath"]), actual))
        found = compare(expected, actual, out.get("Ordered", False), out.get("NumericTolerance", 0))
        problems += [f"{out['OutputAlias']}: {line}" for line in found]
    return problems


def read_pending(path):
    """name -> what it waits for; lines are `name: reason`, # begins a comment."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = (line.split("#")[0].partition(":") for line in lines)
    return {name.strip(): reason.strip() for name, _, reason in rows if name.strip()}


def main():
    parser = argparse.ArgumentParser(description="runs conformance cases (see the head of this file)")
    parser.add_argument("--cases", default=os.environ.get("WEIR_CASES"), help="default: $WEIR_CASES")
    parser.add_argument("--weir", default=os.environ.get("WEIR", ROOT / "build/dev/weir"), help="default: $WEIR")
    parser.add_argument("--pending", type=Path, default=ROOT / "tests/pending_cases.txt")
    parser.add_argument("--filter", default="*", help="only the cases whose name this pattern matches")
    parser.add_argument("--list", action="store_true", help="print the names of the cases that fail, nothing else")
    args = parser.parse_args()
    if not args.cases:
        print("WEIR_CASES is not set: no conformance cases to run")
        return SKIPPED
    weir = Path(args.weir).resolve()
    folders = sorted(path.parent for path in Path(args.cases).resolve().glob("*/testConfig.json")
                     if fnmatch.fnmatch(path.parent.name, args.filter))
    pending = read_pending(args.pending)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = dict(zip((folder.name for folder in folders), pool.map(lambda f: run_case(weir, f), folders)))
    if args.list:
        print("\n".join(name for name, found in problems.items() if found))
        return 0
    return report(problems, pending)


def report(problems, pending):
    failed = 0
    for name, found in problems.items():
        if name in pending and not found:
            found = [f"passes now: take its line out of tests/pending_cases.txt (it waited for {pending[name]})"]
        elif name in pending:
            continue
        if found:
            failed += 1
            print(f"--- {name}")
            print("\n".join("    " + line for line in found))
    waiting = sum(1 for name, found in problems.items() if found and name in pending)
    print(f"cases: {len(problems) - failed - waiting} passed, {failed} failed, {waiting} pending")
    return 1 if failed or not problems else 0


if __name__ == "__main__":
    sys.exit(main())
