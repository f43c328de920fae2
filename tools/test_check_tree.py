#!/usr/bin/env python3
"""test_check_tree.py: plants one violation at a time in a small tree and expects check_tree.py to find it."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_tree  # noqa: E402

HEAD = "/* thing: what it is and why. */\n"
CLEAN = {
    "engine/base/CMakeLists.txt": "weir_library(base USES LINKS Threads::Threads)\n",
    "engine/types/CMakeLists.txt": "weir_library(types USES base)\n",
    "engine/CMakeLists.txt": "weir_library(api USES base types)\n",
    "grammar/CMakeLists.txt": "weir_library(grammar USES base)  # USES types is wrong\n",
    "connectors/file/CMakeLists.txt": "weir_library(file USES base\n  types LINKS PkgConfig::ZLIB)\n",
    "engine/base/mem.h": HEAD + "#ifndef MEM_H\n#define MEM_H\nvoid mem_free(void *ptr);\n#endif\n",
    "engine/base/mem.c": HEAD + '#include "base/mem.h"\n#include <stdlib.h>\n'
                                "void mem_free(void *ptr) { free(ptr); }\n",
    "engine/types/type.h": HEAD + '#ifndef TYPE_H\n#define TYPE_H\n#include "base/mem.h"\n#endif\n',
    "engine/api.c": HEAD + '#include "types/type.h"\n',
    "grammar/asaql.y": HEAD,
    "grammar/parse.c": HEAD + '#include "asaql.h"\n#include "base/mem.h"\n',
    "connectors/file/read.c": HEAD + '#include "types/type.h"\n',
    "cli/main.c": HEAD + '#include "api.h"\n#include "connectors/file/file.h"\n',
    "engine/api.h": HEAD,
    "connectors/file/file.h": HEAD,
}


class CheckTree(unittest.TestCase):
    def findings(self, extra):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **extra}.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            tree = check_tree.Tree(root)
            found = [finding for check in check_tree.CHECKS for finding in check(tree)]
            found += check_tree.check_headers(tree)
            return [(path.as_posix(), line, message) for path, line, message in found]

    def expect(self, name, text, line, phrase):
        found = self.findings({name: text})
        self.assertEqual([(path, at) for path, at, _ in found], [(name, line)], found)
        self.assertIn(phrase, found[0][2])

    def expect_clean(self, name, text):
        self.assertEqual(self.findings({name: text}), [])

    def test_clean_tree_has_no_findings(self):
        self.assertEqual(self.findings({}), [])

    def test_include_upward(self):
        self.expect("engine/base/up.c", HEAD + '#include "types/type.h"\n', 2, "base may not include")

    def test_include_of_unlisted_neighbour(self):
        self.expect("grammar/side.c", HEAD + '#include "types/type.h"\n', 2, "not in the USES line of grammar")

    def test_include_from_subfolder_counts_for_its_library(self):
        self.expect("engine/base/deep/up.c", HEAD + '#include "types/type.h"\n', 2, "base may not include")

    def test_engine_never_includes_connectors(self):
        self.expect("engine/up.c", HEAD + '#include "connectors/file/file.h"\n', 2, "never includes connectors/")

    def test_product_never_includes_cli(self):
        found = self.findings({"cli/main.h": HEAD, "engine/up.c": HEAD + '#include "cli/main.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("includes cli/", found[0][2])

    def test_unknown_include(self):
        self.expect("engine/lost.c", HEAD + '#include "nowhere.h"\n', 2, "neither below")

    def test_missing_head_comment(self):
        self.expect("engine/bare.c", "int bare;\n", 1, "without a comment")

    def test_banned_functions(self):
        for call, phrase in (("strcpy(a, b)", "memcpy"), ("sprintf(a, b)", "snprintf"), ("gets(a)", "fgets"),
                             ("malloc(1)", "mem_*"), ("free (a)", "mem_*"), ("time(NULL)", "clock.h")):
            self.expect("engine/bad.c", HEAD + f"void f(void) {{ {call}; }}\n", 2, phrase)

    def test_banned_names_in_other_places_are_fine(self):
        for code in ("/* malloc(1) */ int a;", 'const char *a = "free(x)";', "void f(Op *op) { op->free(op); }",
                     "int event_time(int a);", "int my_free(int a);"):
            self.expect_clean("engine/good.c", HEAD + code + "\n")

    def test_malloc_is_fine_in_tests_and_cpp(self):
        self.expect_clean("tests/unit/test_x.c", HEAD + "void f(void) { free(0); }\n")
        self.expect_clean("engine/x.cc", HEAD + "void f() { free(0); }\n")

    def test_tab(self):
        self.expect("engine/tab.c", HEAD + "\tint a;\n", 2, "a tab")

    def test_long_line(self):
        self.expect("engine/long.c", HEAD + "int " + "a" * 120 + ";\n", 2, "120 are the limit")

    def test_trailing_blank(self):
        self.expect("engine/blank.c", HEAD + "int a; \n", 2, "blanks at the end")

    def test_marker(self):
        self.expect("engine/later.c", HEAD + "/* " + "TO" + "DO: later */\n", 2, "open an issue")

    def test_generated_file_beside_its_source(self):
        self.expect("grammar/asaql.c", HEAD, 1, "is generated")

    def test_unit_test_that_nobody_builds(self):
        self.expect("tests/unit/base/helper.c", HEAD, 1, "nobody builds it")

    def test_header_that_needs_another(self):
        self.expect("engine/need.h", HEAD + "size_t bytes(void);\n", 1, "does not compile alone")

    def test_header_without_guard(self):
        self.expect("engine/twice.h", HEAD + "struct Twice { int a; };\n", 1, "does not compile alone")


if __name__ == "__main__":
    unittest.main()
