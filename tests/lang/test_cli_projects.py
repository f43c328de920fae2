"""Projects of the Stream Analytics tools: weir run, check and explain open them unchanged."""
import json
import unittest

from cli_support import CARS, CARS_ROWS, TOLL, CliTest, lines, rows_of

EVENT_HUB = {"Name": "toll", "Type": "Data Stream", "DataSourceType": "Event Hub", "ScriptType": "Input",
             "EventHubProperties": {"ServiceBusNamespace": "ns", "EventHubName": "hub", "SharedAccessPolicyName": "p",
                                    "SharedAccessPolicyKey": None, "ConsumerGroupName": "$Default",
                                    "AuthenticationMode": "ConnectionString"},
             "DataSourceCredentialDomain": None, "PartitionKey": None, "CompressionType": "None",
             "Serialization": {"Type": "Json", "Encoding": "UTF8"}}
MOCK = {"InputAlias": "toll", "Type": "Data Stream", "Format": "Json", "FilePath": "../data/toll.json",
        "ScriptType": "InputMock"}
POWER_BI = {"Name": "cars", "DataSourceType": "Power BI", "PowellBIProperties": {"Dataset": "d"}, "Serialization": None,
            "ScriptType": "Output"}
LISTED = ["Inputs/toll.json", "Inputs/Local_toll.json", "Outputs/cars.json", "JobConfig.json"]


class Project(CliTest):
    def make(self, listed=LISTED, query="toll.asaql", start="toll.asaql", mock=MOCK, live=EVENT_HUB, output=POWER_BI,
             config=None, types={}, **more):
        """A project in p/; None leaves a file out."""
        configurations = [{"filePath": path, "subType": types.get(path, "x")} for path in listed]
        self.write("p/asaproj.json", json.dumps({"name": "cars", "startFile": start, "configurations": configurations}))
        if query:
            self.write(f"p/{query}", CARS)
        self.write("p/data/toll.json", lines(TOLL))
        for path, content in {"Inputs/toll.json": live, "Inputs/Local_toll.json": mock, "Outputs/cars.json": output,
                              "JobConfig.json": config, **more}.items():
            if content is not None:
                self.write(f"p/{path}", content if isinstance(content, str) else json.dumps(content))

    def runs(self, *words, path="p", rows=CARS_ROWS, says=(), **more):
        done = self.ok("run", path, "--local", *words, **more)
        self.assertEqual(rows_of(done.stdout), rows)
        for phrase in [says] if isinstance(says, str) else says:
            self.assertIn(phrase, done.stderr)
        return done

    def refused(self, *says, words=("run", "p", "--local")):
        return self.fails(2, *words, says=says)


class Shapes(Project):
    def test_a_folder_a_file_and_the_working_directory(self):
        self.make()
        self.runs(says=["input toll: local file p/data/toll.json (Event Hub: no SharedAccessPolicyKey)",
                        "output cars: stdout (--local; Power BI)"])
        self.runs(path="p/asaproj.json")
        self.runs(path="p/")
        self.runs(path="./p")

    def test_check_and_explain_look_at_what_run_would_run(self):
        self.make()
        self.assertIn("cannot run here", self.ok("check", "p").stderr)
        for words in (("check", "p", "--local"), ("explain", "p", "--local", "--blobs", "blobs")):
            self.assertNotIn("cannot run here", self.ok(*words).stderr)
        live = {**EVENT_HUB, "EventHubProperties": {**EVENT_HUB["EventHubProperties"], "SharedAccessPolicyKey": "aw=="}}
        self.make(live=live, mock={**MOCK, "Format": "Csv"})
        self.write("p/toll.asaql", "SELECT TollId INTO cars FROM toll WHERE Toll > 3")
        for command in ("check", "explain"):  # only of CSV the columns are texts
            with self.subTest(command=command):
                self.ok(command, "p")
                self.assertIn("E0305", self.weir(command, "p", "--local").stderr)

    def test_the_newer_mock(self):
        self.make(mock={"Name": "toll", "Type": "Data Stream", "DataSourceType": "Local Input", "ScriptType": "InputMock",
                        "FilePath": "..\\data\\toll.json", "Serialization": {"Type": "Json", "Encoding": "UTF8"}})
        self.runs(says="p/data/toll.json")

    def test_backslashes_case_and_byte_order_marks(self):
        self.make(listed=["inputs\\TOLL.JSON", "Inputs\\\\local_Toll.json"], live="\ufeff" + json.dumps(EVENT_HUB))
        self.runs()

    def test_files_that_do_not_say_what_they_are(self):
        live = {key: value for key, value in EVENT_HUB.items() if key != "ScriptType"}
        mock = {key: value for key, value in MOCK.items() if key != "ScriptType"}
        self.make(live=live, mock=mock, types={"Inputs/toll.json": "Input", "Inputs/Local_toll.json": "InputMock"})
        self.runs(says="p/data/toll.json (Event Hub: no SharedAccessPolicyKey)")

    def test_an_empty_list_finds_what_is_there(self):
        self.make(listed=[])
        self.runs(says="p/data/toll.json")

    def test_a_list_with_files_that_are_gone(self):
        self.make(listed=LISTED + ["Inputs/gone.json", "Functions/gone.js"])
        done = self.runs("--verbose", says=["lists p/Inputs/gone.json, which is not there"])
        self.assertNotIn("warning", done.stderr)

    def test_a_start_file_that_is_gone(self):
        self.make(start="other.asaql")
        self.runs("--verbose", says="the start file other.asaql is not there; p/toll.asaql is the query")

    def test_no_query_and_two_queries(self):
        self.make(query=None)
        self.refused("has no query")
        self.write("p/a.asaql", CARS)
        self.write("p/b.asaql", CARS)
        self.refused("the folder has 2 of them")

    def test_policies_of_the_project_and_the_command_line(self):
        self.make(config={"ScriptType": "JobConfig", "EventsOutOfOrderPolicy": "Adjust", "Sku": {"Name": "StandardV2"},
                          "EventsOutOfOrderMaxDelayInSeconds": "soon"})
        self.refused("JobConfig.json", "EventsOutOfOrderMaxDelayInSeconds")

    def test_an_older_name_of_the_configuration(self):
        self.make(**{"Configuration.json": {"ScriptType": "JobConfig", "EventsOutOfOrderPolicy": "Sideways"}})
        self.refused("Configuration.json", "Sideways")

    def test_an_absolute_path_of_another_machine(self):
        self.make(mock={**MOCK, "FilePath": "C:\\Users\\me\\toll.json"}, **{"Inputs/toll_data.json": "[]"})
        self.refused("there is no file C:/Users/me/toll.json", "--input toll=FILE")
        self.make(mock={**MOCK, "FilePath": "C:\\Users\\me\\data.json"}, **{"Inputs/data.json": lines(TOLL)})
        self.runs(says="warning: p/Inputs/Local_toll.json: `C:\\Users\\me\\data.json` is not here; p/Inputs/data.json")

    def test_visual_studio(self):
        self.make()
        (self.folder / "p/asaproj.json").unlink()
        self.write("p/cars.asaproj", """\ufeff<?xml version="1.0" encoding="utf-8"?>
<Project ToolsVersion="4.0" DefaultTargets="Build" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <!-- made by hand -->
  <PropertyGroup><Name>cars &amp; tolls</Name><StartFile>Script.asaql</StartFile>
    <Configuration Condition=" '$(Configuration)' == '' ">Debug</Configuration></PropertyGroup>
  <ItemGroup>
    <Script Include="toll.asaql"/><ScriptCode Include="Script.asaql.cs"><DependentUpon>Script.asaql</DependentUpon></ScriptCode>
    <Configure Include="Inputs\\toll.json"><SubType>Input</SubType></Configure>
    <Configure Include="Inputs\\Local_toll.json"><SubType>InputMock</SubType></Configure>
    <Folder Include="Inputs"/>
  </ItemGroup>
  <Import Project="$(ASATargetsFilePath)"/>
</Project>
""")
        self.write("p/other.asaql", "nothing that compiles")
        self.runs()
        self.runs(path="p/cars.asaproj")

    def test_damaged_xml(self):
        self.make()
        (self.folder / "p/asaproj.json").unlink()
        for text, says in (("<Project>\n  <ItemGroup>\n", "p.asaproj: line 3, column 1: the text ends inside the element "
                            "`ItemGroup` opened at line 2, column 3"),
                           ("<Project></Item>", "line 1, column 10: the tag closes an element that is not open here"),
                           ("<Project a=b/>", "line 1, column 12: the value of an attribute needs quotes"),
                           ("{}", "line 1, column 1: this is no XML"), ("<Project", "the tag is not closed")):
            self.write("p/p.asaproj", text)
            self.refused(says)

    def test_a_folder_without_a_list(self):
        self.make()
        (self.folder / "p/asaproj.json").unlink()
        self.runs()
        self.write("q/notes.txt", "")
        self.fails(2, "run", "q", says="`q` is no project")


class Bindings(Project):
    def test_live_settings_that_are_complete_win_over_the_mock(self):
        live = {**EVENT_HUB, "EventHubProperties": {**EVENT_HUB["EventHubProperties"], "SharedAccessPolicyKey": "${KEY}"}}
        self.make(live=live)
        self.runs(says="(Event Hub: environment variable `KEY` is not set)")
        self.runs(env={"KEY": "c2VjcmV0"}, says="(Event Hub: --local)")

    def test_files_of_reference_data_by_date_and_time(self):
        """Each event is joined with the file of its hour."""
        names = {"Name": "names", "Type": "Reference data", "DataSourceType": "Blob Storage", "ScriptType": "Input",
                 "BlobReferenceProperties": {"StorageAccounts": [{"AccountName": "a", "AccountKey": None}],
                                             "Container": "c", "PathPattern": "{date}/{time}/names.json",
                                             "DateFormat": "yyyy-MM-dd", "TimeFormat": "HH"},
                 "Serialization": {"Type": "Json", "Encoding": "UTF8"}}
        self.make(listed=[*LISTED, "Inputs/names.json"], **{"Inputs/names.json": names}, query=None)
        self.write("p/toll.asaql", "SELECT toll.id, names.name INTO cars FROM toll TIMESTAMP BY at "
                                   "JOIN names ON toll.id = names.id")
        self.write("p/data/toll.json", lines([{"id": 1, "at": f"2026-01-01T{hour}:30:00Z"} for hour in ("10", "11")]))
        for hour in ("10", "11"):
            self.write(f"blobs/c/2026-01-01/{hour}/names.json", lines([{"id": 1, "name": f"of {hour}"}]))
        self.runs("--blobs", "blobs", rows=[{"id": 1, "name": "of 10"}, {"id": 1, "name": "of 11"}])

    def test_what_cannot_run_is_told_at_once(self):
        self.make(mock=None)
        self.refused("error: input toll: Event Hub cannot be read: no SharedAccessPolicyKey (p/Inputs/toll.json)",
                     "--input toll=FILE", "error: output cars: Power BI cannot be written: not in this version",
                     "--output cars=WHERE", words=("run", "p"))
        done = self.ok("check", "p")
        self.assertIn("2 inputs and outputs cannot run here", done.stderr)
        found = json.loads(self.ok("check", "p", "--format", "json").stdout)
        self.assertEqual([one.get("input") or one.get("output") for one in found["unsettled"]], ["toll", "cars"])

    def test_the_command_line_replaces_both(self):
        self.make(mock=None)
        done = self.ok("run", "p", "--input", "TOLL=p/data/toll.json", "--output", "Cars=out.json")
        self.assertIn("(command line)", done.stderr)
        self.assertEqual(rows_of((self.folder / "out.json").read_text()), CARS_ROWS)

    def test_misspelt_keys_and_types(self):
        self.make(live={**EVENT_HUB, "Serialisation": {}})
        self.runs(says="warning: p/Inputs/toll.json: the key `Serialisation` is ignored; did you mean `Serialization`?")
        self.make(live={**EVENT_HUB, "DataSourceType": "Event Hob"})
        self.runs(says="toll.json: DataSourceType `Event Hob` is not known; did you mean `Event Hub`?")

    def test_a_file_that_does_not_say_what_it_is(self):
        self.make(live={**EVENT_HUB, "ScriptType": "Inptu"})
        says = "p/Inputs/toll.json is ignored: `Inptu` is no ScriptType; did you mean `Input`?"
        self.runs(says=says)
        self.assertEqual(json.loads(self.ok("check", "p", "--format", "json").stdout)["notes"], [says])
        self.make(live={"Name": "toll"})
        self.write("p/asaproj.json", json.dumps({"startFile": "toll.asaql", "configurations": [{"filePath": "Inputs/toll.json"}]}))
        self.runs(says="p/Inputs/toll.json is ignored: it has no ScriptType")
        self.make(config={"EventsOutOfOrderPolicy": "Sideways"})
        self.refused("JobConfig.json", "Sideways")
        self.make(listed=[], config={"EventsOutOfOrderPolicy": "Sideways"})
        self.refused("JobConfig.json", "Sideways")

    def test_standard_output_has_its_name(self):
        self.make(output={"Name": "cars", "DataSourceType": "Local Output", "FilePath": "-", "ScriptType": "Output"})
        self.runs(says="output cars: stdout\n")

    def test_one_name_twice(self):
        self.make(listed=LISTED + ["Inputs/again.json"], **{"Inputs/again.json": {**EVENT_HUB, "Name": "TOLL"}})
        self.refused("the input `toll` is described twice, in p/Inputs/toll.json and p/Inputs/again.json")

    def test_a_file_beside_the_list_does_not_bind_again(self):
        self.make(**{"Inputs/old.json": EVENT_HUB})
        self.runs()

    def test_malformed_files(self):
        for text, says in (('{"Name": "toll",\n "Type" 1}', "p/Inputs/toll.json: line 2, column 9"),
                           ('{"Name": "toll", "Serialization": {', "the text ends inside the object opened at line 1"),
                           ("[]", "p/Inputs/toll.json: this is no JSON object"),
                           ('{"ScriptType": "Input"}', "p/Inputs/toll.json: the key `Name` is missing")):
            with self.subTest(text=text):
                self.make(live=text)
                self.refused(says)
        self.make(live=None)
        (self.folder / "p/Inputs/toll.json").write_bytes(json.dumps(EVENT_HUB).encode("utf-16"))
        self.refused("p/Inputs/toll.json: this file is UTF-16 (little endian), not UTF-8")

    def test_formats_that_are_not_there(self):
        self.make(mock={**MOCK, "Format": "CustomClr"})
        self.refused("serialization CustomClr is not in this version")

    def test_csv(self):
        self.make(mock={**MOCK, "Format": "CSV", "FilePath": "toll.csv"},
                  **{"Inputs/toll.csv": "TollId,EntryTime\n1,2026-01-01T00:00:01Z\n"})
        self.runs(rows=[{"TollId": "1", "Cars": 1}])


    def test_a_local_csv_has_the_delimiter_of_its_live_source(self):
        live = {**EVENT_HUB, "Serialization": {"Type": "Csv", "Encoding": "UTF8", "FieldDelimiter": ";"}}
        text = {"Inputs/toll.csv": "TollId;EntryTime\n1;2026-01-01T00:00:01Z\n"}
        self.make(live=live, mock={**MOCK, "Format": "Csv", "FilePath": "toll.csv"}, **text)
        self.runs(rows=[{"TollId": "1", "Cars": 1}])


class Commands(Project):
    def test_check_compiles_with_the_inputs_of_the_project(self):
        self.make(**{"toll.asaql": "SELECT a INTO cars FROM tol"})
        self.fails(1, "check", "p", says=["E0201", "p/toll.asaql:1", "toll"])

    def test_an_output_that_is_nearly_described(self):
        self.make(**{"toll.asaql": CARS.replace("INTO cars", "INTO carz")})
        for command in ("check", "run"):
            self.assertIn("output carz: p/asaproj.json does not describe it; did you mean `cars`?", self.ok(command, "p").stderr)

    def test_an_output_that_the_query_does_not_write(self):
        self.make(**{"Outputs/more.json": {"Name": "more", "DataSourceType": "Local Output", "FilePath": "../no/such/folder.json",
                                           "ScriptType": "Output"}})
        self.runs()
        self.fails(2, "run", "p", "--local", "--output", "crs=x.json", says="the query writes no output `crs`")

    def test_check_of_a_folder_of_projects(self):
        self.make()
        self.write("q.asaql", "SELECT a FROM anything")
        self.assertIn("2 queries checked: 0 errors", self.ok("check", ".").stderr)

    def test_explain(self):
        self.make(mock={**MOCK, "Format": "Csv"})
        self.assertIn("input toll", self.ok("explain", "p").stdout)

    def test_script_functions_are_told(self):
        self.make(**{"toll.asaql": "SELECT udf.f(a) AS a INTO cars FROM toll"})
        self.fails(1, "check", "p", says=["E0309", "udf.f"])


if __name__ == "__main__":
    unittest.main()
