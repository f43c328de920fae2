"""weir query: rows as JSON lines or a table, and quiet when all is well."""
import unittest

from cli_support import CARS, CARS_ROWS, TOLL, CliTest, lines, rows_of


class Query(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toll.json", lines(TOLL))

    def test_json_lines_where_there_is_no_terminal(self):
        done = self.ok("query", CARS, "--input", "toll=toll.json")
        self.assertCountEqual(rows_of(done.stdout), CARS_ROWS)
        self.assertEqual(done.stderr, "")

    def test_a_table_on_a_terminal(self):
        status, shown = self.on_terminal("query", CARS, "--input", "toll=toll.json")
        self.assertEqual(status, 0)
        self.assertTrue(shown.startswith("TollId  Cars\n------  ----\n     1     1\n"), shown)

    def test_a_star_shows_what_each_row_has(self):
        self.write("s.json", '{"a":1,"b":"x"}\n{"a":22,"c":{"d":[1, 2]}}\n')
        done = self.ok("query", "SELECT * FROM s", "--input", "s=s.json", "--format", "table")
        self.assertEqual(done.stdout, "   a  b     c\n----  ----  -----------\n   1  x\n  22        {\"d\":[1,2]}\n")

    def test_wide_values_are_cut_and_characters_have_their_width(self):
        self.write("s.json", '{"a":"%s","b":1}\n{"a":"größer 漢字","b":2}\n' % ("w" * 100))
        shown = self.ok("query", "SELECT a, b FROM s", "--input", "s=s.json", "--format", "table").stdout.splitlines()
        self.assertEqual(shown[2], "w" * 47 + "…     1")
        self.assertEqual(shown[3], "größer 漢字" + " " * (48 - 11) + "     2")

    def test_wide_columns_give_way_to_the_terminal(self):
        self.write("s.json", '{"a":"%s","n":%d}\n' % ("w" * 40, 10**17))
        self.write("t.json", '{"a":"%s","b":"%s","n":%d}\n' % ("w" * 60, "v" * 60, 10**17))
        self.assertIn("w" * 40, self.on_terminal("query", "SELECT * FROM s", "--input", "s=s.json")[1])
        shown = self.on_terminal("query", "SELECT * FROM t", "--input", "t=t.json")[1].splitlines()
        self.assertEqual(len(shown[2]), 80)
        self.assertIn(str(10**17), shown[2])

    def test_tables_of_several_outputs_have_titles(self):
        done = self.ok("query", "SELECT TollId INTO one FROM toll; SELECT Make INTO two FROM toll WHERE TollId = 2",
                       "--input", "toll=toll.json", "--format", "table")
        self.assertEqual(done.stdout, "one\n\nTollId\n------\n     1\n     2\n     1\n\ntwo\n\nMake\n----\nFord\n\n")

    def test_no_rows_is_told(self):
        done = self.ok("query", "SELECT TollId FROM toll WHERE TollId > 9", "--input", "toll=toll.json")
        self.assertIn("3 events in, 0 rows out", done.stderr)

    def test_control_characters_cannot_break_the_table(self):
        self.write("s.json", '{"a":"x\\ny\\u001b[31m"}\n')
        done = self.ok("query", "SELECT a FROM s", "--input", "s=s.json", "--format", "table")
        self.assertEqual(len(done.stdout.splitlines()), 3)
        self.assertNotIn("\033", done.stdout)

    def test_bad_input_is_told_all_the_same(self):
        self.write("toll.json", "{bad\n" + lines(TOLL))
        done = self.ok("query", CARS, "--input", "toll=toll.json")
        self.assertIn("1 record quarantined", done.stderr)

    def test_the_file_of_a_query_is_run(self):
        self.fails(2, "query", "q.asaql", "--input", "s=toll.json", says="weir run q.asaql runs it")

    def test_mistakes_point_into_the_query(self):
        self.fails(1, "query", "SELECT FLOR(a) AS x FROM s", "--input", "s=toll.json", says=["<query>:1:8", "E0301"])
        self.fails(2, "query", "SELECT a FROM s", says="--input s=WHERE")


if __name__ == "__main__":
    unittest.main()
