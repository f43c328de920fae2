#!/usr/bin/env bash
# Runs the story on its embedded defaults and shows what came out.
#   demo.sh WEIR [--database FILE] [--keep]
# The in-process broker replays the recorded flights, each record stamped with its departure; the airports come
# from a SQLite database over ODBC; the result goes over ODBC into a table of the same database.
set -euo pipefail

usage() { sed -n '2,3s/^# \{0,1\}//p' "$0"; }
[ $# -ge 1 ] || { usage >&2; exit 2; }
case "$1" in -h|--help) usage; exit 0 ;; esac
weir=$(realpath "$1"); shift
story=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
database= keep=
while [ $# -gt 0 ]; do
  case "$1" in
    --database) database=$(realpath -m "${2:?--database wants a file}"); keep=yes; shift 2 ;;
    --keep) keep=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "demo.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/weir-flight-delays.XXXXXX")
cleanup() { if [ -n "$keep" ] && [ -z "$database_given" ]; then echo "kept in $work"; else rm -rf "$work"; fi; }
database_given=$database
trap cleanup EXIT
database=${database:-$work/flights.db}

rm -f "$database"
sqlite3 "$database" < "$story/schema.sql"
sqlite3 "$database" ".mode csv" ".import --skip 1 \"$story/airports.csv\" airports"

odbc="odbc:Driver={SQLite3};Database=$database"
cd "$work"
"$weir" run "$story/delays.asaql" \
  --name flight-delays \
  --input "Flights=kafka://embedded/flights?replay=$story/flights.ndjson&replay-timestamp=DepartureTime&replay-key=Origin&partitions=3&start=earliest" \
  --reference "Airports=$odbc?query=SELECT Iata, State FROM airports" \
  --output "DelaysByState=$odbc?table=delays_by_state" \
  --until-idle 2s

echo
echo "The worst hours of $(sqlite3 "$database" 'SELECT COUNT(*) FROM delays_by_state') (state and hour, at least two departures):"
sqlite3 -header -column "$database" "
  SELECT State, substr(WindowEnd, 1, 16) AS HourEnding, Departures,
         round(AverageDelay, 1) AS AverageDelay, WorstDelay, Late
  FROM delays_by_state ORDER BY AverageDelay DESC, State, WindowEnd LIMIT 10"
