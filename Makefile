# What a visitor types first. The build itself is CMake with presets; see CMakePresets.json.
.PHONY: all release dev tsan test quick fuzz bench demo format tidy clean

all: release

release dev tsan:
	cmake --preset $@ && cmake --build --preset $@

test:            # everything: dev preset with sanitizers, all tests, short fuzz runs
	bash tools/test.sh

quick:           # the unit tests and the tree checks
	bash tools/test.sh -L 'unit|tree'

fuzz:            # ten minutes for each fuzzer, half an hour for those that eat queries
	cmake --preset fuzz -DWEIR_FUZZ_SECONDS=600 -DWEIR_FUZZ_SEED=0 && cmake --build --preset fuzz && ctest --preset fuzz -L fuzz

bench: release
	cmake --build --preset release --target bench_tools
	python3 bench/toll.py
	python3 bench/functions.py
	python3 bench/windows.py
	python3 bench/joins.py
	python3 bench/check_time.py
	build/release/bench/bench_compile bench/compile/*.asaql

demo:
	bash tools/demo.sh

format:          # the C and C++ files that differ from the last commit; look at the difference before committing
	git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' '*.cc' | xargs -r clang-format-14 -i

tidy:
	python3 tools/check_tree.py

clean:
	rm -rf build
