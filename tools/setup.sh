#!/usr/bin/env bash
# setup.sh: installs the Debian 12 packages that are missing, as root or with sudo.
#
#   bash tools/setup.sh build    what building and running needs
#   bash tools/setup.sh          that and what the tests need
#
# Says nothing and touches nothing when all is there. Safe to run again.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# package : why
build_packages='
build-essential : gcc, g++ and the C library headers
cmake : configures the build
ninja-build : runs the build
pkg-config : tells the build where libraries are
lemon : generates the parser
re2c : generates the scanner
librdkafka-dev : Kafka, and its mock cluster for demo and tests
libcsv-dev : reads and writes CSV
unixodbc-dev : ODBC driver manager
libsqliteodbc : ODBC driver for SQLite, used by the demo
odbc-postgresql : ODBC driver for PostgreSQL
libsimdjson-dev : reads JSON
libpcre2-dev : REGEXMATCH
libutf8proc-dev : upper and lower case of any script
zlib1g-dev : .gz input
libzstd-dev : .zst input
libxxhash-dev : hashes and checksums
libproj-dev : distances on the globe
libcmocka-dev : unit tests
python3 : tests, tree checks and the comparisons of bench/
'
test_packages='
clang-14 : short fuzz runs
libclang-rt-14-dev : libFuzzer and the sanitizers of clang
zstd : makes compressed input for tests
default-jre-headless : runs the Kafka broker of the tests
openssl : certificates of that broker
postgresql : the database of the tests
'

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 3
}

names() { printf '%s\n' "$1" | sed -n 's/^\([^ ]*\) : .*/\1/p'; }
reason() { printf '%s\n' "$wanted" | sed -n "s/^$1 : //p"; }

missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
  done
}

run_apt() { # the log keeps what apt says; it is shown only when something fails
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 \
    </dev/null
}

case ${1:-all} in
  build) wanted=$build_packages ;;
  all) wanted=$build_packages$test_packages ;;
  *) fail "unknown argument '$1'" "usage: bash tools/setup.sh [build]" ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is not Debian or a relative of it; install what these Debian 12 packages hold, then run cmake yourself:" \
    "$(names "$wanted" | tr '\n' ' ')"
fi
# Any Java will do, from wherever it comes.
if command -v java >/dev/null; then wanted=$(printf '%s\n' "$wanted" | grep -v '^default-jre-headless '); fi
mapfile -t missing < <(missing_of $(names "$wanted"))
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null ||
    fail "missing: ${missing[*]}" "run this as root, or install sudo, or: apt-get install ${missing[*]}"
  as_root=(sudo)
  sudo -v || fail "missing: ${missing[*]}" "sudo refuses; run this as root, or: apt-get install ${missing[*]}"
fi

# Packages of servers start them when they are installed. The tests start servers of their own, on ports of their own, and
# stop them again; so none is left running here.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '"${as_root[@]}" rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
  "${as_root[@]}" chmod 755 $policy
fi

mkdir -p "$root/build"
log=$root/build/setup.log
: >"$log"
echo "setup: installing ${#missing[@]} packages: ${missing[*]}" >&2
run_apt update || echo "setup: apt-get update failed, trying with the lists at hand (see $log)" >&2
run_apt install --no-install-recommends "${missing[@]}" && exit 0

# Something failed: one by one shows which, and installs the rest.
failed=()
for package in "${missing[@]}"; do
  run_apt install --no-install-recommends "$package" || failed+=("$package")
done
[ ${#failed[@]} -gt 0 ] || exit 0
for package in "${failed[@]}"; do
  echo "setup: cannot install $package ($(reason "$package"))" >&2
done
grep -E '^(E|W|Err):' "$log" | sort -u | head -5 >&2 || true
fail "check the network and the package sources (Debian 12, main), then run this again; all of apt's words: $log"
