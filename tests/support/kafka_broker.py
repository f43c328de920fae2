#!/usr/bin/env python3
"""kafka_broker.py: one real Apache Kafka broker for tests, the demo and bench/, on free loopback ports, with its data
in a folder of the caller's (KRaft mode, no ZooKeeper).

    kafka_broker.py fetch                     the jars into the cache, unless they are there
    kafka_broker.py start FOLDER [--secure]   makes FOLDER, starts a broker that outlives this call, prints host:port
    kafka_broker.py kill FOLDER               ends it at once, as a crash would
    kafka_broker.py restart FOLDER            starts it again with the ports and data it had
    kafka_broker.py stop FOLDER               ends it and removes FOLDER
    kafka_broker.py topic FOLDER NAME N       creates a topic of N partitions that keeps its records for ever

The jars are named and pinned by checksum in kafka_jars.txt; they come from Maven Central, or from $MAVEN_CENTRAL, into
$WEIR_CACHE (default ~/.cache/weir). Status 77 with one line: they cannot be had, or there is no Java.

A broker that a test starts through class Broker dies with the test's process. Listeners: plain; with secure=True also
sasl (PLAIN and SCRAM), tls, mtls (asks for a certificate) and sasl_tls. The user is weir, the password `secret`.
"""
import concurrent.futures
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from librdkafka import Admin, Unavailable

HERE = Path(__file__).resolve().parent
CENTRAL = os.environ.get("MAVEN_CENTRAL", "https://repo1.maven.org/maven2").rstrip("/")
CACHE = Path(os.environ.get("WEIR_CACHE", Path.home() / ".cache" / "weir")) / "kafka-3.9.1"
START_SECONDS = 60
SKIPPED = 77
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"
SECURE = {"sasl": "SASL_PLAINTEXT", "tls": "SSL", "mtls": "SSL", "sasl_tls": "SASL_SSL"}
MECHANISMS = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
JAVA = ["-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]


# ---- jars ----

def pinned():
    """(checksum, path in the repository) of every jar."""
    lines = (HERE / "kafka_jars.txt").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def fetch_one(checksum, path):
    target = CACHE / Path(path).name
    if target.exists():
        return
    with urllib.request.urlopen(f"{CENTRAL}/{path}", timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != checksum:
        raise Unavailable(f"{Path(path).name} has another checksum than kafka_jars.txt wants")
    partial = target.with_suffix(".part")
    partial.write_bytes(content)
    partial.rename(target)


def fetch_jars():
    """The folder with the jars. Several tests may ask at once: the first downloads, the others wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda jar: fetch_one(*jar), pinned()))
        except (urllib.error.URLError, OSError) as error:
            raise Unavailable(f"Maven Central cannot be reached for Kafka's jars: {error}") from error
    return CACHE


def java():
    found = shutil.which("java")
    if not found:
        raise Unavailable("there is no Java: install it with 'apt-get install default-jre-headless'")
    return found


# ---- certificates ----

def openssl(*words, folder):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_ca(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN=weir test {name}", folder=folder)


def make_certificate(folder, name, ca, alternative):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}", folder=folder)
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days",
            "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem", folder=folder)


def make_certificates(folder):
    """ca, server and client that it signed, and stranger: a CA nobody should trust."""
    folder.mkdir()
    make_ca(folder, "ca")
    make_ca(folder, "stranger")
    make_certificate(folder, "server", "ca", "IP:127.0.0.1,DNS:localhost")
    make_certificate(folder, "client", "ca", "DNS:client")
    pair = (folder / "server.key").read_text() + (folder / "server.pem").read_text()
    (folder / "server-pair.pem").write_text(pair)


# ---- the broker ----

def free_ports(count):
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Broker:
    """A broker in `folder`. `outlives`: it goes on when this process ends."""

    def __init__(self, folder, secure=False, outlives=False):
        self.folder, self.secure, self.outlives = Path(folder), secure, outlives
        self.process = None
        self.password = "secret"
        self.ports = {}

    # configuration

    def servers(self, listener="plain"):
        return f"127.0.0.1:{self.ports[listener]}"

    def url(self, topic, listener="plain"):
        return f"kafka://{self.servers(listener)}/{topic}"

    def certificate(self, name):
        return str(self.folder / "certificates" / name)

    def _listener_settings(self):
        for name in SECURE:
            prefix = f"listener.name.{name}."
            if "tls" in name:
                yield f"{prefix}ssl.keystore.type=PEM"
                yield f"{prefix}ssl.keystore.location={self.certificate('server-pair.pem')}"
                yield f"{prefix}ssl.truststore.type=PEM"
                yield f"{prefix}ssl.truststore.location={self.certificate('ca.pem')}"
                yield f"{prefix}ssl.client.auth={'required' if name == 'mtls' else 'none'}"
            if "sasl" in name:
                module = "org.apache.kafka.common.security"
                yield f"{prefix}sasl.enabled.mechanisms={MECHANISMS}"
                yield (f"{prefix}plain.sasl.jaas.config={module}.plain.PlainLoginModule required "
                       f'user_weir="{self.password}";')
                for scram in ("scram-sha-256", "scram-sha-512"):
                    yield f"{prefix}{scram}.sasl.jaas.config={module}.scram.ScramLoginModule required;"

    def _settings(self):
        names = {"plain": "PLAINTEXT", **(SECURE if self.secure else {})}
        yield from ["process.roles=broker,controller", "node.id=1", "controller.listener.names=CONTROLLER",
                    "inter.broker.listener.name=PLAIN", f"log.dirs={self.folder / 'data'}",
                    f"controller.quorum.voters=1@127.0.0.1:{self.ports['controller']}",
                    "offsets.topic.num.partitions=1", "offsets.topic.replication.factor=1",
                    "transaction.state.log.num.partitions=1", "transaction.state.log.replication.factor=1",
                    "transaction.state.log.min.isr=1", "group.initial.rebalance.delay.ms=0", "log.retention.ms=-1",
                    "auto.create.topics.enable=false", "message.max.bytes=2000000", "num.network.threads=2",
                    "num.io.threads=4", "file.delete.delay.ms=1000"]
        yield "listeners=" + ",".join(f"{name.upper()}://127.0.0.1:{self.ports[name]}" for name in [*names, "controller"])
        yield ("listener.security.protocol.map=CONTROLLER:PLAINTEXT,"
               + ",".join(f"{name.upper()}:{protocol}" for name, protocol in names.items()))
        if self.secure:
            yield from self._listener_settings()

    def _write_settings(self):
        (self.folder / "server.properties").write_text("\n".join(self._settings()) + "\n")
        (self.folder / "log4j.properties").write_text(
            "log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
            "log4j.appender.out.layout.ConversionPattern=%d %p %c %m%n\n")

    def _java(self, *words):
        return [java(), *JAVA, f"-Dlog4j.configuration=file:{self.folder / 'log4j.properties'}", "-cp",
                f"{fetch_jars()}/*", *words]

    # life

    def start(self):
        """A new cluster in the folder. Unavailable when Kafka cannot be had here."""
        java(), fetch_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        names = ["plain", *(SECURE if self.secure else []), "controller"]
        self.ports = dict(zip(names, free_ports(len(names))))
        (self.folder / "ports").write_text("".join(f"{name} {port}\n" for name, port in self.ports.items()))
        if self.secure:
            make_certificates(self.folder / "certificates")
        self._write_settings()
        users = [f"--add-scram=SCRAM-SHA-{bits}=[name=weir,password=secret]" for bits in (256, 512)]
        formatted = subprocess.run(self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                                              str(self.folder / "server.properties"), *(users if self.secure else [])),
                                   capture_output=True, text=True)
        if formatted.returncode != 0:
            raise RuntimeError(f"Kafka's storage cannot be prepared:\n{formatted.stdout}{formatted.stderr}")
        self._run()
        return self

    def _run(self):
        log = self.folder / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", str(self.folder / "server.properties")), stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=self.outlives,
                preexec_fn=None if self.outlives else die_with_parent)
        (self.folder / "pid").write_text(str(self.process.pid))
        until = time.monotonic() + START_SECONDS
        while b"Kafka Server started" not in log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"Kafka did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)

    @classmethod
    def found(cls, folder):
        """One that another process started."""
        broker = cls(folder, outlives=True)
        lines = (broker.folder / "ports").read_text().splitlines()
        broker.ports = {name: int(port) for name, port in (line.split() for line in lines)}
        return broker

    def restart(self, password=None):
        """With the ports and data it had; `password` becomes that of the user weir with PLAIN."""
        if password:
            self.password = password
            self._write_settings()
        self._run()

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            return
        pid = int((self.folder / "pid").read_text())
        if b"kafka.Kafka" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)

    def freeze(self, frozen):
        """It keeps its connections and accepts new ones, and answers nothing."""
        os.kill(self.process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def stop(self):
        try:
            self.kill()
        except FileNotFoundError:
            pass  # it has ended already
        shutil.rmtree(self.folder, ignore_errors=True)


def main(words):
    command, folder = words[0] if words else "", words[1] if len(words) > 1 else None
    try:
        if command == "fetch":
            java(), fetch_jars()
        elif command == "start" and folder:
            print(Broker(folder, secure="--secure" in words, outlives=True).start().servers())
        elif command in ("kill", "restart", "stop") and folder:
            getattr(Broker.found(folder), command)()
        elif command == "topic" and len(words) == 4:
            admin = Admin(Broker.found(folder).servers())
            admin.create(words[2], int(words[3]))
            admin.close()
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except Unavailable as reason:
        print(reason)
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
