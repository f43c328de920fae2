"""Live inputs and outputs of a project: an Event Hub through its Kafka endpoint (a mock cluster stands in for it), SQL
Database through ODBC (SQLite stands in for it), Blob Storage as a folder."""
import json
import sqlite3
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/lang")
from cli_support import CARS, CARS_ROWS, TOLL, CliTest, lines, rows_of  # noqa: E402
from kafka_mock import MockCluster  # noqa: E402


class Live(CliTest):
    def setUp(self):
        super().setUp()
        self.write("p/asaproj.json", '{"name": "cars", "startFile": "cars.asaql", "configurations": []}')
        self.write("p/cars.asaql", CARS)

    def describe(self, path, **keys):
        script = "Output" if path.startswith("Outputs") else "Input"
        self.write(f"p/{path}", json.dumps({"ScriptType": script, "Serialization": {"Type": "Json"}, **keys}))

    def event_hub(self, servers, hub):
        return {"ServiceBusNamespace": servers, "EventHubName": hub, "SharedAccessPolicyName": "p",
                "SharedAccessPolicyKey": "${WEIR_TEST_HUB_KEY}", "Properties": {"security.protocol": "plaintext"}}

    def test_event_hub_in_and_out(self):
        kafka = MockCluster()
        self.addCleanup(kafka.close)
        kafka.create("toll")
        kafka.create("cars")
        for event in TOLL:
            kafka.producer.send("toll", json.dumps(event).encode(), ms=1767225600000)
        kafka.producer.flush(10)
        self.describe("Inputs/toll.json", Name="toll", Type="Data Stream", DataSourceType="Event Hub",
                      EventHubProperties=self.event_hub(kafka.servers, "toll"))
        self.describe("Outputs/cars.json", Name="cars", DataSourceType="Event Hub",
                      EventHubProperties={**self.event_hub(kafka.servers, "cars"), "PartitionKey": "TollId"})
        env = {"WEIR_TEST_HUB_KEY": "hush+/="}
        done = self.ok("run", "p", "--start", "earliest", "--until-idle", "2s", env=env)
        self.assertIn(f"input toll: Event Hub kafka://{kafka.servers}/toll", done.stderr)
        self.assertNotIn("hush", done.stderr)
        kept = self.ok("record", f"kafka://{kafka.servers}/cars", "--start", "earliest", "--events", "3", "--out", "-")
        found = rows_of(kept.stdout)
        self.assertEqual([{key: row[key] for key in CARS_ROWS[0]} for row in found], CARS_ROWS)
        self.assertEqual([row["EventKey"] for row in found], ["1", "2", "1"])
        self.fails(2, "run", "p", says=["input toll: Event Hub cannot be read", "`WEIR_TEST_HUB_KEY` is not set", "output cars"])

    def test_sql_database_out_and_as_reference_data(self):
        path = self.folder / "w.db"
        database = sqlite3.connect(path)
        database.executescript("CREATE TABLE cars (TollId bigint, Name text, Cars bigint);"
                               "CREATE TABLE booths (Id bigint, Name text);"
                               "INSERT INTO booths VALUES (1, 'north'), (2, 'south');")
        database.commit()
        sql = {"Driver": "SQLite3", "Server": "h.example", "Database": str(path), "User": "u", "Password": "hush"}
        self.write("p/cars.asaql", "SELECT t.TollId, b.Name, COUNT(*) AS Cars INTO cars FROM toll t TIMESTAMP BY EntryTime "
                                   "JOIN booths b ON t.TollId = b.Id GROUP BY t.TollId, b.Name, TumblingWindow(minute, 1)")
        self.write("p/toll.json", lines(TOLL))
        self.describe("Inputs/toll.json", InputAlias="toll", FilePath="../toll.json", ScriptType="InputMock")
        self.write("p/Inputs/booths.sql", "SELECT Id, Name FROM booths WHERE Id > 0\n")
        self.describe("Inputs/booths.json", Name="booths", Type="Reference data", DataSourceType="SQL Database",
                      SqlReferenceInputInfo={**sql, "FullSnapshotPath": "booths.sql", "RefreshType": "Static"})
        self.describe("Outputs/cars.json", Name="cars", DataSourceType="SQL Database",
                      SQLDatabaseProperties={**sql, "Table": "cars", "MaxBatchCount": 100})
        done = self.ok("run", "p")
        self.assertNotIn("hush", done.stderr)
        rows = database.execute("SELECT TollId, Name, Cars FROM cars ORDER BY TollId").fetchall()
        database.close()
        self.assertEqual(rows, [(1, "north", 2), (2, "south", 1)])

    def test_blob_storage_is_a_folder(self):
        self.write("b/raw/toll/1.json", lines(TOLL[:2]))
        self.write("b/raw/toll/2.json", lines(TOLL[2:]))
        self.write("b/out/notes.txt", "")
        self.describe("Inputs/toll.json", Name="toll", Type="Data Stream", DataSourceType="Blob Storage",
                      BlobStorageProperties={"Container": "raw", "PathPattern": "toll/"})
        self.describe("Outputs/cars.json", Name="cars", DataSourceType="Blob Storage",
                      BlobStorageProperties={"Container": "out", "PathPattern": ""})
        self.ok("run", "p", "--blobs", "b")
        self.assertEqual(rows_of((self.folder / "b/out/cars.json").read_text(encoding="utf-8")), CARS_ROWS)
        self.describe("Outputs/cars.json", Name="cars", DataSourceType="Blob Storage",
                      BlobStorageProperties={"Container": "out", "PathPattern": "cars/{date}/{time}/{TollId}",
                                             "DateFormat": "yyyy-MM-dd", "TimeFormat": "HH"})
        self.ok("run", "p", "--blobs", "b")
        self.assertEqual(rows_of((self.folder / "b/out/cars/2026-01-01/00/2/cars.json").read_text(encoding="utf-8")), CARS_ROWS[1:2])
        self.fails(2, "run", "p", says="no folder in place of the storage account (--blobs DIR)")


if __name__ == "__main__":
    unittest.main()
