#!/usr/bin/env bash
# demo.sh: installs what is missing, builds Weir and runs the main job of queries/flight-delays on the
# defaults it brings along: recorded flights through an in-process Kafka into a SQLite table over ODBC.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/common.sh"

bash "$root/tools/setup.sh" build
build release weir
story=$root/queries/flight-delays/demo.sh
if [ ! -f "$story" ]; then
  echo "demo: $story is missing; is this a whole checkout?" >&2
  exit 3
fi
exec bash "$story" "$root/build/release/weir"
