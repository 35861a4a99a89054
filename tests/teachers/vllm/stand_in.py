"""A stand-in for `python -m vllm.entrypoints.openai.api_server`: its pages, its family of processes, and its faults.

Run with vLLM's arguments. `orders`, a JSON file that STAND_IN names, says how it misbehaves; it is read again at each
request, so that a test can change its mind:

    say: text that it prints at its start; exit: the status that it then ends with
    slow_s: seconds until it listens; hang: pages that are never answered, as ["health"]; fail: {page: HTTP status}
    serves: the model that it lists; running, generated: what /metrics says; generated "stands" to stop the count
    family: whether it has an engine in its group and a worker in a session of its own; stubborn: none heeds SIGTERM
"""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ENGINE = "import signal, sys, time; sys.argv[1:] and signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def orders():
    return json.loads(Path(os.environ["STAND_IN"]).read_text())


def option(name):
    argv = sys.argv[1:]
    for at, argument in enumerate(argv):
        if argument == f"--{name}":
            return argv[at + 1]
        if argument.startswith(f"--{name}="):
            return argument.partition("=")[2]
    return None


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        served = orders().get("serves", option("served-model-name"))
        pages = {
            "/health": b"",
            "/v1/models": json.dumps({"data": [{"id": served}]}).encode(),
            "/metrics": self.metrics().encode(),
        }
        self.answer(self.path.rpartition("/")[2], pages[self.path])

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        print("asked", flush=True)
        self.answer("completions", b'{"choices": [{"message": {"content": "2"}, "finish_reason": "length"}]}')

    def metrics(self):
        told = orders()
        generated = 7 if told.get("generated") == "stands" else time.monotonic_ns()
        return (
            f'vllm:num_requests_running{{engine="0"}} {told.get("running", 0)}\n'
            'vllm:num_requests_waiting{engine="0"} 0\n'
            f'vllm:generation_tokens_total{{engine="0"}} {generated}\n'
        )

    def answer(self, page, body):
        while page in orders().get("hang", []):
            time.sleep(0.05)
        self.send_response(orders().get("fail", {}).get(page, 200))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    told = orders()
    if told.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(told.get("say", "starting"), os.getpid(), flush=True)
    if "exit" in told:
        os._exit(told["exit"])
    if told.get("family"):
        stubborn = ["stubborn"] if told.get("stubborn") else []
        for own_session in (False, True):
            engine = subprocess.Popen([sys.executable, "-S", "-c", ENGINE, *stubborn], start_new_session=own_session)
            print("engine", engine.pid, flush=True)
    time.sleep(told.get("slow_s", 0))
    server = ThreadingHTTPServer(("127.0.0.1", int(option("port"))), Pages)
    server.daemon_threads = True
    server.serve_forever()


main()
