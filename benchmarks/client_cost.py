"""What one request of the HTTP client costs, layer by layer, in microseconds of the engine process's CPU time.

    python benchmarks/client_cost.py [--requests 40000] [--turns 5]

nginx runs on the last core and the client on the first. "bare" is the least a gevent program can do: one greenlet
a connection, a constant request, an armed read watcher, llhttp; no deadline, no outcome, no sample. Layers take
turns, and each turn is a process of its own; the median of the turns and its ratio to bare are printed. CPU time,
not wall-clock time: the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USERS = 32
LAYERS = {
    "bare": "constant request, parsed, nothing kept",
    "get": "client.get(path): deadline, outcome, route, sample",
    "named": "client.get(path, name=...), paths that change",
    "backend": "+ the answer names its backend",
    "caught": "+ catch_response=True, in a with block",
    "headers": "+ two header fields of the script's own",
    "cookies": "+ cookies in the jar",
    "set-cookie": "+ the answer sets a cookie",
    "redirect": "+ one redirect followed (two exchanges)",
    "json": "client.post(json=...), answer.json() read",
    "gzip": "gzip answer of 4 KiB, content read",
    "chunked": "chunked answer",
    "64KiB": "answer of 64 KiB",
    "tls": "client.get over TLS",
    "visitor": "a fresh connection for each request",
}
NGINX = """
worker_processes 1; worker_cpu_affinity {cpu}; daemon off; pid {dir}/pid; error_log {dir}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {dir};
  proxy_temp_path {dir}; fastcgi_temp_path {dir};
  uwsgi_temp_path {dir}; scgi_temp_path {dir}; default_type application/json;
  gzip_types application/json; gzip_min_length 1000;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;
    location /items {{ return 200 '{small}'; }}
    location /backend {{ add_header X-Backend web-1; return 200 '{small}'; }}
    location /set {{ add_header Set-Cookie "session=0123456789abcdef; Path=/"; return 200 '{small}'; }}
    location /redirect {{ return 302 /items/1; }}
    location /gzip {{ gzip on; root {dir}; try_files /medium.json =404; }}
    location /chunked {{ gzip on; gzip_comp_level 1; root {dir}; try_files /medium.json =404; }}
    location /large {{ root {dir}; try_files /large.json =404; }}
  }}
}}
"""
SMALL = json.dumps({"id": 1, "name": "a thing of some kind", "price": "12.50", "stock": 41, "tags": ["new", "red"]})


def certificate(directory: Path) -> None:
    """Write cert.pem and key.pem, signed by itself."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    command += ["-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem"), "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start_nginx(directory: Path, cpu: int) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start it with everything in ``directory``; return the process and its two ports."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    certificate(directory)
    rows = [{"id": n, "name": f"thing {n * 7919 % 1000}", "price": n * 31 % 997} for n in range(2000)]
    (directory / "medium.json").write_text(json.dumps(rows)[:4096])
    (directory / "large.json").write_text(json.dumps(rows)[:65536])
    port, tls_port = free_port(), free_port()
    mask = "1" + "0" * cpu
    text = NGINX.format(dir=directory, port=port, tls_port=tls_port, cpu=mask, small=SMALL)
    (directory / "nginx.conf").write_text(text)
    process = subprocess.Popen([nginx, "-e", str(directory / "error.log"), "-c", str(directory / "nginx.conf")])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port, tls_port
        time.sleep(0.05)
    process.kill()
    raise SystemExit(f"nginx did not come up: {(directory / 'error.log').read_text()}")


def measure(layer: str, requests: int, port: int, tls_port: int) -> float:
    """Return microseconds of CPU a request. Runs in a process of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from gevent import monkey

    monkey.patch_all()
    import gc

    import gevent

    work = bare_work(port) if layer == "bare" else client_work(layer, port, tls_port)
    gevent.joinall([gevent.spawn(work, 20) for _ in range(USERS)], raise_error=True)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    each = requests // USERS
    cpu = time.process_time()
    gevent.joinall([gevent.spawn(work, each) for _ in range(USERS)], raise_error=True)
    return (time.process_time() - cpu) / (each * USERS) * 1e6


def bare_work(port: int):
    """Return the loop of one greenlet that does nothing but exchange."""
    import httptools
    from gevent import get_hub, getcurrent, monkey

    native = monkey.get_original("socket", "socket")
    hub = get_hub()
    wire = f"GET /items/12345 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: loadsim\r\nAccept: */*\r\n\r\n".encode()

    class Bare:
        def __init__(self) -> None:
            self.sock = native()
            self.sock.connect(("127.0.0.1", port))
            self.sock.setblocking(False)
            self.recv, self.send, self.waiter, self.whole = self.sock.recv, self.sock.send, None, False
            self.parser = httptools.HttpResponseParser(self)
            self.watcher = hub.loop.io(self.sock.fileno(), 1)
            self.watcher.start(self.readable)

        def readable(self) -> None:
            try:
                self.parser.feed_data(self.recv(65536))
            except BlockingIOError:
                return
            if self.whole:
                self.waiter()

        def on_message_complete(self) -> None:
            self.whole = True

    def work(count: int) -> None:
        bare = Bare()
        for _ in range(count):
            bare.whole = False
            bare.send(wire)
            bare.waiter = getcurrent().switch
            hub.switch()
        bare.watcher.stop()
        bare.watcher.close()
        bare.sock.close()

    return work


def client_work(layer: str, port: int, tls_port: int):
    """Return the loop of one greenlet that calls the client as a scenario does."""
    from loadsim.engine.http import Client
    from loadsim.engine.origin import Origin
    from loadsim.measure.sample import REQUEST
    from loadsim.wire import HttpSettings

    class Sink:
        """Packs samples into one block, over and over."""

        def __init__(self) -> None:
            self.block, self.at, self.pack, self.most = (
                bytearray(4096 * REQUEST.size),
                0,
                REQUEST.pack_into,
                4096 * REQUEST.size,
            )

        def told(self, due: float, key: int, timing: bytes, caches: bytes) -> None:
            pass

        def request(self, key: int, due: float, started: float, ended: float, received: int, sent: int) -> None:
            self.pack(self.block, self.at, key, due, started, ended, received, sent)
            self.at += 40
            if self.at == self.most:
                self.at = 0

    class User:
        due = last_ended = resume_at = None
        failed = False
        visitor_class = 0

    url = f"https://127.0.0.1:{tls_port}" if layer == "tls" else f"http://127.0.0.1:{port}"
    connections = "visitor" if layer == "visitor" else "reuse"
    origin = Origin(HttpSettings(url=url, insecure=True, connections=connections), Sink())

    def work(count: int) -> None:
        user = User()
        client = Client(origin, user)
        client.begin()
        if layer == "cookies":
            client.cookies.set("session", "0123456789abcdef")
            client.cookies.set("csrftoken", "fedcba9876543210")
        call = CALLS.get(layer, CALLS["get"])
        for n in range(count):
            if layer == "visitor":
                client.begin()
            call(client, n)
        if user.failed:
            raise SystemExit(f"{layer}: {origin.errors}")
        client.close()

    return work


def _caught(client, n: int) -> None:
    with client.get("/items/12345", name="/items/:id", catch_response=True) as response:
        if response.status_code != 200:
            response.failure("not there")


CALLS = {
    "get": lambda client, n: client.get("/items/12345"),
    "named": lambda client, n: client.get(f"/items/{n * 7919 % 10007}", name="/items/:id"),
    "backend": lambda client, n: client.get("/backend"),
    "caught": _caught,
    "headers": lambda client, n: client.get(
        "/items/12345", headers={"X-Tenant": "blue", "X-Requested-With": "XMLHttpRequest"}
    ),
    "set-cookie": lambda client, n: client.get("/set"),
    "redirect": lambda client, n: client.get("/redirect"),
    "json": lambda client, n: client.post("/items", json={"item": n, "count": 2}).json()["id"],
    "gzip": lambda client, n: client.get("/gzip").content,
    "chunked": lambda client, n: client.get("/chunked"),
    "64KiB": lambda client, n: client.get("/large"),
}


def main() -> None:
    """Let the layers take turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=40_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--layers", nargs="*", default=list(LAYERS), choices=list(LAYERS))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        layer, port, tls_port = options.one
        print(measure(layer, options.requests, int(port), int(tls_port)))
        return
    cpu = (os.cpu_count() or 1) - 1
    seen: dict[str, list[float]] = {layer: [] for layer in options.layers}
    with tempfile.TemporaryDirectory() as name:
        process, port, tls_port = start_nginx(Path(name), cpu)
        try:
            for _ in range(options.turns):
                for layer in options.layers:
                    command = [sys.executable, __file__, "--requests", str(options.requests)]
                    command += ["--one", layer, str(port), str(tls_port)]
                    run = subprocess.run(command, check=True, capture_output=True, text=True)
                    seen[layer].append(float(run.stdout))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    base = statistics.median(seen.get("bare") or [float("nan")])
    print(
        f"{'layer':12s} {'us a request':>12s} {'to bare':>8s}   "
        f"median of {options.turns} turns of {options.requests} requests"
    )
    for layer, values in seen.items():
        middle = statistics.median(values)
        print(
            f"{layer:12s} {middle:12.1f} {middle / base:8.2f}   "
            f"{LAYERS[layer]}  ({min(values):.1f} to {max(values):.1f})"
        )


if __name__ == "__main__":
    main()
