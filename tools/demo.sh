#!/usr/bin/env bash
# demo.sh: installs what is missing, builds Weir and runs the main job of queries/flight-delays.
#
#   bash tools/demo.sh             what it brings along: an in-process Kafka broker, SQLite over ODBC
#   bash tools/demo.sh --real      Apache Kafka and PostgreSQL, installed and started for the time of the run
#   bash tools/demo.sh --brokers HOST:PORT --postgres CONNECTION      yours; see queries/flight-delays/demo.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/common.sh"

case " $* " in *" --real "*) bash "$root/tools/setup.sh" ;; *) bash "$root/tools/setup.sh" build ;; esac
build release weir
story=$root/queries/flight-delays/demo.sh
if [ ! -f "$story" ]; then
  echo "demo: $story is missing; is this a whole checkout?" >&2
  exit 3
fi
exec bash "$story" "$root/build/release/weir" "$@"
