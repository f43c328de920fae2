#!/usr/bin/env python3
"""check_tree.py: what no compiler checks about the source tree. ctest runs it; so can you.

    python3 tools/check_tree.py [--root FOLDER] [--generated FOLDER]... [--no-headers]

  layers     an #include may only reach folders that the USES line of the own folder's CMakeLists.txt
             names; engine/ and grammar/ never include connectors/, nobody includes cli/ or tests/
  heads      every source file starts with a comment saying what it is
  banned     functions that have a better one here (see BANNED)
  layout     no tabs, no trailing blanks, no line over 120 characters
  headers    every header compiles alone, and twice in a row
  generated  no output of lemon or re2c beside its source or in git
  found      a C file below tests/unit or tests/lang is named test_*.c, else nobody would run it
  markers    no notes to self

Each finding is one line `file:line: what is wrong and what to do`. Exit status 1 when there is any.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

LINE_MAX = 120
PRODUCT = ("engine", "grammar", "connectors", "cli")
FOLDERS = PRODUCT + ("bench", "tests", "tools", "cmake", "queries", "docs")
C_SUFFIXES = {".c", ".h", ".cc", ".re", ".y", ".def", ".inc"}
TEXT_SUFFIXES = C_SUFFIXES | {".py", ".sh", ".md", ".cmake", ".txt", ".asaql"}
SKIPPED_FOLDERS = {"build", "corpus", "__pycache__", ".venv"}
MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")

# (function names, suffixes it holds for, folders it holds for, files where it is right, what to use)
C_ONLY = C_SUFFIXES - {".cc"}
EVERYWHERE = PRODUCT + ("bench", "tests")
BANNED = [
    (("strcpy", "strcat", "stpcpy"), C_SUFFIXES, EVERYWHERE, (), "memcpy with a known length, or base/str.h"),
    (("sprintf", "vsprintf"), C_SUFFIXES, EVERYWHERE, (), "snprintf or arena_printf"),
    (("gets", "strtok", "alloca"), C_SUFFIXES, EVERYWHERE, (), "fgets, base/str.h, an arena"),
    (("malloc", "calloc", "realloc", "free", "strdup", "strndup", "aligned_alloc", "posix_memalign"), C_ONLY, PRODUCT,
     ("engine/base/mem.c",), "mem_* of base/mem.h"),
    (("time", "gettimeofday", "clock_gettime", "localtime", "gmtime"), C_SUFFIXES, PRODUCT,
     ("engine/base/clock.c",), "base/clock.h"),
]


class Tree:
    """The files of a checkout and the layers its CMakeLists.txt files declare."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = sorted(self._walk())
        self.layers = {}  # folder, relative -> (library, set of folders it may use)
        self._read_layers()

    def _walk(self):
        for top in FOLDERS:
            for folder, folders, names in os.walk(self.root / top):
                folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
                for name in names:
                    path = Path(folder) / name
                    if path.suffix in TEXT_SUFFIXES and path.is_file():
                        yield path.relative_to(self.root)

    def _read_layers(self):
        libraries = {}
        for path in self.files:
            if path.name != "CMakeLists.txt":
                continue
            text = re.sub(r"#.*", "", self.text(path))
            for name, rest in re.findall(r"\bweir_library\(\s*(\w+)([^)]*)\)", text):
                uses = re.search(r"\bUSES\b((?:\s+(?!LINKS\b|SOURCES\b)[^\s)]+)*)", rest)
                libraries[name] = (path.parent, uses.group(1).split() if uses else [])
        for name, (folder, uses) in libraries.items():
            self.layers[folder] = (name, {libraries[other][0] for other in uses if other in libraries})
        if Path("cli") not in self.layers:  # an executable, not a library: the top of everything
            self.layers[Path("cli")] = ("cli", set(self.layers))

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def layer_of(self, path):
        """The nearest folder with a weir_library line, or None (tests, bench, tools)."""
        return next((folder for folder in path.parents if folder in self.layers), None)

    def resolve(self, path, included):
        """The file an #include "..." of path means, or None."""
        for base in (path.parent, Path("engine"), Path("."), Path("tests"), *path.parents):
            found = Path(os.path.normpath(base / included))
            if (self.root / found).is_file():
                return found
        return None


def without_comments(text):
    """Blanks out comments and the insides of literals; lines and columns stay where they are."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def is_source(path):
    return path.suffix in C_SUFFIXES


# ---- the checks: each yields (path, line, message) ---------------------------------------------------

def check_layers(tree):
    for path in filter(is_source, tree.files):
        own = tree.layer_of(path)
        if own is None:
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            included = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not included:
                continue
            target = tree.resolve(path, included.group(1))
            if target is None:
                stem = Path(included.group(1)).with_suffix("")
                if not any((tree.root / path.parent / (stem.name + suffix)).exists() for suffix in (".y", ".re")):
                    yield path, number, f'"{included.group(1)}" is neither below engine/ nor below the root'
                continue
            yield from crossing(tree, path, number, own, target)


def crossing(tree, path, number, own, target):
    layer = tree.layer_of(target)
    top = path.parts[0]
    if target.parts[0] == "connectors" and top in ("engine", "grammar"):
        yield path, number, f"{top}/ never includes connectors/: it is handed what it needs through engine/io"
    elif target.parts[0] in ("tests", "bench", "tools") or (target.parts[0] == "cli" and top != "cli"):
        yield path, number, f"nothing of the product includes {target.parts[0]}/"
    elif layer is not None and layer != own and layer not in tree.layers[own][1]:
        name, used = tree.layers[own][0], tree.layers[layer][0]
        yield path, number, (f"{name} may not include {target}: {used} is not in the USES line of "
                             f"{own}/CMakeLists.txt (move the code, or argue for the edge there)")


def check_heads(tree):
    for path in filter(is_source, tree.files):
        text = tree.text(path).lstrip()
        if text and not re.match(r"/\*.{10}|//.{10}", text, re.DOTALL):
            yield path, 1, "starts without a comment that says what the file is"


def check_banned(tree):
    for path in filter(is_source, tree.files):
        lines = None
        for names, suffixes, folders, right, instead in BANNED:
            if path.suffix not in suffixes or path.parts[0] not in folders or path.as_posix() in right:
                continue
            call = re.compile(r"(?<![\w.>])(?:::|std::)?(" + "|".join(names) + r")\s*\(")
            lines = lines or without_comments(tree.text(path)).splitlines()
            for number, line in enumerate(lines, 1):
                found = call.search(line)
                if found:
                    yield path, number, f"{found.group(1)}() is banned here: use {instead}"


def check_layout(tree):
    for path in filter(is_source, tree.files):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if "\t" in line:
                yield path, number, "a tab: indent with spaces"
            if line != line.rstrip():
                yield path, number, "blanks at the end of the line"
            if len(line) > LINE_MAX:
                yield path, number, f"{len(line)} characters, {LINE_MAX} are the limit"


def check_markers(tree):
    for path in tree.files:
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            found = MARKERS.search(line)
            if found:
                yield path, number, f"{found.group()}: do it, or open an issue"


def check_generated(tree):
    sources = {path.with_suffix("") for path in tree.files if path.suffix in (".y", ".re")}
    outputs = {stem.with_suffix(suffix): stem for stem in sources for suffix in (".c", ".out")}
    outputs.update({path.with_suffix(".h"): path.with_suffix("") for path in tree.files if path.suffix == ".y"})
    for output in outputs:
        if (tree.root / output).exists():
            yield output, 1, "is generated: it belongs into the build folder only"
    for name in committed(tree.root):
        if name.startswith("build/") or name.endswith((".o", ".a", ".so", ".pyc")):
            yield Path(name), 1, "is built: git rm --cached it"


def committed(root):
    """The names git keeps; none where there is no git or no repository (a tarball)."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True)
    except FileNotFoundError:
        return []
    return listed.stdout.splitlines() if listed.returncode == 0 else []


def check_found(tree):
    for path in tree.files:
        if path.suffix == ".c" and path.parts[:2] in (("tests", "unit"), ("tests", "lang")):
            if not path.name.startswith("test_"):
                yield path, 1, "is not named test_*.c, so nobody builds it (shared code: tests/support)"


def check_headers(tree, generated=()):
    headers = [path for path in tree.files if path.suffix == ".h" and path.parts[0] in PRODUCT + ("tests",)]
    places = [tree.root, tree.root / "engine", tree.root / "tests", *generated]
    includes = [f"-I{place}" for place in places]

    def compile_alone(header):
        # Twice in a row: an include guard is missing when the second time fails.
        text = f'#include "{tree.root / header}"\n' * 2 + "typedef int header_alone;\n"
        done = subprocess.run(["gcc", "-fsyntax-only", "-std=gnu17", "-Wall", *includes, "-x", "c", "-"],
                              input=text, capture_output=True, text=True)
        return header, done

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, done in pool.map(compile_alone, headers):
            if done.returncode:
                first = next((line for line in done.stderr.splitlines() if "error" in line), "gcc failed")
                yield header, 1, f"does not compile alone: {first.split('error: ')[-1]}"


CHECKS = [check_layers, check_heads, check_banned, check_layout, check_markers, check_generated, check_found]


def main():
    parser = argparse.ArgumentParser(description="checks the source tree (see the head of this file)")
    parser.add_argument("--root", default=Path(__file__).resolve().parent.parent, help="default: this checkout")
    parser.add_argument("--generated", action="append", default=[], help="a build folder with generated headers")
    parser.add_argument("--no-headers", action="store_true", help="do not compile the headers (needs no gcc)")
    args = parser.parse_args()
    tree = Tree(args.root)
    findings = [finding for check in CHECKS for finding in check(tree)]
    if not args.no_headers:
        findings += check_headers(tree, args.generated)
    for path, line, message in findings:
        print(f"{path}:{line}: {message}")
    print(f"{len(tree.files)} files, {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
