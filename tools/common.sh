# common.sh: what test.sh and demo.sh share; sourced with $root set.
jobs=${WEIR_JOBS:-$(nproc)}

# build PRESET TARGET: configures and builds; says nothing unless it fails. Logs are in build/PRESET.
build() {
  local preset=$1 target=$2 folder=$root/build/$1
  mkdir -p "$folder"
  # --fresh helps a build folder that was moved or made by another generator.
  # shellcheck disable=SC2086
  if ! (cd "$root" && cmake --preset "$preset" ${WEIR_CMAKE_OPTIONS:-}) >"$folder/configure.log" 2>&1 &&
    ! (cd "$root" && cmake --fresh --preset "$preset" ${WEIR_CMAKE_OPTIONS:-}) >"$folder/configure.log" 2>&1; then
    echo "configuring the $preset preset failed:" >&2
    grep -A8 -E 'CMake Error|Error' "$folder/configure.log" >&2 || cat "$folder/configure.log" >&2
    return 1
  fi
  if ! cmake --build "$folder" --target "$target" -j "$jobs" >"$folder/build.log" 2>&1; then
    echo "building the $preset preset failed (all of it: $folder/build.log):" >&2
    grep -vE '^\[[0-9]+/[0-9]+\] |^ninja: |^[^ ]*/(ccache|cc|c\+\+|gcc|clang)[^ ]* ' "$folder/build.log" | head -60 >&2
    return 1
  fi
}
