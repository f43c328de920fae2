"""Words the program does and does not understand: help, versions, suggestions, exit status 2."""
import json
import unittest

from cli_support import CliTest

COMMANDS = ("run", "query", "check", "explain", "functions", "test", "new", "fmt", "schema", "record")


class Help(CliTest):
    def test_without_words_the_overview_goes_to_stderr(self):
        self.fails(2, says=["Usage: weir COMMAND", "explain"])

    def test_help_is_data(self):
        for words in (["--help"], ["-h"], ["help"]):
            done = self.ok(*words)
            for name in COMMANDS:
                self.assertIn(name, done.stdout)
            self.assertEqual(done.stderr, "")

    def test_every_command_has_help_with_an_example(self):
        for name in COMMANDS + ("version",):
            for words in ([name, "--help"], ["help", name]):
                done = self.ok(*words)
                self.assertIn(f"Usage: weir {name}", done.stdout)
                self.assertIn("Example:\n  weir ", done.stdout)

    def test_help_does_not_list_what_is_for_the_makers(self):
        self.assertNotIn("reference", self.ok("--help").stdout)


class Version(CliTest):
    def test_names_the_libraries_in_use(self):
        text = self.ok("--version").stdout
        self.assertRegex(text, r"^weir \d+\.\d+\.\d+\n")
        for library in ("librdkafka", "simdjson", "unixODBC", "libcsv", "pcre2", "utf8proc", "zlib", "zstd"):
            self.assertRegex(text, rf"\n  {library} +\d")

    def test_json(self):
        found = json.loads(self.ok("--version", "--format", "json").stdout)
        self.assertIn("librdkafka", found["libraries"])


class Mistakes(CliTest):
    def test_unknown_command(self):
        self.fails(2, "chekc", says=["there is no command `chekc`", "weir check"])
        self.fails(2, "alerts.asaql", says="did you mean `weir run alerts.asaql`?")

    def test_options_of_the_program_are_suggested_too(self):
        self.fails(2, "--verison", says="did you mean `weir --version`?")

    def test_machines_are_told_in_json(self):
        for words in (("run", "q.asaql", "--otput", "a=b", "--format", "json"), ("run", "--format=json"),
                      ("chekc", "--format=json"), ("check", "--format", "json", "q.asaql", "--bnd", "x"), ("run", "a", "b", "--format", "json")):
            told = self.fails(2, *words).stderr
            with self.subTest(words=words):
                self.assertEqual(list(json.loads(told)), ["error", "help"])
        self.fails(2, "run", "q.asaql", "--otput", "a=b", "--", "--format=json", says="weir: error: there is no option")

    def test_numbers_are_no_slips(self):
        self.assertNotIn("did you mean", self.fails(2, "run", "q.asaql", "--compat", "1.3", says="1.0|1.1|1.2").stderr)

    def test_unknown_option_is_suggested(self):
        self.fails(2, "run", "q.asaql", "--otput", "a=b", says=["there is no option --otput", "did you mean --output?"])
        self.fails(2, "check", "q.asaql", "--formt=json", says="did you mean --format?")
        self.fails(2, "check", "-x", says="options are written with two dashes")

    def test_choices_are_listed(self):
        self.fails(2, "explain", "q.asaql", "--format", "dto", says=["cannot be `dto`", "did you mean dot?", "mermaid"])

    def test_a_value_that_is_missing(self):
        self.fails(2, "run", "q.asaql", "--config", says="write --config FILE")

    def test_a_flag_takes_no_value(self):
        self.fails(2, "run", "q.asaql", "--strict=yes", says="--strict takes no value")

    def test_given_twice(self):
        self.fails(2, "run", "q.asaql", "--name", "a", "--name", "b", says="--name is given twice")

    def test_too_few_and_too_many_words(self):
        self.fails(2, "run", says=["needs the path of a query", "usage: weir run"])
        self.fails(2, "run", "a.asaql", "b.asaql", says="does not understand `b.asaql`")

    def test_two_dashes_end_the_options(self):
        self.write("--q.asaql", "SELECT a FROM s")
        self.ok("check", "--", "--q.asaql")

    def test_both_ways_to_give_a_value(self):
        self.write("q.asaql", "SELECT a FROM s")
        self.assertEqual(self.ok("explain", "--format=dot", "q.asaql").stdout,
                         self.ok("explain", "q.asaql", "--format", "dot").stdout)


if __name__ == "__main__":
    unittest.main()
