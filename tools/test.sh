#!/usr/bin/env bash
# test.sh: installs what is missing, builds, runs every test (sanitizers: address and undefined for all, thread
# for the language tests, none for those that measure memory; then the fuzzers for a moment); ends with
# `N passed, N failed`.
#
#   bash tools/test.sh [-L LABEL | any other ctest option]...
#
# Quiet about what goes well: a failed build shows its errors, a failed test its output. Exit status 0 only
# when everything passed. From the environment:
#   WEIR_CASES          folder of conformance cases, handed to the tests
#   WEIR_FUZZ_SECONDS   for each fuzzer (default 20; three times that for those that eat queries); 0 leaves the fuzz runs out
#   WEIR_CMAKE_OPTIONS  further cmake options, for example -DWEIR_WERROR=ON
#   WEIR_JOBS           how many compilers and tests run at once (default: the number of processors)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -n "${WEIR_CASES:-}" ]; then
  WEIR_CASES=$(realpath -- "$WEIR_CASES")
  export WEIR_CASES
fi
. "$root/tools/common.sh"

passed=0 failed=0
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}

# Runs ctest in build/$1 with the other arguments and adds to the counts. The log keeps everything; shown
# are the output of tests that failed and ctest's summary.
run_tests() {
  local preset=$1 log=$root/build/$1/ctest.log status=0 total bad skipped
  shift
  ctest --test-dir "$root/build/$preset" -j "$jobs" --output-on-failure "$@" >"$log" 2>&1 || status=$?
  if ! grep -q 'tests failed out of' "$log"; then
    cat "$log"
    [ $status = 0 ] || failed=$((failed + 1))
    return
  fi
  grep -vE '^( *Start +[0-9]+: | *[0-9]+/[0-9]+ Test +#[0-9]+: .*(Passed|Skipped) |Internal ctest|Test project |$)' "$log" || true
  bad=$(sed -n 's/.* \([0-9][0-9]*\) tests failed out of .*/\1/p' "$log")
  total=$(sed -n 's/.* tests failed out of \([0-9][0-9]*\).*/\1/p' "$log")
  skipped=$(grep -cE 'Test +#[0-9]+: .*\*\*\*Skipped' "$log" || true)
  passed=$((passed + total - bad - skipped))
  failed=$((failed + bad))
}

cd "$root"
bash tools/setup.sh
python3 tests/support/kafka_broker.py fetch || true # says in one line what it cannot get; the tests then do without
if ! build dev all; then
  failed=1
  finish
fi
run_tests dev "$@"

# The language tests once more with ThreadSanitizer: inputs are read on threads of their own.
if [ $# = 0 ]; then
  if build tsan test_matrix; then
    run_tests tsan -R '^test_matrix$'
  else
    failed=$((failed + 1))
  fi
fi

# Memory is measured on the program as users run it: a sanitizer's own memory would hide it.
if [ $# = 0 ]; then
  if build release weir; then
    run_tests release -R '^(lang|integration|faults)/.*(memory|flat_state)$'
  else
    failed=$((failed + 1))
  fi
fi

seconds=${WEIR_FUZZ_SECONDS:-20}
if [ $# != 0 ] || [ "$seconds" = 0 ] || ! ls tests/fuzz/fuzz_*.c >/dev/null 2>&1; then
  finish
fi
if ! command -v clang-14 >/dev/null; then
  echo "the fuzz runs are left out: no clang-14"
else
  WEIR_CMAKE_OPTIONS="-DWEIR_FUZZ_SECONDS=$seconds"
  if build fuzz fuzzers; then
    run_tests fuzz -L fuzz
  else
    failed=$((failed + 1))
  fi
fi
finish
