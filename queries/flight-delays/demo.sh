#!/usr/bin/env bash
# Runs the story and shows what came out.
#   demo.sh WEIR [--database FILE] [--keep]
#   demo.sh WEIR --real
#   demo.sh WEIR --brokers HOST:PORT[,HOST:PORT]... --postgres CONNECTION
#
# By default all is brought along: the in-process broker replays the recorded flights, each record stamped with its
# departure; the airports come from a SQLite database over ODBC; the result goes over ODBC into a table of it.
# --real starts an Apache Kafka broker and a PostgreSQL server for the time of the run (tests/support).
# --brokers and --postgres use yours: the topic weir-flights must be there and empty (three partitions show most); the
# tables airports and delays_by_state are made. CONNECTION is an ODBC connection string, for example
# 'Driver={PostgreSQL Unicode};Server=127.0.0.1;Database=weir;UID=weir;PWD=secret'.
set -euo pipefail

usage() { sed -n '2,5s/^# \{0,1\}//p' "$0"; }
[ $# -ge 1 ] || { usage >&2; exit 2; }
case "$1" in -h|--help) usage; exit 0 ;; esac
weir=$(realpath "$1"); shift
story=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
support=$story/../../tests/support
database= keep= real= brokers= postgres=
while [ $# -gt 0 ]; do
  case "$1" in
    --database) database=$(realpath -m "${2:?--database wants a file}"); keep=yes; shift 2 ;;
    --keep) keep=yes; shift ;;
    --real) real=yes; shift ;;
    --brokers) brokers=${2:?--brokers wants HOST:PORT}; shift 2 ;;
    --postgres) postgres=${2:?--postgres wants a connection string}; shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) echo "demo.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done
if [ "${brokers:+given}" != "${postgres:+given}" ]; then
  echo "demo.sh: --brokers and --postgres go together" >&2
  exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/weir-flight-delays.XXXXXX")
database_given=$database
cleanup() {
  if [ -n "$real" ]; then
    python3 "$support/kafka_broker.py" stop "$work/kafka" || true
    sh "$support/postgres.sh" stop "$work/pg" || true
  fi
  if [ -n "$keep" ] && [ -z "$database_given" ]; then echo "kept in $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT
cd "$work"

# The job itself: job INPUT REFERENCE OUTPUT
job() {
  "$weir" run "$story/delays.asaql" --name flight-delays --input "Flights=$1" --reference "Airports=$2" \
    --output "DelaysByState=$3" --until-idle 2s
}

# The recorded data into the broker and the database, by a query of its own.
load() {
  "$weir" run "$story/load.asaql" --name flight-delays-load --late off \
    --input "RecordedFlights=$story/flights.ndjson" --input "RecordedAirports=$story/airports.csv" \
    --output "FlightsTopic=kafka://$brokers/weir-flights?key=Origin&timestamp=DepartureTime" \
    --output "AirportsTable=odbc:$postgres?table=airports&create=true&mode=upsert&key=Iata"
}

start_servers() {
  chmod 711 "$work" # the database server has an account of its own
  echo "starting Kafka and PostgreSQL ..."
  brokers=$(python3 "$support/kafka_broker.py" start "$work/kafka") || { echo "demo.sh: $brokers" >&2; exit 3; }
  python3 "$support/kafka_broker.py" topic "$work/kafka" weir-flights 3
  port=$(sh "$support/postgres.sh" start "$work/pg") || { echo "demo.sh: $port" >&2; exit 3; }
  postgres="Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=$port;Database=weir;UID=weir;PWD=secret"
}

if [ -n "$real$brokers" ]; then
  if [ -n "$real" ]; then start_servers; fi
  load
  job "kafka://$brokers/weir-flights?start=earliest" "odbc:$postgres?query=SELECT \"Iata\", \"State\" FROM airports" \
    "odbc:$postgres?table=delays_by_state&create=true&mode=upsert&key=State,WindowEnd"
  echo
  if [ -z "$real" ]; then echo "The rows are in the table delays_by_state."; exit 0; fi
  psql=(psql -h "$work/pg" -p "$port" -U weir -d weir -qX)
  "${psql[@]}" -c 'SELECT count(*) AS rows FROM delays_by_state' \
    -c 'SELECT "State", "WindowEnd", "Departures", round("AverageDelay"::numeric, 1) AS "AverageDelay", "WorstDelay", "Late"
        FROM delays_by_state ORDER BY delays_by_state."AverageDelay" DESC, "State", "WindowEnd" LIMIT 10'
  exit 0
fi

database=${database:-$work/flights.db}
rm -f "$database"
sqlite3 "$database" < "$story/schema.sql"
sqlite3 "$database" ".mode csv" ".import --skip 1 \"$story/airports.csv\" airports"
odbc="odbc:Driver={SQLite3};Database=$database"
job "kafka://embedded/flights?replay=$story/flights.ndjson&replay-timestamp=DepartureTime&replay-key=Origin&partitions=3&start=earliest" \
  "$odbc?query=SELECT Iata, State FROM airports" "$odbc?table=delays_by_state"

echo
echo "The worst hours of $(sqlite3 "$database" 'SELECT COUNT(*) FROM delays_by_state') (state and hour, at least two departures):"
sqlite3 -header -column "$database" "
  SELECT State, substr(WindowEnd, 1, 16) AS HourEnding, Departures,
         round(AverageDelay, 1) AS AverageDelay, WorstDelay, Late
  FROM delays_by_state ORDER BY AverageDelay DESC, State, WindowEnd LIMIT 10"
