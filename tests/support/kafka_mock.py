"""kafka_mock.py: librdkafka's mock cluster in this process, so that a test can put any bytes into a topic (a NULL
value, a record of two documents, half a record) and let the program read them over a real connection."""
from librdkafka import PRODUCER, Producer, Unavailable, load, open_client

__all__ = ["MockCluster", "Unavailable"]


class MockCluster:
    """Brokers that live until close. A producer of ours fills them."""

    def __init__(self, brokers=1):
        self.lib = load()
        self.host = open_client(PRODUCER)
        self.cluster = self.lib.rd_kafka_mock_cluster_new(self.host, brokers)
        self.servers = self.lib.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()
        self.producer = Producer(self.servers)

    def create(self, topic, partitions=1):
        self.lib.rd_kafka_mock_topic_create(self.cluster, topic.encode(), partitions, 1)
        return f"kafka://{self.servers}/{topic}"

    def produce(self, topic, values, partition=0):
        """In this order; None is a record without a value."""
        for value in values:
            self.producer.send(topic, value, partition)
        self.producer.flush(10)

    def set_leader(self, topic, partition, broker):
        self.lib.rd_kafka_mock_partition_set_leader(self.cluster, topic.encode(), partition, broker)

    def set_down(self, down, broker=1):
        change = self.lib.rd_kafka_mock_broker_set_down if down else self.lib.rd_kafka_mock_broker_set_up
        change(self.cluster, broker)

    def close(self):
        self.producer.close()
        self.lib.rd_kafka_mock_cluster_destroy(self.cluster)
        self.lib.rd_kafka_destroy(self.host)
