#!/usr/bin/env python3
"""check_time.py: how long `weir check` of one query takes, from start to exit (target: below 20 ms)."""
import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET_MS = 20
QUERY = """\
WITH Flow AS (
  SELECT TollId, State, COUNT(*) AS Vehicles, AVG(Toll) AS AvgToll, System.Timestamp() AS WindowEnd
  FROM Entry TIMESTAMP BY EntryTime
  WHERE Toll > 0 AND Make <> 'unknown'
  GROUP BY TollId, State, TumblingWindow(second, 10)
)
SELECT * INTO archive FROM Flow
SELECT TollId, CASE WHEN AvgToll > 8 THEN 'heavy' ELSE 'light' END AS Kind, Vehicles, WindowEnd
INTO alerts FROM Flow WHERE Vehicles > 100
"""


def check_ms(weir, script):
    begin = time.monotonic()
    done = subprocess.run([weir, "check", script], capture_output=True, text=True)
    took = (time.monotonic() - begin) * 1000
    if done.returncode:
        raise SystemExit(f"weir check ended with status {done.returncode}:\n{done.stderr}")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query", nargs="?", type=Path, help="default: a query of two outputs over one window")
    parser.add_argument("--weir", type=Path, default=ROOT / "build/release/weir")
    parser.add_argument("--repeat", type=int, default=51)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = args.query or Path(folder) / "check.asaql"
        if args.query is None:
            script.write_text(QUERY)
        times = sorted(check_ms(args.weir.resolve(), script) for _ in range(args.repeat))
    median = statistics.median(times)
    print(f"weir check: median {median:.1f} ms, fastest {times[0]:.1f} ms, slowest {times[-1]:.1f} ms"
          f" (target below {TARGET_MS}) {'reached' if median < TARGET_MS else 'MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
