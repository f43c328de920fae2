#!/bin/sh
# mariadb.sh: a MariaDB server for tests, on a free loopback port, with its data in a temporary folder.
#
#   mariadb.sh start FOLDER [PORT]  makes FOLDER (a new server when it has none), starts it, prints its port
#   mariadb.sh stop FOLDER          ends it and removes FOLDER
#
# Status 77 with one line on stdout: MariaDB is not installed. As root it runs as the account `mysql` that the package
# makes. The user is weir with the password `secret`; the database is weir.
set -eu

command=${1:?start or stop}
folder=${2:?a folder}
account=$(id -un)
if [ "$account" = root ]; then account=mysql; fi
PATH=$PATH:/usr/sbin:/usr/local/sbin

free_port() {
  port=$((20000 + $$ % 20000))
  while grep -qi ":$(printf %04x "$port") " /proc/net/tcp; do port=$((port + 1)); done
  echo "$port"
}

new_server() {
  mkdir -p "$folder"
  chmod 711 "$folder"
  mkdir "$folder/data" "$folder/run"
  chown "$account" "$folder/data" "$folder/run"
  mariadb-install-db --no-defaults --datadir="$folder/data" --user="$account" --auth-root-authentication-method=normal \
    --skip-test-db >"$folder/install.log" 2>&1
  cat >"$folder/init.sql" <<'SQL'
CREATE DATABASE IF NOT EXISTS weir CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS weir@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO weir@'127.0.0.1';
SQL
  chmod 644 "$folder/init.sql"
}

start() {
  if [ ! -d "$folder/data" ]; then new_server; fi
  mariadbd --no-defaults --datadir="$folder/data" --user="$account" --port="$port" --bind-address=127.0.0.1 \
    --skip-name-resolve --socket="$folder/run/socket" --pid-file="$folder/run/pid" --init-file="$folder/init.sql" \
    --innodb-flush-log-at-trx-commit=0 >"$folder/log" 2>&1 </dev/null &
  tries=0
  until mariadb-admin --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u weir -psecret ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then cat "$folder/log" >&2; exit 1; fi
    sleep 0.1
  done
  echo "$port"
}

if ! command -v mariadbd >/dev/null || ! command -v mariadb-install-db >/dev/null; then
  echo "MariaDB is not installed: install it with 'apt-get install mariadb-server odbc-mariadb'"
  exit 77
fi
case $command in
start) port=${3:-$(free_port)}; start ;;
stop)
  if [ -f "$folder/run/pid" ]; then
    pid=$(cat "$folder/run/pid")
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -rf "$folder"
  ;;
*) echo "mariadb.sh: start or stop, not $command" >&2; exit 2 ;;
esac
