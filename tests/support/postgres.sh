#!/bin/sh
# postgres.sh: a PostgreSQL server for tests, on a free loopback port, with its data in a temporary folder.
#
#   postgres.sh start FOLDER [PORT]  makes FOLDER (a new cluster when it has none), starts the server, prints its port
#   postgres.sh kill FOLDER          ends it at once, as a crash would (clients see their connections break)
#   postgres.sh stop FOLDER          ends it and removes FOLDER
#
# Status 77 with one line on stdout: PostgreSQL is not installed. The server refuses to run as root, so as root it
# runs as the account `postgres` that the package makes. The only user is weir with the password `secret`; the
# database is weir. Connections need the password, so a wrong one is refused.
set -eu

command=${1:?start, kill or stop}
folder=${2:?a folder}

find_bin() {
  for bin in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
    if [ -x "$bin/initdb" ]; then echo "$bin"; return; fi
  done
  initdb=$(command -v initdb || true)
  if [ -n "$initdb" ]; then dirname "$initdb"; fi
}

as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; else setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; fi
}

free_port() {
  port=$((20000 + $$ % 20000))
  while grep -qi ":$(printf %04x "$port") " /proc/net/tcp; do port=$((port + 1)); done
  echo "$port"
}

new_cluster() {
  mkdir -p "$folder"
  chmod 711 "$folder"
  mkdir "$folder/data"
  printf secret >"$folder/password"
  if [ "$(id -u)" -eq 0 ]; then chown -R postgres "$folder"; fi
  as_owner "$bin/initdb" -D "$folder/data" -U weir --pwfile="$folder/password" -A scram-sha-256 -E UTF8 \
    --locale=C --no-sync >"$folder/initdb.log" 2>&1
  as_owner sh -c "printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' >'$folder/data/pg_hba.conf'"
}

start() {
  fresh=no
  if [ ! -d "$folder/data" ]; then new_cluster; fresh=yes; fi
  rm -f "$folder/data/postmaster.pid"
  as_owner "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=off" start >/dev/null
  if [ "$fresh" = yes ]; then as_owner "$bin/createdb" -h "$folder" -p "$port" -U weir weir; fi
  echo "$port"
}

bin=$(find_bin)
if [ -z "$bin" ]; then
  echo "PostgreSQL is not installed: install it with 'apt-get install postgresql'"
  exit 77
fi
cd /
case $command in
start) port=${3:-$(free_port)}; start ;;
kill) as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null ;;
stop)
  as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
  ;;
*) echo "postgres.sh: start, kill or stop, not $command" >&2; exit 2 ;;
esac
