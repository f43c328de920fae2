#!/usr/bin/env python3
"""gen_reference.py: writes the pages of docs/reference from the registries of the program.

    WEIR=build/dev/weir python3 tools/gen_reference.py [--check]

The program prints each page (`weir reference PAGE`, cli/cmd_reference.c). --check writes nothing and fails when a
page is not what the program would print.
"""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("cli", "connectors", "diagnostics", "functions", "job", "job.schema.json", "testConfig.schema.json")


def page(name):
    weir = os.environ.get("WEIR", str(ROOT / "build/dev/weir"))
    return subprocess.run([weir, "reference", name], check=True, capture_output=True, timeout=60).stdout.decode("utf-8")


def main():
    stale = []
    for name in PAGES:
        path, text = ROOT / "docs/reference" / (name if "." in name else f"{name}.md"), page(name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale in docs/reference: {', '.join(stale)}; run: python3 tools/gen_reference.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
